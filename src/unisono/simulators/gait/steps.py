r"""When and where the feet are on the floor, and what they do there, in closed form.

A trial is ``S`` strides that repeat with ``period`` seconds; each foot ``F`` (0 right, 1 left)
makes ``S`` steps, each with its own time of strike, duration, place, heading and
:class:`~unisono.simulators.gait.parameters.Shape`. Everything is expressed in a frame that moves
forward with the mean speed, so that it is periodic. ``u`` is the time since the foot's own strike
in mean strides, ``s`` the same as a part of the stance, ``tau`` of the swing.

The foot rolls without slip: over an arc of the heel while its pitch is positive, then it lies
flat, then it turns about the metatarsal joint while the toes lie flat, and at last the toes roll
over their tip. Each pitch is a cubic in time near the flat phase, so that position, rate and
acceleration are continuous where the pivot changes.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from unisono.simulators.gait.body import Body
from unisono.simulators.gait.parameters import Shape

__all__ = [
    "SIDE",
    "FootPath",
    "Place",
    "Steps",
    "foot_path",
    "locate",
    "pressure",
    "push",
    "smooth",
]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

SIDE = np.array([-1.0, 1.0])[:, None]
"""Sign of ``y`` of the right and the left side, ``(F, 1)``."""

_SOFT = 0.05  # touchdown is softened over this part of a stride
_TOE_TIP = 0.006  # radius of the tip of the toes, of height

_COP_WALK = (
    (0.0, 0.08, 0.2, 0.5, 0.62, 0.85, 1.0),
    (
        (0.85, 0, 0),
        (0.62, 0.06, 0),
        (0, 0.1, 0),
        (0, 0.72, 0),
        (0, 1, 0),
        (0, 1, 0.45),
        (0, 1, 0.9),
    ),
)
_COP_RUN = (
    (0.0, 0.1, 0.25, 0.48, 0.7, 1.0),
    ((0.5, 0, 0), (0.1, 0.1, 0), (0, 0.5, 0), (0, 0.95, 0), (0, 1, 0.15), (0, 1, 0.8)),
)
_COP_TOES = (
    (0.0, 0.15, 0.5, 0.8, 1.0),
    ((0, 0.9, 0), (0, 0.95, 0), (0, 1, 0.1), (0, 1, 0.35), (0, 1, 0.9)),
)
_FINE = np.linspace(0, 1, 401)


def _curves(knots: tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]) -> Array:
    out: Array = PchipInterpolator(knots[0], np.array(knots[1]), axis=0)(_FINE).T
    return out


_COP = {"walk": _curves(_COP_WALK), "run": _curves(_COP_RUN), "toes": _curves(_COP_TOES)}


@dataclass(frozen=True)
class Steps:
    """The steps of ``B`` trials.

    Args:
        running: Whether the trials are runs (all of a batch alike).
        period: Seconds, ``(B,)``.
        speed: Mean forward speed, ``(B,)``.
        strike: Time of each strike, ``(B, F, S)``, in order, spanning less than a period.
        duration: Of each stance, ``(B, F, S)``.
        ahead: Where the ankle of the flat foot stands, less ``speed * strike``, ``(B, F, S)``.
        aside: Its sideways place, ``(B, F, S)``.
        heading: Yaw of the foot, ``(B, F, S)``.
        share: Wanted impulse of each step over the mean one, ``(B, F, S)``.
        shape: Shape of each step, fields ``(B, F, S)``.
    """

    running: bool
    period: Array
    speed: Array
    strike: Array
    duration: Array
    ahead: Array
    aside: Array
    heading: Array
    share: Array
    shape: Shape

    @property
    def count(self) -> int:
        """Number of strides."""
        return int(self.strike.shape[-1])

    @property
    def stride(self) -> Array:
        """Mean duration of a stride, ``(B,)``."""
        out: Array = self.period / self.count
        return out

    @property
    def cycle(self) -> Array:
        """Time from each strike to the next of the same foot, ``(B, F, S)``."""
        after = np.roll(self.strike, -1, axis=-1)
        after[..., -1] += self.period[:, None]
        out: Array = after - self.strike
        return out


class Place(NamedTuple):
    """Which step each time belongs to: ``step`` and ``elapsed`` seconds, ``(B, F, n)``."""

    step: Index
    elapsed: Array

    def pick(self, values: Array) -> Array:
        """Gather a quantity of the steps, ``(..., B, F, S)``, at the times."""
        index = np.broadcast_to(self.step, (*values.shape[:-3], *self.step.shape))
        return np.take_along_axis(values, index, axis=-1)

    def shape_of(self, steps: Steps) -> Shape:
        """The shape parameters at the times, fields ``(B, F, n)``."""
        return Shape.unstack(self.pick(steps.shape.stack()))


def locate(steps: Steps, time: Array) -> Place:
    """Find the step of each foot that began last before each time ``(B, n)``."""
    since = (time[:, None, None] - steps.strike[..., None]) % steps.period[:, None, None, None]
    index = np.argmin(since, axis=2)
    return Place(index, np.take_along_axis(since, index[:, :, None], axis=2)[:, :, 0])


def airborne(steps: Steps, time: Array) -> npt.NDArray[np.bool_]:
    """Whether no foot bears on the floor at each time, ``(B, n)``.

    The first and last 0.4 % of a stance, which bear less than a millionth of body weight, count
    as flight.
    """
    place = locate(steps, time)
    part = place.elapsed / place.pick(steps.duration)
    lifted = (part >= 0.996) | (part <= 0.004)
    return lifted[:, 0] & lifted[:, 1]


def smooth(x: Array) -> Array:
    """Rise from 0 to 1 on (0, 1) with vanishing first and second derivatives at both ends."""
    x = np.clip(x, 0, 1)
    out: Array = x**3 * (10 - 15 * x + 6 * x**2)
    return out


def push(shape: Shape, s: Array, *, running: bool) -> Array:
    """Shape of the vertical force over the stance ``s`` in (0, 1), 0 elsewhere, unscaled.

    ``sin(pi s) + q3 sin(3 pi s) + q5 sin(5 pi s) + a2 sin(2 pi s)``, with soft edges.
    """
    inside = (s > 0) & (s < 1)
    x = np.clip(s, 0, 1)
    edge, power = (0.05, 6) if running else (0.03, 2)
    wave = np.sin(np.pi * x) + shape.q3 * np.sin(3 * np.pi * x)
    wave += shape.q5 * np.sin(5 * np.pi * x) + shape.a2 * np.sin(2 * np.pi * x)
    soft = (np.tanh(x / edge) * np.tanh((1 - x) / edge)) ** power
    return np.where(inside, wave * soft, 0.0)


def pressure(steps: Steps, body: Body, shape: Shape, s: Array) -> Array:
    """Centre of pressure along the flat foot from the ankle, m, for the stance ``s``."""
    x = np.clip(s, 0, 1)

    def along(kind: str) -> Array:
        heel, ball, toes = (np.interp(x, _FINE, curve) for curve in _COP[kind])
        b = body.ball[:, None, None]
        out: Array = (
            heel * body.heel[:, None, None] + ball * b + toes * (body.tip[:, None, None] - b)
        )
        return out

    kind = along("run" if steps.running else "walk")
    raised = smooth(shape.heel_raise / 0.10)
    if np.any(raised > 0):
        kind = kind + raised * (along("toes") - kind)
    shift = np.interp(x, [0, 0.2, 0.6, 1], [0.3, 1, 0.5, 0]) * shape.cop * (1 - raised)
    out: Array = kind + shift * body.height[:, None, None]
    return out


class FootPath(NamedTuple):
    """The foot in stance, in its own vertical plane, each ``(B, F, n)``.

    Attributes:
        pitch: Of the foot, toes up positive, rad.
        toes: Pitch of the toes, rad.
        along: Ankle ahead of where it stands when the foot is flat, m.
        up: Height of the ankle, m.
    """

    pitch: Array
    toes: Array
    along: Array
    up: Array


def foot_path(body: Body, shape: Shape, u: Array, end: Array, stride: Array) -> FootPath:
    """Where the rolling foot is, ``u`` strides after its strike.

    Args:
        body: Bodies, ``(B,)``.
        shape: Fields ``(B, F, n)``.
        u: Time in strides, ``(B, F, n)``; values outside the stance extrapolate.
        end: Duration of the stance in strides, ``(B, F, n)``.
        stride: Seconds of a stride, ``(B,)``.
    """
    ankle, mtp, ball = (x[:, None, None] for x in (body.ankle, body.mtp, body.ball))
    heel, tip, height = (x[:, None, None] for x in (body.heel, body.tip, body.height))
    w = np.minimum(u / shape.flat, 1)
    landing = (1 - w) ** 3 * (1 + shape.heel_curve * w)
    x = np.maximum((u - shape.heel_off) / (end - shape.heel_off), 0)
    rising = shape.off_pitch * x**3 * (1 + shape.off_curve * (1 - x))
    pitch = -shape.heel_raise + shape.heel_pitch * landing - rising
    roll = np.maximum((u - shape.toe_roll) / (end - shape.toe_roll), 0)
    toes = -shape.toe_pitch * roll**3
    on_heel = pitch > 0
    toes = np.where(on_heel, pitch, toes)

    radius = shape.heel_radius * height
    sin, cos = np.sin(pitch), np.cos(pitch)
    heel_x = heel - radius * pitch - heel * cos - (ankle - radius) * sin
    heel_z = radius - heel * sin + (ankle - radius) * cos
    tip_r = _TOE_TIP * height
    sin_t, cos_t = np.sin(toes), np.cos(toes)
    mtp_x = tip - tip_r * toes - (tip - ball) * cos_t - (mtp - tip_r) * sin_t
    mtp_z = tip_r - (tip - ball) * sin_t + (mtp - tip_r) * cos_t
    toe_x = mtp_x - ball * cos - (ankle - mtp) * sin
    toe_z = mtp_z - ball * sin + (ankle - mtp) * cos

    soft = np.maximum(1 - u / _SOFT, 0) ** 3
    seconds = stride[:, None, None]
    along = np.where(on_heel, heel_x, toe_x) + shape.slide * seconds * u * soft
    up = np.where(on_heel, heel_z, toe_z) + shape.sink * seconds * _SOFT / 3 * soft
    return FootPath(pitch, toes, along, up)
