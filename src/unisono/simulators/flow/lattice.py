r"""The nine-velocity lattice and one collision for the whole grid as one matrix product.

Symbols, in lattice units: populations :math:`f_i`, velocities :math:`e_i`, weights :math:`w_i`,
density :math:`1 + \rho`, momentum :math:`j = \sum_i f_i e_i`, kinematic viscosity :math:`\nu`.
What is stored is :math:`g_i = f_i - w_i`, which is 0 at rest and keeps the digits of float32.
Equilibria are those of He & Luo (J. Stat. Phys. 88, 1997), whose steady flow is incompressible:

.. math:: g_i^{eq} = w_i\big[\rho + 3\, e_i\!\cdot\! j + \tfrac92 (e_i\!\cdot\! j)^2
          - \tfrac32 j^2\big]

The collision has two relaxation times (Ginzburg, Verhaeghe & d'Humieres, 2008): the even part of
``g`` relaxes at :math:`\omega_+ = 1/(3\nu + 1/2)`, the odd one at the rate that keeps
:math:`\Lambda = (1/\omega_+ - 1/2)(1/\omega_- - 1/2) = 1/4`, the most stable choice. The
equilibrium is linear in ``g`` but for the three products of ``j``; so

.. math:: g^* = A g + B\,(j_x^2,\; j_y^2,\; j_x j_y)^\top

with constant matrices: the collision costs one product with a ``9 x 12`` matrix.
"""

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_range

__all__ = ["OPPOSITE", "VELOCITIES", "WEIGHTS", "collision", "equilibrium"]

Array = npt.NDArray[np.float64]
Field = npt.NDArray[np.float32]

VELOCITIES = np.array(
    [[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1], [1, 1], [-1, 1], [-1, -1], [1, -1]]
)
"""``e_i``, ``(9, 2)``: along x (with the stream), then y."""

WEIGHTS: Array = np.array([4 / 9] + [1 / 9] * 4 + [1 / 36] * 4)
"""``w_i``, ``(9,)``."""

OPPOSITE = np.array([0, 3, 4, 1, 2, 7, 8, 5, 6])
"""Index of ``-e_i``."""

_MAGIC = 0.25


def _quadratic() -> Array:
    """Weights of ``(jx^2, jy^2, jx jy)`` in the equilibrium, ``(9, 3)``."""
    x, y = VELOCITIES[:, 0], VELOCITIES[:, 1]
    parts = np.stack([4.5 * x**2 - 1.5, 4.5 * y**2 - 1.5, 9.0 * x * y], axis=1)
    return np.asarray(WEIGHTS[:, None] * parts)


def collision(viscosity: float, *, sponge: float = 0.0) -> Field:
    """Build the matrix of the collision, ``(9, 12)``, which acts on ``(g, jx^2, jy^2, jx jy)``.

    Args:
        viscosity: Kinematic, in lattice units, above 0.
        sponge: Share of the density's deviation that is taken away in a step: 0 in the flow, above
            it where sound is to be swallowed.

    Example:
        >>> bool(np.allclose(collision(0.1).sum(axis=0)[:9], 1))  # mass is conserved
        True
    """
    check_range("viscosity", viscosity, 0, 1)
    check_range("sponge", sponge, 0, 1, closed=True)
    even_time = 3 * viscosity + 0.5
    even, odd = 1 / even_time, 1 / (_MAGIC / (even_time - 0.5) + 0.5)
    swap = np.eye(9)[OPPOSITE]
    relax = even * (np.eye(9) + swap) / 2 + odd * (np.eye(9) - swap) / 2
    linear = WEIGHTS[:, None] * (np.ones((9, 9)) + 3 * VELOCITIES @ VELOCITIES.T)
    kept = np.eye(9) - relax + relax @ linear - sponge * WEIGHTS[:, None] * np.ones((9, 9))
    return np.hstack([kept, relax @ _quadratic()]).astype(np.float32)


def equilibrium(density: npt.ArrayLike, x: npt.ArrayLike, y: npt.ArrayLike) -> Field:
    """Return equilibrium populations ``g``, ``(9, ...)``.

    Args:
        density: Deviation of the density from 1, broadcastable with the momenta.
        x: Momentum along x.
        y: Momentum along y.

    Example:
        >>> g = equilibrium(0.01, 0.1, 0.0)
        >>> bool(np.allclose([g.sum(), g @ VELOCITIES[:, 0]], [0.01, 0.1]))
        True
    """
    rho, jx, jy = np.broadcast_arrays(*(np.asarray(a, np.float32) for a in (density, x, y)))
    flat = np.stack([a.ravel() for a in (rho, jx, jy, jx * jx, jy * jy, jx * jy)])
    return np.asarray((_EQUILIBRIUM @ flat).reshape(9, *rho.shape))


_EQUILIBRIUM: Field = np.hstack(
    [WEIGHTS[:, None], 3 * WEIGHTS[:, None] * VELOCITIES, _quadratic()]
).astype(np.float32)
