"""The collision keeps what it must keep and relaxes to the stated equilibrium."""

import numpy as np

from unisono.simulators.flow.lattice import (
    OPPOSITE,
    VELOCITIES,
    WEIGHTS,
    collision,
    equilibrium,
)


def collide(g: np.ndarray, viscosity: float, sponge: float = 0.0) -> np.ndarray:
    j = VELOCITIES.T @ g
    return collision(viscosity, sponge=sponge) @ np.concatenate(
        [g, [j[0] ** 2, j[1] ** 2, j[0] * j[1]]]
    )


def test_moments_of_the_lattice_are_those_of_a_gas() -> None:
    e = VELOCITIES.astype(float)
    assert np.isclose(WEIGHTS.sum(), 1)
    np.testing.assert_allclose(np.einsum("i,ia,ib", WEIGHTS, e, e), np.eye(2) / 3)
    np.testing.assert_array_equal(VELOCITIES[OPPOSITE], -VELOCITIES)


def test_collision_conserves_mass_and_momentum_and_keeps_equilibria(
    rng: np.random.Generator,
) -> None:
    g = 0.01 * rng.normal(size=9)
    after = collide(g, 0.02)
    np.testing.assert_allclose(after.sum(), g.sum(), atol=1e-8)
    np.testing.assert_allclose(VELOCITIES.T @ after, VELOCITIES.T @ g, atol=1e-8)
    still = equilibrium(0.02, 0.05, -0.03).astype(float)
    np.testing.assert_allclose(collide(still, 0.02), still, atol=1e-7)


def test_collision_is_the_two_relaxation_time_formula(rng: np.random.Generator) -> None:
    g, viscosity = 0.01 * rng.normal(size=9), 0.03
    j = VELOCITIES.T @ g
    along = VELOCITIES @ j
    settled = WEIGHTS * (g.sum() + 3 * along + 4.5 * along**2 - 1.5 * (j @ j))
    even = 1 / (3 * viscosity + 0.5)
    odd = 1 / (0.25 / (3 * viscosity) + 0.5)
    away = g - settled
    want = g - even * (away + away[OPPOSITE]) / 2 - odd * (away - away[OPPOSITE]) / 2
    np.testing.assert_allclose(collide(g, viscosity), want, atol=1e-8)


def test_sponge_takes_its_share_of_the_density(rng: np.random.Generator) -> None:
    g = 0.01 * rng.normal(size=9)
    np.testing.assert_allclose(collide(g, 0.03, sponge=0.1).sum(), 0.9 * g.sum(), atol=1e-8)
