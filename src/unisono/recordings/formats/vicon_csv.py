r"""Vicon Nexus ASCII exports: trajectories, model outputs, devices and events in one ``.csv``.

Streams are named as those of a C3D file: ``markers`` from Trajectories; ``angles``,
``model_forces``, ``moments``, ``powers``, ``scalars`` and what else units tell (``positions``,
``velocities``) from Model Outputs; ``plates`` (``p1_fx, .. p1_mx, .. p1_copx, ..``), ``emg`` and
``analog`` from Devices. A stream that a later block holds once more is numbered (``analog_2``).

A row of frame :math:`n` and sub frame :math:`k` is, with :math:`K` sub frames a frame and the first
frame :math:`n_0` of the whole file, at

.. math:: t = \frac{(n - n_0) K + k}{\text{rate}}

and events, whose times count from frame 1 as in C3D files, at
:math:`t_{event} - (n_0 - 1) K / \text{rate}`.

Units are those of the file. A marker at exactly zero in all coordinates was not seen. The centre of
pressure is not valid where the plate's force is below the threshold of
:mod:`~unisono.recordings.formats.force_plates`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.errors import FileFormatError
from unisono.core.units import same_dimension
from unisono.recordings.formats.assembling import apply_options, assemble, check_time, doubt
from unisono.recordings.formats.c3d_meta import event_name, event_side
from unisono.recordings.formats.c3d_points import is_emg, output_by_label, unique_labels
from unisono.recordings.formats.c3d_units import as_unit
from unisono.recordings.formats.columns import kind_of
from unisono.recordings.formats.force_plates import COP_THRESHOLD_N
from unisono.recordings.formats.options import DEFAULTS, ReadOptions
from unisono.recordings.formats.text import load_bytes, load_text
from unisono.recordings.formats.vicon_blocks import EventRow, Table, ViconBlocks, split_blocks
from unisono.recordings.schema import EVENTS, add_history, make_events, make_stream

__all__ = ["read_vicon"]

_OF_TRAJECTORIES = {"positions": "markers", "features": "markers"}
_OF_OUTPUTS = {"forces": "model_forces", "features": "scalars"}
_PLATE_PARTS = {"force": ("f", "N"), "moment": ("m", "N*m"), "cop": ("cop", "m")}
_SIGN = (
    "the file does not say in which axes force plates are, nor whether their forces are those on "
    "the body; where the vertical one is negative, they act on the plate (--reverse plates)"
)


class _Column(NamedTuple):
    """Where a column belongs; ``unknown`` is its unit as spelled, where that is not understood."""

    stream: str
    kind: str
    channel: str
    unit: str
    unknown: str | None = None


def read_vicon(path: str | Path, options: ReadOptions = DEFAULTS) -> xr.DataTree:
    """Read an ASCII export of Vicon Nexus.

    Raises:
        FileFormatError: Naming the line and the remedy.
        UnitError: If a stated unit fits nothing.
    """
    content = load_bytes(path)
    blocks = split_blocks(path, load_text(path, content))
    if not blocks.tables:
        problem = "it holds no trajectories, model outputs or devices with rows of numbers"
        raise FileFormatError(path, "", problem, "export the trial with its data")
    first = int(min(table.frames[0, 0] for table in blocks.tables))
    names = _subjects(blocks)
    parts: dict[str, xr.Dataset] = {}
    for table in blocks.tables:
        for name, stream in _streams(path, table, first, names, plates=_count(parts)):
            parts[_free(name, parts)] = stream
    events, left_out = _events(blocks, first, max(float(p.time[-1]) for p in parts.values()))
    home = next(iter(parts))
    for words in (*blocks.unread, *_clocks(blocks.tables), *left_out):
        parts[home] = add_history(parts[home], doubt(words))
    tree = assemble(
        parts,
        path=path,
        content=content,
        reader="vicon",
        options=ReadOptions(subject=options.subject or "+".join(names) or None),
        source={"first_frame": first},
    )
    if events.sizes["event"]:
        tree[EVENTS] = xr.DataTree(events)
    return apply_options(tree, options)


def _subjects(blocks: ViconBlocks) -> list[str]:
    """Subjects that objects are named after (``Ann:LASI``), in the order of the file."""
    owners = (o for t in blocks.tables if t.kind != "devices" for o in t.owners if ":" in o)
    return list(dict.fromkeys(owner.partition(":")[0] for owner in owners))


def _sub_frames(table: Table) -> int:
    """Sub frames a frame."""
    return int(table.frames[:, 1].max()) + 1


def _frame_rate(table: Table) -> float:
    return table.rate_hz / _sub_frames(table)


def _clocks(tables: list[Table]) -> list[str]:
    """What to doubt where blocks do not agree on the frames a second."""
    rates = [_frame_rate(table) for table in tables]
    if max(rates) <= 1.001 * min(rates):
        return []
    said = ", ".join(f"{t.name} {rate:g}" for t, rate in zip(tables, rates, strict=True))
    return [f"blocks do not agree on the frames a second ({said}); each is timed by its own"]


def _free(name: str, parts: dict[str, xr.Dataset]) -> str:
    number, free = 1, name
    while free in parts:
        number += 1
        free = f"{name}_{number}"
    return free


def _count(parts: dict[str, xr.Dataset]) -> int:
    """How many plates the streams hold."""
    plates = (part for name, part in parts.items() if name.startswith("plates"))
    return len({str(c).partition("_")[0] for part in plates for c in part.channel.values})


def _streams(
    path: str | Path, table: Table, first: int, subjects: list[str], *, plates: int
) -> Iterator[tuple[str, xr.Dataset]]:
    """Streams of one block."""
    per = _sub_frames(table)
    time = ((table.frames[:, 0] - first) * per + table.frames[:, 1]) / table.rate_hz
    check_time(path, time, table.lines)
    numbers = _plate_numbers(table, plates)
    prefix = f"{subjects[0]}:" if len(subjects) == 1 else ""
    columns = [_column(table, i, prefix, numbers) for i in range(len(table.owners))]
    for name in dict.fromkeys(column.stream for column in columns):
        chosen = [i for i, column in enumerate(columns) if column.stream == name]
        mine = [columns[i] for i in chosen]
        channels, notes = unique_labels([c.channel for c in mine], len(mine), "column")
        notes += _unit_doubts(mine)
        values = table.values[:, chosen]
        valid = np.isfinite(values)
        if name == "markers":
            valid &= _seen(values, [table.owners[i] for i in chosen])
        if name == "plates":
            valid &= _loaded(values, channels)
            shown = (f"p{number} is {device!r}" for device, number in numbers.items())
            words = f"centre of pressure not valid below {COP_THRESHOLD_N:g} N"
            notes += [", ".join(shown), words, doubt(_SIGN)]
        yield (
            name,
            make_stream(
                values,
                time=time,
                channels=channels,
                units=[c.unit for c in mine],
                kind=mine[0].kind,
                valid=valid,
                rate_hz=table.rate_hz,
                history=notes,
            ),
        )


def _unit_doubts(columns: list[_Column]) -> list[str]:
    """One doubt a spelling and the unit it is read as."""
    found: dict[tuple[str, str], list[str]] = {}
    for column in columns:
        if column.unknown is not None:
            found.setdefault((column.unknown, column.unit), []).append(column.channel)
    doubts = []
    for (spelled, unit), channels in found.items():
        shown = ", ".join(channels[:5]) + (", ..." if len(channels) > 5 else "")
        said = f"unit {spelled[:20]!r} is not known" if spelled else "no unit is stated"
        doubts.append(doubt(f"{said} for {shown}; {unit} is assumed"))
    return doubts


def _column(table: Table, at: int, prefix: str, plates: dict[str, int]) -> _Column:
    owner, component = table.owners[at].removeprefix(prefix), table.components[at]
    text = table.units[at]
    unit = as_unit(text.replace("²", "^2").replace("³", "^3"))
    unknown = text if unit is None else None
    if table.kind == "devices":
        part = _plate_part(owner, component, unit)
        if part and unit:
            channel = f"p{plates[_device(owner)]}_{part}{component[-1].lower()}"
            return _Column("plates", "force", channel, unit)
        channel = component if table.components.count(component) == 1 else f"{owner}_{component}"
        if is_emg(f"{owner} {component}", unit):
            return _Column("emg", "emg", channel, unit or "1", unknown)
        return _Column("analog", "feature", channel, unit or "1", unknown)
    channel = f"{owner}_{component.rstrip(chr(39)).lower()}"  # X' is the velocity along x
    if table.kind == "trajectories":
        name, kind = kind_of("", [unit or "m"])
        name = _OF_TRAJECTORIES.get(name, name)
        return _Column(
            name, "position" if name == "markers" else kind, channel, unit or "1", unknown
        )
    output = output_by_label(owner)
    if unit is None and output:
        usual = "1" if unknown else output.usual_unit
        return _Column(output.stream, output.kind, channel, usual, unknown)
    name, kind = kind_of("", [unit or "1"])
    return _Column(_OF_OUTPUTS.get(name, name), kind, channel, unit or "1", unknown)


def _device(owner: str) -> str:
    return owner.rpartition(" - ")[0]


def _plate_part(owner: str, component: str, unit: str | None) -> str:
    """``f``, ``m`` or ``cop`` for a column of a force plate, else ``""``."""
    part, wanted = _PLATE_PARTS.get(owner.rpartition(" - ")[2].lower(), ("", ""))
    fits = unit is not None and wanted and same_dimension(unit, wanted)
    return part if fits and _device(owner) and component[-1:].lower() in tuple("xyz") else ""


def _plate_numbers(table: Table, before: int) -> dict[str, int]:
    """Number of each device that is a force plate, in the order of the file."""
    if table.kind != "devices":
        return {}
    units = map(as_unit, table.units)
    devices = dict.fromkeys(
        _device(owner)
        for owner, component, unit in zip(table.owners, table.components, units, strict=True)
        if _plate_part(owner, component, unit)
    )
    return {device: number for number, device in enumerate(devices, before + 1)}


def _seen(values: npt.NDArray[np.float64], owners: list[str]) -> npt.NDArray[np.bool_]:
    """Where not all coordinates of a marker are zero."""
    seen = np.ones(values.shape, dtype=bool)
    for owner in set(owners):
        mine = [i for i, name in enumerate(owners) if name == owner]
        seen[:, mine] = values[:, mine].any(axis=1, keepdims=True)
    return seen


def _loaded(values: npt.NDArray[np.float64], channels: list[str]) -> npt.NDArray[np.bool_]:
    """False for the centre of pressure of plates whose force is below the threshold."""
    loaded = np.ones(values.shape, dtype=bool)
    for plate in {name.partition("_")[0] for name in channels}:
        force = [i for i, name in enumerate(channels) if name.startswith(f"{plate}_f")]
        point = [i for i, name in enumerate(channels) if name.startswith(f"{plate}_cop")]
        if force:
            size = np.linalg.norm(values[:, force], axis=1)
            loaded[:, point] = ~(size < COP_THRESHOLD_N)[:, None]
    return loaded


def _events(blocks: ViconBlocks, first: int, last_s: float) -> tuple[xr.Dataset, list[str]]:
    """Events within the file's frames, and what to doubt."""
    step = 1 / _frame_rate(blocks.tables[0])
    start = (first - 1) * step

    def inside(event: EventRow) -> bool:
        return -step <= event.time - start <= last_s + step  # NaN is outside

    kept = [event for event in blocks.events if inside(event)]
    found = make_events(
        [round(event.time - start, 6) for event in kept],
        [event_name(event.name) for event in kept],
        [event_side(event.context, event.name) for event in kept],
        "given",
    )
    doubts = []
    outside = len(blocks.events) - len(kept)
    if outside:
        doubts.append(
            f"{outside} of {len(blocks.events)} events lie outside the frames of the file and are "
            "left out"
        )
    people = {event.subject for event in kept}
    if len(people) > 1:
        doubts.append(f"events are those of {len(people)} subjects, and do not tell them apart")
    return found, doubts
