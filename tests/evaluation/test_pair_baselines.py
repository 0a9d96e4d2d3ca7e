"""Mirrors src/unisono/evaluation/pair_baselines.py."""

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor

from unisono.core.errors import ShapeError, UnisonoError
from unisono.evaluation.pair_baselines import (
    Held,
    Neighbours,
    RidgePairs,
    bicubic,
    borrowed_residual,
    gaussian_residual,
    shown,
)
from unisono.evaluation.scores import energy_score


@pytest.mark.parametrize("rows", [200, 12])
def test_ridge_is_that_of_scikit_learn(rows: int, rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(rows, 20)), rng.normal(size=(rows, 3))
    model = RidgePairs(x, y, generator=rng)
    centred = x - x.mean(axis=0)
    penalty = model.alpha * (centred**2).sum() / min(x.shape)
    oracle = Ridge(alpha=penalty).fit(x, y)
    test = rng.normal(size=(5, 20))
    np.testing.assert_allclose(model.predict(test), oracle.predict(test), atol=1e-8)


def test_ridge_chooses_little_penalty_for_a_clean_line_and_much_for_noise(
    rng: np.random.Generator,
) -> None:
    x = rng.normal(size=(60, 40))
    clean = RidgePairs(x, x @ rng.normal(size=(40, 2)), generator=rng)
    noise = RidgePairs(x, rng.normal(size=(60, 2)), generator=rng)
    assert clean.alpha < 1e-3 and noise.alpha > 1


def test_neighbours_are_those_of_scikit_learn(rng: np.random.Generator) -> None:
    x, test = rng.normal(size=(80, 3)), rng.normal(size=(7, 3))
    y = np.sin(x) + 0.3 * rng.normal(size=(80, 3))
    model = Neighbours(x, y, generator=rng)
    answer = model.predict(test, samples=4)
    oracle = KNeighborsRegressor(model.count).fit(x, y)
    np.testing.assert_allclose(answer.mean, oracle.predict(test))
    assert model.count > 1  # the noise is worth averaging
    copies = oracle.kneighbors(test, 4)[1]
    np.testing.assert_array_equal(answer.samples[2], y[copies[:, 2]])


def test_gaussian_residual_has_the_held_out_spread(rng: np.random.Generator) -> None:
    residuals = rng.normal(size=(4000, 2)) * [1.0, 5.0]
    mean = rng.normal(size=(3, 2))
    answer = gaussian_residual(mean, residuals, samples=4000, generator=rng)
    np.testing.assert_allclose(answer.samples.std(axis=0), [[1.0, 5.0]] * 3, rtol=0.07)
    np.testing.assert_allclose(answer.samples.mean(axis=0), mean, atol=0.4)


def test_a_borrowed_residual_keeps_what_errs_together(rng: np.random.Generator) -> None:
    def residuals(count: int) -> np.ndarray:
        return rng.normal(size=(count, 1)) * np.ones(30) + 0.1 * rng.normal(size=(count, 30))

    held = Held(rng.normal(size=(600, 2)), residuals(600))
    given, truth = rng.normal(size=(80, 2)), residuals(80)
    mean = np.zeros((80, 30))
    borrowed = borrowed_residual(mean, given, held, samples=30)
    plain = gaussian_residual(mean, held.residuals, samples=30, generator=rng)
    valid = np.ones((80, 30, 1), dtype=bool)
    scores = [
        energy_score(a.samples[..., None], truth[..., None], valid, spread=np.ones(1)).mean()
        for a in (borrowed, plain)
    ]
    assert scores[0] < 0.97 * scores[1]
    nearest = np.linalg.norm(held.given - given[5], axis=1).argmin()
    np.testing.assert_array_equal(borrowed.samples[0, 5], held.residuals[nearest])


def test_bicubic_is_that_of_pillow(rng: np.random.Generator) -> None:
    small = rng.normal(size=(1, 1, 7, 9))
    image = Image.fromarray(small[0, 0].astype(np.float32))
    oracle = image.resize((27, 28), Image.Resampling.BICUBIC)
    np.testing.assert_allclose(bicubic(small, (28, 27))[0, 0], np.asarray(oracle), atol=1e-5)


def test_bad_input_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(ShapeError, match="finite values"):
        shown(np.array([[np.nan]]))
    assert shown(np.zeros((2, 3, 4))).shape == (2, 12)
    with pytest.raises(ShapeError, match="row=3"):
        RidgePairs(np.zeros((3, 1)), np.zeros((4, 1)), generator=rng)
    with pytest.raises(UnisonoError, match="samples must lie in"):
        borrowed_residual(
            np.zeros((1, 2)), np.zeros((1, 1)), Held(np.zeros((3, 1)), np.zeros((3, 2))), samples=4
        )
    with pytest.raises(ShapeError, match="a larger size"):
        bicubic(np.zeros((1, 1, 8, 8)), (4, 4))
