"""Mirrors src/unisono/evaluation/images.py."""

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from unisono.core.errors import ShapeError, UnisonoError
from unisono.evaluation.images import psnr, ssim, ssim_window


@pytest.mark.parametrize("data_range", [1.0, 2.0, 255.0])
def test_psnr_and_ssim_are_those_of_scikit_image(
    data_range: float, rng: np.random.Generator
) -> None:
    truth = data_range * rng.random((3, 24, 31))
    guess = truth + 0.1 * data_range * rng.normal(size=truth.shape)
    for k in range(3):
        expected = peak_signal_noise_ratio(truth[k], guess[k], data_range=data_range)
        assert psnr(guess, truth, data_range=data_range)[k] == pytest.approx(expected, rel=1e-10)
        expected = structural_similarity(
            truth[k], guess[k], data_range=data_range, gaussian_weights=True, sigma=1.5,
            use_sample_covariance=False,
        )  # fmt: skip
        assert ssim(guess, truth, data_range=data_range)[k] == pytest.approx(expected, rel=1e-9)


def test_ssim_of_a_small_image_against_a_slow_loop(rng: np.random.Generator) -> None:
    x, y = rng.random((2, 1, 8, 9))
    line = np.exp(-0.5 * (np.arange(-3, 4) / 1.5) ** 2)
    weight = np.outer(line, line) / line.sum() ** 2
    values = []
    for i in range(2):
        for j in range(3):
            a, b = x[0, i : i + 7, j : j + 7], y[0, i : i + 7, j : j + 7]
            ma, mb = (weight * a).sum(), (weight * b).sum()
            va, vb = (weight * (a - ma) ** 2).sum(), (weight * (b - mb) ** 2).sum()
            ab = (weight * (a - ma) * (b - mb)).sum()
            top = (2 * ma * mb + 1e-4) * (2 * ab + 9e-4)
            values.append(top / ((ma**2 + mb**2 + 1e-4) * (va + vb + 9e-4)))
    assert ssim(x, y, data_range=1.0)[0] == pytest.approx(np.mean(values), rel=1e-10)


def test_equal_images(rng: np.random.Generator) -> None:
    x = rng.random((2, 3, 16, 16))
    np.testing.assert_allclose(ssim(x, x, data_range=1.0), 1.0)
    assert np.isinf(psnr(x, x, data_range=1.0)).all()


def test_bytes_do_not_overflow() -> None:
    white, black = np.full((1, 16, 16), 255, dtype=np.uint8), np.zeros((1, 16, 16), dtype=np.uint8)
    assert psnr(black, white, data_range=255)[0] == pytest.approx(0.0, abs=1e-9)
    assert ssim(white, white, data_range=255)[0] == pytest.approx(1.0)


def test_windows_and_bad_input(rng: np.random.Generator) -> None:
    assert [ssim_window(n, 40) for n in (40, 11, 10, 6, 3)] == [11, 11, 7, 5, 3]
    with pytest.raises(ShapeError, match="3 pixels at least; got 2 x 40"):
        ssim_window(2, 40)
    with pytest.raises(ShapeError, match=r"got \(1, 4, 4\) and \(2, 4, 4\)"):
        psnr(np.zeros((1, 4, 4)), np.zeros((2, 4, 4)), data_range=1.0)
    with pytest.raises(UnisonoError, match="data_range must lie in"):
        ssim(np.zeros((1, 4, 4)), np.zeros((1, 4, 4)), data_range=0.0)
