"""All of a trial's legs that does not depend on where the hips are.

In stance that is the rolling foot; in swing the mean curves of real people, the line along which
the foot is carried, and what the foot does at both ends of the swing, on five times each, so that
values, rates and accelerations there can be met.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.simulators.gait.body import Body
from unisono.simulators.gait.curves import curve
from unisono.simulators.gait.parameters import Shape
from unisono.simulators.gait.steps import FootPath, Place, Steps, foot_path, locate, smooth

__all__ = ["Ends", "Track", "ankle_at", "lay_track"]

Array = npt.NDArray[np.float64]

_STENCIL = 0.004  # of a stride
_RATE = np.array([1.0, -8.0, 0.0, 8.0, -1.0]) / 12
_ACCELERATION = np.array([-1.0, 16.0, -30.0, 16.0, -1.0]) / 12


class Ends(NamedTuple):
    """Both ends of each swing on five times each: ``(B, F, S, 2, 5)`` unless said otherwise.

    Attributes:
        ankle: Foot's side of the leg, ``(3, B, F, S, 2, 5)``.
        heading: Yaw of the foot.
        pitch: Of the foot.
        toes: Flexion of the toes against the foot.
        nodes: Grid points from which the hips are interpolated, ``(B, F, S, 2, 5, 6)``.
        weights: Their weights.
        step: Seconds between the five times, ``(B, 1, 1)``.
    """

    ankle: Array
    heading: Array
    pitch: Array
    toes: Array
    nodes: npt.NDArray[np.intp]
    weights: Array
    step: Array


class Track(NamedTuple):
    """All of a trial's legs that does not depend on where the hips are, on the grid.

    Attributes:
        place: Which step each time belongs to.
        shape: Fields ``(B, F, N)``.
        stance: Whether the foot is on the floor, ``(B, F, N)``.
        u: Time since strike in strides.
        tau: Part of the swing that is over, 0 in stance.
        foot: The foot's path in stance.
        base: Place of the flat foot's ankle on the floor, ``(2, B, F, N)``, moving in swing.
        heading: Yaw of the foot, ``(B, F, N)``.
        thigh: Curve of the thigh's elevation in swing.
        knee: Curve of the knee.
        ankle: Curve of the ankle.
        ends: Both ends of the swings.
        bent: ``Theta, K, P`` of the curves at both ends with two derivatives by ``tau``,
            ``(3, 3, B, F, S, 2)``: derivative, quantity.
        length: Seconds of each swing, ``(B, F, S)``.
        stride: Seconds of a stride, ``(B,)``.
        end: End of each time's stance in strides, ``(B, F, N)``.
    """

    place: Place
    shape: Shape
    stance: npt.NDArray[np.bool_]
    u: Array
    tau: Array
    foot: FootPath
    base: Array
    heading: Array
    thigh: Array
    knee: Array
    ankle: Array
    ends: Ends
    bent: Array
    length: Array
    stride: Array
    end: Array


def _swing_curves(steps: Steps, shape: Shape, tau: Array) -> Array:
    """Thigh, knee and ankle of the mean curves over the swing ``tau``, ``(3, B, ...)``."""
    gait = "run" if steps.running else "walk"
    thigh, knee, ankle = (curve(gait, joint, steps.speed) for joint in ("thigh", "knee", "ankle"))
    ones = (slice(None), *[None] * (tau.ndim - 1))
    begin, mean = thigh.stance[ones], thigh.a[:, 0][ones]
    u = begin + (1 - begin) * tau
    stiff = 1 - shape.stiff * np.exp(-(((u - 0.73) / 0.1) ** 2) / 2)
    middle = np.sin(np.pi * np.clip(tau, 0, 1)) ** 3
    return np.stack(
        [
            mean + shape.hip_amp * (thigh.at(u) - mean) + shape.thigh_lift * middle,
            shape.knee_amp * knee.at(u) * stiff + shape.knee_lift * middle,
            ankle.at(u) + shape.ankle_lift * middle,
        ]
    )


def ankle_at(base: Array, heading: Array, foot: FootPath) -> Array:
    """Where the ankle of a rolling foot is, ``(3, ...)``.

    Args:
        base: Where it is when the foot lies flat, ``(2, ...)``.
        heading: Yaw of the foot.
        foot: How far it has rolled.
    """
    return np.stack(
        [
            base[0] + np.cos(heading) * foot.along,
            base[1] + np.sin(heading) * foot.along,
            foot.up,
        ]
    )


def _lay_ends(steps: Steps, body: Body, count: int) -> Ends:
    """Foot and interpolation weights at the ends of each swing."""
    size = steps.strike.shape
    stride = steps.stride
    after = _STENCIL * np.arange(5) * stride[:, None, None, None, None]
    before = after[..., ::-1] * -1
    strike, duration = steps.strike[..., None, None], steps.duration[..., None, None]
    following = np.roll(np.arange(size[-1]), -1)

    def both(values: Array) -> Array:
        """A quantity of this step and of the next, along the ends' axis."""
        return np.stack([values, values[..., following]], axis=-1)[..., None]

    elapsed = np.concatenate([duration + before, 0 * duration + after], axis=-2)
    time = np.concatenate(
        [strike + duration + before, strike + steps.cycle[..., None, None] + after], axis=-2
    )
    flat = (size[0], size[1], -1)
    full = np.broadcast_to

    def spread(values: Array) -> Array:
        return full(both(values), elapsed.shape).reshape(flat)

    shape = Shape.unstack(np.stack([spread(v) for v in steps.shape.stack()]))
    u = (elapsed / stride[:, None, None, None, None]).reshape(flat)
    foot = foot_path(body, shape, u, spread(steps.duration / stride[:, None, None]), stride)
    heading, ahead, aside = (spread(v) for v in (steps.heading, steps.ahead, steps.aside))
    base = np.stack([ahead - steps.speed[:, None, None] * elapsed.reshape(flat), aside])
    grid = time / steps.period[:, None, None, None, None] * count
    first = np.floor(grid).astype(np.intp) - 2
    nodes = first[..., None] + np.arange(6)
    away = grid[..., None] - nodes
    weights = np.ones_like(away)
    for i in range(6):
        for j in range(6):
            if i != j:
                weights[..., i] *= away[..., j] / (i - j)
    return Ends(
        ankle_at(base, heading, foot).reshape(3, *elapsed.shape),
        heading.reshape(elapsed.shape),
        foot.pitch.reshape(elapsed.shape),
        (foot.toes - foot.pitch).reshape(elapsed.shape),
        nodes % count,
        weights,
        _STENCIL * stride[:, None, None],
    )


def lay_track(steps: Steps, body: Body, time: Array) -> Track:
    """Prepare the legs of ``B`` trials on the grid ``time``, ``(B, N)`` seconds."""
    place = locate(steps, time)
    shape = place.shape_of(steps)
    stride = steps.stride
    duration, cycle = place.pick(steps.duration), place.pick(steps.cycle)
    stance = place.elapsed < duration
    u = place.elapsed / stride[:, None, None]
    tau = np.clip((place.elapsed - duration) / (cycle - duration), 0, 1)
    foot = foot_path(
        body,
        shape,
        np.minimum(u, duration / stride[:, None, None]),
        duration / stride[:, None, None],
        stride,
    )
    following = np.roll(np.arange(steps.count), -1)
    rise = smooth(tau)
    speed = steps.speed[:, None, None]

    def blend(values: Array, gap: Array) -> Array:
        here = place.pick(values)
        return here + rise * (place.pick(values[..., following]) - here + gap)

    base = np.stack(
        [
            blend(steps.ahead, speed * cycle) - speed * place.elapsed,
            blend(steps.aside, np.zeros_like(cycle)),
        ]
    )
    thigh, knee, ankle = _swing_curves(steps, shape, tau)
    h = 1e-3
    at = np.concatenate([h * np.arange(-2, 3), 1 + h * np.arange(-2, 3)])
    own = Shape.unstack(steps.shape.stack()[..., None])
    ends = _swing_curves(steps, own, np.broadcast_to(at, (*steps.strike.shape, 10)))
    ends = ends.reshape(*ends.shape[:-1], 2, 5)
    bent = np.stack([ends[..., 2], ends @ _RATE / h, ends @ _ACCELERATION / h**2])
    return Track(
        place,
        shape,
        stance,
        u,
        tau,
        foot,
        base,
        blend(steps.heading, np.zeros_like(cycle)),
        thigh,
        knee,
        ankle,
        _lay_ends(steps, body, time.shape[-1]),
        bent,
        steps.cycle - steps.duration,
        stride,
        duration / stride[:, None, None],
    )
