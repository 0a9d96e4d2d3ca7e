"""Mirrors src/unisono/evaluation/whole_curves.py."""

import numpy as np
import pytest

from unisono.core.errors import ShapeError
from unisono.evaluation.scores import crps
from unisono.evaluation.whole_curves import curve_coverage, decoupled, gaussian_like


def _walks(rng: np.random.Generator, *size: int) -> np.ndarray:
    return np.cumsum(rng.normal(size=(*size, 20, 1)), axis=-2)


def test_samples_of_the_truths_own_kind_hold_the_share_they_promise() -> None:
    rng = np.random.default_rng(0)
    samples, truth = _walks(rng, 39, 800), _walks(rng, 800)
    valid = np.ones(truth.shape, bool)
    held = curve_coverage(samples, truth, valid, level=0.9).mean()
    assert held == pytest.approx(0.9, abs=0.04)
    # without correlation every frame strays anew: curves stay inside a band that is too wide
    apart = decoupled(samples, generator=rng)
    assert curve_coverage(apart, truth, valid, level=0.9).mean() > held + 0.03


def test_decoupled_samples_have_the_same_values_and_no_correlation(
    rng: np.random.Generator,
) -> None:
    samples = _walks(rng, 500, 1)
    apart = decoupled(samples, generator=rng)
    np.testing.assert_array_equal(np.sort(apart, axis=0), np.sort(samples, axis=0))
    neighbours = [np.corrcoef(x[:, 0, 18, 0], x[:, 0, 19, 0])[0, 1] for x in (samples, apart)]
    assert neighbours[0] > 0.9 and abs(neighbours[1]) < 0.15
    truth = _walks(rng, 1)
    np.testing.assert_allclose(crps(apart, truth), crps(samples, truth))


def test_gaussian_draws_have_the_moments_of_the_samples(rng: np.random.Generator) -> None:
    samples = rng.exponential(size=(20000, 2))
    found = gaussian_like(samples, generator=rng)
    np.testing.assert_allclose(found.mean(axis=0), samples.mean(axis=0), atol=0.04)
    np.testing.assert_allclose(found.std(axis=0), samples.std(axis=0), atol=0.04)


def test_frames_that_are_not_valid_count_for_nothing(rng: np.random.Generator) -> None:
    samples, truth = _walks(rng, 9, 4), np.zeros((4, 20, 1))
    truth[:, 5] = 1e6
    valid = np.ones(truth.shape, bool)
    assert curve_coverage(samples, truth, valid, level=0.5).sum() == 0
    valid[:, 5] = False
    truth[:, 5] = np.nan
    valid[3] = False
    held = curve_coverage(samples, truth, valid, level=0.99)
    assert np.isnan(held[3, 0]) and held[:3].sum() > 0
    with pytest.raises(ShapeError, match="at least 3"):
        curve_coverage(samples[:2], truth, valid, level=0.9)
