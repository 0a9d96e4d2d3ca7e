"""Mirrors src/unisono/evaluation/errors.py: slow loops, SciPy, closed forms."""

import numpy as np
import pytest
from scipy import stats

from unisono.core.errors import UnisonoError
from unisono.evaluation.arrays import groups_of, masked_spread
from unisono.evaluation.errors import (
    ERRORS,
    Errors,
    Impulse,
    Nrmse,
    Timing,
    correlation,
    group_errors,
    peak_error,
    rmse,
    window_errors,
)


@pytest.fixture
def case(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    truth = rng.normal(size=(6, 20, 3)) - 0.5
    predicted = truth + 0.4 * rng.normal(size=truth.shape)
    valid = rng.random(truth.shape) > 0.2
    valid[0, :, 0] = False
    truth[~valid] = np.nan
    return predicted, truth, valid


def slow(predicted: np.ndarray, truth: np.ndarray, valid: np.ndarray, step: np.ndarray) -> Errors:
    shape = (truth.shape[0], truth.shape[2])
    out = {name: np.full(shape, np.nan) for name in ERRORS}
    spread = masked_spread(truth, valid)
    for w in range(shape[0]):
        for d in range(shape[1]):
            frames = [t for t in range(truth.shape[1]) if valid[w, t, d]]
            if not frames:
                continue
            y = [truth[w, t, d] for t in frames]
            x = [predicted[w, t, d] for t in frames]
            out["rmse"][w, d] = np.sqrt(np.mean([(a - b) ** 2 for a, b in zip(x, y, strict=True)]))
            out["nrmse"][w, d] = out["rmse"][w, d] / spread[d]
            out["r"][w, d] = stats.pearsonr(x, y).statistic
            sign = 1 if max(y, key=abs) > 0 else -1
            i = max(range(len(frames)), key=lambda k: sign * x[k])
            j = max(range(len(frames)), key=lambda k: sign * y[k])
            out["peak"][w, d] = abs(x[i] - y[j])
            out["timing"][w, d] = abs(frames[i] - frames[j]) * step[w]
            out["impulse"][w, d] = abs(sum(x) - sum(y)) * step[w]
    return Errors(**out)


def test_all_errors_agree_with_a_slow_loop(
    case: tuple[np.ndarray, np.ndarray, np.ndarray], rng: np.random.Generator
) -> None:
    predicted, truth, valid = case
    step = rng.uniform(0.005, 0.02, size=len(truth))
    fast = window_errors(predicted, truth, valid, spread=masked_spread(truth, valid), step=step)
    for name, a, b in zip(ERRORS, fast, slow(predicted, truth, valid, step), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12, err_msg=name)


def test_correlation_of_constants() -> None:
    y = np.arange(5.0).reshape(1, 5, 1)
    flat, ones = np.full_like(y, 700.1), np.ones_like(y, bool)
    assert correlation(flat, y, ones).item() == 0.0
    assert np.isnan(correlation(y, flat, ones).item())


def test_peak_follows_the_sign_of_the_truth() -> None:
    t = np.linspace(0, 1, 101)
    truth = -np.exp(-((t - 0.5) ** 2) / 0.01)[None, :, None]
    late = -0.8 * np.exp(-((t - 0.6) ** 2) / 0.01)[None, :, None]
    ones, step = np.ones_like(truth, bool), np.array([0.01])
    assert np.isclose(peak_error(late, truth, ones).item(), 0.2)
    assert np.isclose(Timing(step)(late, truth, ones).item(), 0.1)
    assert np.isclose(
        Impulse(step)(late, truth, ones).item(), 0.2 * np.sqrt(np.pi * 0.01), rtol=1e-3
    )


def test_constant_channel_has_no_nrmse() -> None:
    y = np.zeros((1, 3, 2))
    out = Nrmse(np.array([0.0, 2.0]))(y + 1, y, np.ones_like(y, bool))
    assert np.isnan(out[0, 0])
    assert out[0, 1] == 0.5


def test_group_rmse_pools_samples(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    predicted, truth, valid = case
    names = ["b", "a", "b", "a", "b", "b"]
    spread = masked_spread(truth, valid)
    errors = window_errors(predicted, truth, valid, spread=spread, step=np.ones(6))
    grouped = group_errors(errors, valid, groups_of(names))
    for g, name in enumerate("ab"):
        rows = np.array(names) == name
        for d in range(3):
            keep = valid[rows][..., d]
            error = (predicted - truth)[rows][..., d][keep]
            assert np.isclose(grouped.rmse[g, d], np.sqrt((error**2).mean()))
            assert np.isclose(grouped.nrmse[g, d], grouped.rmse[g, d] / spread[d])
        assert np.allclose(grouped.peak[g], np.nanmean(errors.peak[rows], axis=0))


def test_rmse_of_nothing_is_nan() -> None:
    y = np.zeros((1, 2, 1))
    assert np.isnan(rmse(y, y, np.zeros_like(y, bool)).item())


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_a_method_that_fails_is_not_left_out_of_its_own_errors(odd: float) -> None:
    truth = np.arange(24.0).reshape(2, 4, 3)
    predicted, valid = truth + 1, np.ones_like(truth, bool)
    predicted[1, :2, 0] = odd
    with pytest.raises(UnisonoError, match="not finite at 2 valid samples of 1 windows"):
        window_errors(predicted, truth, valid, spread=np.ones(3), step=np.ones(2))
    valid[1, :2, 0] = False  # what nobody asked for may be anything
    found = window_errors(predicted, truth, valid, spread=np.ones(3), step=np.ones(2))
    assert np.allclose(found.rmse, 1)
