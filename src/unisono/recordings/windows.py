"""Cut a recording into windows: dense arrays with a mask, and a table that says what each is.

For every stream of a window there is ``data (n, L, D)`` float32, zero where nothing valid is known,
and ``mask (n, L, D)`` bool. A stream that the recording lacks is left out of the batch here and
masked throughout where windows of many recordings are put together
(:mod:`unisono.recordings.window_cache`). How to cut is said by
:class:`unisono.recordings.window_settings.Cut`.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from unisono.core.contracts import StreamInfo
from unisono.core.errors import SchemaError, UnisonoError, UnitError
from unisono.recordings.catalogue import label_columns
from unisono.recordings.schema import EVENTS, events_of, make_recording, streams
from unisono.recordings.sides import OTHER_SIDE, split_side
from unisono.recordings.signals.heading import heading_angle
from unisono.recordings.signals.mirroring import leg_view
from unisono.recordings.window_origin import from_origin
from unisono.recordings.window_settings import Cut
from unisono.recordings.window_spans import Span, event_spans, fixed_spans
from unisono.recordings.window_streams import (
    converted,
    is_turned,
    resampled,
    selected,
    turned_stream,
)

__all__ = ["KNOWN", "Cut", "WindowBatch", "cut_windows", "window_headings"]

KNOWN = ("mass_kg", "height_m", "speed", "duration_s")
"""Numbers known of a window, where they are: kg, m, m/s, s. Columns of the table."""

_TABLE = ("recording", "subject", "side", "start_s", "stop_s", *KNOWN)


@dataclass(frozen=True)
class WindowBatch:
    """Windows of one recording.

    Args:
        data: For each stream ``(n, L, D)`` float32, in physical units; 0 where not valid.
        mask: For each stream ``(n, L, D)`` bool.
        streams: What each stream is.
        table: One row a window: ``recording``, ``subject``, ``side``, ``start_s``, ``stop_s``,
            :data:`KNOWN` (NaN where unknown) and a column for each label.
    """

    data: Mapping[str, npt.NDArray[np.float32]]
    mask: Mapping[str, npt.NDArray[np.bool_]]
    streams: Mapping[str, StreamInfo]
    table: pd.DataFrame

    def __len__(self) -> int:
        return len(self.table)


def cut_windows(tree: xr.DataTree, cut: Cut) -> WindowBatch:
    """Cut one recording into windows; there may be none.

    Args:
        tree: The recording.
        cut: How to cut.

    Raises:
        SchemaError: If it holds none of the streams or lacks a required one, two streams do not
            overlap in time, or a heading or mirror image needs an axis that is unknown.
        UnitError: If a unit cannot be converted.
        ConfigError: If a channel that is asked for is not there.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> s = make_stream(np.arange(9.0)[:, None], time=np.arange(9) / 10, channels=["x"],
        ...                 units="m", kind="position")
        >>> tree = make_recording({"markers": s}, recording="a", subject="s")
        >>> batch = cut_windows(tree, Cut(("markers",), rate_hz=10, length=4))
        >>> batch.data["markers"][:, 0, 0].round(6)
        array([0., 4.], dtype=float32)
    """
    name = tree.attrs.get("recording")
    there = [stream for stream in cut.streams if stream in tree.children]
    absent = [stream for stream in cut.require if stream not in there]
    if absent or not there:
        missing = absent[0] if absent else " or ".join(cut.streams)
        raise SchemaError(f"recording {name!r} lacks the stream {missing}; leave it out.")
    timeless = [stream for stream in there if "time" not in tree[stream].dims]
    if timeless:
        raise SchemaError(f"recording {name!r}: stream {timeless[0]!r} has no time to cut.")
    grid, spans = (None, event_spans(tree, cut)) if cut.by else fixed_spans(tree, cut)
    try:
        pieces = [
            piece for side in _sides(spans) for piece in _of_side(tree, cut, grid, spans, side)
        ]
    except UnitError as error:
        raise UnitError(f"recording {name!r}: {error}") from error
    return _gathered(tree, cut, there, pieces)


def window_headings(tree: xr.DataTree, cut: Cut, table: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Heading of each window in laboratory axes, by which turned streams go back, ``(n,)`` rad.

    Args:
        tree: The recording that the windows were cut from.
        cut: How they were cut.
        table: Their table, with ``start_s`` and ``stop_s``.

    Returns:
        NaN for windows that are not turned, and where no markers tell the heading.
    """
    found = np.full(len(table), np.nan)
    if cut.heading:
        lab = _needed(tree, cut)
        for row, (start, stop) in enumerate(zip(table["start_s"], table["stop_s"], strict=True)):
            with suppress(SchemaError):
                found[row] = _angle(lab, cut, Span(float(start), float(stop), ""))
    return found


@dataclass(frozen=True)
class _Piece:
    """One window: its place, its streams, its walking speed."""

    span: Span
    streams: Mapping[str, xr.Dataset]
    speed: float


def _sides(spans: list[Span]) -> list[str]:
    return list(dict.fromkeys(span.side for span in spans))


def _of_side(
    tree: xr.DataTree, cut: Cut, grid: npt.NDArray[np.float64] | None, spans: list[Span], side: str
) -> list[_Piece]:
    """Windows of one side, which share the view and, when fixed, the resampling."""
    view = _needed(tree, cut) if cut.mirror or cut.heading else tree
    view = leg_view(view, side) if cut.mirror and side else view
    mass = tree.attrs.get("mass_kg")
    parts = {name: node for name, node in streams(view) if name in cut.streams}
    turned = {name for name, node in parts.items() if is_turned(node, name, cut)}
    for name in parts.keys() - turned:  # a heading needs both components, selected or not
        parts[name] = converted(selected(parts[name], name, cut), name, cut.units, mass)
    whole = {} if grid is None else {n: resampled(node, grid) for n, node in parts.items()}
    pieces = []
    for span in (span for span in spans if span.side == side):
        angle = _angle(view, cut, span) if turned else 0.0
        found = {}
        for name, node in parts.items():
            if grid is None:
                piece = resampled(node, np.linspace(span.start_s, span.stop_s, cut.points))
            else:
                clock = whole[name]
                frames = slice(span.first, span.first + cut.length)
                piece = None if clock is None else clock.isel(time=frames)
            if piece is not None and name in turned:
                piece = turned_stream(piece, name, angle)
                if cut.origin and piece.attrs["kind"] == "position":
                    piece = from_origin(piece, cut.origin)
                piece = converted(selected(piece, name, cut), name, cut.units, mass)
            if piece is not None:
                found[name] = piece
        if _enough(found, cut, side):
            pieces.append(_Piece(span, found, _speed(tree, span)))
    return pieces


def _needed(tree: xr.DataTree, cut: Cut) -> xr.DataTree:
    """The chosen streams, and the markers that a mirror or a heading looks at.

    A stream that the settings turn by name is in laboratory axes, so that it has the vertical axis
    of the markers where it does not state its own.
    """
    parts = {
        name: node
        for name, node in streams(tree)
        if name in cut.streams
        or (node.attrs["kind"] == "position" and node.attrs["frame"].get("up") != "unknown")
    }
    ups = [node.attrs["frame"].get("up", "unknown") for node in parts.values()]
    known = next((up for up in ups if up != "unknown"), "unknown")
    for name in cut.turned:
        if name in parts and parts[name].attrs["frame"].get("up", "unknown") == "unknown":
            frame = {**parts[name].attrs["frame"], "up": known}
            parts[name] = parts[name].assign_attrs(frame=frame)
    attrs = {str(key): value for key, value in tree.attrs.items() if key != "schema"}
    events = events_of(tree) if EVENTS in tree.children else None
    return make_recording(parts, events=events, **attrs)


def _angle(view: xr.DataTree, cut: Cut, span: Span) -> float:
    """Heading of a window; of the whole recording where the window is too short to tell."""
    try:
        return heading_angle(view, by=cut.heading, span=(span.start_s, span.stop_s)).angle_rad
    except UnisonoError:
        pass
    try:
        return heading_angle(view, by=cut.heading).angle_rad
    except UnisonoError as error:
        raise SchemaError(f"recording {view.attrs.get('recording')!r}: {error}") from error


def _speed(tree: xr.DataTree, span: Span) -> float:
    """Speed by label, else by the way of the markers, in m/s; NaN where neither says."""
    labelled = (tree.attrs.get("labels") or {}).get("speed")
    if isinstance(labelled, int | float):
        return float(labelled)
    try:
        return heading_angle(tree, span=(span.start_s, span.stop_s)).speed
    except UnisonoError:  # no markers, or on the spot (a treadmill's speed is not seen)
        return float("nan")


def _enough(found: Mapping[str, xr.Dataset], cut: Cut, side: str) -> bool:
    shares = {name: _share(node, side, cut.mirror) for name, node in found.items()}
    if not any(shares.values()):
        return False
    return all(shares.get(name, 0.0) >= max(cut.min_valid, 1e-12) for name in cut.require)


def _share(stream: xr.Dataset, side: str, mirrored: bool) -> float:
    """Share of valid samples, for the window of a leg without the channels of the other."""
    names = [str(c) for c in stream["channel"].values]
    if mirrored:
        other = [name.startswith("contra_") for name in names]
    else:
        opposite = OTHER_SIDE[side]
        other = [bool(side) and split_side(name, names).side == opposite for name in names]
    valid = stream["valid"].values
    return float(valid[:, ~np.array(other)].mean() if not all(other) else valid.mean())


def _gathered(tree: xr.DataTree, cut: Cut, there: list[str], pieces: list[_Piece]) -> WindowBatch:
    data, mask, infos = {}, {}, {}
    for name in there:
        nodes = [piece.streams[name] for piece in pieces if name in piece.streams]
        if not nodes:
            continue
        infos[name] = _info(nodes, name, cut)
        shape = (len(pieces), cut.frames, infos[name].width)
        data[name] = np.zeros(shape, dtype=np.float32)
        mask[name] = np.zeros(shape, dtype=bool)
        column = {channel: i for i, channel in enumerate(infos[name].channels)}
        for row, piece in enumerate(pieces):
            if name in piece.streams:
                node = piece.streams[name]
                own = [column[str(c)] for c in node["channel"].values]
                mask[name][row][:, own] = node["valid"].values
                valid = mask[name][row][:, own]
                data[name][row][:, own] = np.where(valid, node["data"].values, 0.0)
    return WindowBatch(data, mask, infos, _table(tree, pieces))


def _info(nodes: list[xr.Dataset], name: str, cut: Cut) -> StreamInfo:
    """What the windows' stream is; one leg's view may have channels that the other's lacks."""
    units: dict[str, str] = {}
    for node in nodes:
        for channel, unit in zip(node["channel"].values, node["unit"].values, strict=True):
            units.setdefault(str(channel), str(unit))
    attrs = nodes[0].attrs
    return StreamInfo(
        name=name,
        channels=tuple(units),
        units=tuple(units.values()),
        kind=str(attrs["kind"]),
        rate_hz=float(cut.rate_hz),
        frame={str(k): str(v) for k, v in attrs.get("frame", {}).items()},
        filter=dict(attrs.get("filter", {})),
    )


def _table(tree: xr.DataTree, pieces: list[_Piece]) -> pd.DataFrame:
    attrs = tree.attrs
    fixed: dict[str, Any] = {"recording": str(attrs["recording"]), "subject": str(attrs["subject"])}
    body = {key: float(attrs.get(key, "nan")) for key in ("mass_kg", "height_m")}
    labels = label_columns(attrs.get("labels") or {})
    rows = [
        fixed
        | {"side": piece.span.side, "start_s": piece.span.start_s, "stop_s": piece.span.stop_s}
        | body
        | {"speed": piece.speed, "duration_s": piece.span.stop_s - piece.span.start_s}
        | labels
        for piece in pieces
    ]
    return pd.DataFrame(rows, columns=[*_TABLE, *labels])
