r"""Ratios of one arm over another, paired by seed and unit, with honest intervals.

With :math:`d_{su} = \ln(a_{su}/b_{su})` for seeds ``s`` and units ``u`` (subjects, conditions), the
ratio is :math:`e^{\bar d}`. Seeds and units are crossed and both are random, so the variance of the
mean has a part of each,

.. math:: \widehat{\mathrm{Var}}(\bar d) = \frac{MS_s + MS_u - MS_r}{n_s n_u}

(the unbiased estimator of the two-way random layout; never less than either part alone), and the
interval is Student's with :math:`\min(n_s, n_u) - 1` degrees of freedom: wide where few seeds were
run, as it should be. With one seed, or one unit, only the other part is known.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy import stats

from unisono.evaluation.arrays import Array

__all__ = ["Estimate", "crossed", "difference", "mean_of", "ratio", "shown"]

ByUnit = Mapping[str, float]


class Estimate(NamedTuple):
    """A figure with its 95 % interval; NaN where it is not known.

    Attributes:
        value: The estimate.
        low: Lower end.
        high: Upper end.
        seeds: Seeds it was taken from.
        units: Units it was taken from.
    """

    value: float
    low: float
    high: float
    seeds: int
    units: int


def crossed(table: Array, *, level: float = 0.95) -> Estimate:
    """Mean of a table ``(seed, unit)`` with an interval over both.

    Example:
        >>> crossed(np.array([[1.0, 3.0], [1.0, 3.0]])).value
        2.0
    """
    seeds, units = table.shape
    mean = float(table.mean())
    by_seed, by_unit = table.mean(axis=1), table.mean(axis=0)
    variances, freedom = [], []
    if seeds > 1:
        variances.append(by_seed.var(ddof=1) / seeds)
        freedom.append(seeds - 1)
    if units > 1:
        variances.append(by_unit.var(ddof=1) / units)
        freedom.append(units - 1)
    if not variances:
        return Estimate(mean, math.nan, math.nan, seeds, units)
    variance = max(variances)
    if len(variances) == 2:
        rest = table - by_seed[:, None] - by_unit[None, :] + mean
        noise = (rest**2).sum() / ((seeds - 1) * (units - 1)) / (seeds * units)
        variance = max(variance, sum(variances) - noise)
    reach = float(stats.t.ppf(0.5 + level / 2, min(freedom)) * math.sqrt(variance))
    return Estimate(mean, mean - reach, mean + reach, seeds, units)


def _paired(a: Mapping[int, ByUnit], b: Mapping[int, ByUnit]) -> tuple[Array, Array]:
    """Tables ``(seed, unit)`` of what both have."""
    seeds = sorted(set(a) & set(b))
    shared = [set(a[s]) & set(b[s]) for s in seeds]
    units = sorted(set.intersection(*shared)) if shared else []
    tables = [np.array([[x[s][u] for u in units] for s in seeds], dtype=np.float64) for x in (a, b)]
    return tables[0], tables[1]


_NOTHING = Estimate(math.nan, math.nan, math.nan, 0, 0)


def ratio(a: Mapping[int, ByUnit], b: Mapping[int, ByUnit]) -> Estimate:
    """Geometric mean of ``a / b`` over seeds and units, for figures above 0.

    Args:
        a: Figures by seed and unit.
        b: The same of the other arm; only what both have is used.
    """
    x, y = _paired(a, b)
    if not x.size or (x <= 0).any() or (y <= 0).any():
        return _NOTHING
    found = crossed(np.log(x / y))
    value, low, high = (math.exp(v) if math.isfinite(v) else v for v in found[:3])
    return Estimate(value, low, high, found.seeds, found.units)


def difference(a: Mapping[int, ByUnit], b: Mapping[int, ByUnit]) -> Estimate:
    """Mean of ``a - b`` over seeds and units; arguments as in :func:`ratio`."""
    x, y = _paired(a, b)
    return crossed(x - y) if x.size else _NOTHING


def mean_of(a: Mapping[int, ByUnit]) -> Estimate:
    """Mean over seeds and units."""
    x, _ = _paired(a, a)
    return crossed(x) if x.size else _NOTHING


def shown(estimate: Estimate, digits: int = 3) -> str:
    """As a table shows it.

    Example:
        >>> shown(Estimate(0.9, 0.85, 0.95, 5, 16))
        '0.900 [0.850, 0.950]'
    """
    if not math.isfinite(estimate.value):
        return "-"
    text = f"{estimate.value:.{digits}f}"
    if math.isfinite(estimate.low):
        text += f" [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"
    return text
