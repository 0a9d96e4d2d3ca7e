r"""The motion whose forces are exact: vertical template, solved horizontal motion, and legs.

With ``c = (x, y, z)`` the centre of mass, ``F`` the total force, ``p`` the wanted centre of
pressure (force-weighted mean over the feet) and ``L`` the angular momentum about ``c``:

.. math::
    \dot L_y = -z F_x - (p_x - x) F_z, \qquad \dot L_x = (p_y - y) F_z + z F_y

with ``F = m (c'' + g)``. The vertical force is a template, so ``z`` is its double integral. The two
equations are then linear in ``x`` and ``y``, and each has one bounded periodic solution. ``L``
comes from the pose, the pose from ``c``; a fixed point is reached in a few rounds. In the flight of
a run ``L`` must be constant: the trunk takes up what the limbs would change.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.simulators.gait.body import Body
from unisono.simulators.gait.legs import Legs, Track, lay_track, move_legs, straight_height
from unisono.simulators.gait.parameters import Shape
from unisono.simulators.gait.rotations import cross, turn
from unisono.simulators.gait.spectral import (
    antiderivative,
    bounded_solution,
    derivative,
    low_pass,
)
from unisono.simulators.gait.steps import SIDE, Steps, locate, pressure, push, smooth
from unisono.simulators.gait.upper import Trunk, UpperBody, carry, gait_phase, trunk_motion

__all__ = [
    "GRAVITY",
    "PER_STRIDE",
    "Loads",
    "Motion",
    "Start",
    "cutoff",
    "scale_steps",
    "solve",
    "vertical",
]

Array = npt.NDArray[np.float64]

GRAVITY = 9.80665
PER_STRIDE = 256
"""Samples of a stride on the solver's grid."""


_CUTOFF = {False: 18.0, True: 30.0}


def cutoff(steps: Steps) -> float:
    """Frequency in Hz above which joint angles are smoothed: 18 in walking, 30 in running.

    Angles that follow a foot through touchdown and toe-off exactly are rougher than any person's.
    The rate of momentum is smoothed alike, so that it stays the rate of the smoothed angles.
    """
    return _CUTOFF[steps.running]


class Loads(NamedTuple):
    """Wanted loads of the feet over body weight, ``(B, F, n)``, and where they act, m.

    Attributes:
        vertical: Force of each foot over body weight.
        along: Centre of pressure along the foot from the ankle, ``(B, F, n)``.
    """

    vertical: Array
    along: Array


class Start(NamedTuple):
    """Where a solution begins: what changes little from one trial to the next.

    Attributes:
        root: Middle of the hips from the target's mean, ``(3, B, N)``.
        plane: Horizontal centre of mass, ``(2, B, N)``.
        spin_rate: Rate of angular momentum, ``(3, B, N)``.
        twist: Extra rotation of the trunk, ``(3, B, N)``.
        height: Mean height of the centre of mass, ``(B,)``.
    """

    root: Array
    plane: Array
    spin_rate: Array
    twist: Array
    height: Array


@dataclass(frozen=True)
class Motion:
    """A solved motion on the grid.

    Args:
        body: Bodies.
        steps: Steps.
        time: Grid, ``(B, N)``.
        track: What the legs follow.
        legs: Where they are.
        trunk: Rotation angles of the parts above the hips.
        root: Middle of the hips, ``(3, B, N)``.
        centre: Centre of mass that the loads want, ``(3, B, N)``.
        amplitude: Scale of each step's vertical force, ``(B, F, S)``.
        start: Where a neighbouring trial may begin.
        miss: Largest distance between the wanted and the posed centre of mass, m, ``(B,)``.
    """

    body: Body
    steps: Steps
    time: Array
    track: Track
    legs: Legs
    trunk: Trunk
    root: Array
    centre: Array
    amplitude: Array
    start: Start
    miss: Array


def scale_steps(steps: Steps, shapes: Array, time: Array) -> Array:
    """Find the amplitude of each step's force, ``(B, F, S)``.

    They are the nearest to the wanted shares for which the mean total is body weight and the total
    holds nothing slower than a stride, which would let the body rise and fall over several strides.

    Args:
        steps: Steps, ``share`` being wanted.
        shapes: Unscaled force of each foot at the grid, ``(B, F, N)``.
        time: The grid, ``(B, N)``.
    """
    count = steps.count
    index = locate(steps, time).index
    single = shapes[..., None, :] * (index[:, :, None] == np.arange(count)[:, None])
    mean = single.mean(-1)
    single = single / mean[..., None] / (2 * count)
    flat = single.reshape(len(time), 2 * count, -1)
    terms = np.fft.rfft(flat)[..., :count] / flat.shape[-1]
    rows = np.concatenate([terms.real, terms.imag[..., 1:]], axis=-1).swapaxes(1, 2)
    goal = np.zeros((len(time), 2 * count - 1))
    goal[:, 0] = 1.0
    wanted = steps.share.reshape(len(time), -1)
    gap = goal - np.einsum("bij,bj->bi", rows, wanted)
    fixed = wanted + np.einsum("bij,bj->bi", np.linalg.pinv(rows), gap)
    out: Array = fixed.reshape(mean.shape) / mean / (2 * count)
    return out


def vertical(steps: Steps, body: Body, track: Track, amplitude: Array) -> Loads:
    """Wanted loads at the times of ``track``."""
    s = np.where(track.stance, track.u / track.end, 0.0)
    force = push(track.shape, s, running=steps.running) * track.place.pick(amplitude)
    return Loads(force, pressure(steps, body, track.shape, s))


def _middle(weight: Array, points: Array) -> Array:
    return np.einsum("bfn,ibfn->ibn", weight, points)


def _spin(rotations: Array, centres: Array, body: Body, part: slice, per: Array) -> Array:
    """Angular momentum of the segments about their own centres, summed, ``(3, B, N)``.

    ``centres`` only gives the shape; the second moments ``J_k`` along the axes replace the angular
    velocity: ``L = sum_k J_k e_k x e_k'``.
    """
    inertia = body.inertias[:, part].transpose(0, 2, 1)[..., None]
    second = inertia.sum(0) / 2 - inertia
    rate = derivative(rotations) / per[:, None]
    out: Array = sum(
        (cross(second[k] * rotations[:, k], rate[:, k])).sum(axis=-2) for k in range(3)
    )
    return out


class _Posed(NamedTuple):
    legs: Legs
    centre: Array
    points: Array


def _flat(legs_array: Array) -> Array:
    """Merge segment and side: ``(..., B, 4, F, N)`` to ``(..., B, 8, N)``."""
    shape = legs_array.shape
    return legs_array.reshape(*shape[:-3], shape[-3] * shape[-2], shape[-1])


def _pose(body: Body, track: Track, upper: UpperBody, hip: Array, root: Array) -> _Posed:
    """Legs, whole centre of mass and centres of all segments for a root."""
    legs = move_legs(body, track, root[:, :, None] + hip)
    centres = body.centres[:, 7:].transpose(0, 2, 1)[..., None]
    low = _flat(legs.origins) + turn(_flat(legs.rotations), centres)
    high = root[:, :, None] + upper.centres
    points = np.concatenate([high, low], axis=2)
    weight = (body.masses / body.mass).T
    return _Posed(legs, np.einsum("bs,ibsn->ibn", weight, points), points)


def _hips(body: Body, pelvis: Array) -> Array:
    """Both hips from their middle, ``(3, B, F, N)``: the pelvis's ``y`` axis times half width."""
    a, b, c = pelvis
    axis = np.stack(
        [
            np.sin(a) * np.sin(b) * np.cos(c) - np.cos(a) * np.sin(c),
            np.cos(b) * np.cos(c),
            np.sin(a) * np.sin(c) + np.cos(a) * np.sin(b) * np.cos(c),
        ]
    )
    return axis[:, :, None] * (body.hip[:, None] * SIDE[:, 0])[..., None]


def solve(
    steps: Steps, body: Body, *, rounds: int, start: Start | None = None, tolerance: float = 1e-9
) -> Motion:
    """Solve the motion of ``B`` trials.

    Args:
        steps: The steps; all trials of one gait and one number of strides.
        body: The bodies.
        rounds: Rounds of momentum, centre of mass and pose.
        start: A neighbouring solution to begin from.
        tolerance: Of the horizontal solution.
    """
    count = steps.count * PER_STRIDE
    time = np.arange(count) / count * steps.period[:, None]
    per = steps.period[:, None]
    track = lay_track(steps, body, time)
    s = np.where(track.stance, track.u / track.end, 0.0)
    amplitude = scale_steps(steps, push(track.shape, s, running=steps.running), time)
    loads = vertical(steps, body, track, amplitude)
    total = loads.vertical.sum(axis=1)
    lift = antiderivative((total - 1) * GRAVITY, 2) * per**2
    cop = track.base + loads.along[None] * np.stack([np.cos(track.heading), np.sin(track.heading)])
    pushed = _middle(loads.vertical, cop) * GRAVITY
    mean_shape = Shape.unstack(steps.shape.stack().mean(axis=(2, 3))[..., None])
    motion = trunk_motion(steps, mean_shape, gait_phase(steps, time))
    hip = _hips(body, motion.pelvis)
    keep = smooth(total / (0.25 * total.max(-1, keepdims=True)))
    now = start or _first_guess(body, pushed / GRAVITY, lift)
    now = replace_height(now, lift)
    target = np.concatenate([now.plane, (lift + now.height[:, None])[None]])
    upper = carry(body, _twisted(motion, now.twist))
    root = now.root + target
    posed = _pose(body, track, upper, hip, root)
    plane, rate, twist, height = now.plane, now.spin_rate, now.twist, now.height
    high_spin = _spin(upper.rotations, upper.centres, body, slice(0, 7), per)
    for _ in range(rounds):
        z = lift + height[:, None]
        push_rate = rate if not steps.running else _allowed(rate, keep, total)
        torque = np.stack([push_rate[1], -push_rate[0]]) / body.mass[:, None]
        plane = bounded_solution(
            total * GRAVITY / z, (pushed + torque) / z, steps.period, plane, tolerance
        )
        target = np.concatenate([plane, z[None]])
        root = root + 1.2 * (target - posed.centre)
        rise = straight_height(body, track, root[:, :, None] + hip)
        root[2] += rise[:, None]
        height = height + rise
        target[2] += rise[:, None]
        if steps.running:
            twist = twist + _untwist(push_rate - rate, body, per)
            upper = carry(body, _twisted(motion, twist))
            high_spin = _spin(upper.rotations, upper.centres, body, slice(0, 7), per)
        posed = _pose(body, track, upper, hip, root)
        rate = derivative(high_spin + _momentum(posed, body, per)) / per
        rate = low_pass(rate, steps.period, cutoff(steps))
    miss = np.sqrt(((target - posed.centre) ** 2).sum(0).max(-1))
    return Motion(
        body,
        steps,
        time,
        track,
        posed.legs,
        _twisted(motion, twist),
        root,
        target,
        amplitude,
        Start(root - target, plane, rate, twist, height),
        miss,
    )


def replace_height(start: Start, lift: Array) -> Start:
    """Check that a start fits the grid of the trial; a single start serves all of a batch."""
    size = lift.shape[0]
    if start.height.shape[0] == size:
        return start
    return Start(
        *(np.broadcast_to(x, (x.shape[0], size, x.shape[2])) for x in start[:4]),
        np.broadcast_to(start.height, (size,)),
    )


def _first_guess(body: Body, cop: Array, lift: Array) -> Start:
    """Hips under a centre of mass that follows the smoothed centre of pressure."""
    zero = np.zeros_like(lift)
    root = np.stack([zero, zero, zero - 0.07 * body.height[:, None]])
    plane = np.stack([zero, zero]) + cop.mean(-1, keepdims=True)
    return Start(
        root, plane, np.stack([zero] * 3), np.stack([zero] * 3), body.leg + 0.05 * body.height
    )


def _twisted(motion: Trunk, twist: Array) -> Trunk:
    return replace_trunk(motion, motion.trunk + twist)


def replace_trunk(motion: Trunk, trunk: Array) -> Trunk:
    """Return the motion with other angles of the trunk."""
    return motion._replace(trunk=trunk)


def _allowed(rate: Array, keep: Array, total: Array) -> Array:
    """The rate of angular momentum that the floor can give: none in flight, none on average."""
    held = rate * keep
    weight = total * keep
    mean = held.mean(-1, keepdims=True) / weight.mean(-1, keepdims=True)
    out: Array = held - mean * weight
    return out


def _untwist(excess: Array, body: Body, per: Array) -> Array:
    """Rotation of the trunk that takes up ``excess`` of the rate of angular momentum."""
    inertia = np.array([4.5, 4.0, 0.55])[:, None, None] * (body.mass / 73.0)[:, None]
    turned = 0.5 * antiderivative(excess, 2) * per**2 / inertia
    return np.stack([turned[1], turned[0], turned[2]])


def _momentum(posed: _Posed, body: Body, per: Array) -> Array:
    """Angular momentum less the spin of the upper segments, ``(3, B, N)``."""
    away = posed.points - posed.centre[:, :, None]
    speed = derivative(away) / per[:, None]
    orbit = (body.masses.T[..., None] * cross(away, speed)).sum(axis=2)
    low = _flat(posed.legs.rotations)
    return orbit + _spin(low, low[0], body, slice(7, 15), per)
