"""One trial of one person: the steps drawn, the motion solved, judged, or refused.

A trial is one solution over all its strides, each with its own timing, places and shape, that
repeats as a whole. So nothing has to be joined: positions, velocities and accelerations are
continuous from stride to stride, Newton's laws hold in every sample, and the last sample leads
back to the first.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_choice, check_range
from unisono.core.errors import UnisonoError
from unisono.simulators.gait.aims import STYLES
from unisono.simulators.gait.body import Body, build_bodies
from unisono.simulators.gait.kinematics import State, resample
from unisono.simulators.gait.kinetics import FootLoads, JointLoads, foot_loads, joint_loads, slip
from unisono.simulators.gait.parameters import BOUNDS, FITTED, Shape
from unisono.simulators.gait.plan import even_steps, rhythm
from unisono.simulators.gait.solver import GRAVITY, PER_STRIDE, Motion, Start, solve
from unisono.simulators.gait.steps import SIDE, Steps
from unisono.simulators.gait.subject import Subject
from unisono.simulators.gait.table import SPEEDS, fitted_shape, fitted_spread

__all__ = [
    "TRIES",
    "Request",
    "Trial",
    "attempt",
    "draw_steps",
    "gait_of",
    "judge",
    "run_trial",
    "solved",
]

Array = npt.NDArray[np.float64]

TRIES = 6
"""Attempts at a trial before it is given up."""

_KNEE_SPARE_DEG = 2.5
_ROUNDS = {"walk": 14, "run": 30}
_GOAL = 1e-4  # of the pose's miss, m; a fifth of what is refused at least
_HOPELESS = 6e-3  # m; of those that miss by more after two fifths of the rounds nearly all fail


@dataclass(frozen=True)
class Request:
    """What is to be simulated.

    Args:
        speed: m/s; decides between walking and running.
        style: One of ``STYLES``.
        strides: Number of strides.
        rate_hz: Rate of the recording; the stride time is adjusted so that the strides hold a whole
            number of samples.
    """

    speed: float
    style: str = "normal"
    strides: int = 4
    rate_hz: float = 100.0

    def __post_init__(self) -> None:
        check_choice("style", self.style, STYLES)
        check_range("strides", self.strides, 1, 64, closed=True)
        check_range("rate_hz", self.rate_hz, 20, 4000, closed=True)
        if gait_of(self.speed) == "run" and self.style != "normal":
            raise UnisonoError(f"running has no style {self.style!r}; ask for a walking speed.")


@dataclass(frozen=True)
class Trial:
    """A solved trial of one person (all arrays have ``B = 1``).

    Args:
        subject: Who.
        request: What was asked.
        motion: The solution on its own grid.
        state: The motion at the recording's times.
        loads: What the floor does to the feet.
        joints: Moments and powers.
        time: Times of the recording, ``(n,)``.
        rejected: Number of attempts refused before this one.
    """

    subject: Subject
    request: Request
    motion: Motion
    state: State
    loads: FootLoads
    joints: JointLoads
    time: Array
    rejected: int


def gait_of(speed: float) -> str:
    """``"walk"`` or ``"run"``.

    Raises:
        UnisonoError: If nobody is simulated at that speed.
    """
    for name, span in SPEEDS.items():
        if span.low - 1e-9 <= speed <= span.high + 1e-9:
            return name
    spans = ", ".join(f"{n} {s.low:g} to {s.high:g}" for n, s in SPEEDS.items())
    raise UnisonoError(f"speed {speed:g} m/s is outside what is simulated ({spans}); choose one.")


def _body(subject: Subject) -> Body:
    return build_bodies(
        np.array([subject.mass_kg]),
        np.array([subject.height_m]),
        np.array([subject.sex == "female"]),
    )


def _drift(rng: np.random.Generator, size: tuple[int, ...], sd: float) -> Array:
    """Variation along the last axis that remembers half of the step before; mean zero."""
    noise = rng.normal(size=size)
    out = noise.copy()
    for i in range(1, size[-1]):
        out[..., i] = 0.5 * out[..., i - 1] + np.sqrt(0.75) * noise[..., i]
    centred: Array = sd * (out - out.mean(axis=-1, keepdims=True))
    return centred


def _similar_speed(subject: Subject, request: Request) -> float:
    """Speed at which the person of the table (1.74 m) takes steps as long for the height."""
    return request.speed * 1.74 / subject.height_m


def _own_shape(subject: Subject, request: Request, rng: np.random.Generator) -> Shape:
    """Shapes of every step: the fit, the person, the side and the stride, fields ``(1, F, S)``."""
    gait, style = gait_of(request.speed), STYLES[request.style]
    size = (1, 2, request.strides)
    spread = fitted_spread(gait, request.style, request.speed)
    chosen = [FITTED.index(n) for n in spread.names]
    own, sided = (np.array(x)[chosen] for x in (subject.traits, subject.lopsided))
    stride = _drift(rng, (len(chosen), *size), 0.10 * subject.restless)
    traits = own[:, None, None, None] + sided[:, None, None, None] * SIDE + stride
    changes = dict(zip(spread.names, np.tensordot(spread.factor, traits, axes=1), strict=True))
    shape = fitted_shape(gait, request.style, _similar_speed(subject, request))
    shape = Shape.unstack(np.stack([np.broadcast_to(v, size) for v in shape.stack()[:, None]]))
    for name, sd in style.spread.items():
        changes[name] = changes.get(name, 0.0) + float(sd * np.clip(rng.normal(), -1.5, 1.5))
    changes["toe_out"] = changes.get("toe_out", 0.0) + subject.toe_out
    changes["knee_min_deg"] = changes.get("knee_min_deg", 0.0) + _KNEE_SPARE_DEG
    varied = shape.shifted(**changes)
    clipped = {n: np.clip(getattr(varied, n), low, high) for n, (low, high, _) in BOUNDS.items()}
    return replace(varied, **clipped)


def draw_steps(subject: Subject, request: Request, rng: np.random.Generator) -> Steps:
    """Draw the steps of a trial: typical rhythm, the person's own, and each stride's."""
    running = gait_of(request.speed) == "run"
    strides, restless = request.strides, subject.restless
    speed = np.array([request.speed])
    beat = rhythm(speed, np.array([subject.height_m]), running=running)
    samples = round(float(beat.stride[0]) * subject.pace * strides * request.rate_hz)
    period = samples / request.rate_hz
    stride = period / strides
    size = (1, 2, strides)
    lengths = stride * (1 + _drift(rng, (strides,), 0.005 * restless))
    right = np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    left = right + lengths * (0.5 + subject.late)
    strike = np.stack([right, left])[None] + _drift(rng, size, 0.001 * restless * stride)
    grid = PER_STRIDE[running]
    begin = int(rng.integers(grid)) * stride / grid
    part = float(beat.stance[0]) + (subject.stance if not running else 0.5 * subject.stance)
    width = subject.width_m * (0.5 if running else 1.0)
    shape = _own_shape(subject, request, rng)
    half = request.speed * stride * subject.longer / 2
    return Steps(
        running,
        np.array([period]),
        speed,
        strike + begin,
        part * stride * (1 + _drift(rng, size, 0.003 * restless)),
        half * SIDE + _drift(rng, size, 0.004 * restless),
        SIDE * width / 2 + _drift(rng, size, 0.007 * restless),
        SIDE * shape.toe_out + _drift(rng, size, 0.015 * restless),
        1 + subject.heavier * SIDE + _drift(rng, size, 0.004 * restless),
        shape,
    )


@lru_cache(maxsize=64)
def _reference_start(gait: str, style: str, speed: float) -> Start:
    """One stride of an average person at a round speed, from which trials begin."""
    one = np.ones(1)
    body = build_bodies(70 * one, 1.74 * one, np.zeros(1, dtype=bool))
    shape = fitted_shape(gait, style, speed).shifted(knee_min_deg=_KNEE_SPARE_DEG)
    steps = even_steps(shape, speed, body, strides=1, running=gait == "run")
    return solve(steps, body, rounds=14, goal=1e-6).start


def solved(subject: Subject, request: Request, steps: Steps) -> Motion:
    """Solve the steps, beginning from the average person's stride."""
    gait = gait_of(request.speed)
    similar = np.clip(_similar_speed(subject, request), *SPEEDS[gait])
    start = _reference_start(gait, request.style, round(float(similar) * 20) / 20)
    body = _body(subject)
    grid = PER_STRIDE[steps.running]
    late = round(float(steps.strike[0, 0, 0]) / float(steps.stride[0]) * grid)
    wide = [np.roll(np.tile(x, steps.count), late, axis=-1) for x in start[:4]]
    scale = subject.height_m / 1.74
    begin = Start(
        wide[0] * scale,
        wide[1],
        wide[2] * subject.mass_kg / 70 * scale**2,
        wide[3],
        start.height * scale,
    )
    return solve(
        steps,
        body,
        rounds=_ROUNDS[gait],
        start=begin,
        goal=_GOAL,
        hopeless=_HOPELESS,
    )


def judge(motion: Motion, state: State, loads: FootLoads, joints: JointLoads) -> list[str]:
    """Why a trial must not be emitted; empty if it may."""
    running, body = motion.steps.running, motion.body
    weight = body.mass * GRAVITY
    total = loads.force[2].sum(axis=1) / weight[:, None]
    moment = np.abs(joints.moment[1] / body.mass[:, None, None, None]).max(axis=(0, 2, 3))
    peak = (loads.force[2] / weight[:, None, None]).max()
    knee = np.degrees(motion.legs.knee.min())
    fast = 1.0 if running else max(1.0, float(motion.steps.speed[0]) / 1.6)
    bent = float(np.max(motion.steps.shape.knee_min_deg))
    limit_knee = 1.2 + 0.03 * max(bent - 10.0, 0.0)  # a crouch loads the knee
    limits = {
        "the centre of pressure left its template": (
            (loads.shift * (total > 0.08)).max(),
            0.040 if running else 0.015,
        ),
        "a foot slipped": (slip(motion, state, loads).max(), 0.005),
        "a leg was too short": (motion.legs.overreach.max(), 0.0),
        "the pose missed the centre of mass": (motion.miss.max(), 1e-3 if running else 5e-4),
        "spin in flight": (loads.spin_leak.max(), 4.0),
        "hip moment": (moment[0], 4.0 if running else 2.0 * fast),
        "knee moment": (moment[1], 4.0 if running else limit_knee * fast),
        "ankle moment": (moment[2], 4.0 if running else 2.2 * fast),
        "vertical force": (peak, 3.2 if running else 1.6),
        "a straight knee": (-knee, -2.0),
    }
    return [
        f"{what}: {float(value):.3g} over {limit:.3g}"
        for what, (value, limit) in limits.items()
        if not value <= limit
    ]


def attempt(
    subject: Subject, request: Request, rng: np.random.Generator
) -> tuple[Trial, list[str]]:
    """Draw, solve and judge once."""
    steps = draw_steps(subject, request, rng)
    motion = solved(subject, request, steps)
    count = round(float(steps.period[0]) * request.rate_hz)
    state = resample(motion, count)
    loads = foot_loads(motion, state)
    joints = joint_loads(motion.body, state, loads)
    time = np.arange(count) / request.rate_hz
    trial = Trial(subject, request, motion, state, loads, joints, time, 0)
    return trial, judge(motion, state, loads, joints)


def _calmer(subject: Subject, part: float) -> Subject:
    """The same body, with ``part`` of what sets the person's motion apart from the average."""
    return replace(
        subject,
        pace=1 + part * (subject.pace - 1),
        stance=part * subject.stance,
        late=part * subject.late,
        longer=part * subject.longer,
        heavier=part * subject.heavier,
        restless=part * subject.restless,
        traits=tuple(part * x for x in subject.traits),
        lopsided=tuple(part * x for x in subject.lopsided),
    )


def run_trial(subject: Subject, request: Request, rng: np.random.Generator) -> Trial:
    """Simulate a trial; refused attempts are drawn again, the later ones closer to the average.

    Runs begin with half of a person's departures from the average: a run bears less.

    Raises:
        UnisonoError: If no attempt holds, with the last one's reasons.
    """
    reasons: list[str] = []
    first = 0.5 if gait_of(request.speed) == "run" else 1.0
    for tried in range(TRIES):
        person = _calmer(subject, first * 0.65**tried)
        trial, reasons = attempt(person, request, rng)
        if not reasons:
            return replace(trial, subject=subject, rejected=tried)
    raise UnisonoError(
        f"no stride of {subject.name} at {request.speed:g} m/s ({request.style}) holds: "
        f"{'; '.join(reasons)}; draw another person or speed."
    )
