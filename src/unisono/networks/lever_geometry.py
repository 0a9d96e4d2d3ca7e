r"""Lever arms: joint moments carried from one point to another, and vectors seen from the body.

Symbols: ``n`` windows of ``L`` frames; ``J`` joints with centres :math:`c_j`; the ground's force
:math:`F` on a foot; the moment :math:`m_j` at a joint in the axes that the positions have, of which
a laboratory writes the components along three axes of a segment. For two points of one leg,
neglecting what is between them,

.. math:: m_p = m_j + (c_j - p) \times F

(Winter, "Biomechanics and Motor Control of Human Movement", 2009, ch. 5), so that a moment that is
hard to tell at one point may be told at another and be carried back. A :class:`Body` holds what
that takes: centres, axes, reference points, and frames of the body (``turns``) in which a force or
a moment may look more alike from one person to the next. Lengths are in metres.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from unisono.core.checks import check_axes

__all__ = [
    "AXES",
    "MASS_CENTRE",
    "Body",
    "Landmarks",
    "Limb",
    "at_reference",
    "body_of",
    "from_reference",
    "turned",
]

AXES = {"l": 0, "f": 1, "u": 2}
"""Axes of a segment, by letter: left, front, up."""


MASS_CENTRE = -1
"""The reference point that every body has: its centre of mass."""


class Limb(NamedTuple):
    """A segment that counts as a point of mass.

    Attributes:
        near: First column of the joint that it hangs from.
        far: First column of its other end.
        share: Share of the body's mass.
        along: Where its centre lies on the way from the one to the other.
    """

    near: int
    far: int
    share: float
    along: float


class Landmarks(NamedTuple):
    """Where the positions lie among the given channels: the first column of each point.

    Attributes:
        centres: Of each joint.
        segments: Origin, front and up point of the segment in whose axes each joint's moments are.
        axes: For each joint and each component of its moment ``(axis of AXES, sign)``.
        references: Pairs of points whose midpoint is a reference; twice the same for the point.
        mass_centre: The body's centre of mass.
        foot: Heel and toe of the loaded foot.
        hips: The loaded leg's hip and the other.
        up: Which of three components is vertical.
        limbs: Segments whose mass is known; the rest of the body is one more.
    """

    centres: tuple[int, ...]
    segments: tuple[tuple[int, int, int], ...]
    axes: tuple[tuple[tuple[int, float], ...], ...]
    references: tuple[tuple[int, int], ...]
    mass_centre: int
    foot: tuple[int, int]
    hips: tuple[int, int]
    up: int = 2
    limbs: tuple[Limb, ...] = ()


class Body(NamedTuple):
    """Geometry of windows.

    Attributes:
        centres: Centre of each joint, ``(n, L, J, 3)``.
        frames: Axes of each joint's moment, ``(n, L, J, 3, 3)``, an axis a row.
        references: Reference points, ``(n, L, R + 1, 3)``, the centre of mass last.
        turns: Frames of the body, ``(n, L, T, 3, 3)``, an axis a row: as given, by the foot, and
            by the hips.
    """

    centres: Tensor
    frames: Tensor
    references: Tensor
    turns: Tensor


def body_of(x: Tensor, at: Landmarks) -> Body:
    """The geometry of windows from given channels in physical units.

    Args:
        x: Given channels, ``(n, L, D)``; positions in metres.
        at: Where the positions lie among them.
    """
    check_axes(x=(x, "n l d"))
    frames = [_axes(x, segment, axes) for segment, axes in zip(at.segments, at.axes, strict=True)]
    vertical = x.new_zeros(3)
    vertical[at.up] = 1.0
    heel, toe = (_point(x, p) for p in at.foot)
    near, far = (_point(x, p) for p in at.hips)
    # the loaded leg is seen as a right one, so that the way from it to the other points left
    ways = (toe - heel, torch.linalg.cross(far - near, vertical.expand_as(near)))
    points = (*at.references, (at.mass_centre, at.mass_centre))
    still = torch.eye(3, dtype=x.dtype, device=x.device).expand(*x.shape[:2], 3, 3)
    return Body(
        torch.stack([_point(x, c) for c in at.centres], dim=2),
        torch.stack(frames, dim=2),
        torch.stack([(_point(x, a) + _point(x, b)) / 2 for a, b in points], dim=2),
        torch.stack([_level(still, at.up), *(_heading(w, vertical) for w in ways)], dim=2),
    )


def at_reference(moments: Tensor, force: Tensor, body: Body, reference: int, turn: int) -> Tensor:
    """Every joint's moment carried to a reference point, in a frame of the body.

    Args:
        moments: Along the axes of ``body.frames``, ``(n, L, 3 J)``.
        force: Of the ground on the foot, ``(n, L, 3)``.
        body: The geometry.
        reference: Which reference point.
        turn: Which frame of the body.

    Returns:
        ``(n, L, 3 J)``.
    """
    own = torch.unflatten(moments, -1, (-1, 3))
    whole = torch.einsum("nljac,nlja->nljc", body.frames, own)
    carried = whole + _levers(body, reference, force)
    return torch.einsum("nlac,nljc->nlja", body.turns[:, :, turn], carried).flatten(-2)


def from_reference(carried: Tensor, force: Tensor, body: Body, reference: int, turn: int) -> Tensor:
    """The way back of :func:`at_reference`."""
    parts = torch.unflatten(carried, -1, (-1, 3))
    whole = torch.einsum("nlac,nlja->nljc", body.turns[:, :, turn], parts)
    back = whole - _levers(body, reference, force)
    return torch.einsum("nljac,nljc->nlja", body.frames, back).flatten(-2)


def turned(force: Tensor, body: Body, turn: int, *, back: bool = False) -> Tensor:
    """A vector ``(n, L, 3)`` in a frame of the body, or from there in the axes of the positions."""
    equation = "nlac,nla->nlc" if back else "nlac,nlc->nla"
    return torch.einsum(equation, body.turns[:, :, turn], force)


def _levers(body: Body, reference: int, force: Tensor) -> Tensor:
    arm = body.centres - body.references[:, :, reference, None]
    found: Tensor = torch.linalg.cross(arm, force[:, :, None].expand_as(arm))
    return found


def _point(x: Tensor, column: int) -> Tensor:
    return x[..., column : column + 3]


def _unit(v: Tensor) -> Tensor:
    unit: Tensor = v / v.norm(dim=-1, keepdim=True).clamp_min(1e-9)
    return unit


def _axes(x: Tensor, segment: tuple[int, int, int], axes: tuple[tuple[int, float], ...]) -> Tensor:
    """Axes of a moment ``(n, L, 3, 3)`` from the origin, front and up point of a segment."""
    origin, front, up = (_point(x, p) for p in segment)
    forward, upward = _unit(front - origin), _unit(up - origin)
    # in the mirror the point on the left lies on the right: the axis follows from the others
    own = (_unit(torch.linalg.cross(upward, forward)), forward, upward)
    return torch.stack([sign * own[axis] for axis, sign in axes], dim=-2)


def _level(still: Tensor, up: int) -> Tensor:
    """The given axes, the vertical one last."""
    order = [(up + 1) % 3, (up + 2) % 3, up]
    return still[..., order, :]


def _heading(way: Tensor, vertical: Tensor) -> Tensor:
    """Axes forward, left and up of a horizontal way, ``(n, L, 3, 3)``."""
    up = vertical.expand_as(way)
    forward = _unit(way - (way * up).sum(dim=-1, keepdim=True) * up)
    return torch.stack([forward, torch.linalg.cross(up, forward), up], dim=-2)
