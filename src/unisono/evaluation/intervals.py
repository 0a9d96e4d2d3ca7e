r"""How sure a figure is: intervals over subjects or seeds, and paired tests.

Symbols: ``K`` subjects (or seeds), the independent units; :math:`x_k` the figure of one unit,
after averaging its windows, so that a subject with many windows does not count more.

The interval is the expanded percentile bootstrap of Hesterberg, *What Teachers Should Know About
the Bootstrap*, Am. Stat. 69(4), 2015: the plain percentile interval of a mean is too
narrow for few units, and is mended by taking the percentiles
:math:`\Phi(\pm\sqrt{K/(K-1)}\; t_{1-\alpha/2,\,K-1})` in place of :math:`\alpha/2`.
A difference between two methods is tested by flipping the signs of the paired differences of
units (exact for few units), with Wilcoxon's signed-rank test beside it.
"""

import itertools
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from unisono.core.checks import check_range
from unisono.core.errors import ShapeError
from unisono.evaluation.arrays import Array, group_mean, groups_of

__all__ = [
    "Interval",
    "PairedTest",
    "bootstrap_interval",
    "paired_test",
    "sign_flip_p",
    "subject_interval",
]

_EXACT_UNITS = 14
"""Up to this many units all ``2**K`` sign patterns are counted; above, patterns are drawn."""


class Interval(NamedTuple):
    """A mean with its interval; ``low`` and ``high`` are NaN for fewer than two units."""

    mean: float
    low: float
    high: float


class PairedTest(NamedTuple):
    """A comparison of two methods on the same units.

    Attributes:
        difference: Mean of ``a - b`` with its interval.
        p: Two-sided p value of the sign-flip permutation test.
        p_wilcoxon: Two-sided p value of Wilcoxon's signed-rank test.
        units: Number of units with both figures.
        lower: How many units have ``a`` below ``b``.
    """

    difference: Interval
    p: float
    p_wilcoxon: float
    units: int
    lower: int


def bootstrap_interval(
    values: npt.ArrayLike,
    *,
    generator: np.random.Generator,
    level: float = 0.95,
    draws: int = 4000,
) -> Interval:
    """Mean of independent units with its expanded percentile bootstrap interval.

    With 2 or 3 units the interval is the full range of the units: no resampling can say more.

    Args:
        values: One figure a unit (subject or seed), ``(K,)``; those not finite are left out.
        generator: Draws the resamples.
        level: Nominal coverage, in (0, 1).
        draws: Number of resamples.

    Returns:
        NaN for all three where no value is finite, for the ends where only one is.

    Example:
        >>> bootstrap_interval([2.0, 2.0, 2.0], generator=np.random.default_rng(0))
        Interval(mean=2.0, low=2.0, high=2.0)
    """
    check_range("level", level, 0.0, 1.0)
    x = np.asarray(values, dtype=np.float64).ravel()
    x = x[np.isfinite(x)]
    if x.size < 2:
        return Interval(float(x[0]) if x.size else math.nan, math.nan, math.nan)
    units = x.size
    t = stats.t.ppf(0.5 + level / 2, units - 1)
    tail = float(stats.norm.cdf(-math.sqrt(units / (units - 1)) * t))
    means = x[generator.integers(0, units, size=(draws, units))].mean(axis=1)
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(x.mean()), float(low), float(high))


def subject_interval(
    values: npt.ArrayLike,
    subjects: npt.ArrayLike,
    *,
    generator: np.random.Generator,
    level: float = 0.95,
) -> Interval:
    """Mean over subjects of their own means, with an interval over subjects (cluster bootstrap).

    Args:
        values: One figure a window, ``(n,)``.
        subjects: The subject of each window, ``(n,)``.
        generator: Draws the resamples.
        level: Nominal coverage.

    Raises:
        ShapeError: If there is not one subject a value.
    """
    x = np.asarray(values, dtype=np.float64)
    names = np.asarray(subjects)
    if x.shape != names.shape:
        raise ShapeError(f"values has shape {x.shape}, but subjects has {names.shape}.")
    return bootstrap_interval(group_mean(x, groups_of(names)), generator=generator, level=level)


def sign_flip_p(
    differences: npt.ArrayLike, *, generator: np.random.Generator, draws: int = 20000
) -> float:
    """Two-sided p value of the mean difference under random signs (Fisher's permutation test).

    Exact for up to 14 units: with ``K`` units no p value can be below ``2 / 2**K``, so five
    subjects can never reach 0.05. Above, Monte Carlo with the observed pattern counted in
    (Phipson & Smyth, 2010), never 0.

    Example:
        >>> sign_flip_p([1.0, 2.0, 3.0, 4.0], generator=np.random.default_rng(0))
        0.125
    """
    d = np.asarray(differences, dtype=np.float64).ravel()
    d = d[np.isfinite(d)]
    if d.size == 0 or not d.any():
        return 1.0
    observed = abs(d.sum()) * (1 - 1e-12)  # ties in exact arithmetic stay ties in floating point
    if d.size <= _EXACT_UNITS:
        signs = np.array(list(itertools.product((1.0, -1.0), repeat=d.size)))
        return float(np.mean(np.abs(signs @ d) >= observed))
    signs = generator.choice((1.0, -1.0), size=(draws, d.size))
    return float((1 + np.count_nonzero(np.abs(signs @ d) >= observed)) / (draws + 1))


def paired_test(
    a: npt.ArrayLike, b: npt.ArrayLike, *, generator: np.random.Generator
) -> PairedTest:
    """Compare two methods unit by unit.

    Args:
        a: Figure of the first method for each unit, ``(K,)``.
        b: Figure of the second for the same units in the same order.
        generator: Draws the resamples.

    Raises:
        ShapeError: If the two have not the same units.
    """
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1:
        raise ShapeError(f"a has shape {x.shape} and b {y.shape}; give one figure a unit in both.")
    d = (x - y)[np.isfinite(x - y)]
    return PairedTest(
        bootstrap_interval(d, generator=generator),
        sign_flip_p(d, generator=generator),
        _wilcoxon(d),
        int(d.size),
        int(np.count_nonzero(d < 0)),
    )


def _wilcoxon(d: Array) -> float:
    kept = d[d != 0]  # Wilcoxon's own rule for ties with zero
    if kept.size == 0:
        return 1.0
    ties = len(np.unique(np.abs(kept))) < kept.size
    if kept.size <= 50 and not ties:
        return float(stats.wilcoxon(kept, method="exact").pvalue)
    return float(stats.wilcoxon(kept, method="approx").pvalue)
