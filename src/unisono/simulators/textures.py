r"""Smooth random textures with a known spectrum: image pairs whose best answer is known.

A texture is a stationary periodic Gaussian field of mean 0 and variance 1,

.. math:: x = \mathcal F^{-1}\bigl(\sqrt{P(k)}\, \mathcal F w\bigr), \qquad
          P(k) \propto (1 + |k|^2 \ell^2)^{-\nu - 1}

(Matern's spectrum in two dimensions; Lindgren et al., *J. R. Stat. Soc. B* 73, 2011), ``w`` white,
``k`` in radians a pixel of the large image, :math:`\ell` the length and :math:`\nu` the smoothness.
The small image is the mean over blocks of :math:`q \times q` pixels. Since both are linear in a
Gaussian, the large image given the small one is Gaussian with

.. math:: \mathrm E[x \mid y] = \sum_k \frac{P_k \bar H_k}{\sum_{j \sim k} P_j |H_j|^2}\,
          \hat y_{[k]}

over the frequencies ``j ~ k`` that fold onto the same frequency of the small image. So the lowest
possible error is known, and exact conditional draws are :math:`x' + \mathrm E[x \mid y - y']` with
an unconditional :math:`x'` and its own small image (Matheron's rule).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_range
from unisono.core.errors import ShapeError

__all__ = ["Spectrum", "TexturePairs", "best_mean", "conditional_draws", "shrink", "texture_pairs"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Spectrum:
    """Spectrum of a texture.

    Args:
        size: Pixels an edge of the large image.
        length: Correlation length in pixels of the large image.
        smoothness: Matern's smoothness; larger is smoother.
    """

    size: int = 128
    length: float = 6.0
    smoothness: float = 1.5

    def __post_init__(self) -> None:
        check_range("size", self.size, 2, 4096, closed=True)
        check_range("length", self.length, 0, float("inf"))
        check_range("smoothness", self.smoothness, 0, 20)

    def power(self) -> Array:
        """Variance of each frequency, ``(size, size)`` in the order of the FFT; its mean is 1."""
        k = 2 * np.pi * np.fft.fftfreq(self.size)
        squared = k[:, None] ** 2 + k[None, :] ** 2
        power = (1 + squared * self.length**2) ** (-self.smoothness - 1)
        return np.asarray(power / power.mean())


class TexturePairs(NamedTuple):
    """Small and large images, ``(n, 1, s, s)`` and ``(n, 1, S, S)`` float32; variance about 1."""

    small: npt.NDArray[np.float32]
    large: npt.NDArray[np.float32]


def _draw(spectrum: Spectrum, count: int, rng: np.random.Generator) -> Array:
    white = rng.normal(size=(count, spectrum.size, spectrum.size))
    return np.fft.ifft2(np.sqrt(spectrum.power()) * np.fft.fft2(white)).real


def shrink(images: Array, times: int) -> Array:
    """Mean over blocks of ``times`` by ``times`` pixels of ``(..., H, W)``.

    Raises:
        ShapeError: If ``times`` does not divide both sizes.

    Example:
        >>> shrink(np.arange(4.0).reshape(2, 2), 2)
        array([[1.5]])
    """
    *front, height, width = images.shape
    if times < 1 or height % times or width % times:
        raise ShapeError(f"{times} should divide the sizes of an image; got {height} x {width}.")
    blocks = images.reshape(*front, height // times, times, width // times, times)
    return np.asarray(blocks.mean(axis=(-3, -1)))


def texture_pairs(
    count: int, *, generator: np.random.Generator, times: int = 8, spectrum: Spectrum | None = None
) -> TexturePairs:
    """Draw textures with their small images.

    Args:
        count: Number of pairs.
        generator: Where all variation comes from.
        times: How many pixels of the large image one of the small image covers, each way.
        spectrum: Size and spectrum; by default 128 pixels.

    Example:
        >>> pairs = texture_pairs(2, generator=np.random.default_rng(0))
        >>> pairs.small.shape, pairs.large.shape
        ((2, 1, 16, 16), (2, 1, 128, 128))
    """
    check_range("count", count, 1, float("inf"), closed=True)
    large = _draw(spectrum or Spectrum(), count, generator)[:, None]
    return TexturePairs(shrink(large, times).astype(np.float32), large.astype(np.float32))


def best_mean(small: Array, spectrum: Spectrum) -> Array:
    """The mean of all large images with this small one, ``(..., S, S)``: no answer errs less.

    Args:
        small: ``(..., s, s)``.
        spectrum: That of the large images.
    """
    size, times = spectrum.size, spectrum.size // small.shape[-1]
    if small.shape[-2:] != (size // times, size // times) or size % times:
        raise ShapeError(
            f"small images should be square and divide {size} pixels; got {small.shape[-2:]}."
        )
    power = spectrum.power()
    response = _block_mean(size, times)
    shown = power * np.abs(response) ** 2
    cells = size // times
    folded = shown.reshape(times, cells, times, cells).sum(axis=(0, 2))
    gain = power * response.conj() / np.maximum(np.tile(folded, (times, times)), 1e-300)
    seen = np.tile(np.fft.fft2(small), (times, times)) * times**2
    return np.asarray(np.fft.ifft2(gain * seen).real)


def _block_mean(size: int, times: int) -> npt.NDArray[np.complex128]:
    """Response of the mean over the block that starts at a pixel."""
    kernel = np.zeros(size)
    kernel[:times] = 1 / times
    line = np.fft.fft(kernel).conj()  # the block lies ahead of its first pixel
    return np.asarray(line[:, None] * line[None, :])


def conditional_draws(
    small: Array, spectrum: Spectrum, *, samples: int, generator: np.random.Generator
) -> Array:
    """Draw large images given small ones ``(n, s, s)``, exactly; ``(samples, n, S, S)``."""
    check_range("samples", samples, 1, float("inf"), closed=True)
    times = spectrum.size // small.shape[-1]
    free = np.stack([_draw(spectrum, len(small), generator) for _ in range(samples)])
    return free + best_mean(small - shrink(free, times), spectrum)
