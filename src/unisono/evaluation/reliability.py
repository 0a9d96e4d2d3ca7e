r"""Where bands hold: coverage by channel and by stage of the movement, each person counting once.

A band that covers 90 % on the whole may cover 99 % of the flight and 70 % of the push-off. With
:math:`c_{g}` the share of a person's values inside the band, coverage is the mean over people, and
its standard error that of the mean: values of one person are not independent of each other.

Symbols: ``G`` people, ``k`` levels, ``P`` stages, ``D`` channels.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_axes
from unisono.core.errors import ShapeError
from unisono.evaluation.arrays import Array, Mask, groups_of
from unisono.evaluation.calibration import Bands

__all__ = ["Coverage", "Reliability", "fifths", "reliability"]


class Coverage(NamedTuple):
    """A coverage with its standard error over people (NaN for one person); ``(k, ...)``.

    Attributes:
        value: Mean over people of the share inside.
        error: Standard error of that mean.
    """

    value: Array
    error: Array


class Reliability(NamedTuple):
    """Coverage of bands, on the whole and in parts.

    Attributes:
        levels: Nominal levels, ``k``.
        total: ``(k,)``.
        channel: By channel, ``(k, D)``.
        stage: By stage, ``(k, P)``.
        cell: By stage and channel, ``(k, P, D)``.
    """

    levels: tuple[float, ...]
    total: Coverage
    channel: Coverage
    stage: Coverage
    cell: Coverage

    def miss(self, part: str) -> float:
        """Largest distance from nominal of a part: ``"total"``, ``"channel"``, ``"stage"``, ...

        Example:
            >>> nothing = Coverage(np.array([0.88]), np.array([np.nan]))
            >>> round(Reliability((0.9,), nothing, nothing, nothing, nothing).miss("stage"), 3)
            0.02
        """
        value: Array = getattr(self, part).value
        nominal = np.reshape(self.levels, (-1, *[1] * (value.ndim - 1)))
        return float(np.nanmax(np.abs(value - nominal)))

    def beyond_chance(self, part: str) -> float:
        """Share of a part's coverages more than two standard errors away from nominal."""
        found: Coverage = getattr(self, part)
        nominal = np.reshape(self.levels, (-1, *[1] * (found.value.ndim - 1)))
        known = np.isfinite(found.value) & np.isfinite(found.error)
        if not known.any():
            return float("nan")
        return float((np.abs(found.value - nominal) > 2 * found.error + 1e-12)[known].mean())


def fifths(windows: int, frames: int, stages: int = 5) -> npt.NDArray[np.intp]:
    """Equal parts of every window, ``(n, L)``: the stages of windows that are cut by events."""
    return np.tile(np.arange(frames) * stages // frames, (windows, 1))


def reliability(
    bands: Bands,
    truth: Array,
    valid: Mask,
    *,
    subjects: Sequence[object],
    stage: npt.NDArray[np.intp],
) -> Reliability:
    """Coverage of bands by channel and stage.

    Args:
        bands: Bands, calibrated or not.
        truth: ``(n, L, D)``.
        valid: ``(n, L, D)``.
        subjects: The subject of each window, ``(n,)``.
        stage: Stage of each frame, ``(n, L)``, counted from 0; below 0 for none.

    Raises:
        ShapeError: If the axes disagree.
    """
    axes = "n L D"
    check_axes(truth=(truth, axes), valid=(valid, axes), centre=(bands.centre, axes))
    if len(subjects) != len(truth) or stage.shape != truth.shape[:2]:
        raise ShapeError(
            f"truth has windows and frames {truth.shape[:2]}; got {len(subjects)} subjects and "
            f"stages of shape {stage.shape}."
        )
    groups = groups_of(np.asarray([str(s) for s in subjects]))
    stages, width = int(stage.max()) + 1, truth.shape[2]
    levels = len(bands.levels)
    hit = np.zeros((len(groups.names), levels, stages, width))
    size = np.zeros((len(groups.names), stages, width))
    for g in range(len(groups.names)):
        mine = groups.code == g
        for p in range(stages):
            there = valid[mine] & (stage[mine] == p)[..., None]
            size[g, p] = there.sum(axis=(0, 1))
            for k in range(levels):
                low, high = bands.lower[k, mine], bands.upper[k, mine]
                inside = (truth[mine] >= low) & (truth[mine] <= high)
                hit[g, k, p] = (inside & there).sum(axis=(0, 1))

    def part(axis: tuple[int, ...]) -> Coverage:
        total = size.sum(axis=axis)[:, None]
        # levels stand before stages and channels in hits, so their axes are one further on
        return _over_people(hit.sum(axis=tuple(a + 1 for a in axis)), total)

    return Reliability(bands.levels, part((1, 2)), part((1,)), part((2,)), part(()))


def _over_people(hit: Array, size: Array) -> Coverage:
    share = np.where(size > 0, hit / np.maximum(size, 1), np.nan)
    known = np.isfinite(share)
    people = known.sum(axis=0)
    mean = np.where(people > 0, np.nansum(share, axis=0) / np.maximum(people, 1), np.nan)
    apart = np.where(known, share - mean, 0.0)
    variance = (apart**2).sum(axis=0) / np.maximum(people - 1, 1)
    error = np.where(people > 1, np.sqrt(variance / np.maximum(people, 1)), np.nan)
    return Coverage(mean, error)
