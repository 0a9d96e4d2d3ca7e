"""Periodic calculus against closed forms and a dense solve."""

import numpy as np

from unisono.simulators.gait.spectral import (
    antiderivative,
    bounded_solution,
    derivative,
    low_pass,
    sample,
)

T = np.arange(64) / 64


def test_integral_undoes_derivative() -> None:
    x = np.sin(2 * np.pi * T) + 0.3 * np.cos(6 * np.pi * T)
    np.testing.assert_allclose(antiderivative(derivative(x, 2), 2), x, atol=1e-12)


def test_bounded_solution_agrees_with_a_dense_solve(rng: np.random.Generator) -> None:
    """Including a weight that is zero in part, as in flight."""
    count, period = 64, np.array([0.8, 1.3])
    w = np.maximum(10 + 20 * np.cos(2 * np.pi * (T + np.array([[0.0], [0.3]]))), 0)
    r = rng.normal(size=(2, 2, count))
    x = bounded_solution(w, r, period, np.zeros_like(r), 1e-12)
    for b in range(2):
        second = derivative(np.eye(count), 2).T / period[b] ** 2
        for m in range(2):
            want = np.linalg.solve(np.diag(w[b]) - second, r[m, b])
            np.testing.assert_allclose(x[m, b], want, atol=1e-9)


def test_sampling_is_exact_at_any_rate() -> None:
    period = np.array([1.7])
    for count in (5, 17, 64, 100):
        t = np.arange(count) / count
        got = sample(np.cos(6 * np.pi * T)[None, None], count, period)
        np.testing.assert_allclose(got.value[0, 0], np.cos(6 * np.pi * t), atol=1e-12)
        rate = -6 * np.pi / 1.7 * np.sin(6 * np.pi * t)
        np.testing.assert_allclose(got.rate[0, 0], rate, atol=1e-11)
        bend = -((6 * np.pi / 1.7) ** 2) * np.cos(6 * np.pi * t)
        np.testing.assert_allclose(got.acceleration[0, 0], bend, atol=1e-9)


def test_low_pass_halves_at_the_cutoff_and_does_not_shift() -> None:
    x = np.cos(10 * np.pi * T)[None]  # 5 periods, 5 Hz
    np.testing.assert_allclose(low_pass(x, np.array([1.0]), 5.0), x / 2, atol=1e-12)
