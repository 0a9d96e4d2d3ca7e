"""Mirrors src/unisono/evaluation/scores.py: closed forms, brute force, propriety."""

import numpy as np
import pytest
from scipy import stats

from unisono.core.errors import ShapeError
from unisono.evaluation.scores import band_scores, crps, energy_score, variogram_score


def test_crps_of_a_gaussian_has_a_closed_form(rng: np.random.Generator) -> None:
    mean, sd, y = 1.0, 2.0, np.array([-2.0, 0.5, 1.0, 4.0])
    z = (y - mean) / sd
    exact = sd * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))
    samples = rng.normal(mean, sd, size=(40000, 4))
    np.testing.assert_allclose(crps(samples, y), exact, atol=0.03)


def test_crps_is_unbiased_in_the_number_of_samples(rng: np.random.Generator) -> None:
    few = np.mean([crps(rng.normal(size=(3, 500)), np.zeros(500)).mean() for _ in range(40)])
    exact = 2 * stats.norm.pdf(0) - 1 / np.sqrt(np.pi)
    assert abs(few - exact) < 0.01


def test_crps_and_energy_agree_with_brute_force(rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(5, 4, 3, 2)), rng.normal(size=(4, 3, 2))
    valid = rng.random(y.shape) > 0.3
    spread = np.array([0.5, 2.0])
    pairs = [(s, u) for s in range(5) for u in range(5)]
    slow = np.abs(x - y).mean(0) - sum(np.abs(x[s] - x[u]) for s, u in pairs) / 40
    np.testing.assert_allclose(crps(x, y), slow, atol=1e-12)
    found = energy_score(x, np.where(valid, y, np.nan), valid, spread=spread)
    for w in range(4):

        def norm(z: np.ndarray, w: int = w) -> float:
            return float(np.sqrt(((z / spread)[valid[w]] ** 2).mean()))

        to_truth = np.mean([norm(x[s, w] - y[w]) for s in range(5)])
        apart = sum(norm(x[s, w] - x[u, w]) for s, u in pairs) / 40
        assert np.isclose(found[w], to_truth - apart)


def test_energy_in_one_dimension_is_crps(rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(7, 6, 1, 1)), rng.normal(size=(6, 1, 1))
    found = energy_score(x, y, np.ones_like(y, bool), spread=np.ones(1))
    np.testing.assert_allclose(found, crps(x, y)[:, 0, 0], atol=1e-12)


def test_variogram_agrees_with_brute_force(rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(4, 2, 3, 2)), rng.normal(size=(2, 3, 2))
    valid = np.ones_like(y, bool)
    valid[0, 1, 0] = False
    found = variogram_score(x, y, valid, spread=np.array([1.0, 2.0]), points=6)
    scale = np.array([1.0, 2.0])
    for w in range(2):
        keep = [(t, d) for t in range(3) for d in range(2) if valid[w, t, d]]
        terms = []
        for a in range(len(keep)):
            for b in range(a + 1, len(keep)):
                (s, i), (t, j) = keep[a], keep[b]
                of_y = abs(y[w, s, i] / scale[i] - y[w, t, j] / scale[j]) ** 0.5
                of_x = np.abs(x[:, w, s, i] / scale[i] - x[:, w, t, j] / scale[j]) ** 0.5
                terms.append((of_y - of_x.mean()) ** 2)
        assert np.isclose(found[w], np.mean(terms))


def test_scores_of_curves_prefer_the_right_correlation(rng: np.random.Generator) -> None:
    n, frames = 40, 20
    level = rng.normal(size=(n, 1, 1)) * np.ones((n, frames, 1))  # constant curves
    ones, spread = np.ones_like(level, bool), np.ones(1)
    right = rng.normal(size=(32, n, 1, 1)) * np.ones((1, 1, frames, 1))
    wrong = rng.normal(size=(32, n, frames, 1))  # the same bands, no correlation in time
    assert abs(crps(right, level).mean() - crps(wrong, level).mean()) < 0.1
    for score in (energy_score, variogram_score):
        assert (
            score(right, level, ones, spread=spread).mean()
            < 0.9 * score(wrong, level, ones, spread=spread).mean()
        )


def test_variogram_takes_every_channel() -> None:
    y = np.zeros((1, 100, 3))
    x = np.zeros((2, 1, 100, 3))
    for d in range(3):
        z = x.copy()
        z[..., d] = np.arange(100.0)
        assert variogram_score(z, y, np.ones_like(y, bool), spread=np.ones(3)).item() > 0


def test_band_of_a_gaussian(rng: np.random.Generator) -> None:
    y = rng.normal(size=(50, 400, 1))
    half = stats.norm.ppf(0.95) * np.ones_like(y)
    found = band_scores(-half, half, y, np.ones_like(y, bool), level=0.9)
    assert abs(found.coverage.mean() - 0.9) < 0.01
    assert np.allclose(found.width, 2 * half[0, 0])
    assert found.curve.max() == 0
    exact = 2 * stats.norm.pdf(half[0, 0, 0]) / 0.05  # expected interval score of the true band
    assert abs(found.interval.mean() - exact) < 0.03
    wide = band_scores(-2 * half, 2 * half, y, np.ones_like(y, bool), level=0.9)
    assert wide.interval.mean() > found.interval.mean()


def test_masked_samples_do_not_count() -> None:
    y = np.array([[[0.0], [np.nan]]])
    valid = np.array([[[True], [False]]])
    found = band_scores(y * 0 - 1, y * 0 + 1, np.nan_to_num(y, nan=99.0), valid, level=0.5)
    assert found.coverage.item() == found.curve.item() == 1.0


def test_one_sample_is_refused() -> None:
    with pytest.raises(ShapeError, match="at least 2"):
        crps(np.zeros((1, 3)), np.zeros(3))
    with pytest.raises(ShapeError, match="sample, \\*truth"):
        crps(np.zeros((4, 2)), np.zeros(3))
