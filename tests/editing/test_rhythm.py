"""Frequency, phase and amplitude are those that made the points."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.editing.rhythm import rhythm
from unisono.simulators.oscillators import oscillator_recordings

DT, HZ = 0.02, 1.37


def ring(
    count: int, noise: float, rng: np.random.Generator, growth: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A bent ring in three dimensions, its phase and its size."""
    time = np.arange(count) * DT
    phase = 2 * np.pi * HZ * time + 0.6
    size = np.exp(growth * time)
    flat = np.stack([size * np.cos(phase), size * np.sin(phase), 0.3 * np.cos(2 * phase)], axis=1)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    return flat @ turn + 5.0 + noise * rng.normal(size=flat.shape), phase, size


@pytest.mark.parametrize(("noise", "close"), [(0.0, 1e-7), (0.1, 3e-3)])
def test_the_frequency_is_far_finer_than_the_periodogram(
    rng: np.random.Generator, noise: float, close: float
) -> None:
    points, _, _ = ring(230, noise, rng)  # 6.3 cycles: the periodogram's cell is 0.22 / s
    found = rhythm(points, DT)
    assert found.frequency == pytest.approx(HZ, abs=close)
    assert found.cycles == pytest.approx(HZ * 230 * DT, rel=1e-2)
    assert found.explained > (0.999999 if noise == 0 else 0.93)


def test_the_phase_is_the_true_one_but_for_where_it_begins(rng: np.random.Generator) -> None:
    points, phase, _ = ring(230, 0.02, rng)
    found = rhythm(points, DT)
    apart = np.exp(1j * (found.phase - phase))
    assert np.abs(np.angle(apart / apart.mean())).max() < 0.15
    assert np.median(np.diff(np.unwrap(found.phase))) == pytest.approx(
        2 * np.pi * HZ * DT, rel=0.05
    )


def test_the_amplitude_follows_a_growing_swing(rng: np.random.Generator) -> None:
    points, _, size = ring(300, 0.0, rng, growth=0.15)
    found = rhythm(points, DT)
    inner = slice(20, -20)
    ratio = found.amplitude[inner] / size[inner]
    assert ratio.std() / ratio.mean() < 0.1
    assert found.amplitude[-20:].mean() > 1.5 * found.amplitude[:20].mean()


def test_a_simulated_oscillator_tells_its_own_frequency() -> None:
    tree = next(oscillator_recordings(1, trials=1, seed=3))
    states = tree["x"]["data"].values
    time = tree["x"]["time"].values
    found = rhythm(states, float(time[1] - time[0]), harmonics=5)
    seen = states[:, 0] - states[:, 0].mean()
    up = np.flatnonzero((seen[:-1] < 0) & (seen[1:] >= 0))
    crossings = up - seen[up] / (seen[up + 1] - seen[up])
    counted = 1 / (np.diff(crossings).mean() * (time[1] - time[0]))
    assert found.frequency == pytest.approx(counted, rel=0.03)


def test_what_has_no_rhythm_is_one_line() -> None:
    with pytest.raises(UnisonoError, match="too few"):
        rhythm(np.zeros((5, 2)), 0.1)
    with pytest.raises(UnisonoError, match="do not move"):
        rhythm(np.ones((50, 2)), 0.1)
    with pytest.raises(UnisonoError, match="not finite"):
        rhythm(np.full((50, 2), np.nan), 0.1)
