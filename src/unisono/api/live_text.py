"""Live streams as lines of text: files replayed, CSV lines in, CSV or JSON lines out.

A line of CSV out holds the instant, and for each wanted channel its mean and the lower and upper
end of a band: ``time [s], grf/r_fz [N/kg], grf/r_fz_lower [N/kg], grf/r_fz_upper [N/kg], ...``.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from unisono.api.generated import Generated
from unisono.api.inputs import given_side
from unisono.api.live_inputs import LiveSource
from unisono.api.streaming import Live, LiveStream
from unisono.core.checks import check_range
from unisono.core.errors import ConfigError, ModelError
from unisono.recordings.formats.columns import Cell, header_cell, parse_cell, time_scale
from unisono.recordings.schema import make_recording, make_stream, streams

if TYPE_CHECKING:
    from unisono.api.model import Model

__all__ = ["csv_header", "csv_rows", "json_row", "replay", "stream_lines"]

_STDIN = "standard input"


def replay(stream: LiveStream, recording: xr.DataTree, chunk_s: float) -> Iterator[Generated]:
    """Send a recording chunk by chunk, as if it were being made.

    Args:
        stream: The live stream.
        recording: What is sent.
        chunk_s: Seconds a chunk, above 0.

    Yields:
        Answers, as soon as they are due.
    """
    check_range("chunk_s", chunk_s, 0.0, 1e6)
    parts = {k: v for k, v in streams(recording) if k in stream.inputs.names}
    first = min(float(node["time"].values[0]) for node in parts.values())
    last = max(float(node["time"].values[-1]) for node in parts.values())
    edges = first + chunk_s * np.arange(1, int((last - first) / chunk_s) + 2)
    sent = dict.fromkeys(parts, 0)
    for edge in edges:
        chunk = {}
        for name, node in parts.items():
            until = int(np.searchsorted(node["time"].values, edge - 1e-9))
            if until > sent[name]:
                chunk[name] = node.isel(time=slice(sent[name], until))
                sent[name] = until
        found = stream.push(xr.DataTree.from_dict(chunk)) if chunk else None
        if found is not None:
            yield found
    rest = stream.finish()
    if rest is not None:
        yield rest


def stream_lines(
    model: "Model",
    lines: Iterable[str],
    source: LiveSource,
    *,
    want: Sequence[str] | None = None,
    options: Live = Live(),  # noqa: B008 - frozen
) -> Iterator[Generated]:
    """Answer CSV lines as they come: a header, then one frame a line.

    Args:
        model: The model.
        lines: The lines. Header cells are ``[stream/]channel [unit]``; a column named as time gives
            the stamps, else frames follow one another at the source's rate. An empty cell, or one
            that is no number, is a sample that was not measured.
        source: Rate and known numbers.
        want: Streams to generate.
        options: How to answer.

    Raises:
        ModelError: If the header names no channel that the model is given, or a line has another
            number of cells.
    """
    rows = csv.reader(lines)
    header = next(rows, None)
    if header is None:
        raise ModelError("nothing came in; send a header line, then one frame a line.")
    cells = [parse_cell(_STDIN, cell) for cell in header]
    clock = next((i for i, cell in enumerate(cells) if time_scale(cell) is not None), None)
    scale = (time_scale(cells[clock]) or 1.0) if clock is not None else 0.0
    columns = _columns(model, given_side(model, tuple(want or ())), cells, clock)
    tree = _header(model, cells, columns, source)
    stream = model.stream(tree, want=want, options=options)
    for number, row in enumerate(row for row in rows if row):  # a blank line is no frame
        if len(row) != len(cells):
            raise ModelError(
                f"line {rows.line_num} has {len(row)} cells, but the header {len(cells)}."
            )
        values = np.array([_number(cell) for cell in row])
        at = number / source.rate_hz if clock is None else values[clock] * scale
        chunk = {
            name: tree[name]
            .to_dataset()
            .isel(time=[0])
            .assign(
                data=(("time", "channel"), values[None, where]),
                valid=(("time", "channel"), np.isfinite(values[None, where])),
            )
            .assign_coords(time=[at])
            for name, where in columns.items()
        }
        found = stream.push(xr.DataTree.from_dict(chunk))
        if found is not None:
            yield found
    rest = stream.finish()
    if rest is not None:
        yield rest


def csv_header(found: Generated) -> str:
    """The header line of :func:`csv_rows`."""
    cells = ["time [s]"]
    for name, part in found.parts.items():
        for channel, unit in zip(part.channels, part.units, strict=True):
            cells += [header_cell(name, channel + end, unit) for end in ("", "_lower", "_upper")]
    return ",".join(cells)


def csv_rows(found: Generated, level: float) -> str:
    """Lines, one an instant: mean, lower and upper of each channel.

    Args:
        found: An answer.
        level: Level of the band.

    Raises:
        ConfigError: If the model has no band of this level.
    """
    parts = []
    for part in found.parts.values():
        k = _level(part.levels, level)
        parts.append(np.stack([part.mean, part.lower[k], part.upper[k]], axis=2))
    time = next(iter(found.parts.values())).time
    table = np.concatenate([p.reshape(len(time), -1) for p in parts], axis=1)
    return "\n".join(
        ",".join([f"{at:.6f}", *(f"{x:.6g}" for x in row)])
        for at, row in zip(time, table, strict=True)
    )


def json_row(found: Generated, level: float) -> dict[str, Any]:
    """An answer as plain values.

    Args:
        found: An answer.
        level: Level of the band.

    Raises:
        ConfigError: If the model has no band of this level.
    """
    said: dict[str, Any] = {"time": next(iter(found.parts.values())).time.round(6).tolist()}
    for name, part in found.parts.items():
        k = _level(part.levels, level)
        said[name] = {
            "channels": list(part.channels),
            "units": list(part.units),
            "mean": part.mean.tolist(),
            "lower": part.lower[k].tolist(),
            "upper": part.upper[k].tolist(),
        }
    return said


def _level(levels: tuple[float, ...], level: float) -> int:
    if level not in levels:
        known = ", ".join(f"{x:g}" for x in levels)
        raise ConfigError(f"the model has no {level:g} band; its levels are {known}.")
    return levels.index(level)


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")


def _columns(
    model: "Model", given: Sequence[str], cells: Sequence[Cell], clock: int | None
) -> dict[str, list[int]]:
    """Columns of each given stream; what the model does not know is left out."""
    found: dict[str, list[int]] = {}
    for i, cell in enumerate(cells):
        owners = [cell.stream] if cell.stream else list(given)
        for name in owners:
            if name in given and (cell.stream or cell.name in model.streams[name].channels):
                found.setdefault(name, []).append(i)
                break
    if clock is not None:
        found = {name: [i for i in where if i != clock] for name, where in found.items()}
    if not any(found.values()):
        raise ModelError(
            "no column is a channel that the model is given; it knows "
            f"{', '.join(model.streams[given[0]].channels[:6])}, ...; name columns so."
        )
    return found


def _header(
    model: "Model", cells: Sequence[Cell], columns: dict[str, list[int]], source: LiveSource
) -> xr.DataTree:
    parts = {}
    for name, where in columns.items():
        info = model.streams[name]
        own = dict(zip(info.channels, info.units, strict=True))
        parts[name] = make_stream(
            np.zeros((2, len(where))),
            time=np.arange(2) / source.rate_hz,
            channels=[cells[i].name for i in where],
            units=[cells[i].unit or own.get(cells[i].name, info.units[0]) for i in where],
            kind=info.kind,
            rate_hz=source.rate_hz,
            frame=dict(info.frame),
        )
    known: dict[str, Any] = dict(source.known)
    return make_recording(parts, recording="live", subject="unknown", **known)
