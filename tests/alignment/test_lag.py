"""Mirrors src/unisono/alignment/lag.py."""

import numpy as np
import pytest

from unisono.alignment.lag import best_lag
from unisono.core.errors import ShapeError


def _scores(signal: np.ndarray, late: int, lags: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Minus the square error of windows of a signal against itself, delayed."""
    delayed = np.roll(signal, late) + noise
    starts = range(100, 900, 50)
    return np.array(
        [[-np.mean((delayed[s + k : s + k + 50] - signal[s : s + 50]) ** 2) for s in starts]
         for k in lags]
    )  # fmt: skip


@pytest.mark.parametrize("late", [-17, 0, 9])
def test_a_delay_is_found_with_the_right_sign(late: int) -> None:
    rng = np.random.default_rng(0)
    signal = np.convolve(rng.normal(size=1000), np.hanning(15), "same")
    lags = np.arange(-25, 26)
    scores = _scores(signal, late, lags, 0.3 * rng.normal(size=1000))
    fit = best_lag(lags, scores, generator=rng)
    assert abs(fit.frames - late) < 0.5
    assert fit.low - 0.5 <= late <= fit.high + 0.5
    assert not fit.at_edge


def test_between_frames_a_parabola_is_exact_even_on_uneven_lags() -> None:
    lags = np.array([-4.0, -1.0, 0.0, 2.0, 3.0])
    scores = np.stack([-((lags - 0.7) ** 2), -2 * (lags - 0.7) ** 2], axis=1)
    fit = best_lag(lags, scores, generator=np.random.default_rng(0))
    assert fit.frames == pytest.approx(0.7)
    assert (fit.low, fit.high) == pytest.approx((0.7, 0.7))


def test_windows_that_disagree_make_the_interval_wide() -> None:
    lags = np.arange(-10, 11)
    apart = np.stack([-((lags - k) ** 2.0) for k in (-6, -2, 3, 7)], axis=1)
    alike = np.stack([-((lags - 1) ** 2.0)] * 4, axis=1)
    wide, narrow = (best_lag(lags, s, generator=np.random.default_rng(1)) for s in (apart, alike))
    assert wide.high - wide.low > 4
    assert narrow.high - narrow.low == pytest.approx(0)


def test_the_edge_is_told_and_too_little_is_refused() -> None:
    lags = np.arange(5)
    rising = np.repeat(lags[:, None] * 1.0, 3, axis=1)
    fit = best_lag(lags, rising, generator=np.random.default_rng(0))
    assert fit.at_edge and fit.frames == 4
    rising[2, :] = np.nan
    with pytest.raises(ShapeError, match="0 whole windows"):
        best_lag(lags, rising, generator=np.random.default_rng(0))
