"""Many solids with their views: the pairs that a bridge from views to solids learns from."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_choice, check_range
from unisono.core.random import numpy_generator
from unisono.simulators.shapes.cameras import Camera, render
from unisono.simulators.shapes.families import FAMILIES, random_solid
from unisono.simulators.shapes.voxels import voxelise

__all__ = ["CAMERAS", "SolidPairs", "solid_pairs"]

CAMERAS: tuple[Camera, ...] = (
    Camera(azimuth=0, elevation=0),
    Camera(azimuth=90, elevation=0),
    Camera(azimuth=0, elevation=90),
    Camera(azimuth=45, elevation=35.264),
)
"""Front, side, top, and the corner of the cube."""

_CHANNELS = {"silhouette": (0,), "shaded": (1,), "both": (0, 1)}


class SolidPairs(NamedTuple):
    """Solids and their views.

    Attributes:
        voxels: ``(n, size, size, size)`` float32, 0 or 1.
        views: ``(n, V, C, h, w)`` float32 in [0, 1].
        family: Number of each solid's family in ``FAMILIES``, ``(n,)``.
        volume: Exact volume, in units of the cube ``[-1, 1]^3``, ``(n,)``.
    """

    voxels: npt.NDArray[np.float32]
    views: npt.NDArray[np.float32]
    family: npt.NDArray[np.int64]
    volume: npt.NDArray[np.float64]


def solid_pairs(
    count: int,
    *,
    seed: int,
    first: int = 0,
    size: int = 32,
    cameras: tuple[Camera, ...] = CAMERAS,
    kind: str = "silhouette",
    pose: str = "any",
) -> SolidPairs:
    """Draw solids, families in turn; solid ``k`` depends on the seed and ``k`` alone.

    Args:
        count: Number of solids.
        seed: Seed of everything.
        first: Number of the first; parts with other numbers share no solid.
        size: Voxels an edge.
        cameras: Where views are taken from, one image size.
        kind: ``silhouette``, ``shaded``, or ``both`` as two channels.
        pose: As in ``random_solid``.

    Example:
        >>> solid_pairs(2, seed=0, size=8, cameras=(Camera(size=8),)).views.shape
        (2, 1, 1, 8, 8)
    """
    check_range("count", count, 1, float("inf"), closed=True)
    check_choice("kind", kind, _CHANNELS)
    wanted = _CHANNELS[kind]
    names = list(FAMILIES)
    voxels, views, family, volume = [], [], [], []
    for number in range(first, first + count):
        rng = numpy_generator(seed, "shapes", number)
        solid = random_solid(rng, family=names[number % len(names)], pose=pose)
        voxels.append(voxelise(solid, size=size))
        seen = [render(solid, camera) for camera in cameras]
        views.append(np.stack([np.stack([image[c] for c in wanted]) for image in seen]))
        family.append(number % len(names))
        volume.append(solid.volume)
    return SolidPairs(
        np.stack(voxels),
        np.stack(views).astype(np.float32),
        np.array(family, dtype=np.int64),
        np.array(volume),
    )
