"""Latents obey their equations, neurons fire at their rates, recordings are seeded."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from unisono.core.errors import UnisonoError
from unisono.recordings.schema import validate
from unisono.simulators.population import (
    Neurons,
    PlaceCells,
    arena,
    calcium,
    lorenz,
    population_recordings,
    reaches,
)


def test_lorenz_agrees_with_another_integrator() -> None:
    got = lorenz(40, 0.02, rng=np.random.default_rng(0)) * 8 + [0, 0, 24]

    def flow(_: float, p: np.ndarray) -> list[float]:
        return [10 * (p[1] - p[0]), p[0] * (28 - p[2]) - p[1], p[0] * p[1] - 8 / 3 * p[2]]

    times = np.arange(40) * 0.02
    want = solve_ivp(flow, (0, times[-1]), got[0], t_eval=times, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(got, want.y.T, atol=1e-4)


def test_reaches_are_of_minimum_jerk_and_return() -> None:
    place, target = reaches(1001, 0.01, rng=np.random.default_rng(0))
    far = np.hypot(*place.T)
    np.testing.assert_allclose(far[::100], 0, atol=1e-12)
    np.testing.assert_allclose(far[50::100], 1.5)
    angle = np.arctan2(place[50::100, 1], place[50::100, 0]) % (2 * np.pi)
    np.testing.assert_allclose(angle, target[50::100] * np.pi / 4, atol=1e-9)
    # the fifth difference of a polynomial of degree five is constant, the sixth nothing
    assert np.abs(np.diff(far[:50], 6)).max() < 1e-10 < np.abs(np.diff(far[:50], 5)).max()


def test_neurons_fire_at_their_rates(rng: np.random.Generator) -> None:
    some = Neurons.draw(6, 2, rng=rng)
    latent = np.tile([[0.4, -0.3]], (40_000, 1))
    counts = some.spikes(latent, 0.05, rng=rng)
    want = np.exp(some.weights @ [0.4, -0.3] + some.base) * 0.05
    np.testing.assert_allclose(counts.mean(axis=0), want, rtol=0.05)
    np.testing.assert_allclose(counts.var(axis=0), want, rtol=0.05)


def test_an_animal_roams_its_arena_and_stays_inside() -> None:
    place = arena(100_000, 0.02, rng=np.random.default_rng(0))
    assert np.abs(place).max() <= 1
    # reflecting walls and forces without a direction: every place is as likely
    np.testing.assert_allclose(place.mean(axis=0), 0, atol=0.05)
    np.testing.assert_allclose(place.var(axis=0), 1 / 3, rtol=0.1)
    speed = np.diff(place, axis=0) / 0.02
    np.testing.assert_allclose(speed.std(axis=0), 1, rtol=0.03)
    inside = (np.abs(place) < 0.3).all(axis=1)[:-11]  # no wall within 0.2 s, but at 3.5 spreads
    now, later = speed[:-10][inside], speed[10:][inside]
    assert (now * later).mean() == pytest.approx(np.exp(-0.2 / 0.5), abs=0.05)


def test_place_cells_fire_around_their_places(rng: np.random.Generator) -> None:
    some = PlaceCells(np.array([[0.0, 0.0], [0.7, 0.0]]), width=0.35, peak=20, base=0.5)
    rates = some.rates(np.array([[0.0, 0.0], [0.35, 0.0], [0.7, 0.0]]))
    half, far = 20 * np.exp(-0.5), 20 * np.exp(-2)
    np.testing.assert_allclose(rates - 0.5, [[20, far], [half, half], [far, 20]])
    counts = some.spikes(np.zeros((40_000, 2)), 0.05, rng=rng)
    np.testing.assert_allclose(counts.mean(axis=0), rates[0] * 0.05, rtol=0.05)


def test_calcium_decays_as_stated() -> None:
    seen = calcium(np.array([[1.0], [0.0], [2.0], [0.0]]), 0.1, 0.5)
    d = np.exp(-0.2)
    np.testing.assert_allclose(seen[:, 0], [1, d, d**2 + 2, d**3 + 2 * d])


@pytest.mark.parametrize("latent", ["lorenz", "reach", "arena"])
def test_the_latent_can_be_told_from_the_population_but_not_from_a_shuffled_one(
    latent: str,
) -> None:
    one, two = population_recordings(2, seed=4, latent=latent, seconds=20, neurons=80)
    validate(one)

    def told(order: np.ndarray) -> float:
        def design(tree: object) -> np.ndarray:
            smooth = np.apply_along_axis(
                lambda c: np.convolve(c, np.ones(9) / 9, "same"), 0, tree["spikes"]["data"].values
            )  # type: ignore[index]
            return np.c_[np.log(smooth + 0.05), np.ones(len(smooth))]

        truth = one["latent"]["data"].values[order]
        fit = np.linalg.lstsq(design(one), truth, rcond=1e-6)[0]
        want = two["latent"]["data"].values
        left = want - design(two) @ fit
        return float(1 - (left**2).sum() / ((want - want.mean(axis=0)) ** 2).sum())

    order = np.arange(1000)
    assert told(order) > 0.7
    assert told(np.random.default_rng(0).permutation(order)) < 0.1


def test_recordings_are_seeded_and_bad_names_are_refused() -> None:
    one, two = (next(population_recordings(1, seed=1, seconds=2)) for _ in range(2))
    np.testing.assert_array_equal(one["calcium"]["data"], two["calcium"]["data"])
    with pytest.raises(UnisonoError, match="latent must be one of"):
        next(population_recordings(1, seed=0, latent="lorentz"))
