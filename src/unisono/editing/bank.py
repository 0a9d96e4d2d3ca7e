r"""The bank of a map: places where data were seen, and how far a point is from them.

Symbols: ``n`` places of the bank with coordinates :math:`c_j` ``(n, d)`` on the map and codes
:math:`z_j` ``(n, w)`` in the space that decodes; ``m`` points asked for.

The **confidence** of a point is how ordinary its distance to the data is:

.. math:: p = \frac{1 + \#\{j : r_j \ge r\}}{1 + n}

with :math:`r` the mean distance to its ``k`` nearest places, and :math:`r_j` the same of place
``j`` to the others. For a point drawn as the bank was, ``p`` is uniform (a conformal p-value,
Vovk et al. 2005); a small one says that the point is off the data.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import ShapeError, UnisonoError

__all__ = ["Array", "Bank", "Near", "points_of"]

Array = npt.NDArray[np.float64]


class Near(NamedTuple):
    """The nearest places of points.

    Attributes:
        place: Rows of the bank, nearest first, ``(m, k)`` int64.
        distance: In units of the map, ``(m, k)``.
    """

    place: npt.NDArray[np.int64]
    distance: Array


def points_of(points: npt.ArrayLike, width: int, name: str = "points") -> Array:
    """Return points as ``(m, width)`` float64.

    Raises:
        ShapeError: If they have another width.
        UnisonoError: If one is not finite.
    """
    array = np.atleast_2d(np.asarray(points, dtype=np.float64))
    if array.ndim != 2 or array.shape[1] != width:
        raise ShapeError(
            f"{name} has shape {array.shape}, but the map has {width} dimensions; points of "
            "another model do not belong on this map."
        )
    if not np.isfinite(array).all():
        raise UnisonoError(f"{name} holds values that are not finite; leave them out.")
    return array


class Bank:
    """Places with coordinates and codes.

    Args:
        coordinates: ``(n, d)``.
        codes: ``(n, w)``.
        sequence: Which sequence each place is from, ``(n,)``; neighbours within a sequence are
            then left out of a place's own distance, for frames next to each other in time are
            always close. None for places that are independent.

    Raises:
        ShapeError: If the axes disagree.
        UnisonoError: If a value is not finite or the bank is empty.
    """

    def __init__(
        self,
        coordinates: npt.ArrayLike,
        codes: npt.ArrayLike,
        sequence: npt.ArrayLike | None = None,
    ) -> None:
        self.coordinates: Array = np.array(coordinates, dtype=np.float64)
        self.codes: Array = np.array(codes, dtype=np.float64)
        check_axes(coordinates=(self.coordinates, "place map"), codes=(self.codes, "place code"))
        self.sequence = np.zeros(len(self), np.int64) if sequence is None else np.asarray(sequence)
        self._grouped = sequence is not None and len(np.unique(self.sequence)) > 1
        check_axes(coordinates=(self.coordinates, "place map"), sequence=(self.sequence, "place"))
        for name, values in (("coordinates", self.coordinates), ("codes", self.codes)):
            if not len(values):
                raise UnisonoError("the bank is empty; a map needs data to come back to.")
            if not np.isfinite(values).all():
                raise UnisonoError(f"{name} of the bank hold values that are not finite.")
        self.tree = cKDTree(self.coordinates)
        self._own: dict[int, Array] = {}

    def __len__(self) -> int:
        return len(self.coordinates)

    @property
    def width(self) -> int:
        """Dimensions of the map."""
        return int(self.coordinates.shape[1])

    def near(self, points: npt.ArrayLike, k: int) -> Near:
        """Find the ``k`` nearest places of each point.

        Raises:
            UnisonoError: If ``k`` is larger than the bank.
        """
        asked = points_of(points, self.width)
        check_range("k", k, 1, float("inf"), closed=True)
        if k > len(self):
            raise UnisonoError(
                f"k is {k}, but the bank has {len(self)} places; take a smaller k or more data."
            )
        distance, place = self.tree.query(asked, k=k)
        return Near(
            np.asarray(place, np.int64).reshape(len(asked), k),
            np.asarray(distance, np.float64).reshape(len(asked), k),
        )

    def confidence(self, near: Near) -> Array:
        """Confidence of points whose nearest places are known, in (0, 1], ``(m,)``."""
        k = near.distance.shape[1]
        own = self._own_distance(min(k, max(len(self) - 1, 1)))
        above = len(own) - np.searchsorted(own, near.distance.mean(axis=1), side="left")
        return np.asarray((1 + above) / (1 + len(own)))

    def _own_distance(self, k: int) -> Array:
        """Sorted mean distances of places to others: of other sequences where there are any."""
        if k not in self._own:
            self._own[k] = np.sort(self._between(k) if self._grouped else self._within(k))
        return self._own[k]

    def _within(self, k: int) -> Array:
        if len(self) == 1:
            return np.zeros(1)
        distance, _ = self.tree.query(self.coordinates, k=k + 1)
        return np.asarray(np.asarray(distance)[:, 1:].mean(axis=1))

    def _between(self, k: int) -> Array:
        found = np.empty(len(self))
        for name in np.unique(self.sequence):
            here = self.sequence == name
            others = cKDTree(self.coordinates[~here])
            distance, _ = others.query(self.coordinates[here], k=min(k, int((~here).sum())))
            found[here] = np.asarray(distance).reshape(int(here.sum()), -1).mean(axis=1)
        return found
