r"""Going: walk, run, turn, stop and back, by footprints.

The phase :math:`\varphi` counts strides. The hips' place is a path :math:`p(u(\varphi))`, with
:math:`u = \varphi` while going. Foot f (offset 0 for the left, 1/2 for the right) stands while
:math:`k + o_f \le \varphi < k + o_f + d`, with d its duty, on ONE print, which lies beside where
the hips are in the middle of that time; between prints it swings, and lifts faster than it travels.
To stop, u saturates over one stride and the feet close up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.recordings.motion.humanoid import REST_HEIGHT_M
from unisono.simulators.captioned.curves import drift, eased
from unisono.simulators.captioned.posing import Plan, still_plan
from unisono.simulators.captioned.script import Script

__all__ = ["Gait", "going"]

Array = npt.NDArray[np.float64]

_TOE_AHEAD = 0.10  # of the hips' place in the middle of a stance, metres
_WHOLE_LIFT = 0.3
"""Metres of a step from which on the toes are lifted as in walking; half that on the spot."""
_TURN = np.deg2rad(95.0)

_Stand = Callable[[Array], tuple[Array, Array]]  # place and heading of the hips at a phase


@dataclass(frozen=True)
class Gait:
    """How a body goes.

    Args:
        stride: Metres a stride; negative backwards.
        cadence: Strides a second.
        duty: Share of a stride in which a foot stands.
        lift: Height of the toes in mid-swing, metres.
        width: Between the feet, metres.
        heel: Pitch of the foot when it leaves the floor, degrees.
        swing: Of the arms, degrees.
        elbow: Bend of the elbows, degrees.
        bounce: Of the hips, metres.
        lean: Of the trunk, degrees.
        drop: Share of the hips' height that bent knees take.
    """

    stride: float
    cadence: float
    duty: float
    lift: float
    width: float
    heel: float
    swing: float
    elbow: float
    bounce: float
    lean: float
    drop: float


def _gait(script: Script, generator: np.random.Generator) -> Gait:
    style, root = script.manner, np.sqrt(script.speed)
    own = generator.normal(1.0, 0.04, size=6)
    if script.content == "run":
        stride, cadence, duty, lift, heel, drop = 2.2, 1.35, 0.36, 0.24, 48.0, 0.05
        swing, elbow, lean, bounce = 42.0, 80.0, 7.0, 0.035
    elif script.content == "walk-back":
        stride, cadence, duty, lift, heel, drop = -0.95, 0.8, 0.64, 0.09, 12.0, 0.02
        swing, elbow, lean, bounce = 14.0, 0.0, 0.0, 0.0
    else:
        stride, cadence, duty, lift, heel, drop = 1.35, 0.9, 0.62, 0.11, 32.0, 0.0
        swing, elbow, lean, bounce = 26.0, 0.0, 0.0, 0.0
    return Gait(
        stride=stride * root * style.reach * own[0],
        cadence=cadence * root * style.tempo * own[1],
        duty=duty,
        lift=lift * (0.7 + 0.3 * style.reach) * own[2],
        width=0.17 * style.width * own[3],
        heel=heel * style.reach,
        swing=swing * style.swing * root * own[4],
        elbow=max(elbow, style.elbow) * own[5],
        bounce=bounce * root + style.bounce,
        lean=lean + style.lean,
        drop=drop + style.crouch,
    )


def going(script: Script, rate_hz: float, *, generator: np.random.Generator) -> Plan:
    """The plan of a script whose content is a way of going."""
    gait = _gait(script, generator)
    frames = max(2, round(script.seconds * rate_hz))
    time = np.arange(frames) / rate_hz
    phase, travel, fade = _clock(script, gait, time, generator)
    path = _Path(script, gait, float(travel(phase[-1:])[0]), generator)
    plan = still_plan(frames, rate_hz)
    u = travel(phase)
    plan.heading = path.heading(u)
    plan.place = path.place(u)
    for number in range(2):
        _foot(plan, number, phase, gait, lambda at: path.stand(travel(at)))
    moving = fade(phase)
    _hips_and_trunk(plan, script, gait, phase, moving, generator)
    _arms(plan, script, gait, phase, moving, generator)
    return plan


class _Path:
    """Where the hips go: place and heading by strides travelled."""

    def __init__(
        self, script: Script, gait: Gait, end: float, generator: np.random.Generator
    ) -> None:
        self.grid = np.linspace(-2.0, end + 3.0, 600)
        angle = np.zeros_like(self.grid)
        if script.content.startswith("walk-turn"):
            side = 1.0 if script.content.endswith("left") else -1.0
            from_u, until_u = (np.array([0.15, 0.85]) + generator.uniform(-0.08, 0.08, 2)) * end
            turn = side * _TURN * script.factor * generator.normal(1.0, 0.06)
            angle = turn * eased((self.grid - from_u) / (until_u - from_u))
        else:
            angle = np.deg2rad(generator.normal(0.0, 1.5)) * self.grid  # nobody walks a line
        step = gait.stride * np.diff(self.grid)[:, None]
        way = np.stack([np.sin(angle), np.cos(angle)], axis=1)
        place = np.concatenate([np.zeros((1, 2)), np.cumsum(step * way[:-1], axis=0)])
        self.angle, self.points = angle, place - place[np.searchsorted(self.grid, 0.0)]
        self.width = gait.width

    def heading(self, u: Array) -> Array:
        return np.asarray(np.interp(u, self.grid, self.angle))

    def place(self, u: Array) -> Array:
        return np.stack([np.interp(u, self.grid, axis) for axis in self.points.T], axis=-1)

    def stand(self, u: Array) -> tuple[Array, Array]:
        """Place and heading together."""
        return self.place(u), self.heading(u)


class _Clock(NamedTuple):
    """Phase of each frame; strides travelled at a phase; how much of going is left there."""

    phase: Array
    travel: Callable[[Array], Array]
    fade: Callable[[Array], Array]


def _clock(script: Script, gait: Gait, time: Array, generator: np.random.Generator) -> _Clock:
    start = float(generator.uniform(0.0, 1.0))
    phase = start + gait.cadence * time
    if script.content != "walk-stop":
        return _Clock(phase, lambda at: at - start, np.ones_like)
    begin = start + max(0.3, script.seconds - 0.3 - 2.3 / gait.cadence) * gait.cadence
    last = np.ceil(begin + 1.2) + 0.05  # both feet stand there

    def travel(at: Array) -> Array:
        x = np.clip(at - begin, 0.0, 1.0)
        return np.asarray(np.minimum(at, begin) + x - x**2 / 2 - start)

    def fade(at: Array) -> Array:
        return np.asarray(1.0 - eased(at - begin))

    return _Clock(np.minimum(phase, last), travel, fade)


def _foot(plan: Plan, number: int, phase: Array, gait: Gait, stand: _Stand) -> None:
    """Toes, yaw and pitch of one foot."""
    own = phase - 0.5 * number
    step = np.floor(own)
    inside = own - step
    at, heading = [], []
    for ahead in (0.0, 1.0):
        middle, angle = stand(step + ahead + 0.5 * number + gait.duty / 2)
        left = np.stack([np.cos(angle), -np.sin(angle)], axis=-1)
        front = np.stack([np.sin(angle), np.cos(angle)], axis=-1)
        side = gait.width / 2 * (-1.0 if number else 1.0)
        at.append(middle + side * left + _TOE_AHEAD * front)
        heading.append(angle)
    swing = np.clip((inside - gait.duty) / (1 - gait.duty), 0.0, 1.0)
    moved = eased(swing)
    flat = at[0] + (at[1] - at[0]) * moved[:, None]
    plan.toes[:, number, [0, 2]] = flat
    way = np.linalg.norm(at[1] - at[0], axis=1)
    lift = gait.lift * (0.5 + 0.5 * np.clip(way / _WHOLE_LIFT, 0.0, 1.0))
    plan.toes[:, number, 1] = lift * 4 * swing * (1 - swing)
    out = np.deg2rad(-6.0 if number else 6.0)
    plan.feet[:, number, 0] = heading[0] + (heading[1] - heading[0]) * moved + out
    standing = np.clip(inside / gait.duty, 0.0, 1.0)
    heel = gait.heel * np.where(swing > 0, 1 - eased(swing / 0.7), eased((standing - 0.5) / 0.5))
    still = way < 0.02  # a foot that stays keeps its heel down
    plan.feet[:, number, 1] = np.where(still, 0.0, heel)


def _hips_and_trunk(
    plan: Plan, script: Script, gait: Gait, phase: Array, moving: Array,
    generator: np.random.Generator,
) -> None:  # fmt: skip
    style, turn = script.manner, 2 * np.pi * phase
    slow = drift(len(phase), 5, plan.rate_hz, generator=generator)
    up = -np.cos(2 * turn) if script.content == "run" else np.cos(2 * turn + np.pi)
    base = REST_HEIGHT_M * (1 - gait.drop)
    plan.height = base + gait.bounce * up * moving + 0.003 * slow[:, 0]
    reach = np.clip(abs(gait.stride) / 1.35, 0.3, 1.5)
    plan.hips[:, 0] = 0.25 * gait.lean
    plan.hips[:, 1] = 3.0 * np.sin(turn) * moving
    plan.hips[:, 2] = -6.0 * reach * np.cos(turn) * moving
    plan.trunk[:, 0] = 0.75 * gait.lean + 1.5 * slow[:, 1]
    plan.trunk[:, 1] = style.sway * np.sin(turn) * moving + slow[:, 2]
    plan.trunk[:, 2] = 9.0 * reach * np.cos(turn) * moving + 1.5 * slow[:, 3]
    plan.head = style.head - 0.5 * gait.lean + 2.0 * slow[:, 4]


def _arms(
    plan: Plan, script: Script, gait: Gait, phase: Array, moving: Array,
    generator: np.random.Generator,
) -> None:  # fmt: skip
    slow = drift(len(phase), 4, plan.rate_hz, generator=generator)
    for number, sign in ((0, -1.0), (1, 1.0)):  # an arm goes with the other side's leg
        swing = sign * np.cos(2 * np.pi * phase) * moving
        plan.arms[:, number, 0] = gait.swing * (swing + 0.1) + 2.0 * slow[:, 2 * number]
        plan.arms[:, number, 1] = script.manner.abduct
        plan.arms[:, number, 3] = gait.elbow + 0.4 * gait.swing * np.maximum(swing, 0.0)
        plan.arms[:, number, 3] += 2.0 * slow[:, 2 * number + 1]
