"""Long ways on a map: along the data, not across the void.

The neighbour graph joins each place of a bank with its ``k`` nearest, each edge as long as it is on
the map (as in Isomap: Tenenbaum, de Silva & Langford, Science 290, 2000). A geodesic is the
shortest path on it (Dijkstra), sampled evenly.
"""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from unisono.core.checks import check_range
from unisono.core.errors import UnisonoError
from unisono.editing.bank import Array, Bank

__all__ = ["NeighbourGraph", "evenly"]


def evenly(points: npt.ArrayLike, count: int) -> Array:
    """Return ``count`` points at even lengths along a line through ``points``, ``(count, d)``."""
    line = np.asarray(points, np.float64)
    check_range("count", count, 1, float("inf"), closed=True)
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    place = np.concatenate([[0.0], np.cumsum(steps)])
    keep = np.concatenate([[True], steps > 0])
    wanted = np.linspace(0, place[-1], count)
    return np.stack([np.interp(wanted, place[keep], c[keep]) for c in line.T], axis=1)


class NeighbourGraph:
    """The graph of a bank.

    Args:
        bank: The bank.
        k: Neighbours a place is joined with.
    """

    def __init__(self, bank: Bank, *, k: int = 10) -> None:
        self.bank = bank
        reach = min(k, len(bank) - 1)
        near = bank.near(bank.coordinates, reach + 1)
        rows = np.repeat(np.arange(len(bank)), reach + 1)
        # a repeated place would be an edge of length 0, which a sparse graph cannot hold
        lengths = np.maximum(near.distance.ravel(), 1e-12)
        edges = csr_array((lengths, (rows, near.place.ravel())), shape=(len(bank), len(bank)))
        self._edges = edges.maximum(edges.T)
        _, self._part = connected_components(self._edges, directed=False)

    def path(self, start: npt.ArrayLike, end: npt.ArrayLike, count: int) -> Array:
        """Walk along the data from one point to another, ``(count, d)``.

        Both ends are joined to their nearest place.

        Raises:
            UnisonoError: If the data fall into parts and the ends lie in different ones.
        """
        p, q = np.asarray(start, np.float64), np.asarray(end, np.float64)
        ends = self.bank.near(np.stack([p, q]), 1).place[:, 0]
        first, last = int(ends[0]), int(ends[1])
        if self._part[first] != self._part[last]:
            raise UnisonoError(
                "no way along the data joins these points; give the graph more neighbours, or "
                "walk straight."
            )
        before = dijkstra(
            self._edges, directed=False, indices=np.array([last]), return_predecessors=True
        )[1][0]
        places = [first]
        while places[-1] != last:
            places.append(int(before[places[-1]]))
        line = np.concatenate([p[None], self.bank.coordinates[places], q[None]])
        return evenly(line, count)
