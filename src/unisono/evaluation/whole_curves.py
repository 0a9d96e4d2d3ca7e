r"""What samples add to a band: whether whole curves stay inside, and what correlation is worth.

A 90 % band holds 90 % of values, but far fewer whole curves. Samples that are correlated as the
truth is tell how far a whole curve strays: with :math:`m, \sigma` mean and spread of the samples at
each frame, the curve band is :math:`m \pm r \sigma` with ``r`` the quantile over samples of

.. math:: \max_l |x_{s,l} - m_l| / \sigma_l ,

where each sample is held against mean and spread of the others, as the truth is: a sample that had
a part in the mean would stray too little.

:func:`decoupled` gives samples with the same values at every frame and channel but drawn apart from
each other: whatever changes from the one to the other is what the correlation was worth.
"""

import numpy as np

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import ShapeError
from unisono.evaluation.arrays import Array, Mask

__all__ = ["curve_coverage", "decoupled", "gaussian_like"]


def curve_coverage(samples: Array, truth: Array, valid: Mask, *, level: float) -> Array:
    """Whether the whole curve of each window and channel lies inside its curve band.

    Args:
        samples: ``(S, n, L, D)``, at least three.
        truth: ``(n, L, D)``.
        valid: ``(n, L, D)``.
        level: Nominal share of whole curves, in (0, 1).

    Returns:
        ``(n, D)``, 1 for inside, 0 for outside; NaN where no frame is valid.

    Raises:
        ShapeError: If the axes disagree.
    """
    check_range("level", level, 0.0, 1.0)
    check_axes(truth=(truth, "n L D"), valid=(valid, "n L D"), samples=(samples, "S n L D"))
    count = len(samples)
    if count < 3:
        raise ShapeError(f"a curve band needs at least 3 samples; got {count}.")
    mean, variance = samples.mean(axis=0), samples.var(axis=0, ddof=1)
    strays = np.empty((count, len(truth), truth.shape[2]))
    for s, one in enumerate(samples):
        apart = (one - mean) * count / (count - 1)  # from the mean of the others
        rest = ((count - 1) * variance - apart**2 * (count - 1) / count) / (count - 2)
        strays[s] = _furthest(apart, rest, valid)
    own = _furthest(np.where(valid, truth, mean) - mean, variance, valid)
    at = min(np.ceil((count + 1) * level) / count, 1.0)  # one more curve would be held
    radius = np.quantile(strays, at, axis=0, method="inverted_cdf")
    return np.where(valid.any(axis=1), (own <= radius).astype(np.float64), np.nan)


def _furthest(apart: Array, variance: Array, valid: Mask) -> Array:
    """Largest distance in spreads over the valid frames, ``(n, D)``."""
    scale = np.sqrt(np.maximum(variance, 1e-24))
    return np.asarray(np.where(valid, np.abs(apart) / scale, 0.0).max(axis=1))


def decoupled(samples: Array, *, generator: np.random.Generator) -> Array:
    """The same values at every frame and channel, in an order of their own at each.

    Args:
        samples: ``(S, ...)``.
        generator: Draws the orders.
    """
    return np.asarray(generator.permuted(samples, axis=0))


def gaussian_like(samples: Array, *, generator: np.random.Generator) -> Array:
    """Independent Gaussian draws with the mean and spread of the samples at each value.

    Args:
        samples: ``(S, ...)``, at least two.
        generator: Draws.
    """
    mean, spread = samples.mean(axis=0), samples.std(axis=0, ddof=1)
    return np.asarray(mean + spread * generator.normal(size=samples.shape))
