r"""Places of joints from rows of motion features, with gradient.

The same sums as :func:`unisono.recordings.motion.features.recovered_positions`, for batches: the
heading :math:`\psi` is the sum of the turns, the root's path the sum of the travel turned by it,

.. math:: \psi_k = \sum_{i<k} \dot\psi_i \Delta, \qquad
          x_k = \sum_{i<k} R_y(\psi_{i+1})\, v_i \Delta, \qquad
          x_{j,k} = x_k + R_y(\psi_k)\, p_{j,k}

in metres, from the origin, facing ``z``.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from unisono.core.errors import ShapeError
from unisono.recordings.motion.features import Layout

__all__ = ["Track", "joint_places", "root_track"]


class Track(NamedTuple):
    """Where the root goes.

    Attributes:
        heading: Radians from ``z`` towards ``x``, ``(B, L)``.
        root: ``(B, L, 3)``, metres.
    """

    heading: Tensor
    root: Tensor


def root_track(rows: Tensor, layout: Layout) -> Track:
    """Heading and path of the root.

    Args:
        rows: In physical units, ``(B, L, layout.size)``.
        layout: The layout.

    Raises:
        ShapeError: If the rows are not of the layout.
    """
    if rows.ndim != 3 or rows.shape[-1] != layout.size:
        raise ShapeError(f"rows should be (B, L, {layout.size}); got {tuple(rows.shape)}.")
    half = -2.0 if layout.kind == "humanml3d" else 1.0
    start = rows.new_zeros(len(rows), 1)
    turn = half * layout.per_row * rows[:, :-1, layout.part("turn")][..., 0]
    heading = torch.cat([start, turn.cumsum(dim=1)], dim=1)
    step = layout.per_row * rows[:, :-1, layout.part("travel")]
    sine, cosine = heading[:, 1:].sin(), heading[:, 1:].cos()
    x = cosine * step[..., 0] + sine * step[..., 1]
    z = cosine * step[..., 1] - sine * step[..., 0]
    height = rows[..., layout.part("height")][..., 0]
    path = [torch.cat([start, axis.cumsum(dim=1)], dim=1) for axis in (x, z)]
    return Track(heading, torch.stack([path[0], height, path[1]], dim=-1))


def joint_places(rows: Tensor, layout: Layout) -> Tensor:
    """Places of all joints, ``(B, L, joint, 3)``, metres; arguments as of :func:`root_track`."""
    heading, root = root_track(rows, layout)
    local = rows[..., layout.part("positions")].reshape(*rows.shape[:2], -1, 3)
    sine, cosine = heading.sin()[..., None], heading.cos()[..., None]
    x = cosine * local[..., 0] + sine * local[..., 2] + root[..., :1]
    z = cosine * local[..., 2] - sine * local[..., 0] + root[..., 2:]
    others = torch.stack([x, local[..., 1], z], dim=-1)
    return torch.cat([root[..., None, :], others], dim=-2)
