r"""Feet that stand are made to stand: the root follows them, and legs reach to where they are.

A foot that should stand (by its contacts) and yet moves is mended twice. First the root is moved
over the floor by the mean of what standing tips slide, so that walking carries the body as far as
its steps are long; where no foot stands the correction goes on in a straight line. The speed of the
correction is eased over a tenth of a second, or every joint would take the tremble of one foot.
Then the tip of each stance is held at its mean place by turning hip and knee: with thigh l, shank m
and the distance D wanted from hip to ankle, the angle at the knee is

.. math:: \cos\kappa = \frac{l^2 + m^2 - D^2}{2 l m}

and the leg as a whole takes the shortest turn to its ankle's place. The foot keeps its turn in the
world. Before and after a stance the shift fades over a fifth of a second. Metres, ``y`` up.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, minimum_filter1d

from unisono.core.checks import check_axes
from unisono.core.errors import ShapeError
from unisono.recordings.motion.kinematics import Motion, placed
from unisono.recordings.motion.rig import Rig
from unisono.recordings.motion.rotations import shortest_turn

__all__ = ["Leg", "legs_of", "standing"]

Array = npt.NDArray[np.float64]

_FADE_SECONDS = 0.2
_EASE_SECONDS = 0.1
"""Spread of the Gaussian that the root's correction is smoothed with."""
_FASTEST = 2.0
"""A correction of the root faster than this, m/s, mends no slip: the contact is wrong."""


class Leg(NamedTuple):
    """Joints of a leg, and which of the rig's feet is its tip."""

    hip: int
    knee: int
    ankle: int
    tip: int
    contact: int


def legs_of(rig: Rig) -> list[Leg]:
    """Legs of a rig: each ends at a foot that no other foot hangs from."""
    found, parents = [], rig.parents
    for number, tip in enumerate(rig.feet):
        if any(parents[other] == tip for other in rig.feet):
            continue
        ankle = parents[tip] if parents[tip] in rig.feet else tip
        knee = parents[ankle]
        hip = parents[knee] if knee > 0 else -1
        if hip > 0:
            found.append(Leg(hip, knee, ankle, tip, number))
    return found


def standing(motion: Motion, contacts: Array, *, follow: bool = True) -> Motion:
    """The motion with feet that stand where contacts say that they do.

    Args:
        motion: The motion.
        contacts: Above one half where a foot stands, ``(frame, foot)``, feet as of the rig.
        follow: Whether the root is moved; a path that must stay is led with False.

    Returns:
        The motion; the same where the rig has no legs.

    Raises:
        ShapeError: If there is not one contact a frame and foot.
    """
    check_axes(contacts=(contacts, "frame foot"))
    if contacts.shape != (len(motion), len(motion.rig.feet)):
        raise ShapeError(
            f"contacts should be {(len(motion), len(motion.rig.feet))}; got {contacts.shape}."
        )
    legs = legs_of(motion.rig)
    if not legs or len(motion) < 3:
        return motion
    stands = contacts[:, [leg.contact for leg in legs]] > 0.5
    for grown in (maximum_filter1d, minimum_filter1d):  # a gap of one frame or two is no step
        stands = grown(stands, 3, axis=0, mode="nearest")
    if follow:
        motion = _followed(motion, legs, stands)
    for leg, held in zip(legs, stands.T, strict=True):
        motion = _held(motion, leg, held)
    return motion


def _followed(motion: Motion, legs: list[Leg], stands: npt.NDArray[np.bool_]) -> Motion:
    """The root moved by what standing tips slide."""
    tips = placed(motion).positions[:, [leg.tip for leg in legs]][..., [0, 2]]
    slid = np.diff(tips, axis=0)
    both = stands[1:] & stands[:-1]
    both &= np.linalg.norm(slid, axis=-1) * motion.rate_hz < _FASTEST
    known = both.any(axis=1)
    if not known.any():
        return motion
    mean = (slid * both[..., None]).sum(axis=1) / np.maximum(both.sum(axis=1), 1)[:, None]
    frames = np.arange(len(slid))
    steps = np.stack([-np.interp(frames, frames[known], axis[known]) for axis in mean.T], axis=1)
    back = gaussian_filter1d(steps, _EASE_SECONDS * motion.rate_hz, axis=0, mode="nearest").T
    root = motion.root.copy()
    for axis, step in zip((0, 2), back, strict=True):
        root[1:, axis] += np.cumsum(step)
    return Motion(motion.rig, motion.rotations, root, motion.rate_hz)


def _held(motion: Motion, leg: Leg, stands: npt.NDArray[np.bool_]) -> Motion:
    """One leg turned so that its tip stays at the mean place of each stance."""
    tip = placed(motion).positions[:, leg.tip]
    fade = max(1, round(_FADE_SECONDS * motion.rate_hz))
    shift, weight = np.zeros_like(tip), np.zeros(len(tip))
    frames = np.arange(len(tip))
    for stance in _stances(stands):
        before = np.clip(1 - (stance.start - frames) / (fade + 1), 0.0, 1.0)
        after = np.clip(1 - (frames - stance.stop + 1) / (fade + 1), 0.0, 1.0)
        share = np.minimum(before, after)
        where = tip[stance].mean(axis=0)
        apart = where - tip[np.clip(frames, stance.start, stance.stop - 1)]
        nearer = share > weight
        shift[nearer] = (share[:, None] * apart)[nearer]
        weight = np.maximum(weight, share)
    return _reached(motion, leg, shift)


def _stances(stands: npt.NDArray[np.bool_]) -> Iterator[slice]:
    """Stretches of two frames or more in which a foot stands."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], stands, [False]]).astype(int)))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start > 1:
            yield slice(int(start), int(stop))


def _reached(motion: Motion, leg: Leg, shift: Array) -> Motion:
    """Hip and knee turned so that the ankle is moved by so much; the foot keeps its turn."""
    found = placed(motion)
    hip, knee, ankle = (found.positions[:, joint] for joint in (leg.hip, leg.knee, leg.ankle))
    upper, lower, line = knee - hip, ankle - knee, ankle + shift - hip
    long, short = (np.linalg.norm(bone, axis=1) for bone in (upper, lower))
    wanted = np.linalg.norm(line, axis=1)
    wanted = np.clip(wanted, np.abs(long - short) + 1e-3, 0.999 * (long + short))
    hinge = np.cross(upper, lower)
    size = np.linalg.norm(hinge, axis=1, keepdims=True)
    aside = found.rotations[:, leg.hip, :, 0]  # where a straight leg has no hinge of its own
    hinge = np.where(size > 1e-6, hinge / np.maximum(size, 1e-12), aside)
    bend = _knee(long, short, np.linalg.norm(ankle - hip, axis=1)) - _knee(long, short, wanted)
    bent = _about(hinge, bend)
    moved = upper + np.einsum("fij,fj->fi", bent, lower)
    whole = shortest_turn(moved, line)
    thigh = whole @ found.rotations[:, leg.hip]
    shank = whole @ bent @ found.rotations[:, leg.knee]
    turns = motion.rotations.copy()
    above = found.rotations[:, motion.rig.parents[leg.hip]]
    turns[:, leg.hip] = np.swapaxes(above, 1, 2) @ thigh
    turns[:, leg.knee] = np.swapaxes(thigh, 1, 2) @ shank
    turns[:, leg.ankle] = np.swapaxes(shank, 1, 2) @ found.rotations[:, leg.ankle]
    return Motion(motion.rig, turns, motion.root, motion.rate_hz)


def _knee(long: Array, short: Array, apart: Array) -> Array:
    """Angle at the knee of bones of these lengths whose far ends are so far apart."""
    cosine = (long**2 + short**2 - apart**2) / np.maximum(2 * long * short, 1e-12)
    return np.asarray(np.arccos(np.clip(cosine, -1.0, 1.0)))


def _about(axis: Array, angle: Array) -> Array:
    """Turns about unit axes ``(frame, 3)`` by angles ``(frame,)`` (Rodrigues)."""
    cross = np.zeros((len(axis), 3, 3))
    cross[:, [2, 0, 1], [1, 2, 0]] = axis
    cross[:, [1, 2, 0], [2, 0, 1]] = -axis
    sine, rest = np.sin(angle)[:, None, None], (1 - np.cos(angle))[:, None, None]
    return np.asarray(np.eye(3) + sine * cross + rest * cross @ cross)
