r"""Simple answers to "what is x, given y" for pairs of any shapes: what a bridge has to beat.

Rows are items, flattened: given ``(n, p)`` and wanted ``(n, q)``. Every one answers with
``samples`` ``(S, n, q)`` and a ``mean`` ``(n, q)``:

- :class:`RidgePairs`: linear, the penalty chosen on held-out rows; no spread.
- :class:`Neighbours`: the mean of the ``k`` nearest training items (``k`` chosen on held-out rows);
  the samples are copies of ``S`` of them.
- :func:`gaussian_residual`: any regression with an independent Gaussian of the spread that its
  held-out residuals have in each number.
- :func:`borrowed_residual`: any regression with the whole held-out residuals of the training items
  nearest to the given one, so that neighbouring numbers err together.
- :func:`bicubic`: cubic convolution of small images.

The two residual controls tell whether samples of a bridge say more than "the mean, plus or minus".
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from scipy.spatial.distance import cdist
from torch.nn import functional as F

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import ShapeError
from unisono.evaluation.arrays import Array

__all__ = [
    "Answer",
    "Held",
    "Neighbours",
    "RidgePairs",
    "bicubic",
    "borrowed_residual",
    "gaussian_residual",
    "shown",
]

_ALPHAS = np.logspace(-6, 2, 9)
_COUNTS = (1, 2, 3, 5, 8, 13, 21, 34)
_HELD_OUT = 0.2


class Answer(NamedTuple):
    """What a baseline says.

    Attributes:
        samples: ``(S, n, q)``.
        mean: ``(n, q)``.
    """

    samples: Array
    mean: Array


def shown(rows: Array) -> Array:
    """Rows ``(n, ...)`` flattened in double precision, ``(n, p)``; refuses NaN.

    Raises:
        ShapeError: If a value is not finite.
    """
    flat = np.asarray(rows, dtype=np.float64).reshape(len(rows), -1)
    if not np.isfinite(flat).all():
        raise ShapeError("baselines need finite values; fill or leave out rows with NaN.")
    return flat


class _Split(NamedTuple):
    inside: npt.NDArray[np.intp]
    outside: npt.NDArray[np.intp]


def _held_out(count: int, generator: np.random.Generator) -> _Split:
    order = generator.permutation(count)
    cut = max(1, round(_HELD_OUT * count))
    return _Split(order[cut:], order[:cut])


class RidgePairs:
    """Ridge regression (Hoerl & Kennard, 1970) in its dual where rows are fewer than columns.

    Args:
        given: ``(n, p)`` of the training part.
        wanted: ``(n, q)``.
        generator: Chooses the rows on which the penalty is chosen.
    """

    def __init__(self, given: Array, wanted: Array, *, generator: np.random.Generator) -> None:
        check_axes(given=(given, "row p"), wanted=(wanted, "row q"))
        split = _held_out(len(given), generator)
        errors = [
            ((_ridge(given[split.inside], wanted[split.inside], a)(given[split.outside])
              - wanted[split.outside]) ** 2).mean()
            for a in _ALPHAS
        ]  # fmt: skip
        self.alpha = float(_ALPHAS[int(np.argmin(errors))])
        self._predict = _ridge(given, wanted, self.alpha)

    def predict(self, given: Array) -> Array:
        """Return ``(n, q)``."""
        return self._predict(given)


class _Linear(NamedTuple):
    x_mean: Array
    y_mean: Array
    weights: Array

    def __call__(self, x: Array) -> Array:
        return (x - self.x_mean) @ self.weights + self.y_mean


def _ridge(x: Array, y: Array, alpha: float) -> _Linear:
    """Penalty in units of the mean eigenvalue of the Gram matrix."""
    x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
    xc, yc = x - x_mean, y - y_mean
    scale = max(float((xc**2).sum()) / min(xc.shape), 1e-300)
    if xc.shape[0] >= xc.shape[1]:
        gram = xc.T @ xc + alpha * scale * np.eye(xc.shape[1])
        return _Linear(x_mean, y_mean, np.linalg.solve(gram, xc.T @ yc))
    gram = xc @ xc.T + alpha * scale * np.eye(xc.shape[0])
    return _Linear(x_mean, y_mean, xc.T @ np.linalg.solve(gram, yc))


class Neighbours:
    """The training items whose given side is nearest (Euclidean).

    Args:
        given: ``(n, p)`` of the training part.
        wanted: ``(n, q)``.
        generator: Chooses the rows on which the number of neighbours is chosen.
    """

    def __init__(self, given: Array, wanted: Array, *, generator: np.random.Generator) -> None:
        check_axes(given=(given, "row p"), wanted=(wanted, "row q"))
        self._given, self._wanted = given, wanted
        split = _held_out(len(given), generator)
        inside = Neighbours.__new__(Neighbours)
        inside._given, inside._wanted = given[split.inside], wanted[split.inside]
        counts = [k for k in _COUNTS if k <= len(inside._given)]
        near = inside.nearest(given[split.outside], counts[-1])
        errors = [
            ((inside._wanted[near[:, :k]].mean(axis=1) - wanted[split.outside]) ** 2).mean()
            for k in counts
        ]
        self.count = counts[int(np.argmin(errors))]

    def nearest(self, given: Array, count: int) -> npt.NDArray[np.intp]:
        """Rows of the nearest training items, nearest first, ``(n, count)``."""
        check_range("count", count, 1, len(self._given), closed=True)
        return np.argsort(cdist(given, self._given), axis=1, kind="stable")[:, :count]

    def predict(self, given: Array, *, samples: int) -> Answer:
        """Mean of the chosen number of neighbours; samples are copies of the nearest."""
        near = self.nearest(given, max(samples, self.count))
        copies = self._wanted[near[:, :samples]].transpose(1, 0, 2)
        return Answer(copies, self._wanted[near[:, : self.count]].mean(axis=1))


def gaussian_residual(
    mean: Array, residuals: Array, *, samples: int, generator: np.random.Generator
) -> Answer:
    """A regression with independent Gaussian noise.

    Args:
        mean: What the regression says of the test items, ``(n, q)``.
        residuals: Truth minus regression on HELD-OUT training items, ``(m, q)``.
        samples: How many samples.
        generator: Draws the noise.
    """
    check_axes(mean=(mean, "row q"), residuals=(residuals, "held q"))
    spread = np.sqrt((residuals**2).mean(axis=0))
    noise = generator.normal(size=(samples, *mean.shape))
    return Answer(mean + spread * noise, mean)


class Held(NamedTuple):
    """Held-out training items: given side ``(m, p)`` and residuals ``(m, q)`` of a regression."""

    given: Array
    residuals: Array


def borrowed_residual(mean: Array, given: Array, held: Held, *, samples: int) -> Answer:
    """A regression with the residuals of the held-out items nearest to the given one.

    Args:
        mean: What the regression says of the test items, ``(n, q)``.
        given: The given side of the test items, ``(n, p)``.
        held: Held-out training items.
        samples: How many samples; as many nearest items lend theirs.

    Returns:
        Samples, and the regression itself as the mean.
    """
    check_axes(mean=(mean, "row q"), given=(given, "row p"))
    check_axes(held=(held.given, "held p"), residuals=(held.residuals, "held q"))
    check_range("samples", samples, 1, len(held.given), closed=True)
    near = np.argsort(cdist(given, held.given), axis=1, kind="stable")[:, :samples]
    return Answer(mean + held.residuals[near].transpose(1, 0, 2), mean)


def bicubic(small: Array, size: tuple[int, int]) -> Array:
    """Cubic convolution of ``(n, C, h, w)`` to a larger size (Keys, 1981; a = -0.5).

    Raises:
        ShapeError: If these are no images or the size is smaller.
    """
    if small.ndim != 4 or size[0] < small.shape[2] or size[1] < small.shape[3]:
        raise ShapeError(
            f"bicubic needs (image, channel, height, width) and a larger size; got {small.shape} "
            f"and {size}."
        )
    images = torch.as_tensor(np.ascontiguousarray(small), dtype=torch.float64)
    # Torch takes a = -0.75 without antialias, which bends planes; enlarging, nothing else changes.
    return F.interpolate(images, size, mode="bicubic", align_corners=False, antialias=True).numpy()
