r"""Bands that keep their promise for people never seen: conformal quantile regression by subject.

A model's raw band ``[lo, hi]`` of nominal level :math:`\ell` (quantiles of its samples) is moved by
one number a channel, fitted on calibration subjects that the model was not trained on. The score
of a sample is how far the band would have to grow to hold it,

.. math:: E = \max(lo - y,\; y - hi) \quad\text{(Romano, Patterson \& Candes, 1905.03222)}

or, for ``kind="scale"``, the factor by which its half widths would have to grow. Frames of one
person are not exchangeable with another person's, so scores are grouped: with :math:`F_k` the
distribution of subject ``k``'s scores, the offset is the quantile of the subject-balanced mixture
:math:`\bar F = \frac1K\sum_k F_k`, so that coverage is over a new subject's values, each subject
counting once. Three choices of the level :math:`\lambda` at which that quantile is taken:

============ ================================================================================
``none``     :math:`\lambda = \ell`. Covers too little for few subjects (order ``1/K``).
``jackknife``  the smallest :math:`\lambda` at which each calibration subject, held out in turn, is
             covered :math:`\ell` on average. Adapts to how different subjects are; no guarantee;
             in simulation within 0.02 of :math:`\ell` with two subjects and 0.01 from three on
             (the default).
``hierarchical``  :math:`\lambda = \ell (K+1)/K`: the guarantee :math:`P(y \in band) \ge \ell` for
             exchangeable subjects (Lee, Barber & Willett, 2306.06342; Dunn, Wasserman & Ramdas,
             1809.07441). Errs to the wide side, and needs :math:`K \ge \ell/(1-\ell)` subjects:
             9 for 0.9.
============ ================================================================================

Coverage is marginal: right on average over subjects, frames and conditions, not for each of them.
In windows that are cut by events a frame is a stage of the movement, so there the number is fitted
near several anchors along the window and drawn as a line between them (``anchors``): coverage then
holds stage by stage.
With few subjects every one can calibrate: give out-of-fold bands of cross-validated models
(``crossval.py``). Tables are plain numbers, stored in a sealed model as JSON or TOML.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from unisono.core.checks import check_axes, check_choice, check_range
from unisono.core.errors import ModelError, ShapeError, UnisonoError
from unisono.evaluation.arrays import Array, Groups, Mask, groups_of
from unisono.evaluation.stages import along_window, near_anchor

__all__ = [
    "CORRECTIONS",
    "KINDS",
    "LEVELS",
    "BandTable",
    "Bands",
    "CalibrationOptions",
    "fit_bands",
    "nest",
    "point_bands",
    "sample_bands",
]

LEVELS = (0.5, 0.8, 0.9)
"""Nominal levels of the bands that are reported."""

CORRECTIONS = ("none", "jackknife", "hierarchical")
"""How few subjects are allowed for; see the module."""

KINDS = ("additive", "scale")
"""What is fitted: an offset in the target's unit, or a factor on the half widths."""

_GRID = 4000
"""Scores are rounded up to this many quantiles of their own, at most 1/4000 too wide."""


class Bands(NamedTuple):
    """Central bands of several levels around one answer.

    Attributes:
        levels: Nominal levels, increasing, ``k`` of them.
        centre: The single best answer, ``(n, L, D)``, in the target's unit.
        lower: ``(k, n, L, D)``.
        upper: ``(k, n, L, D)``.
    """

    levels: tuple[float, ...]
    centre: Array
    lower: Array
    upper: Array


def sample_bands(samples: Array, centre: Array, levels: Sequence[float] = LEVELS) -> Bands:
    """Raw bands: central quantiles of samples.

    Args:
        samples: ``(S, n, L, D)``.
        centre: The model's single best answer, ``(n, L, D)``.
        levels: Nominal levels in (0, 1).

    Raises:
        ShapeError: If the arrays disagree.
    """
    check_axes(samples=(samples, "S n L D"), centre=(centre, "n L D"))
    kept = _levels(levels)
    tails = np.array([(1 - level) / 2 for level in kept])
    lower, upper = np.split(np.quantile(samples, np.concatenate([tails, 1 - tails]), axis=0), 2)
    return Bands(kept, np.asarray(centre, dtype=np.float64), lower, upper)


def point_bands(centre: Array, levels: Sequence[float] = LEVELS) -> Bands:
    """Raw bands of no width around a point prediction, so that a baseline can be calibrated too."""
    check_axes(centre=(centre, "n L D"))
    kept = _levels(levels)
    flat = np.broadcast_to(np.asarray(centre, dtype=np.float64), (len(kept), *centre.shape))
    return Bands(kept, flat[0], flat, flat)


def _levels(levels: Sequence[float]) -> tuple[float, ...]:
    for level in levels:
        check_range("level", level, 0.0, 1.0)
    return tuple(sorted(float(level) for level in levels))


def nest(bands: Bands) -> Bands:
    """Widen outer bands until each holds the next inner one; a crossed band becomes its middle.

    Both steps only ever add to a band, so no coverage is lost.
    """
    middle = (bands.lower + bands.upper) / 2
    crossed = bands.lower > bands.upper
    lower = np.minimum.accumulate(np.where(crossed, middle, bands.lower), axis=0)
    upper = np.maximum.accumulate(np.where(crossed, middle, bands.upper), axis=0)
    return bands._replace(lower=lower, upper=upper)


def _half_widths(bands: Bands, floor: Array) -> tuple[Array, Array]:
    return (
        np.maximum(bands.centre - bands.lower, floor),
        np.maximum(bands.upper - bands.centre, floor),
    )


@dataclass(frozen=True)
class BandTable:
    """What calibration learned of one stream: a few numbers a channel, safe to store as text.

    Args:
        levels: Nominal levels, increasing.
        channels: Names of the channels.
        offsets: One row a level, one number a channel and anchor, the channels of the first anchor
            first: added to both sides (``additive``, in the target's unit) or multiplied with both
            half widths (``scale``).
        floor: Smallest half width of each channel, in the target's unit (``scale`` only).
        kind: One of :data:`KINDS`.
        correction: One of :data:`CORRECTIONS`; what was really used.
        subjects: Number of calibration subjects.
        anchors: Places along the window at which offsets were fitted; see ``stages.py``.
    """

    levels: tuple[float, ...]
    channels: tuple[str, ...]
    offsets: tuple[tuple[float, ...], ...]
    floor: tuple[float, ...]
    kind: str
    correction: str
    subjects: int
    anchors: int = 1

    def apply(self, bands: Bands) -> Bands:
        """Return calibrated, nested bands.

        Raises:
            ModelError: If the bands have other levels or another number of channels.
        """
        if bands.levels != self.levels or bands.centre.shape[-1] != len(self.channels):
            raise ModelError(
                f"the calibration table is for levels {self.levels} and {len(self.channels)} "
                f"channels; got levels {bands.levels} and {bands.centre.shape[-1]} channels; "
                "calibrate the model again."
            )
        rows = np.reshape(self.offsets, (len(self.levels), self.anchors, len(self.channels)))
        offset = along_window(rows, bands.centre.shape[1])[:, None]
        if self.kind == "additive":
            moved = bands._replace(lower=bands.lower - offset, upper=bands.upper + offset)
        else:
            below, above = _half_widths(bands, np.asarray(self.floor))
            moved = bands._replace(
                lower=bands.centre - offset * below, upper=bands.centre + offset * above
            )
        return nest(moved)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers, for JSON or TOML."""
        return {
            "levels": list(self.levels),
            "channels": list(self.channels),
            "offsets": [list(row) for row in self.offsets],
            "floor": list(self.floor),
            "kind": self.kind,
            "correction": self.correction,
            "subjects": self.subjects,
            "anchors": self.anchors,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "BandTable":
        """Read back :meth:`to_dict`.

        Raises:
            ModelError: If a key is missing or the numbers have another shape.
        """
        try:
            table = cls(
                tuple(float(x) for x in stored["levels"]),
                tuple(str(x) for x in stored["channels"]),
                tuple(tuple(float(x) for x in row) for row in stored["offsets"]),
                tuple(float(x) for x in stored["floor"]),
                str(stored["kind"]),
                str(stored["correction"]),
                int(stored["subjects"]),
                int(stored.get("anchors", 1)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"a calibration table is damaged ({error}); calibrate again."
            ) from error
        width = len(table.channels)
        lengths = [width * table.anchors] * len(table.levels)
        if [*map(len, table.offsets)] != lengths or len(table.floor) != width or table.anchors < 1:
            raise ModelError("a calibration table has rows of another length; calibrate again.")
        return table


@dataclass(frozen=True)
class CalibrationOptions:
    """How bands are calibrated.

    Args:
        kind: One of :data:`KINDS`.
        correction: One of :data:`CORRECTIONS`.
        anchors: Places along the window at which offsets are fitted; 1 for the whole window.
    """

    kind: str = "additive"
    correction: str = "jackknife"
    anchors: int = 1

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, KINDS)
        check_choice("correction", self.correction, CORRECTIONS)
        check_range("anchors", self.anchors, 1, 1000, closed=True)


def fit_bands(
    bands: Bands,
    truth: Array,
    valid: Mask,
    *,
    subjects: Sequence[object],
    channels: Sequence[str],
    options: CalibrationOptions = CalibrationOptions(),  # noqa: B008 - frozen
) -> BandTable:
    """Fit a calibration table on subjects that the model was not trained on.

    Args:
        bands: Raw bands of the calibration windows (split conformal), or out-of-fold bands of all
            training windows (cross-validated conformal).
        truth: ``(n, L, D)`` in the target's unit.
        valid: ``(n, L, D)``.
        subjects: The subject of each window, ``(n,)``. A single subject cannot be held out, so
            that ``jackknife`` then means ``none`` (and the table says so).
        channels: Names of the channels, ``D`` of them.
        options: Kind and correction.

    Raises:
        ShapeError: If the axes disagree, or a channel has no valid sample.
        UnisonoError: If ``hierarchical`` has too few subjects for a level.
    """
    check_axes(truth=(truth, "n L D"), valid=(valid, "n L D"), centre=(bands.centre, "n L D"))
    if len(subjects) != len(truth) or len(channels) != truth.shape[2]:
        raise ShapeError(
            f"truth has {len(truth)} windows and {truth.shape[2]} channels; got {len(subjects)} "
            f"subjects and {len(channels)} channel names."
        )
    groups = groups_of(np.asarray([str(s) for s in subjects]))
    correction = options.correction
    if correction == "jackknife" and len(groups.names) < 2:
        correction = "none"
    floor = _floors(bands)
    rows = []
    for k, level in enumerate(bands.levels):
        one = bands._replace(lower=bands.lower[k], upper=bands.upper[k])
        scores = _scores(one, truth, floor, options.kind)
        rows.append(
            tuple(
                _offset(_near(scores, valid, groups, d, near), level, correction, name)
                for near in near_anchor(truth.shape[1], options.anchors)
                for d, name in enumerate(channels)
            )
        )
    return BandTable(
        bands.levels,
        tuple(channels),
        tuple(rows),
        tuple(float(x) for x in floor),
        options.kind,
        correction,
        len(groups.names),
        options.anchors,
    )


def _near(scores: Array, valid: Mask, groups: Groups, channel: int, near: Mask) -> "_Scores":
    """Scores of one channel near an anchor; of all frames, where nothing is valid near it."""
    if not valid[:, near, channel].any():
        near = np.ones_like(near)
    return _Scores(scores[:, near, channel], valid[:, near, channel], groups)


def _floors(bands: Bands) -> Array:
    """A tenth of the mean half width of the widest band: no frame is scaled from nothing."""
    width = (bands.upper[-1] - bands.lower[-1]).mean(axis=(0, 1)) / 2
    return np.asarray(np.maximum(width / 10, 1e-12))


def _scores(one: Bands, truth: Array, floor: Array, kind: str) -> Array:
    if kind == "additive":
        return np.asarray(np.maximum(one.lower - truth, truth - one.upper))
    below, above = _half_widths(one, floor)
    return np.asarray(np.maximum((one.centre - truth) / below, (truth - one.centre) / above))


class _Scores(NamedTuple):
    values: Array  # (n, L), one channel
    valid: Mask  # (n, L)
    groups: Groups


def _offset(scores: _Scores, level: float, correction: str, channel: str) -> float:
    per_subject = [
        scores.values[scores.groups.code == g][scores.valid[scores.groups.code == g]]
        for g in range(len(scores.groups.names))
    ]
    per_subject = [np.sort(x) for x in per_subject if x.size]
    if not per_subject:
        raise ShapeError(f"channel {channel!r} has no valid sample to calibrate on; leave it out.")
    count = len(per_subject)
    grid = _grid(np.concatenate(per_subject))
    # Distribution of each subject's scores at every point of the grid, (K, M).
    share = np.stack([np.searchsorted(x, grid, side="right") / x.size for x in per_subject])
    target = level
    if correction == "hierarchical":
        target = level * (count + 1) / count
        if target > 1:
            need = int(np.ceil(level / (1 - level) - 1e-9))
            raise UnisonoError(
                f"a guaranteed {level:g} band of {channel!r} needs {need} calibration subjects; "
                f"got {count}; use correction 'jackknife' or more subjects."
            )
    if correction == "jackknife" and count > 1:
        target = _jackknife_level(share, level)
    at = int(np.searchsorted(share.mean(axis=0), target - 1e-12))
    return float(grid[min(at, len(grid) - 1)])


def _grid(scores: Array) -> Array:
    if scores.size <= _GRID:
        return np.unique(scores)
    return np.unique(np.quantile(scores, np.linspace(0, 1, _GRID), method="higher"))


def _jackknife_level(share: Array, level: float) -> float:
    """Smallest level at which subjects, each held out in turn, are covered ``level`` on average."""
    count = len(share)
    others = (share.sum(axis=0) - share) / (count - 1)
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        covered = 0.0
        for mine, rest in zip(share, others, strict=True):
            at = min(int(np.searchsorted(rest, middle - 1e-12)), len(mine) - 1)
            covered += mine[at] / count
        low, high = (low, middle) if covered >= level else (middle, high)
    return high
