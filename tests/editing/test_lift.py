"""Lifts agree with their formulas, are exact where they must be, and say how far they are off."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.kernel_ridge import KernelRidge

from unisono.core.errors import UnisonoError
from unisono.editing.bank import Bank
from unisono.editing.lift import (
    KernelRidgeLift,
    Lifted,
    LocalLinearLift,
    NeighbourLift,
    cycle_error,
    neighbour_weights,
)


def codes_of(points: np.ndarray) -> np.ndarray:
    """The codes of the ring and the disc, as functions of the place."""
    x, y = points.T
    return np.stack([x, y, x * y, x**2 - y, np.sin(2 * x)], axis=1)


@pytest.mark.parametrize("kind", ["uniform", "inverse", "softmax"])
def test_neighbour_lift_is_its_formula(disc: Bank, kind: str, rng: np.random.Generator) -> None:
    points = rng.uniform(-1, 1, size=(20, 2))
    got = NeighbourLift(disc, k=6, weights=kind).lift(points)  # type: ignore[arg-type]
    for point, code in zip(points, got.codes, strict=True):
        away = np.linalg.norm(disc.coordinates - point, axis=1)
        best = np.argsort(away)[:6]
        d = away[best]
        h = np.median(d)
        w = {
            "uniform": np.ones(6),
            "inverse": 1 / (d + 1e-8),
            "softmax": np.exp(-(d**2) / h**2 / 2),
        }
        want = (w[kind] / w[kind].sum()) @ disc.codes[best]
        np.testing.assert_allclose(code, want, atol=1e-9)


def test_one_neighbour_is_exact_on_the_bank_and_inverse_weights_nearly(disc: Bank) -> None:
    one = NeighbourLift(disc, k=1).lift(disc.coordinates)
    np.testing.assert_array_equal(one.codes, disc.codes)
    five = NeighbourLift(disc, k=5).lift(disc.coordinates)
    assert np.abs(five.codes - disc.codes).max() < 1e-4


def test_kept_norms_are_those_of_the_neighbours() -> None:
    rng = np.random.default_rng(0)
    bank = Bank(rng.normal(size=(300, 2)), rng.normal(size=(300, 400)))
    points = rng.normal(size=(10, 2))
    plain = NeighbourLift(bank, k=5, weights="uniform").lift(points)
    kept = NeighbourLift(bank, k=5, weights="uniform", keep_norm=True).lift(points)
    norm = np.linalg.norm(bank.codes[bank.near(points, 5).place], axis=2).mean(axis=1)
    np.testing.assert_allclose(np.linalg.norm(kept.codes, axis=1), norm)
    shrunk = np.linalg.norm(plain.codes, axis=1) / norm
    np.testing.assert_allclose(shrunk, 5**-0.5, rtol=0.1)  # a mean of noise-like codes


def test_local_linear_is_exact_on_affine_codes_and_off_the_data() -> None:
    rng = np.random.default_rng(0)
    place, slope = rng.normal(size=(400, 3)), rng.normal(size=(3, 7))
    bank = Bank(place, place @ slope + 2)
    points = rng.normal(size=(30, 3)) * 1.5
    got = LocalLinearLift(bank, k=12, ridge=1e-9).lift(points)
    np.testing.assert_allclose(got.codes, points @ slope + 2, atol=1e-5)


def test_kernel_ridge_agrees_with_another_library(disc: Bank) -> None:
    points = np.random.default_rng(1).uniform(-1, 1, size=(20, 2))
    got = KernelRidgeLift(disc, width=0.3, ridge=1e-3).lift(points)
    mean = disc.codes.mean(axis=0)
    rival = KernelRidge(alpha=1e-3, kernel="rbf", gamma=1 / (2 * 0.3**2))
    rival.fit(disc.coordinates, disc.codes - mean)
    np.testing.assert_allclose(got.codes, rival.predict(points) + mean, atol=1e-6)


def test_error_grows_with_the_distance_that_is_told(ring: Bank) -> None:
    rng = np.random.default_rng(0)
    radius = np.linspace(1, 3, 300)
    angle = rng.uniform(0, 2 * np.pi, 300)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    got = NeighbourLift(ring, k=5).lift(points)
    error = np.linalg.norm(got.codes - codes_of(points), axis=1)
    assert spearmanr(error, got.distance).statistic > 0.9
    order = np.argsort(got.distance)
    assert (np.diff(got.confidence[order]) <= 0).all()
    assert got.confidence[order[0]] > 0.5 > 0.01 > got.confidence[order[-1]]


def test_inverse_weights_beat_uniform_ones(disc: Bank) -> None:
    points = np.random.default_rng(5).uniform(-0.9, 0.9, size=(500, 2))
    truth = codes_of(points)

    def error(kind: str) -> float:
        lifted = NeighbourLift(disc, k=5, weights=kind).lift(points)  # type: ignore[arg-type]
        return float(np.sqrt(((lifted.codes - truth) ** 2).mean()))

    assert error("inverse") < error("uniform")


def test_cycle_error_is_the_miss_over_the_spread(ring: Bank) -> None:
    points = np.array([[1.0, 0.0], [0.0, 2.0]])
    lifted = Lifted(codes_of(np.array([[1.0, 0.0], [0.0, 1.0]])), np.zeros(2), np.ones(2))
    got = cycle_error(lambda codes: codes[:, :2], lifted, points, ring)
    np.testing.assert_allclose(got, [0, 1], atol=1e-12)  # the ring's spread is 1


def test_unknown_weights_are_refused() -> None:
    with pytest.raises(UnisonoError, match="Did you mean 'inverse'"):
        neighbour_weights(np.ones((1, 2)), "invers")  # type: ignore[arg-type]
