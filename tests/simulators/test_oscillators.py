"""The oscillators follow their equations and show them through shared mixtures."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.recordings.schema import validate
from unisono.simulators.oscillators import (
    Oscillator,
    oscillator_recordings,
    path,
    random_oscillator,
)


def test_hopf_agrees_with_its_closed_form() -> None:
    subject = Oscillator("o", "hopf", mu=0.8, omega=6.0, amplitude=1.3)
    start = np.array([0.2, 0.0])
    got = path(subject, seconds=5, rate_hz=40, start=start)
    a2, grown = 1.3**2, np.exp(2 * 0.8 * got.time)
    radius = np.sqrt(a2 * 0.04 * grown / (a2 + 0.04 * (grown - 1)))
    np.testing.assert_allclose(got.s, radius * np.cos(6.0 * got.time), atol=1e-6)


def test_van_der_pol_settles_on_its_amplitude_and_obeys_its_equation() -> None:
    subject = Oscillator("o", "van_der_pol", mu=0.3, omega=6.0, amplitude=1.1)
    got = path(subject, seconds=40, rate_hz=200, start=np.array([0.1, 0.0]))
    assert abs(np.abs(got.s[-2000:]).max() - 1.1) < 0.02
    s, v = got.s, got.rate
    pull = (v[2:] - v[:-2]) * 100
    want = 0.3 * 6 * (1 - 4 * (s / 1.1) ** 2) * v - 36 * s
    np.testing.assert_allclose(pull, want[1:-1], atol=0.05)


def test_recordings_are_valid_seeded_and_share_their_mixtures() -> None:
    one = list(oscillator_recordings(2, trials=2, seed=5, seconds=2, noise=0.0))
    two = list(oscillator_recordings(2, trials=2, seed=5, seconds=2, noise=0.0))
    for a, b in zip(one, two, strict=True):
        validate(a)
        np.testing.assert_array_equal(a["x"]["data"], b["x"]["data"])
    stacked = np.concatenate([tree["x"]["data"].values for tree in one])
    assert np.linalg.matrix_rank(stacked, tol=1e-8) == 3  # s, s^2, sin s through one mixture


def test_y_is_told_by_x_but_not_by_one_sample() -> None:
    trees = list(oscillator_recordings(4, trials=1, seed=1, seconds=6, noise=0.0))
    x = np.concatenate([t["x"]["data"].values[1:-1] for t in trees])
    near = np.concatenate(
        [np.hstack([t["x"]["data"].values[:-2], t["x"]["data"].values[2:]]) for t in trees]
    )
    y = np.concatenate([t["y"]["data"].values[1:-1] for t in trees])

    def left_over(given: np.ndarray) -> float:
        design = np.hstack([given, np.ones((len(given), 1))])
        rest = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
        return float(rest.var() / y.var())

    assert left_over(x) > 0.2
    assert left_over(np.hstack([x, near])) < 0.1


def test_an_unknown_system_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(UnisonoError, match="Did you mean 'hopf'"):
        random_oscillator(rng, system="hop")
