r"""A round obstacle between the nodes of the lattice, and the force on it.

For each link from a fluid node :math:`x` along :math:`e_i` into the circle, ``q`` in (0, 1] is the
share of the link that lies in the fluid. The population that comes back is interpolated to second
order (Bouzidi, Firdaouss & Lallemand, Phys. Fluids 13, 2001), with :math:`f^*` after collision:

.. math::
   f_{\bar\imath}(x) \leftarrow \begin{cases}
     2q\, f_i^*(x) + (1 - 2q)\, f_i^*(x - e_i) & q < 1/2 \\
     \frac{1}{2q} f_i^*(x) + \frac{2q - 1}{2q} f_{\bar\imath}^*(x) & q \ge 1/2
   \end{cases}

The force is the momentum exchanged over all links,
:math:`\sum e_i\,[f_i^*(x) + f_{\bar\imath}(x)]` (Ladd, J. Fluid Mech. 271, 1994). The weights
:math:`w_i` in ``f`` cancel from both over a closed wall.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.simulators.flow.lattice import OPPOSITE, VELOCITIES

__all__ = ["Links", "bounce", "circle_links"]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Field = npt.NDArray[np.float32]


class Links(NamedTuple):
    """Links that cross the wall; indices into the flattened ``(9, nx * ny)`` populations.

    Attributes:
        back: Where the returning population goes, ``(n,)``.
        first: The outgoing population ``f_i(x)``, ``(n,)``.
        second: ``f_i(x - e_i)``, or the returning one before streaming, ``(n,)``.
        weight: Weight of ``first``, ``(n,)``; that of ``second`` is ``1 - weight``.
        velocity: ``e_i``, ``(n, 2)``.
        solid: Nodes within the circle, ``(m,)``.
    """

    back: Index
    first: Index
    second: Index
    weight: Field
    velocity: Array
    solid: Index


def circle_links(shape: tuple[int, int], centre: tuple[float, float], radius: float) -> Links:
    """Find the links of a circle that lies wholly inside the grid.

    Args:
        shape: ``(nx, ny)``; node ``(x, y)`` has the flat index ``x * ny + y``.
        centre: ``(x, y)`` in nodes.
        radius: In nodes.
    """
    nx, ny = shape
    x, y = np.mgrid[:nx, :ny].astype(np.float64)
    inside = ((x - centre[0]) ** 2 + (y - centre[1]) ** 2 < radius**2).ravel()
    solid = np.flatnonzero(inside)
    found: list[tuple[Index, Index, Index, Array, Array]] = []
    for i in range(1, 9):
        shift = int(VELOCITIES[i, 0]) * ny + int(VELOCITIES[i, 1])
        node = solid - shift
        node = node[~inside[node]]
        away = np.stack([node // ny - centre[0], node % ny - centre[1]], axis=1)
        share = _share(away, radius, VELOCITIES[i])
        near = share < 0.5
        first, back = i * nx * ny + node, int(OPPOSITE[i]) * nx * ny + node
        weight = np.where(near, 2 * share, 1 / (2 * share))
        second = np.where(near, first - shift, back)
        velocity = np.tile(VELOCITIES[i].astype(np.float64), (len(node), 1))
        found.append((back, first, second, weight, velocity))
    back, first, second, weight, velocity = (np.concatenate(p) for p in zip(*found, strict=True))
    return Links(back, first, second, weight.astype(np.float32), velocity, solid)


def _share(away: Array, radius: float, velocity: npt.NDArray[np.int64]) -> Array:
    """Share of each link before the wall: the smaller root of ``|x + q e - c|^2 = r^2``."""
    a, b = float(velocity @ velocity), away @ velocity
    c = (away**2).sum(axis=1) - radius**2
    return np.asarray((-b - np.sqrt(b**2 - a * c)) / a)


def bounce(before: Field, after: Field, links: Links) -> Array:
    """Set the populations that come back from the wall; return the force, ``(2,)``.

    Args:
        before: After collision and before streaming, ``(9 * nx * ny,)``.
        after: After streaming, ``(9 * nx * ny,)``; written in place.
        links: From :func:`circle_links`.
    """
    out = before[links.first]
    back = links.weight * out + (1 - links.weight) * before[links.second]
    after[links.back] = back
    return np.asarray((out + back).astype(np.float64) @ links.velocity)
