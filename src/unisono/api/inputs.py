"""A recording as a model sees it: the right streams, channels, units, rate and windows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
import xarray as xr

from unisono.core.contracts import Batch, StreamInfo
from unisono.core.errors import ModelError, SchemaError
from unisono.core.timeline import Timeline
from unisono.recordings.deriving import derive
from unisono.recordings.schema import events_of, stream_names
from unisono.recordings.stream_union import Owned, fit_stream, unite_streams
from unisono.recordings.window_settings import Cut
from unisono.recordings.window_spans import fixed_spans
from unisono.recordings.windows import KNOWN, WindowBatch, cut_windows, window_headings

if TYPE_CHECKING:
    from unisono.api.model import Model

__all__ = ["Inputs", "given_side", "make_inputs", "matched", "to_batch", "whole_batch"]

_OUTSIDE = 0.05
"""Share of samples outside the training range above which it is said."""


class Inputs(NamedTuple):
    """What a model is given of one recording.

    Attributes:
        batch: The windows.
        table: Place of each window, as ``recordings.windows`` gives it, and ``heading_rad``, its
            heading in laboratory axes (NaN where there is none).
        grid: Instants of the common clock, ``(T,)`` seconds; empty for windows cut by events.
        timeline: Where fixed windows lie on it; None for windows cut by events.
        doubts: What the user should know before trusting the result.
    """

    batch: Batch
    table: pd.DataFrame
    grid: npt.NDArray[np.float64]
    timeline: Timeline | None
    doubts: list[str]


def make_inputs(model: "Model", recording: xr.DataTree, want: tuple[str, ...] = ()) -> Inputs:
    """Bring a recording into the form that a model was trained on.

    Args:
        model: The model.
        recording: The recording.
        want: Streams to be generated; where all are of the model's given side, what it wants is
            what is given.

    Raises:
        ModelError: If it lacks every given stream, or events that cannot be found.
        UnitError: If a unit cannot be converted.
    """
    names = stream_names(recording)
    given = given_side(model, want)
    present = tuple(name for name in given if name in names)
    if not present:
        raise ModelError(
            f"recording {recording.attrs['recording']!r} has the streams {', '.join(names)}, but "
            f"the model is given {', '.join(given)}; rename a stream or use another model."
        )
    doubts = [f"{n} is missing: bands are wider" for n in given if n not in present]
    loose = _loosened(model, present)
    if model.cut.by:
        recording, said = _with_events(recording, model.cut)
        windows = cut_windows(recording, loose)
        if not len(windows):
            raise ModelError(
                f"recording {recording.attrs['recording']!r} has no window from {loose.by[0]} to "
                f"{loose.by[1]}; give events, or markers of heel and toe to find them."
            )
        batch, more = to_batch(model, windows)
        table = _headed(model, recording, windows)
        return Inputs(batch, table, np.zeros(0), None, doubts + said + more)
    return _fixed(model, recording, loose, doubts)


def given_side(model: "Model", want: Sequence[str]) -> tuple[str, ...]:
    """Streams that an answer is made from: where all that is wanted is given, what is generated.

    Args:
        model: The model.
        want: Streams to be generated.
    """
    return model.want if want and set(want) <= set(model.given) else model.given


def whole_batch(model: "Model", recording: xr.DataTree, names: Sequence[str]) -> Batch:
    """All of a recording as one long window, ``(1, T, D)`` a stream, with ``start_s`` known.

    Args:
        model: A model of windows of fixed length.
        recording: The recording.
        names: Streams that it holds; the window lies where all of them are.

    Raises:
        ModelError: If there is nothing to cut, or a stream is not what the model knows.
        UnitError: If a unit cannot be converted.
    """
    whole = _whole(recording, _loosened(model, tuple(names)))
    batch, _ = to_batch(model, whole.windows)
    start = torch.tensor([whole.grid[0]], dtype=torch.float64)
    return replace(batch, known={**batch.known, "start_s": start})


def _loosened(model: "Model", present: tuple[str, ...]) -> Cut:
    """How a recording is cut at use: what is missing is missing."""
    turned = tuple(t for t in model.cut.turned if t in present)
    along = bool(turned) or not model.cut.turned
    return replace(
        model.cut,
        streams=present,
        require=(),
        min_valid=0.0,
        channels={},
        turned=turned,
        heading=model.cut.heading if along else "",
        origin=model.cut.origin if along else "",
        units={k: v for k, v in model.cut.units.items() if k.partition("/")[0] in present},
    )


class _Whole(NamedTuple):
    grid: npt.NDArray[np.float64]
    windows: WindowBatch


def _whole(recording: xr.DataTree, cut: Cut) -> _Whole:
    """All of a recording on the common clock."""
    grid, _ = fixed_spans(recording, replace(cut, length=1, stride=1))
    if len(grid) < 2:
        raise ModelError(f"recording {recording.attrs['recording']!r} is a single frame.")
    # a model of legs generates both from one view: channels of the other leg are its contra_ ones
    side = "right" if cut.mirror and cut.side == "both" else cut.side
    whole = cut_windows(recording, replace(cut, length=len(grid), stride=len(grid), side=side))
    if not len(whole):
        raise ModelError(
            f"recording {recording.attrs['recording']!r} has no valid sample of "
            f"{', '.join(cut.streams)}; check its gaps."
        )
    return _Whole(grid, whole)


def _fixed(model: "Model", recording: xr.DataTree, cut: Cut, doubts: list[str]) -> Inputs:
    """All of a recording on the common clock, then windows with half of each overlapping."""
    length = model.cut.length
    grid, whole = _whole(recording, cut)
    batch, more = to_batch(model, whole)
    pad = max(length - len(grid), 0)
    if pad:
        doubts = [*doubts, f"{len(grid)} frames are fewer than a window of {length}: less certain"]
    line = Timeline.cover(frames=len(grid) + pad, length=length, stride=max(length // 2, 1))

    def windows(x: torch.Tensor) -> torch.Tensor:
        return line.split(torch.nn.functional.pad(x, (0, 0, 0, pad)))

    count = line.windows
    cut_up = Batch(
        {k: windows(v) for k, v in batch.data.items()},
        {k: windows(v.to(torch.uint8)).bool() for k, v in batch.mask.items()},
        torch.arange(count),
        torch.zeros(count, dtype=torch.int64),
        torch.full((count,), -1),
        # a number of the whole recording, but for the duration, which is that of a window
        {
            k: torch.full((count,), length / model.cut.rate_hz)
            if k == "duration_s"
            else v.repeat(count)
            for k, v in batch.known.items()
        },
    )
    return Inputs(cut_up, _headed(model, recording, whole), grid, line, doubts + more)


def _headed(model: "Model", recording: xr.DataTree, windows: WindowBatch) -> pd.DataFrame:
    """The table of windows with the heading that the model's turned streams go back by."""
    headings = window_headings(recording, model.cut, windows.table)
    return windows.table.assign(heading_rad=headings)


def _with_events(recording: xr.DataTree, cut: Cut) -> tuple[xr.DataTree, list[str]]:
    """The recording with events, found from force or markers where the file gives none."""
    derived = derive(recording).tree
    events = events_of(derived)
    names = set(events["name"].values)
    missing = [name for name in cut.by if name not in names]
    if missing:
        raise ModelError(
            f"recording {recording.attrs['recording']!r} has no event {missing[0]!r}, and neither "
            "forces nor markers of heel and toe to find it; add events to the file."
        )
    found = sorted({str(how) for how in events["how"].values} - {"given"})
    return derived, [f"some events were found from {how}" for how in found]


def to_batch(model: "Model", windows: WindowBatch) -> tuple[Batch, list[str]]:
    """Windows in the model's channels and units, and what is doubtful about them."""
    rows = len(windows)
    data, mask, doubts = {}, {}, []
    mass = float(windows.table["mass_kg"].iloc[0])
    for name, info in windows.streams.items():
        common = model.streams[name]
        values, valid, said = matched(info, common, windows, mass)
        data[name], mask[name] = torch.from_numpy(values), torch.from_numpy(valid)
        doubts += said + _outside(model, common, values, valid)
    known = {key: torch.from_numpy(windows.table[key].to_numpy(np.float32)) for key in KNOWN}
    index = torch.arange(rows)
    return Batch(data, mask, index, index * 0, index * 0 - 1, known), doubts


def matched(
    info: StreamInfo, common: StreamInfo, windows: WindowBatch, mass: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], list[str]]:
    """One stream's arrays in the model's channels and units.

    Args:
        info: The stream as it was cut.
        common: The stream as the model knows it.
        windows: The windows it was cut into.
        mass: Body mass in kg, or NaN.

    Returns:
        Values ``(n, L, D)``, validity ``(n, L, D)``, and what is doubtful.

    Raises:
        ModelError: If none of its channels is known, or kind or axes differ.
        UnitError: If a unit cannot be converted.
    """
    recording = str(windows.table["recording"].iloc[0])
    there = [i for i, c in enumerate(info.channels) if c in common.channels]
    if not there:
        raise ModelError(
            f"recording {recording!r}: stream {info.name!r} has none of the channels that the "
            f"model knows ({', '.join(common.channels[:6])}, ...); it has "
            f"{', '.join(info.channels[:6])}; rename its channels."
        )
    own = replace(
        info,
        channels=tuple(info.channels[i] for i in there),
        units=tuple(info.units[i] for i in there),
    )
    try:
        unite_streams([Owned("the training data", common, mass), Owned(recording, own, mass)])
    except SchemaError as error:
        raise ModelError(str(error)) from error
    fitting = fit_stream(Owned(recording, own, mass), common)
    shape = (*windows.data[info.name].shape[:2], common.width)
    values, valid = np.zeros(shape, np.float32), np.zeros(shape, bool)
    values[..., fitting.columns] = windows.data[info.name][..., there] * fitting.factors
    valid[..., fitting.columns] = windows.mask[info.name][..., there]
    missing = [c for c in common.channels if c not in info.channels]
    doubts = []
    if missing:
        doubts.append(f"{info.name} lacks {', '.join(missing)}: bands are wider")
    if info.filter and common.filter and dict(info.filter) != dict(common.filter):
        doubts.append(f"{info.name} was filtered otherwise than the training data")
    return values, valid, doubts


def _outside(
    model: "Model",
    info: StreamInfo,
    values: npt.NDArray[np.float32],
    valid: npt.NDArray[np.bool_],
) -> list[str]:
    """Channels that leave the range of the training data."""
    ranges: Mapping[str, list[list[float]]] = model.sealed.extra.get("ranges", {})
    found = []
    for i, (low, high) in enumerate(ranges.get(info.name, [])):
        here = values[..., i][valid[..., i]]
        if not len(here):
            continue
        share = float(((here < low) | (here > high)).mean())
        if share > _OUTSIDE:
            found.append(
                f"{info.name} {info.channels[i]}: {share:.0%} of samples outside the training "
                f"range ({low:.4g} to {high:.4g} {info.units[i]}): do not trust what follows"
            )
    return found
