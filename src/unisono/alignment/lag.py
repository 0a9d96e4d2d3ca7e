r"""How late one signal is against another: a scan over lags, with an interval.

Symbols: ``K`` lags tried, ``n`` windows, :math:`s_{kn}` how well window ``n`` of both signals fits
when the first is taken ``k`` frames later. The estimate is

.. math:: \hat k = \arg\max_k \bar s_k, \qquad \bar s_k = \frac1n \sum_n s_{kn}

refined between frames by the parabola through the maximum and its neighbours. Its interval is that
of the maximum over resampled windows (percentile bootstrap): windows that disagree make it wide.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_axes
from unisono.core.errors import ShapeError

__all__ = ["LagFit", "best_lag"]

Array = npt.NDArray[np.float64]


class LagFit(NamedTuple):
    """A lag in frames: above 0 the first signal is late.

    Attributes:
        frames: The estimate, between frames.
        low: Lower end of its 95 % interval over windows; the estimate with one window.
        high: Upper end.
        curve: Mean score of every lag tried, ``(K,)``.
        at_edge: The best lag is the first or last that was tried, so that the true one may lie
            outside.
    """

    frames: float
    low: float
    high: float
    curve: Array
    at_edge: bool


def best_lag(
    lags: npt.ArrayLike, scores: Array, *, generator: np.random.Generator, draws: int = 400
) -> LagFit:
    """Find the lag at which windows fit best.

    Args:
        lags: Lags that were tried, in frames, increasing, ``(K,)``.
        scores: Score of every lag and window, higher is better, ``(K, n)``; a window with a NaN is
            left out, so that all lags are judged by the same windows.
        generator: Draws the resamples.
        draws: Number of resamples.

    Raises:
        ShapeError: If the axes disagree, or no window has a score at every lag.

    Example:
        >>> k = np.arange(-3, 4)
        >>> best_lag(k, -((k - 1.25) ** 2)[:, None], generator=np.random.default_rng(0)).frames
        1.25
    """
    tried = np.asarray(lags, dtype=np.float64)
    check_axes(lags=(tried, "lag"), scores=(scores, "lag window"))
    kept = scores[:, np.isfinite(scores).all(axis=0)]
    if kept.shape[1] == 0 or len(tried) < 3:
        raise ShapeError(
            f"{len(tried)} lags over {kept.shape[1]} whole windows do not make a lag; give at "
            "least 3 lags, and a recording in which both signals are there together for longer."
        )
    curve = kept.mean(axis=1)
    rows = generator.integers(0, kept.shape[1], size=(draws, kept.shape[1]))
    again = [_peak(tried, kept[:, row].mean(axis=1)) for row in rows]
    low, high = np.quantile(again, [0.025, 0.975])
    at = int(np.argmax(curve))
    return LagFit(_peak(tried, curve), float(low), float(high), curve, at in (0, len(tried) - 1))


def _peak(lags: Array, curve: Array) -> float:
    """Where a curve is highest, between the lags, which need not be evenly spread."""
    at = int(np.argmax(curve))
    if at in (0, len(lags) - 1):
        return float(lags[at])
    left, right = lags[at] - lags[at - 1], lags[at + 1] - lags[at]
    down, up = (curve[at] - curve[at - 1]) / left, (curve[at + 1] - curve[at]) / right
    bend = 2 * (up - down) / (left + right)
    if bend == 0:  # a plateau: the middle of what was tried is as good as any of it
        return float(lags[at])
    slope = (down * right + up * left) / (left + right)
    return float(np.clip(lags[at] - slope / bend, lags[at - 1], lags[at + 1]))
