r"""Bands of a live stream: a mean and its stated spread, calibrated where the future is not known.

The raw band of level :math:`\ell` is :math:`\mu \pm z_\ell \sigma` from one pass of the network,
:math:`z_\ell` the normal quantile. Calibration is that of :mod:`unisono.evaluation.calibration`, on
the last :data:`LIVE_S` seconds of calibration windows: at the end of a window the model has seen
the past alone, as it does in a stream.
"""

from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from unisono.api.predicting import in_pieces, join_bands
from unisono.api.recipe import Recipe
from unisono.core.contracts import Batch, Method
from unisono.core.random import generator
from unisono.evaluation.calibration import Bands

__all__ = ["LIVE_S", "live_frames", "spread_bands", "window_ends"]

LIVE_S = 0.1
"""Seconds at the end of a window that live bands are calibrated on."""

Array = npt.NDArray[np.float64]


def live_frames(recipe: Recipe, seconds: float = LIVE_S) -> int:
    """Frames of a model in ``seconds``: at least one, at most a window."""
    return min(max(1, round(seconds * recipe.cut.rate_hz)), recipe.cut.length)


def spread_bands(mean: Array, spread: Array, levels: Sequence[float]) -> Bands:
    """Raw central bands of a normal distribution.

    Args:
        mean: ``(n, L, D)``.
        spread: Standard deviation, ``(n, L, D)``.
        levels: Nominal levels in (0, 1).

    Example:
        >>> bands = spread_bands(np.zeros((1, 1, 1)), np.ones((1, 1, 1)), [0.9])
        >>> bands.upper.round(3).item()
        1.645
    """
    kept = tuple(sorted(float(level) for level in levels))
    half = np.stack([NormalDist().inv_cdf((1 + level) / 2) * spread for level in kept])
    return Bands(kept, np.asarray(mean, dtype=np.float64), mean - half, mean + half)


def window_ends(method: Method, batch: Batch, recipe: Recipe) -> Mapping[str, Bands]:
    """Raw bands of the last frames of windows, by stream; none where no spread is stated.

    Args:
        method: A trained method, in evaluation mode.
        batch: Windows.
        recipe: Its recipe.
    """
    frames = live_frames(recipe)
    pieces: dict[str, list[Bands]] = {}
    for part in in_pieces(batch):
        found = method.generate(
            part, recipe.data.want, samples=0, steps=1, generator=generator(0, "live")
        )
        for name, draws in found.items():
            if draws.spread is not None:
                mean, spread = (
                    x[:, -frames:].numpy().astype(np.float64) for x in (draws.mean, draws.spread)
                )
                bands = spread_bands(mean, spread, recipe.bands.levels)
                pieces.setdefault(name, []).append(bands)
    return {name: join_bands(parts) for name, parts in pieces.items()}
