"""Mirrors src/unisono/simulators/textures.py."""

import numpy as np
import pytest

from unisono.core.errors import ShapeError, UnisonoError
from unisono.simulators.textures import (
    Spectrum,
    best_mean,
    conditional_draws,
    shrink,
    texture_pairs,
)

SMALL = Spectrum(size=12, length=2.0, smoothness=1.0)


def dense(spectrum: Spectrum) -> np.ndarray:
    """Covariance of all pixels, ``(S^2, S^2)``, by shifting the autocovariance around the torus."""
    n = spectrum.size
    auto = np.fft.ifft2(spectrum.power()).real
    place = np.arange(n)
    dy = (place[:, None] - place[None, :]) % n
    return auto[dy[:, None, :, None], dy[None, :, None, :]].reshape(n * n, n * n)


def blocks(n: int, q: int) -> np.ndarray:
    """The matrix of block means, ``(s^2, S^2)``."""
    eye = np.eye(n * n).reshape(n * n, n, n)
    return shrink(eye, q).reshape(n * n, -1).T


def test_the_best_mean_is_that_of_the_dense_gaussian(rng: np.random.Generator) -> None:
    covariance, means = dense(SMALL), blocks(12, 3)
    small = rng.normal(size=(2, 4, 4))
    gain = covariance @ means.T @ np.linalg.inv(means @ covariance @ means.T)
    expected = (small.reshape(2, -1) @ gain.T).reshape(2, 12, 12)
    np.testing.assert_allclose(best_mean(small, SMALL), expected, atol=1e-9)


def test_conditional_draws_have_the_covariance_of_the_dense_gaussian(
    rng: np.random.Generator,
) -> None:
    covariance, means = dense(SMALL), blocks(12, 3)
    small = rng.normal(size=(1, 4, 4))
    draws = conditional_draws(small, SMALL, samples=4000, generator=rng)[:, 0]
    np.testing.assert_allclose(shrink(draws, 3), np.broadcast_to(small, (4000, 4, 4)), atol=1e-8)
    gain = covariance @ means.T @ np.linalg.inv(means @ covariance @ means.T)
    rest = covariance - gain @ means @ covariance
    found = np.cov(draws.reshape(4000, -1), rowvar=False)
    scale = np.sqrt(np.outer(np.diag(rest), np.diag(rest)) / 4000)
    assert np.abs((found - rest) / scale).max() < 8  # in standard errors, over 20,736 entries
    np.testing.assert_allclose(draws.mean(axis=0), best_mean(small, SMALL)[0], atol=0.06)


def test_textures_have_the_spectrum_that_is_stated(rng: np.random.Generator) -> None:
    spectrum = Spectrum(size=16, length=2.0)
    large = texture_pairs(3000, generator=rng, times=4, spectrum=spectrum).large[:, 0]
    found = (np.abs(np.fft.fft2(large.astype(np.float64))) ** 2).mean(axis=0) / 16**2
    np.testing.assert_allclose(found / spectrum.power(), 1.0, atol=0.15)
    assert large.var() == pytest.approx(1, rel=0.05)


def test_the_best_mean_beats_blocks_and_errs_as_much_as_the_spread_of_draws(
    rng: np.random.Generator,
) -> None:
    spectrum = Spectrum(size=32, length=3.0)
    pairs = texture_pairs(60, generator=rng, times=4, spectrum=spectrum)
    small, large = pairs.small[:, 0].astype(np.float64), pairs.large[:, 0]
    best = ((best_mean(small, spectrum) - large) ** 2).mean()
    plain = ((np.kron(small, np.ones((4, 4))) - large) ** 2).mean()
    draws = conditional_draws(small[:6], spectrum, samples=40, generator=rng)
    assert best < 0.7 * plain
    assert draws.var(axis=0, ddof=1).mean() == pytest.approx(best, rel=0.1)


def test_bad_sizes_are_refused(rng: np.random.Generator) -> None:
    with pytest.raises(ShapeError, match="5 should divide the sizes of an image; got 12 x 12"):
        shrink(np.zeros((12, 12)), 5)
    with pytest.raises(ShapeError, match="divide 12 pixels"):
        best_mean(np.zeros((5, 5)), SMALL)
    with pytest.raises(UnisonoError, match="length must lie in"):
        Spectrum(length=0)
    with pytest.raises(UnisonoError, match="count must lie in"):
        texture_pairs(0, generator=rng)
