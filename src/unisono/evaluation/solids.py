r"""How near generated solids are to true ones, one by one and as a set.

Symbols: voxels ``(n, X, Y, Z)``; a cloud is ``m`` points on a surface, ``(m, 3)``, in the
unit cube.

.. math:: \mathrm{IoU} = |P \cap G| / |P \cup G|, \qquad
   \mathrm{CD} = \mathrm{mean}_i \min_j |p_i - q_j|^2 + \mathrm{mean}_j \min_i |p_i - q_j|^2, \\
   \mathrm{EMD} = \tfrac1m \min_\sigma \textstyle\sum_i |p_i - q_{\sigma(i)}|

(distances as PointFlow defines them: Yang et al., 1906.12320; the assignment is exact). The
1-nearest-neighbour accuracy of two sets of equal size (Lopez-Paz & Oquab, 1610.06545) is the share
of all items whose nearest other item is of their own set: 1/2 is ideal, 1 is told apart at once,
less than 1/2 means that generated items sit on top of true ones.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from unisono.core.checks import check_range
from unisono.core.errors import ShapeError, UnisonoError
from unisono.evaluation.arrays import Array

__all__ = [
    "best_level",
    "chamfer",
    "earth_mover",
    "iou",
    "one_nearest_neighbour",
    "pairwise",
    "pooled_iou",
    "surface_points",
]

Distance = Callable[[Array, Array], float]


def _full(predicted: Array, truth: Array, threshold: float) -> tuple[Array, Array]:
    if predicted.shape != truth.shape or truth.ndim != 4:
        raise ShapeError(
            "predicted and truth should both be (solid, x, y, z); got "
            f"{predicted.shape} and {truth.shape}."
        )
    p, g = predicted >= threshold, truth >= threshold
    axes = (1, 2, 3)
    return (p & g).sum(axis=axes).astype(np.float64), (p | g).sum(axis=axes).astype(np.float64)


def iou(predicted: Array, truth: Array, *, threshold: float = 0.5) -> Array:
    """Intersection over union of each solid, ``(n,)``; 1 where both are empty.

    Args:
        predicted: ``(n, X, Y, Z)``, full where at least ``threshold``.
        truth: The same.
        threshold: Occupancy from which a voxel is full.

    Example:
        >>> p, g = np.zeros((1, 2, 2, 2)), np.zeros((1, 2, 2, 2))
        >>> p[0, 0], g[0, :, 0] = 1, 1
        >>> iou(p, g).round(3)
        array([0.333])
    """
    both, either = _full(predicted, truth, threshold)
    return np.where(either > 0, both / np.maximum(either, 1), 1.0)


def pooled_iou(predicted: Array, truth: Array, *, threshold: float = 0.5) -> float:
    """All intersections over all unions: large solids count more than in the mean of ``iou``."""
    both, either = _full(predicted, truth, threshold)
    return float(both.sum() / either.sum()) if either.sum() > 0 else 1.0


def best_level(predicted: Array, truth: Array) -> float:
    """Occupancy from which a voxel should count as full: where the mean of ``iou`` is largest.

    A voxel that is full with probability ``p`` raises the ratio of expected intersection to
    expected union, ``J``, where ``p > J / (1 + J)``: below 1/2 wherever a solid is uncertain (half
    of the Dice index, as Lipton, Elkan & Narayanaswamy, *ECML* 2014, have it). Look for it on
    solids that are neither trained on nor tested.

    Args:
        predicted: ``(n, X, Y, Z)``, in [0, 1].
        truth: The same, full from 1/2.

    Returns:
        One of 0.1, 0.15, ..., 0.7; the highest of those that are equally good.

    Example:
        >>> p, g = np.full((1, 2, 2, 2), 0.2), np.zeros((1, 2, 2, 2))
        >>> p[0, 0], g[0, 0] = 0.4, 1
        >>> best_level(p, g)
        0.4
    """
    levels = [round(0.7 - 0.05 * step, 2) for step in range(13)]
    full = (truth >= 0.5).astype(np.float64)  # from 0.1 to 0.7 the same
    return max(levels, key=lambda level: float(iou(predicted, full, threshold=level).mean()))


def surface_points(
    voxels: Array, count: int, *, generator: np.random.Generator, threshold: float = 0.5
) -> Array:
    """Points evenly on the faces between full and empty voxels, ``(count, 3)`` in the unit cube.

    Raises:
        UnisonoError: If no voxel is full.
    """
    check_range("count", count, 1, float("inf"), closed=True)
    full = np.pad(voxels >= threshold, 1)
    if not full.any():
        raise UnisonoError(
            "a solid without a full voxel has no surface; leave it out and count it."
        )
    middles, normals = [], []
    for axis in range(3):
        change = np.argwhere(np.diff(full, axis=axis))  # a face lies between these and the next
        middle = change - 0.5  # voxel centres are at k + 0.5 once the padding is taken off
        middle[:, axis] += 0.5
        middles.append(middle)
        normals.append(np.full(len(change), axis))
    middle, normal = np.concatenate(middles), np.concatenate(normals)
    rows = generator.integers(len(middle), size=count)
    shift = generator.uniform(-0.5, 0.5, size=(count, 3))
    shift[np.arange(count), normal[rows]] = 0.0
    return np.asarray((middle[rows] + shift) / np.array(voxels.shape))


def chamfer(p: Array, q: Array) -> float:
    """Chamfer distance of two clouds: mean squared distance to the nearest, both ways.

    Example:
        >>> chamfer(np.zeros((1, 3)), np.array([[1.0, 0, 0], [2.0, 0, 0]]))
        3.5
    """
    squared = cdist(p, q, "sqeuclidean")
    return float(squared.min(axis=1).mean() + squared.min(axis=0).mean())


def earth_mover(p: Array, q: Array) -> float:
    """Mean distance under the best one-to-one assignment of two clouds of equal size (exact).

    Raises:
        ShapeError: If the sizes differ.
    """
    if p.shape != q.shape:
        raise ShapeError(f"clouds should be of equal size; got {p.shape} and {q.shape}.")
    apart = cdist(p, q)
    return float(apart[linear_sum_assignment(apart)].mean())


def pairwise(clouds: list[Array], distance: Distance) -> Array:
    """Distances between all clouds, ``(n, n)``, symmetric with zeros on the diagonal."""
    found = np.zeros((len(clouds), len(clouds)))
    for i, one in enumerate(clouds):
        for j in range(i):
            found[i, j] = found[j, i] = distance(one, clouds[j])
    return found


def one_nearest_neighbour(distances: Array, generated: npt.NDArray[np.bool_]) -> float:
    """Share of items whose nearest other item is of their own set.

    Args:
        distances: ``(n, n)`` between the items of both sets.
        generated: Which items are generated, ``(n,)``; half of them.

    Raises:
        ShapeError: If the two sets are not of one size, or the matrix is not square.
    """
    if distances.shape != (len(generated), len(generated)):
        raise ShapeError(f"distances should be {len(generated)} square; got {distances.shape}.")
    if 2 * int(generated.sum()) != len(generated) or len(generated) < 4:
        raise ShapeError(
            f"both sets should hold as many items, at least 2; got {int(generated.sum())} "
            f"generated of {len(generated)}."
        )
    apart = distances + np.where(np.eye(len(generated)) > 0, np.inf, 0.0)
    nearest = apart.argmin(axis=1)
    return float((generated[nearest] == generated).mean())
