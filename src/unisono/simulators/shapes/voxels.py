r"""A solid as occupancies of the voxels of the cube :math:`[-1, 1]^3`.

A voxel holds the share of its sub-points that are inside. Index ``(i, j, k)`` lies at ``(x, y, z)``
in this order, the centre of voxel ``i`` of ``n`` at :math:`(2i + 1) / n - 1`.
"""

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_range
from unisono.simulators.shapes.families import Solid
from unisono.simulators.shapes.primitives import Array

__all__ = ["voxel_centres", "voxelise"]


def voxel_centres(size: int) -> Array:
    """Centres of the voxels, ``(size, size, size, 3)``."""
    line = (2 * np.arange(size) + 1) / size - 1
    return np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1)


def voxelise(solid: Solid, *, size: int = 32, finer: int = 1) -> npt.NDArray[np.float32]:
    """Occupancies ``(size, size, size)`` in [0, 1].

    Args:
        solid: The solid.
        size: Voxels an edge.
        finer: Sub-points an edge of a voxel; 1 asks the centre alone, so that values are 0 or 1.

    Raises:
        UnisonoError: If a size is below 1.
    """
    check_range("size", size, 1, 1024, closed=True)
    check_range("finer", finer, 1, 16, closed=True)
    inside = solid.inside(voxel_centres(size * finer)) <= 0
    blocks = inside.reshape(size, finer, size, finer, size, finer)
    return np.asarray(blocks.mean(axis=(1, 3, 5), dtype=np.float32))
