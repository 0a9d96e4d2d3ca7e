"""Mirrors src/unisono/evaluation/balance.py. The oracle of the minimum is a general optimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize

from unisono.evaluation.balance import Mechanics, balance_residual, balanced
from unisono.evaluation.physics import ForceLayout

G = 9.80665
LAYOUT = ForceLayout(vertical=(2, 5), horizontal=((0, 1), (3, 4)))
WEIGHT = 70 * G


def random_case(rng: np.random.Generator, frames: int = 12) -> tuple[np.ndarray, np.ndarray]:
    force = rng.normal(0, 60, (frames, 6))
    force[:, [2, 5]] = rng.normal(250, 300, (frames, 2))
    return force, rng.uniform(5, 80, (frames, 6))


def test_it_is_the_minimum_that_a_general_optimiser_finds(rng: np.random.Generator) -> None:
    force, spread = random_case(rng)
    acceleration = rng.normal(0, 2, (12, 3))
    known = Mechanics(WEIGHT, acceleration, accuracy=0.5, friction=1e9)
    got = balanced(force, spread, LAYOUT, known)
    for t in range(12):
        wanted = 70 * (acceleration[t, 0] + G)

        def cost(x: np.ndarray, t: int = t, wanted: float = wanted) -> float:
            change = (x - force[t, [2, 5]]) / spread[t, [2, 5]]
            return float((change**2).sum() + ((x.sum() - wanted) / (70 * 0.5)) ** 2)

        best = minimize(cost, np.array([300.0, 300.0]), bounds=[(0, None)] * 2, tol=1e-14)
        np.testing.assert_allclose(got[t, [2, 5]], best.x, atol=0.05)
        assert cost(got[t, [2, 5]]) <= best.fun + 1e-6


def test_nothing_pulls_and_no_load_means_no_push(rng: np.random.Generator) -> None:
    force, spread = random_case(rng, 200)
    for known in (Mechanics(WEIGHT), Mechanics(np.nan), Mechanics(WEIGHT, friction=0.4)):
        got = balanced(force, spread, LAYOUT, known)
        assert (got[:, [2, 5]] >= 0).all()
        np.testing.assert_array_equal(got[:, [2, 5]], np.maximum(force[:, [2, 5]], 0))
        for foot, pair in ((2, [0, 1]), (5, [3, 4])):
            size = np.linalg.norm(got[:, pair], axis=1)
            assert (size <= known.friction * got[:, foot] + 1e-9).all()
            assert (size[got[:, foot] == 0] == 0).all()


def test_it_never_goes_away_from_a_possible_truth(rng: np.random.Generator) -> None:
    truth, spread = random_case(rng, 500)
    truth[:, [2, 5]] = np.maximum(truth[:, [2, 5]], 0)
    truth[:, :2] *= np.minimum(1, truth[:, [2]] / np.linalg.norm(truth[:, :2], axis=1)[:, None])
    truth[:, 3:5] *= np.minimum(1, truth[:, [5]] / np.linalg.norm(truth[:, 3:5], axis=1)[:, None])
    total = truth[:, [2, 0, 1]] + truth[:, [5, 3, 4]]
    acceleration = total / 70 - [G, 0, 0]
    known = Mechanics(WEIGHT, acceleration, accuracy=1e-6, unloaded=truth[:, [2, 5]] == 0)
    guess = truth + spread * rng.normal(size=truth.shape)
    got = balanced(guess, spread, LAYOUT, known)
    before, after = (
        np.square((x - truth)[:, [2, 5]] / spread[:, [2, 5]]).sum(1) for x in (guess, got)
    )
    assert (after <= before + 1e-9).all() and after.mean() < 0.7 * before.mean()
    assert np.square(got - truth).mean() < 0.7 * np.square(guess - truth).mean()
    residual = balance_residual(got, LAYOUT, known)
    assert np.abs(residual[:, 0]).max() < 1e-6
    assert np.abs(balance_residual(truth, LAYOUT, known)).max() < 1e-9


def test_the_mean_over_strides_is_weight(rng: np.random.Generator) -> None:
    force, spread = random_case(rng, 100)
    force[:, [2, 5]] = np.abs(force[:, [2, 5]]) + 50
    known = Mechanics(WEIGHT, strides=(10, 90))
    got = balanced(force, spread, LAYOUT, known)
    assert got[10:90, [2, 5]].sum(axis=1).mean() == pytest.approx(WEIGHT, rel=1e-6)
    np.testing.assert_array_equal(got[:10, 2], force[:10, 2])
    moved = (got - force)[10:90, [2, 5]] / spread[10:90, [2, 5]] ** 2
    inside = got[10:90, [2, 5]] > 0
    np.testing.assert_allclose(moved[inside], moved[inside][0], rtol=1e-6)  # where it was unsure


def test_feet_off_the_floor_and_axes_that_point_down(rng: np.random.Generator) -> None:
    force, spread = random_case(rng, 20)
    off = np.zeros((20, 2), bool)
    off[5:9, 0] = True
    got = balanced(force, spread, LAYOUT, Mechanics(WEIGHT, unloaded=off))
    assert (got[5:9, :3] == 0).all() and (got[5:9, 5] == np.maximum(force[5:9, 5], 0)).all()
    mirrored, down = force.copy(), ForceLayout((2, 5), LAYOUT.horizontal, up=-1.0)
    mirrored[:, [2, 5]] *= -1
    again = balanced(mirrored, spread, down, Mechanics(WEIGHT, unloaded=off))
    again[:, [2, 5]] *= -1
    np.testing.assert_allclose(again, got)


def test_what_was_not_generated_stays_so(rng: np.random.Generator) -> None:
    force, spread = random_case(rng, 10)
    force[4:6] = np.nan
    force[8, :3] = np.nan
    known = Mechanics(WEIGHT, np.zeros((10, 3)), unloaded=np.ones((10, 2), bool))
    got = balanced(force, spread, LAYOUT, known)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(force))
    assert np.isnan(balance_residual(force, LAYOUT, known)[4:6]).all()
    one = balanced(force, spread, ForceLayout((2,)), Mechanics(WEIGHT, np.zeros((10, 3))))
    np.testing.assert_array_equal(one[:, 0], force[:, 0])
