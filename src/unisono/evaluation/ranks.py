r"""Simulation-based calibration: is the truth one more draw among the samples?

If a truth and ``S`` samples come from one distribution, the rank of the truth among them is uniform
on :math:`\{0, \dots, S\}` (Talts, Betancourt, Simpson, Vehtari & Gelman, 1804.06788). A histogram
like a U means samples that are too narrow, like a hill too wide, a slope a bias.

Values of one person are not independent, so a chi-square over all of them would reject anything.
The test takes each person's own histogram as one draw: with :math:`h_g` the shares of person ``g``
in ``B`` bins, Hotelling's

.. math:: T^2 = G\, (\bar h - \tfrac1B)^\top \hat\Sigma^{-1} (\bar h - \tfrac1B), \qquad
          \frac{G - B + 1}{(G-1)(B-1)} T^2 \sim F_{B-1,\, G-B+1}

over the first ``B - 1`` bins. It needs more people than bins.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from unisono.core.errors import ShapeError
from unisono.evaluation.arrays import Array, Mask, groups_of

__all__ = ["RankHistogram", "rank_histogram", "truth_ranks"]


class RankHistogram(NamedTuple):
    """Ranks of the truth among samples.

    Attributes:
        shares: Share of ranks in each bin, each person counting once, ``(B,)``; 1/B if calibrated.
        error: Standard error over people, ``(B,)``.
        p: P value of uniformity over people; NaN with too few people.
        people: Number of people with a valid sample; without one, shares and error are NaN.
    """

    shares: Array
    error: Array
    p: float
    people: int


def truth_ranks(samples: Array, truth: Array, *, generator: np.random.Generator) -> npt.NDArray:  # type: ignore[type-arg]
    """How many samples lie below the truth; ties are broken at random.

    Args:
        samples: ``(S, ...)``.
        truth: ``(...)``.
        generator: Breaks ties.

    Returns:
        ``(...)`` of whole numbers from 0 to ``S``.

    Example:
        >>> x = np.array([[1.0], [2.0], [3.0]])
        >>> truth_ranks(x, np.array([2.5]), generator=np.random.default_rng(0))
        array([2])
    """
    below = (samples < truth).sum(axis=0)
    equal = (samples == truth).sum(axis=0)
    return np.asarray(below + generator.integers(0, equal + 1))


def rank_histogram(
    samples: Array,
    truth: Array,
    valid: Mask,
    *,
    subjects: Sequence[object],
    generator: np.random.Generator,
    bins: int = 5,
) -> RankHistogram:
    """Histogram of ranks, and a test of its uniformity over people.

    Args:
        samples: ``(S, n, L, D)``.
        truth: ``(n, L, D)``.
        valid: ``(n, L, D)``.
        subjects: The subject of each window, ``(n,)``.
        generator: Breaks ties, and spreads ranks where ``S + 1`` is no multiple of ``bins``.
        bins: Number of bins.

    Raises:
        ShapeError: If the axes disagree.
    """
    if samples.shape[1:] != truth.shape or valid.shape != truth.shape:
        raise ShapeError(
            f"samples {samples.shape}, truth {truth.shape} and valid {valid.shape} disagree."
        )
    ranks = truth_ranks(samples, truth, generator=generator)
    # a uniform draw inside the rank's step: exactly uniform on [0, 1] whatever S is
    place = (ranks + generator.random(ranks.shape)) / (len(samples) + 1)
    column = np.minimum((place * bins).astype(np.intp), bins - 1)
    groups = groups_of(np.asarray([str(s) for s in subjects]))
    rows = []
    for g in range(len(groups.names)):
        mine = groups.code == g
        found = column[mine][valid[mine]]
        if found.size:
            rows.append(np.bincount(found, minlength=bins) / found.size)
    if not rows:
        nothing = np.full(bins, np.nan)
        return RankHistogram(nothing, nothing, float("nan"), 0)
    shares = np.array(rows)
    return RankHistogram(shares.mean(axis=0), _error(shares), _uniform(shares), len(shares))


def _error(shares: Array) -> Array:
    if len(shares) < 2:
        return np.full(shares.shape[1], np.nan)
    return np.asarray(shares.std(axis=0, ddof=1) / np.sqrt(len(shares)))


def _uniform(shares: Array) -> float:
    people, bins = shares.shape
    free = bins - 1
    if people <= bins:
        return float("nan")
    apart = shares.mean(axis=0)[:free] - 1 / bins
    spread = np.cov(shares[:, :free], rowvar=False)
    squared = people * apart @ np.linalg.pinv(spread) @ apart
    scaled = (people - free) / ((people - 1) * free) * squared
    return float(stats.f.sf(scaled, free, people - free))
