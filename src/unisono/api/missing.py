r"""Bands where channels of what is given are missing: as much wider as the errors are.

Calibration windows lack a share :math:`s` of the channels that are given, drawn at random, and the
bands, calibrated already, are fitted once more: by which factor :math:`f_s \ge 1` their half widths
must grow to keep their level. Between the shares that were fitted the square of the factor is a
line, as the variance of a sum is in the number of its terms that are unknown,

.. math:: h' = h + (f_s - 1)\max(h, h_0), \qquad f_0 = 1, \quad f_s^2 \text{ rising in } s,

with :math:`h_0` a tenth of the mean half width, so that a narrow frame grows too. A window whose
channels are all there keeps its band to the bit. A channel is missing from a window if it holds no
value there; streams that a model of any part is not given in a question are not missing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from unisono.api.banding import band_options
from unisono.api.predicting import Drawing, predict
from unisono.api.recipe import Recipe
from unisono.core.contracts import Batch, Method
from unisono.core.random import numpy_generator
from unisono.core.timeline import Timeline
from unisono.evaluation.calibration import Bands, BandTable, fit_bands, nest

__all__ = [
    "SHARES",
    "Calibrating",
    "calibrated_bands",
    "fit_missing",
    "missing_key",
    "missing_tables",
    "share_missing",
    "without_channels",
]

Array = npt.NDArray[np.float64]

SHARES = (0.25, 0.5, 0.75)
"""Shares of missing channels that factors are fitted at; beyond the last one it stays."""

_MOST = 512
"""Windows, evenly over the calibration part, that factors are fitted on: one number a channel."""


class Calibrating(NamedTuple):
    """Windows that the method was not trained on.

    Attributes:
        given: What is given of them.
        whole: The same windows, which hold what is wanted.
        subjects: The subject of each.
    """

    given: Batch
    whole: Batch
    subjects: Sequence[str]

    def thinned(self, most: int) -> "Calibrating":
        """At most so many of the windows, evenly over all of them."""
        count = len(self.subjects)
        rows = np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))
        given, whole = (
            _rows_of(batch, torch.from_numpy(rows)) for batch in (self.given, self.whole)
        )
        return Calibrating(given, whole, [self.subjects[row] for row in rows])


def _rows_of(batch: Batch, rows: torch.Tensor) -> Batch:
    data, mask, known = (
        {name: values[rows] for name, values in part.items()}
        for part in (batch.data, batch.mask, batch.known)
    )
    return Batch(data, mask, batch.index[rows], batch.subject[rows], batch.condition[rows], known)


def missing_key(want: str, share: float) -> str:
    """Key of the factors of a stream.

    Example:
        >>> missing_key("grf", 0.25)
        'grf without 0.25'
    """
    return f"{want} without {share:g}"


def missing_tables(tables: Mapping[str, BandTable], want: Iterable[str]) -> dict[str, BandTable]:
    """The factors of some streams, as far as they were fitted."""
    keys = (missing_key(name, share) for name in want for share in SHARES)
    return {key: tables[key] for key in keys if key in tables}


def share_missing(
    batch: Batch, widths: Mapping[str, int], timeline: Timeline | None = None
) -> Array:
    """Share of the channels given that hold no value in a window.

    Args:
        batch: Windows.
        widths: Channels of each stream that counts; one that the batch lacks is missing whole.
        timeline: Where the windows lie on one sequence; its frames are told then.

    Returns:
        ``(n, L)``, or ``(1, T)`` along a timeline.
    """
    masks = [batch.mask[name] for name in widths if name in batch.mask]
    there = sum(mask.any(dim=1).sum(dim=1) for mask in masks)
    gone = 1 - torch.as_tensor(there, dtype=torch.float64) / sum(widths.values())
    frames = next(iter(batch.mask.values())).shape[1]
    each = gone[:, None].expand(batch.size, frames)
    told = each if timeline is None else timeline.join(each[..., None])[..., 0]
    return np.asarray(told.numpy(), dtype=np.float64)


def without_channels(batch: Batch, share: float, *, generator: np.random.Generator) -> Batch:
    """Windows that lack a share of their channels, drawn at random; each keeps at least one.

    Args:
        batch: Windows.
        share: Of the channels of all its streams together, in [0, 1].
        generator: Where the draws come from.
    """
    widths = {name: mask.shape[-1] for name, mask in batch.mask.items()}
    count = sum(widths.values())
    gone = min(round(share * count), count - 1)
    order = generator.random((batch.size, count)).argsort(axis=1)
    keep = torch.from_numpy(order >= gone)
    pieces = torch.split(keep, list(widths.values()), dim=1)
    parts = dict(zip(widths, pieces, strict=True))
    mask = {name: m & parts[name][:, None, :] for name, m in batch.mask.items()}
    data = {name: torch.where(mask[name], values, 0.0) for name, values in batch.data.items()}
    return replace(batch, data=data, mask=mask)


def calibrated_bands(
    tables: Mapping[str, BandTable], name: str, raw: Bands, missing: Array
) -> Bands:
    """Bands of a stream, calibrated as far as the tables go.

    Args:
        tables: Of a model, narrowed to its question.
        name: The stream.
        raw: Bands as drawn, of ``n`` windows.
        missing: Share of the channels given that are missing, ``(n, L)``.
    """
    table = tables.get(name)
    if table is None:
        return raw
    bands = table.apply(raw)
    fitted = [tables.get(missing_key(name, share)) for share in SHARES]
    if not missing.any() or any(one is None for one in fitted):
        return bands
    return _widened(bands, [one for one in fitted if one is not None], missing)


def _widened(bands: Bands, fitted: Sequence[BandTable], missing: Array) -> Bands:
    """Half widths times factors ``(level, n, L, D)`` between those of the fitted shares."""
    offsets = np.stack([np.ones_like(fitted[0].offsets), *(t.offsets for t in fitted)])
    rising = np.maximum.accumulate(np.maximum(offsets, 1.0), axis=0)  # (share, level, D)
    at = np.interp(missing, (0.0, *SHARES), np.arange(len(rising), dtype=np.float64))
    low = np.minimum(at.astype(np.intp), len(rising) - 2)
    part = (at - low)[..., None, None]
    squares = rising**2
    factor = np.sqrt(np.moveaxis(squares[low] * (1 - part) + squares[low + 1] * part, 2, 0))
    floor = np.asarray(fitted[0].floor)
    below, above = bands.centre - bands.lower, bands.upper - bands.centre
    grown = (
        bands.lower - (factor - 1) * np.maximum(below, floor),
        bands.upper + (factor - 1) * np.maximum(above, floor),
    )
    return nest(bands._replace(lower=grown[0], upper=grown[1]))


def fit_missing(
    recipe: Recipe,
    method: Method,
    seen: Calibrating,
    tables: Mapping[str, BandTable],
    *,
    drawing: Drawing,
) -> dict[str, BandTable]:
    """Fit the factors of wanted streams.

    Args:
        recipe: The run.
        method: The trained method.
        seen: The calibration part.
        tables: Tables of the wanted streams, under their names.
        drawing: How bands are drawn.
    """
    options = replace(band_options(recipe), kind="scale", anchors=1)
    seen = seen.thinned(_MOST)
    found: dict[str, BandTable] = {}
    for share in SHARES:
        rng = numpy_generator(recipe.split.seed, "missing", f"{share:g}")
        fewer = without_channels(seen.given, share, generator=rng)
        for name, one in predict(method, fewer, list(tables), drawing).items():
            found[missing_key(name, share)] = fit_bands(
                tables[name].apply(one.bands),
                seen.whole.data[name].numpy().astype(np.float64),
                seen.whole.mask[name].numpy(),
                subjects=seen.subjects,
                channels=tables[name].channels,
                options=options,
            )
    return found
