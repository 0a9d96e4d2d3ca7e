r"""How good a whole predictive distribution is: proper scores of samples, and quality of bands.

Symbols: ``S`` samples :math:`x_s`, truth :math:`y`; ``n`` windows, ``L`` frames, ``D`` channels.
Lower is better for every score. References: Gneiting & Raftery, *Strictly Proper Scoring Rules*,
JASA 2007 (CRPS eq. 21, energy score eq. 22, interval score eq. 43); Scheuerer & Hamill,
*Variogram-based proper scoring rules*, Mon. Weather Rev. 2015.
"""

from typing import NamedTuple

import numpy as np

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import ShapeError
from unisono.evaluation.arrays import Array, Mask, mask_out, masked_mean

__all__ = [
    "BandScores",
    "band_scores",
    "crps",
    "energy_score",
    "variogram_score",
]


def crps(samples: Array, truth: Array) -> Array:
    r"""Continuous ranked probability score of each value, with the unbiased sample estimator.

    .. math:: \frac1S\sum_s |x_s - y| - \frac{1}{2S(S-1)}\sum_{s,u} |x_s - x_u|

    (Ferro's fair estimator: its mean over draws does not depend on ``S``.) The double sum is
    taken in ``O(S log S)`` by sorting.

    Args:
        samples: ``(S, ...)``, at least two.
        truth: ``(...)``.

    Returns:
        ``(...)`` in the target's unit.

    Example:
        >>> crps(np.array([0.0, 2.0]), np.array(1.0)).item()
        0.0
    """
    count = _count(samples, truth)
    ordered = np.sort(samples, axis=0)
    rank = np.arange(count, dtype=np.float64).reshape(-1, *[1] * truth.ndim)
    pairs = (ordered * (2 * rank - count + 1)).sum(axis=0)  # sum over s < u of |x_s - x_u|
    return np.asarray(np.abs(samples - truth).mean(axis=0) - pairs / (count * (count - 1)))


def energy_score(samples: Array, truth: Array, valid: Mask, *, spread: Array) -> Array:
    r"""Energy score of whole windows: the CRPS of curves, which sees correlation.

    .. math:: \frac1S\sum_s \lVert x_s - y\rVert - \frac{1}{2S(S-1)}\sum_{s,u}\lVert x_s-x_u\rVert

    with :math:`\lVert z\rVert` the root mean square over the window's valid samples of ``z``
    divided by the channel's spread.

    Args:
        samples: ``(S, n, L, D)``, at least two.
        truth: ``(n, L, D)``.
        valid: ``(n, L, D)``.
        spread: Spread of each channel over the training part, ``(D,)``.

    Returns:
        ``(n,)`` in training spreads; NaN for a window without a valid sample.
    """
    count = _count(samples, truth)
    check_axes(truth=(truth, "n L D"), valid=(valid, "n L D"), spread=(spread, "D"))
    keep = valid & (spread > 0)
    size = keep.sum(axis=(1, 2))
    scale = np.where(spread > 0, spread, 1.0)
    y = mask_out(truth / scale, keep).reshape(len(truth), -1)
    x = np.where(keep, samples / scale, 0.0).reshape(count, len(truth), -1)

    def norm(z: Array) -> Array:
        return np.asarray(np.sqrt((z**2).sum(axis=-1) / np.maximum(size, 1)))

    apart = sum(norm(x[s + 1 :] - x[s]).sum(axis=0) for s in range(count - 1))
    score = norm(x - y).mean(axis=0) - apart / (count * (count - 1))
    return np.where(size > 0, score, np.nan)


def variogram_score(
    samples: Array, truth: Array, valid: Mask, *, spread: Array, points: int = 48
) -> Array:
    r"""Variogram score of order 1/2: does a window vary from point to point as the truth does.

    .. math:: \mathrm{mean}_{i<j}
        \bigl(|y_i-y_j|^{1/2} - \tfrac1S\sum_s|x_{s,i}-x_{s,j}|^{1/2}\bigr)^2

    over pairs of valid points of a window, values divided by the channel's spread. A sampler with
    the right band at each frame but independent noise scores badly here and well on CRPS. Pairs
    grow with the square of the points, so at most ``points`` of a window are used: frames evenly
    spread, channels in turn.

    Returns:
        ``(n,)``, without unit; NaN for a window with fewer than two valid points.
    """
    count = _count(samples, truth)
    check_axes(truth=(truth, "n L D"), valid=(valid, "n L D"), spread=(spread, "D"))
    windows, frames, channels = truth.shape
    used = np.arange(min(points, frames * channels))
    frame = (used * frames) // len(used)
    chosen = np.unique(frame * channels + used % channels)
    scale = np.where(spread > 0, spread, np.nan)
    keep = (valid & (spread > 0)).reshape(windows, -1)[:, chosen]
    y = np.where(keep, (truth / scale).reshape(windows, -1)[:, chosen], 0.0)
    x = np.where(keep, (samples / scale).reshape(count, windows, -1)[:, :, chosen], 0.0)
    i, j = np.triu_indices(len(chosen), k=1)
    both = keep[:, i] & keep[:, j]
    mean = np.zeros((windows, len(i)))
    for s in range(count):
        mean += np.sqrt(np.abs(x[s][:, i] - x[s][:, j])) / count
    return masked_mean((np.sqrt(np.abs(y[:, i] - y[:, j])) - mean) ** 2, both, 1)


def _count(samples: Array, truth: Array) -> int:
    if samples.ndim != truth.ndim + 1 or samples.shape[1:] != truth.shape:
        raise ShapeError(
            f"samples should have axes (sample, *truth); got {samples.shape} for truth "
            f"{truth.shape}."
        )
    if len(samples) < 2:
        raise ShapeError(f"samples should hold at least 2 draws; got {len(samples)}.")
    return len(samples)


class BandScores(NamedTuple):
    """Quality of one band, each ``(n, D)``.

    Attributes:
        coverage: Share of valid samples inside the band.
        width: Mean width, in the target's unit.
        interval: Interval score (Winkler): width plus ``2 / (1 - level)`` times the overshoot.
        curve: 1 where every valid sample of the window's channel is inside, else 0.
    """

    coverage: Array
    width: Array
    interval: Array
    curve: Array


def band_scores(
    lower: Array, upper: Array, truth: Array, valid: Mask, *, level: float
) -> BandScores:
    """Coverage, width and interval score of one band; NaN without a valid sample.

    Args:
        lower: ``(n, L, D)``.
        upper: ``(n, L, D)``.
        truth: ``(n, L, D)``.
        valid: ``(n, L, D)``.
        level: Nominal coverage of the band, in (0, 1).

    Example:
        >>> y = np.array([[[0.0], [2.0]]])
        >>> ones = np.ones_like(y)
        >>> band_scores(-ones, ones, y, ones > 0, level=0.5).coverage.item()
        0.5
    """
    check_range("level", level, 0.0, 1.0)
    check_axes(
        lower=(lower, "n L D"),
        upper=(upper, "n L D"),
        truth=(truth, "n L D"),
        valid=(valid, "n L D"),
    )
    inside = (truth >= lower) & (truth <= upper)
    miss = np.maximum(lower - truth, 0) + np.maximum(truth - upper, 0)
    some = valid.any(axis=1)
    return BandScores(
        masked_mean(inside.astype(np.float64), valid, 1),
        masked_mean(upper - lower, valid, 1),
        masked_mean(upper - lower + 2 / (1 - level) * miss, valid, 1),
        np.where(some, (inside | ~valid).all(axis=1).astype(np.float64), np.nan),
    )
