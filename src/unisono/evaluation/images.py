r"""How near an image is to the truth: PSNR and SSIM, one value an image.

Symbols: images ``(n, ..., H, W)``; ``R`` the data range, stated by the caller and never read off
the data (2 for images in [-1, 1], 1 in [0, 1], 255 for bytes).

.. math:: \mathrm{PSNR} = 10 \log_{10}(R^2 / \mathrm{MSE}), \qquad
          \mathrm{SSIM} = \frac{(2\mu_x\mu_y + C_1)(2\sigma_{xy} + C_2)}
                               {(\mu_x^2 + \mu_y^2 + C_1)(\sigma_x^2 + \sigma_y^2 + C_2)}

with means under a Gaussian window of spread 1.5, :math:`C_1 = (0.01 R)^2`,
:math:`C_2 = (0.03 R)^2` (Wang et al., *IEEE Trans. Image Process.* 13(4), 2004).
"""

import numpy as np
from scipy.ndimage import correlate1d

from unisono.core.checks import check_range
from unisono.core.errors import ShapeError
from unisono.evaluation.arrays import Array

__all__ = ["psnr", "ssim", "ssim_window"]

_WINDOWS = (11, 7, 5, 3)


def _pair(predicted: Array, truth: Array, data_range: float) -> None:
    check_range("data_range", data_range, 0, float("inf"))
    if predicted.shape != truth.shape or truth.ndim < 3:
        raise ShapeError(
            "predicted and truth should both be (image, ..., height, width); got "
            f"{predicted.shape} and {truth.shape}."
        )


def psnr(predicted: Array, truth: Array, *, data_range: float) -> Array:
    """Peak signal-to-noise ratio of each image in dB, ``(n,)``; infinite where they are equal.

    Raises:
        ShapeError: If the shapes differ.
        UnisonoError: If the range is not positive.

    Example:
        >>> psnr(np.full((1, 2, 2), 0.1), np.zeros((1, 2, 2)), data_range=1.0).round(3)
        array([20.])
    """
    _pair(predicted, truth, data_range)
    gap = predicted.astype(np.float64) - truth
    error = (gap**2).mean(axis=tuple(range(1, gap.ndim)))
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(data_range**2 / error))


def ssim_window(height: int, width: int) -> int:
    """Edge of the window: 11 pixels, or 7, 5 or 3 where the image is smaller.

    Raises:
        ShapeError: If the image is smaller than 3 pixels.
    """
    fits = [w for w in _WINDOWS if w <= min(height, width)]
    if not fits:
        raise ShapeError(f"SSIM needs images of 3 pixels at least; got {height} x {width}.")
    return fits[0]


def ssim(predicted: Array, truth: Array, *, data_range: float) -> Array:
    """Structural similarity of each image, ``(n,)``: 1 where equal.

    The mean is over the pixels whose window lies inside the image, and over channels. Variances
    are those of the population (weights sum to 1).

    Raises:
        ShapeError: If the shapes differ or the images are below 3 pixels.
        UnisonoError: If the range is not positive.
    """
    _pair(predicted, truth, data_range)
    size = ssim_window(*truth.shape[-2:])
    x, y = predicted.astype(np.float64), truth.astype(np.float64)
    mx, my = _blur(x, size), _blur(y, size)
    vx, vy = _blur(x * x, size) - mx**2, _blur(y * y, size) - my**2
    both = _blur(x * y, size) - mx * my
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    similar = ((2 * mx * my + c1) * (2 * both + c2)) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    return np.asarray(similar.reshape(len(x), -1).mean(axis=1))


def _blur(x: Array, size: int) -> Array:
    """Gaussian mean under windows that lie inside the image."""
    line = np.exp(-0.5 * ((np.arange(size) - size // 2) / 1.5) ** 2)
    line /= line.sum()
    half = size // 2
    smooth = correlate1d(correlate1d(x, line, axis=-1), line, axis=-2)
    return np.asarray(smooth[..., half : x.shape[-2] - half, half : x.shape[-1] - half])
