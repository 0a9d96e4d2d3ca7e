"""Standing: wave, bow, jump and squat, with both feet where they are (or both in the air)."""

import numpy as np
import numpy.typing as npt

from unisono.recordings.motion.humanoid import REST_HEIGHT_M
from unisono.simulators.captioned.curves import bump, drift, eased, plateau
from unisono.simulators.captioned.posing import Plan, still_plan
from unisono.simulators.captioned.script import Script

__all__ = ["gesturing"]

Array = npt.NDArray[np.float64]

_GRAVITY = 9.81


def gesturing(script: Script, rate_hz: float, *, generator: np.random.Generator) -> Plan:
    """The plan of a script whose content is done on the spot."""
    frames = max(2, round(script.seconds * rate_hz))
    time = np.arange(frames) / rate_hz
    plan = _standing(script, frames, rate_hz, generator)
    family = script.content.split("-")[0]
    if family == "wave":
        _wave(plan, script, time, generator)
        return plan
    act = {"bow": _bow, "squat": _squat, "jump": _jump}[family]
    each = script.seconds / (0.4 + script.count)  # a fifth of one's time before and after all
    for number in range(script.count):
        own = float(generator.normal(1.0, 0.05))
        act(plan, script, (time - (0.2 + number) * each) / (0.92 * each), own)
    return plan


def _standing(script: Script, frames: int, rate_hz: float, generator: np.random.Generator) -> Plan:
    style = script.manner
    plan = still_plan(frames, rate_hz)
    slow = drift(frames, 9, rate_hz, generator=generator)
    own = generator.normal(1.0, 0.05, size=4)
    plan.place[:] = 0.006 * slow[:, :2] + np.array([0.0, 0.01])
    plan.height[:] = REST_HEIGHT_M * (1 - style.crouch) - 0.015 + 0.002 * slow[:, 2]
    plan.height += style.bounce * np.sin(2 * np.pi * style.tempo * np.arange(frames) / rate_hz)
    for number, side in enumerate((1.0, -1.0)):
        plan.toes[:, number, 0] = side * 0.09 * style.width * own[0]
        plan.toes[:, number, 2] = 0.11 + side * 0.02 * (own[1] - 1)
        plan.feet[:, number, 0] = side * np.deg2rad(9.0)
        plan.arms[:, number, 0] = 3.0 + 0.3 * style.lean + 1.5 * slow[:, 3 + number]
        plan.arms[:, number, 1] = style.abduct * own[2]
        plan.arms[:, number, 3] = style.elbow * own[3] + 1.5 * slow[:, 5 + number]
    plan.hips[:, 0] = 0.25 * style.lean
    plan.trunk[:, 0] = 0.75 * style.lean + slow[:, 7]
    wave = 2 * np.pi * 0.5 * style.tempo * np.arange(frames) / rate_hz
    plan.trunk[:, 1] = style.sway * np.sin(wave)
    plan.head[:] = style.head - 0.5 * style.lean + 2.0 * slow[:, 8]
    return plan


def _wave(plan: Plan, script: Script, time: Array, generator: np.random.Generator) -> None:
    begin, end = 0.18 * script.seconds, 0.82 * script.seconds
    up = plateau(time, begin, end, 0.5 / script.manner.tempo)
    rate = 1.4 * script.tempo * generator.normal(1.0, 0.05)
    side = 0.5 + 0.5 * script.factor
    for number, hand in enumerate(("left", "right")):
        if script.content not in (f"wave-{hand}-hand", "wave-both-hands"):
            continue
        swing = np.sin(2 * np.pi * rate * (time - begin))
        raised = np.stack(
            [
                np.full_like(time, 8.0),
                60.0 + 32.0 * script.factor + 8.0 * side * swing,
                np.full_like(time, 92.0),
                62.0 - 8.0 * script.factor + 32.0 * script.factor * swing,
            ],
            axis=1,
        )
        rest = plan.arms[:, number]
        plan.arms[:, number] = rest + (raised - rest) * up[:, None]
    plan.head -= 3.0 * up


def _bow(plan: Plan, script: Script, x: Array, own: float) -> None:
    down = bump(x) * own
    angle = 58.0 * script.factor * (0.6 + 0.4 * script.manner.reach)
    plan.hips[:, 0] += 0.45 * angle * down
    plan.trunk[:, 0] += 0.55 * angle * down
    plan.place[:, 1] -= 0.13 * angle / 60.0 * down
    plan.height -= 0.02 * down
    plan.arms[..., 0] += (0.75 * angle * down)[:, None]
    plan.head += 6.0 * down


def _squat(plan: Plan, script: Script, x: Array, own: float) -> None:
    down = bump(x) * own * (0.6 + 0.4 * script.manner.reach)
    depth = 0.30 * script.factor
    plan.height -= depth * down
    plan.place[:, 1] -= 0.30 * depth * down
    plan.hips[:, 0] += 55.0 * depth * down
    plan.trunk[:, 0] += 35.0 * depth * down
    plan.head -= 40.0 * depth * down
    plan.arms[..., 0] += (65.0 * down)[:, None]
    plan.arms[..., 3] += (5.0 * down)[:, None]


def _jump(plan: Plan, script: Script, x: Array, own: float) -> None:
    """Down, off the floor for as long as the height needs, down again, up."""
    seconds = _period(x, plan.rate_hz)
    style = script.manner
    high = 0.22 * script.factor**1.5 * own * (0.4 + 0.6 * style.reach * style.tempo)
    flight = 2 * np.sqrt(2 * high / _GRAVITY)
    time = x * seconds
    off = 0.5 * (seconds - flight)
    inside = np.clip((time - off) / flight, 0.0, 1.0)
    rise = 4 * high * inside * (1 - inside)
    dip = 0.10 + 0.35 * high
    before = bump((time - off + 0.52) / 0.5)
    after = bump((time - off - flight + 0.02) / 0.45)
    plan.height += rise - dip * (before + 0.9 * after) + 0.012 * bump(inside)
    plan.toes[..., 1] += (rise + 0.04 * bump(inside))[:, None]
    plan.feet[..., 1] += (30.0 * bump(inside * 0.5 + 0.5 * eased(inside)))[:, None]
    lean = before + 0.8 * after
    plan.hips[:, 0] += 10.0 * lean
    plan.trunk[:, 0] += 14.0 * lean
    plan.place[:, 1] -= 0.05 * lean
    lifted = bump((time - off + 0.25) / (flight + 0.5))
    plan.arms[..., 0] += ((70.0 * lifted - 35.0 * before) * style.swing**0.5)[:, None]
    plan.arms[..., 3] += (30.0 * lifted)[:, None]


def _period(x: Array, rate_hz: float) -> float:
    """Seconds in which x goes from 0 to 1."""
    return float(1.0 / (rate_hz * (x[1] - x[0])))
