"""Curves of time that plans are put together from."""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

__all__ = ["bump", "drift", "eased", "plateau"]

Array = npt.NDArray[np.float64]


def eased(x: Array) -> Array:
    """From 0 to 1 as x goes from 0 to 1, with no speed and no acceleration at the ends.

    The minimum-jerk curve of Flash & Hogan (J. Neurosci. 5, 1985): 10 x^3 - 15 x^4 + 6 x^5.

    Example:
        >>> eased(np.array([-1.0, 0.0, 0.5, 1.0, 2.0]))
        array([0. , 0. , 0.5, 1. , 1. ])
    """
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x**3 * (10 - 15 * x + 6 * x**2), dtype=np.float64)


def plateau(time: Array, start: float, stop: float, ramp: float) -> Array:
    """1 from start to stop, eased from 0 before and to 0 after, over ``ramp`` seconds each."""
    return eased((time - start + ramp) / ramp) * eased((stop + ramp - time) / ramp)


def bump(x: Array) -> Array:
    """0 outside (0, 1), 1 in its middle, eased."""
    return eased(2 * x) * eased(2 - 2 * x)


def drift(frames: int, columns: int, rate_hz: float, *, generator: np.random.Generator) -> Array:
    """Slow noise of spread 1, about a third of a second long, ``(frames, columns)``."""
    wide = 0.33 * rate_hz
    noise = generator.normal(size=(frames, columns))
    smooth = gaussian_filter1d(noise, wide, axis=0, mode="reflect")
    return np.asarray(smooth * np.sqrt(2 * np.sqrt(np.pi) * wide), dtype=np.float64)
