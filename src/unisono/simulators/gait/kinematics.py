r"""The moving body at any rate: joint coordinates and the exact motion of every segment.

A motion is its centre of mass and the angles of its joints, each a periodic series with exact
derivatives. Rotations, angular velocities and accelerations follow hinge by hinge: over a hinge
with axis ``n`` and angle ``q``

.. math:: \omega \to \omega + n \dot q, \qquad
          \alpha \to \alpha + n \ddot q + \omega \times n \dot q.

The segments are placed relative to the middle of the hips first and then moved as one, so that
their centre of mass is exactly the one that the forces belong to.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.simulators.gait.body import SEGMENTS, Body
from unisono.simulators.gait.rotations import angles_of, compose, cross, turn
from unisono.simulators.gait.solver import GRAVITY, Motion, cutoff
from unisono.simulators.gait.spectral import Series, low_pass, sample
from unisono.simulators.gait.steps import SIDE, airborne
from unisono.simulators.gait.upper import carry

__all__ = ["COORDINATES", "Point", "State", "coordinates", "move", "point_on", "resample"]

Array = npt.NDArray[np.float64]

_SIDED = (
    "shoulder_a",
    "shoulder_b",
    "elbow",
    "hip_a",
    "hip_b",
    "hip_c",
    "knee",
    "ankle_a",
    "ankle_b",
    "ankle_c",
    "mtp",
)
COORDINATES = (
    *("com_x", "com_y", "com_z", "pelvis_a", "pelvis_b", "pelvis_c"),
    *("lumbar_a", "lumbar_b", "lumbar_c", "neck_a", "neck_b", "neck_c"),
    *(f"{side}_{name}" for name in _SIDED for side in "rl"),
)
"""Names of the coordinates: metres (less the mean forward motion) and radians.

``a, b, c`` are the angles about ``y``, ``x`` and ``z`` of the child seen from its parent; single
angles are about ``y``.
"""

_PARENT = {
    "trunk": ("pelvis", "lumbar"),
    "head": ("trunk", "neck"),
    **{f"{s}_upper_arm": ("trunk", f"{s}_shoulder") for s in "rl"},
    **{f"{s}_forearm": (f"{s}_upper_arm", f"{s}_elbow") for s in "rl"},
    **{f"{s}_thigh": ("pelvis", f"{s}_hip") for s in "rl"},
    **{f"{s}_shank": (f"{s}_thigh", f"{s}_knee") for s in "rl"},
    **{f"{s}_foot": (f"{s}_shank", f"{s}_ankle") for s in "rl"},
    **{f"{s}_toes": (f"{s}_foot", f"{s}_mtp") for s in "rl"},
}


class Point(NamedTuple):
    """Position, velocity and acceleration of a point, each ``(3, B, ..., n)``."""

    position: Array
    velocity: Array
    acceleration: Array


@dataclass(frozen=True)
class State:
    """The motion of all segments; segment axis in the order of ``SEGMENTS``.

    Args:
        angles: Coordinates by series, ``(34, B, n)`` each.
        rotation: ``(3, 3, B, 15, n)``.
        omega: Angular velocity in the world's axes, ``(3, B, 15, n)``.
        alpha: Angular acceleration.
        origin: Proximal joint of each segment.
        centre: Centre of mass of each segment.
        whole: Centre of mass of the body, ``(3, B, n)`` each.
    """

    angles: Series
    rotation: Array
    omega: Array
    alpha: Array
    origin: Point
    centre: Point
    whole: Point


def coordinates(motion: Motion) -> Array:
    """Joint coordinates on the solver's grid, ``(len(COORDINATES), B, N)``."""
    upper = carry(motion.body, motion.trunk)
    pelvis, trunk, head = (upper.rotations[:, :, :, i] for i in range(3))
    legs = motion.legs.rotations
    sided = [
        -motion.trunk.arms,
        0.10 * SIDE + 0 * motion.trunk.arms,
        -motion.trunk.elbows,
        *angles_of(compose(pelvis[:, :, :, None], legs[:, :, :, 0])),
        angles_of(compose(legs[:, :, :, 0], legs[:, :, :, 1])).a,
        *angles_of(compose(legs[:, :, :, 1], legs[:, :, :, 2])),
        angles_of(compose(legs[:, :, :, 2], legs[:, :, :, 3])).a,
    ]
    middle = [*motion.centre, *motion.trunk.pelvis]
    middle += [*angles_of(compose(pelvis, trunk)), *angles_of(compose(trunk, head))]
    rows = np.stack(middle + [x[:, side] for x in sided for side in range(2)])
    rows[3:] = low_pass(rows[3:], motion.steps.period, cutoff(motion.steps))
    return rows


class _Frame(NamedTuple):
    rotation: Array
    omega: Array
    alpha: Array


def _hinges(parent: _Frame, name: str, angles: Series) -> _Frame:
    """Follow the hinges of one joint from the parent's frame."""
    names = [name] if name in COORDINATES else [f"{name}_{x}" for x in "abc"]
    names = [x for x in names if x in COORDINATES]
    frame = parent
    for full in names:
        i = COORDINATES.index(full)
        axis = {"a": 1, "b": 0, "c": 2}.get(full[-1] if full[-2] == "_" else "a", 1)
        q, rate, acceleration = angles.value[i], angles.rate[i], angles.acceleration[i]
        n = frame.rotation[:, axis]
        spin = n * rate
        first, second = (axis + 1) % 3, (axis + 2) % 3
        turned = np.empty_like(frame.rotation)
        c, s = np.cos(q), np.sin(q)
        turned[:, axis] = n
        turned[:, first] = c * frame.rotation[:, first] + s * frame.rotation[:, second]
        turned[:, second] = c * frame.rotation[:, second] - s * frame.rotation[:, first]
        alpha = frame.alpha + n * acceleration + cross(frame.omega, spin)
        frame = _Frame(turned, frame.omega + spin, alpha)
    return frame


def _shift(frame: _Frame, start: Point, offset: Array) -> Point:
    """A point fixed at ``offset`` in a moving frame whose origin is ``start``."""
    arm = turn(frame.rotation, offset)
    swing = cross(frame.omega, arm)
    return Point(
        start.position + arm,
        start.velocity + swing,
        start.acceleration + cross(frame.alpha, arm) + cross(frame.omega, swing),
    )


def _offset(body: Body, child: str) -> Array:
    """Joint of ``child`` in its parent's frame, ``(3, B, 1)``."""
    none = np.zeros_like(body.mass)
    side = 1.0 if child.startswith("l_") else -1.0
    x, y, z = {
        "trunk": (none, none, body.lumbar),
        "head": (none, none, body.neck),
        "upper_arm": (none, side * body.shoulder[0], body.shoulder[1]),
        "forearm": (none, none, -body.upper_arm),
        "thigh": (none, side * body.hip, none),
        "shank": (none, none, -body.thigh),
        "foot": (none, none, -body.shank),
        "toes": (body.ball, none, body.mtp - body.ankle),
    }[child[2:] if child[1] == "_" else child]
    return np.stack([x, y, z])[..., None]


def move(body: Body, angles: Series) -> State:
    """Move the segments: exact positions, velocities and accelerations of all of them."""
    shape = angles.value.shape[1:]
    zero = np.zeros((3, *shape))
    ground = _Frame(np.eye(3)[:, :, None, None] + np.zeros((3, 3, *shape)), zero, zero)
    frames = {"pelvis": _hinges(ground, "pelvis", angles)}
    origins = {"pelvis": Point(zero, zero, zero)}
    for child, (parent, joint) in _PARENT.items():
        frames[child] = _hinges(frames[parent], joint, angles)
        origins[child] = _shift(frames[parent], origins[parent], _offset(body, child))
    all_frames = [np.stack(x, axis=-2) for x in zip(*(frames[s] for s in SEGMENTS), strict=True)]
    frame = _Frame(*all_frames)
    origin = Point(*(np.stack(x, -2) for x in zip(*(origins[s] for s in SEGMENTS), strict=True)))
    centre = _shift(frame, origin, body.centres.transpose(0, 2, 1)[..., None])
    weight = (body.masses / body.mass).T
    whole = Point(angles.value[:3], angles.rate[:3], angles.acceleration[:3])
    moves = [w - np.einsum("bs,ibsn->ibn", weight, c) for w, c in zip(whole, centre, strict=True)]
    return State(
        angles,
        frame.rotation,
        frame.omega,
        frame.alpha,
        Point(*(o + m[:, :, None] for o, m in zip(origin, moves, strict=True))),
        Point(*(c + m[:, :, None] for c, m in zip(centre, moves, strict=True))),
        whole,
    )


def point_on(state: State, segment: str, offset: Array) -> Point:
    """The motion of a point fixed to a segment, ``offset`` ``(3, B)`` from its origin."""
    i = SEGMENTS.index(segment)
    frame = _Frame(state.rotation[..., i, :], state.omega[..., i, :], state.alpha[..., i, :])
    start = Point(*(x[..., i, :] for x in state.origin))
    return _shift(frame, start, offset[..., None])


def resample(motion: Motion, count: int) -> State:
    """The motion at ``count`` equal times of the period.

    In flight the centre of mass falls freely to the last digit: what the series leaves of that,
    under 1e-4 of gravity, is rounded away from the acceleration.
    """
    period = motion.steps.period
    angles = sample(coordinates(motion), count, period)
    free = airborne(motion.steps, np.arange(count) / count * period[:, None])
    for axis, pull in enumerate((0.0, 0.0, -GRAVITY)):
        angles.acceleration[axis] = np.where(free, pull, angles.acceleration[axis])
    return move(motion.body, angles)
