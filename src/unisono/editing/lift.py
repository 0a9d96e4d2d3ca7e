r"""Lift: from a point on the map back to a code, with a confidence.

With the ``k`` nearest places at distances :math:`d_j`:

- :class:`NeighbourLift`: :math:`z = \sum_j w_j z_j`, with :math:`w_j` uniform, inverse to the
  distance, :math:`\propto 1/(d_j + \epsilon)`, or a softmax,
  :math:`\propto e^{-d_j^2 / 2 h^2}` with ``h`` the median distance. A mean of codes is shorter than
  they are; ``keep_norm`` stretches it to the weighted mean of their norms.
- :class:`LocalLinearLift`: the affine map that fits the neighbours best, evaluated at the point.
- :class:`KernelRidgeLift`: one smooth function for the whole map,
  :math:`z = \bar z + K(c, C)\,(K + \lambda I)^{-1}(Z - \bar z)`, ``K`` Gaussian.

Neighbours beyond the nearest places are what a lift averages: it interpolates between data, and
away from them it stays at their edge. :func:`cycle_error` says by how much a lifted point misses.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from unisono.core.checks import check_choice, check_range
from unisono.editing.bank import Array, Bank, Near, points_of

__all__ = [
    "WEIGHTS",
    "KernelRidgeLift",
    "Lift",
    "Lifted",
    "LocalLinearLift",
    "NeighbourLift",
    "Weights",
    "cycle_error",
    "neighbour_weights",
]

Weights = Literal["inverse", "uniform", "softmax"]
WEIGHTS: tuple[Weights, ...] = ("inverse", "uniform", "softmax")

_CLOSE = 1e-8


class Lifted(NamedTuple):
    """Codes of points.

    Attributes:
        codes: ``(m, w)``.
        distance: Mean distance to the neighbours, in units of the map, ``(m,)``.
        confidence: How ordinary that distance is among the data, in (0, 1], ``(m,)``.
    """

    codes: Array
    distance: Array
    confidence: Array


class Lift(Protocol):
    """A way back from the map."""

    def lift(self, points: npt.ArrayLike) -> Lifted:
        """Return the codes of points, ``(m, d)``."""
        ...


def neighbour_weights(distance: Array, kind: Weights) -> Array:
    """Weights of neighbours, ``(m, k)``, each row summing to 1.

    A point that lies on a place takes that place alone, unless the weights are uniform.
    """
    check_choice("weights", kind, WEIGHTS)
    if kind == "uniform":
        return np.full(distance.shape, 1 / distance.shape[1])
    if kind == "inverse":
        raw = 1 / (distance + _CLOSE)
    else:
        width = np.maximum(np.median(distance, axis=1, keepdims=True), _CLOSE)
        raw = np.exp(-((distance / width) ** 2) / 2)
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))


def _lifted(bank: Bank, near: Near, codes: Array) -> Lifted:
    return Lifted(codes, near.distance.mean(axis=1), bank.confidence(near))


@dataclass(frozen=True)
class NeighbourLift:
    """A weighted mean of the nearest places' codes.

    Args:
        bank: Where data were seen.
        k: Number of neighbours.
        weights: ``"inverse"``, ``"uniform"`` or ``"softmax"``.
        keep_norm: Stretch the mean to the neighbours' own norm (for codes like noise).
    """

    bank: Bank
    k: int = 5
    weights: Weights = "inverse"
    keep_norm: bool = False

    def lift(self, points: npt.ArrayLike) -> Lifted:
        """See :meth:`Lift.lift`.

        Raises:
            UnisonoError: If ``k`` is larger than the bank, or a point is not finite.
        """
        near = self.bank.near(points, self.k)
        weight = neighbour_weights(near.distance, self.weights)
        seen = self.bank.codes[near.place]
        codes = np.einsum("mk,mkw->mw", weight, seen)
        if self.keep_norm:
            wanted = (weight * np.linalg.norm(seen, axis=2)).sum(axis=1)
            norm = np.maximum(np.linalg.norm(codes, axis=1), 1e-12)
            codes = codes * (wanted / norm)[:, None]
        return _lifted(self.bank, near, codes)


@dataclass(frozen=True)
class LocalLinearLift:
    r"""The affine fit of the neighbours' codes, by ridge regression on their offsets.

    Args:
        bank: Where data were seen.
        k: Number of neighbours; more than the dimensions of the map.
        ridge: Penalty, relative to the neighbours' mean squared offset.
    """

    bank: Bank
    k: int = 12
    ridge: float = 1e-3

    def __post_init__(self) -> None:
        check_range("ridge", self.ridge, 0, float("inf"))

    def lift(self, points: npt.ArrayLike) -> Lifted:
        """See :meth:`Lift.lift`."""
        asked = points_of(points, self.bank.width)
        near = self.bank.near(asked, self.k)
        place, code = self.bank.coordinates[near.place], self.bank.codes[near.place]
        middle, mean = place.mean(axis=1), code.mean(axis=1)
        x, z = place - middle[:, None], code - mean[:, None]
        gram = np.einsum("mkd,mke->mde", x, x)
        scale = np.trace(gram, axis1=1, axis2=2) / self.bank.width
        gram = gram + (self.ridge * scale + 1e-12)[:, None, None] * np.eye(self.bank.width)
        slope = np.linalg.solve(gram, np.einsum("mkd,mkw->mdw", x, z))
        codes = mean + np.einsum("md,mdw->mw", asked - middle, slope)
        return _lifted(self.bank, near, codes)


class KernelRidgeLift:
    """One smooth function from the map to codes.

    Args:
        bank: Where data were seen; at most ``most`` places of it are used, evenly.
        width: Of the Gaussian kernel, in units of the map; None for the bank's spread over
            ``n ** (1 / (d + 2))``.
        ridge: Penalty.
        k: Neighbours by which distance and confidence are told.
        most: Largest system that is solved.
    """

    def __init__(
        self,
        bank: Bank,
        *,
        width: float | None = None,
        ridge: float = 1e-4,
        k: int = 5,
        most: int = 3000,
    ) -> None:
        check_range("ridge", ridge, 0, float("inf"))
        self.bank, self.k = bank, min(k, len(bank))
        used = np.unique(np.linspace(0, len(bank) - 1, min(len(bank), most)).round().astype(int))
        self._centres, codes = bank.coordinates[used], bank.codes[used]
        spread = float(bank.coordinates.std(axis=0).mean())
        self.width = width or max(spread * len(used) ** (-1 / (bank.width + 2)), 1e-9)
        check_range("width", self.width, 0, float("inf"))
        self._mean = codes.mean(axis=0)
        gram = self._kernel(self._centres) + ridge * np.eye(len(used))
        self._alpha = cho_solve(cho_factor(gram), codes - self._mean)

    def _kernel(self, points: Array) -> Array:
        squared = (
            (points**2).sum(axis=1)[:, None]
            + (self._centres**2).sum(axis=1)[None, :]
            - 2 * points @ self._centres.T
        )
        return np.asarray(np.exp(-np.maximum(squared, 0) / (2 * self.width**2)))

    def lift(self, points: npt.ArrayLike) -> Lifted:
        """See :meth:`Lift.lift`."""
        asked = points_of(points, self.bank.width)
        near = self.bank.near(asked, self.k)
        return _lifted(self.bank, near, self._mean + self._kernel(asked) @ self._alpha)


def cycle_error(
    embed: Callable[[Array], Array], lifted: Lifted, points: npt.ArrayLike, bank: Bank
) -> Array:
    """How far the map of a lifted point is from the point, over the spread of the bank, ``(m,)``.

    Args:
        embed: From codes ``(m, w)`` to the map ``(m, d)``.
        lifted: What a lift returned for ``points``.
        points: ``(m, d)``.
        bank: The bank of the lift.
    """
    asked = points_of(points, bank.width)
    spread = float(np.sqrt(bank.coordinates.var(axis=0).sum()))
    missed = np.linalg.norm(np.asarray(embed(lifted.codes)) - asked, axis=1)
    return np.asarray(missed / max(spread, 1e-12))
