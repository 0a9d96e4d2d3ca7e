"""OpenSim motion (``.mot``) and storage (``.sto``) files.

A header of ``key=value`` lines (older: ``key value``) up to ``endheader``, a line of labels whose
first is ``time``, and rows of numbers. ``inDegrees`` tells the unit of the angles; all else is SI.
Labels are kept as they stand, so that a file is written back as it came. OpenSim's ground frame is
right-handed with y up (OpenSim documentation, "Storage files" and "Coordinate systems").
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.errors import FileFormatError, OutputError, UnitError
from unisono.core.files import write_text
from unisono.core.units import conversion_factor, same_dimension
from unisono.recordings.formats.assembling import assemble, check_names, check_time, doubt
from unisono.recordings.formats.opensim_columns import (
    Column,
    classify,
    force_partner,
    is_point,
)
from unisono.recordings.formats.options import DEFAULTS, ReadOptions
from unisono.recordings.formats.tabulating import Table, tabulate
from unisono.recordings.formats.text import format_rows, load_bytes, load_text, parse_rows
from unisono.recordings.schema import make_stream

__all__ = ["LOADED", "read_opensim", "to_si", "write_opensim"]

LOADED = {"N": 20.0, "N/kg": 0.3, "BW": 0.03}
"""Force below which a centre of pressure is not valid, by the unit of the force."""

_FRAME = {"up": "y", "handedness": "right"}
_SI = ("m", "N", "N*m", "W", "m/s", "m/s^2")


class _Parsed(NamedTuple):
    """Text of a table, cut: header keys in lower case, title, labels, rows and their lines."""

    header: dict[str, str]
    title: str
    labels: list[str]
    rows: list[list[str]]
    lines: list[int]


def read_opensim(path: str | Path, options: ReadOptions = DEFAULTS) -> xr.DataTree:
    """Read a ``.mot`` or ``.sto`` file.

    Args:
        path: The file.
        options: What the user states; ``units={"angles": "deg"}`` where the header lacks
            ``inDegrees``.

    Returns:
        A recording with the streams ``angles``, ``root_position``, ``grf``, ``moments`` and
        ``features``, as far as present. A centre of pressure is not valid while the force of its
        plate is below :data:`LOADED`; its value is kept.

    Raises:
        FileFormatError: Naming the line and the remedy.
    """
    content = load_bytes(path)
    parsed = _cut(path, load_text(path, content))
    check_names(path, "labels", parsed.labels)
    table = parse_rows(path, parsed.rows, parsed.lines, len(parsed.labels))
    notes = _check_size(path, parsed)
    time, values = table[:, 0], table[:, 1:]
    check_time(path, time, parsed.lines)
    angle = _angle_unit(path, parsed, options)
    names = parsed.labels[1:]
    columns = [_classify(path, parsed, name) for name in names]
    parts = {}
    for stream in dict.fromkeys(c.stream for c in columns):
        index = [i for i, c in enumerate(columns) if c.stream == stream]
        kinds = [columns[i].kind for i in index]
        spatial = stream in ("grf", "root_position", "root_velocity", "root_acceleration")
        data = values[:, index]
        labels = [names[i] for i in index]
        if any(columns[i].unit.startswith("angle") for i in index) and not angle:
            problem = f"the header has no inDegrees, so the unit of {labels[0]!r} is not known"
            raise FileFormatError(path, "header", problem, "state it, e.g. --unit angles=deg")
        parts[stream] = make_stream(
            data,
            time=time,
            channels=labels,
            units=[columns[i].unit.replace("angle", angle) for i in index],
            kind=kinds[0],
            valid=_loaded(data, labels, options) if stream == "grf" else None,
            frame=_FRAME if spatial else None,
            history=[*notes, *_stream_notes(stream)],
        )
    return assemble(
        parts,
        path=path,
        content=content,
        reader="opensim",
        options=options,
        source={
            "columns": names,
            "title": parsed.title,
            "in_degrees": parsed.header.get("indegrees", ""),
        },
    )


def _cut(path: str | Path, text: str) -> _Parsed:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    end = next((i for i, line in enumerate(lines) if line.strip().lower() == "endheader"), None)
    if end is None:
        problem = "no line says endheader"
        raise FileFormatError(path, "header", problem, "check that this is an OpenSim table")
    header: dict[str, str] = {}
    for line in lines[:end]:
        key, _, value = line.partition("=") if "=" in line else line.strip().partition(" ")
        header.setdefault(key.strip().lower(), value.strip())
    filled = [i for i in range(end + 1, len(lines)) if lines[i].strip()]
    if not filled:
        raise FileFormatError(path, "", "nothing follows the header", "export the file again")
    line = lines[filled[0]]
    labels = [c.strip() for c in (line.rstrip().split("\t") if "\t" in line else line.split())]
    if labels[0].lower() != "time":
        problem = f"the first column is {labels[0][:40]!r}, not time"
        raise FileFormatError(path, f"line {filled[0] + 1}", problem, "put the time first")
    if len(labels) < 2:
        raise FileFormatError(path, "labels", "there is no column but time", "export it again")
    rows = [lines[i].split() for i in filled[1:]]
    if not rows:
        raise FileFormatError(path, "", "there are no rows of numbers", "export the file again")
    title = next((line.strip() for line in lines[:end] if line.strip()), "")
    named = header.get("name", title)
    return _Parsed(header, named, labels, rows, [i + 1 for i in filled[1:]])


def _check_size(path: str | Path, parsed: _Parsed) -> list[str]:
    """Compare the header's counts with the table; return doubts."""
    notes = []
    for what, found in (("rows", len(parsed.rows)), ("columns", len(parsed.labels))):
        text = parsed.header.get(f"n{what}") or parsed.header.get(f"data{what}")
        if text is None:
            continue
        if not text.isdecimal() or len(text) > 12:
            problem = f"the number of {what} is {text[:40]!r}"
            raise FileFormatError(path, "header", problem, f"write n{what.title()}={found}")
        if what == "rows" and int(text) > found:
            problem = f"the header promises {int(text)} rows, the file holds {found}: it is cut off"
            raise FileFormatError(path, "header", problem, "copy it again or mend the header")
        if int(text) != found:
            notes.append(doubt(f"the header says {int(text)} {what}, the file holds {found}"))
    return notes


def _angle_unit(path: str | Path, parsed: _Parsed, options: ReadOptions) -> str:
    word = parsed.header.get("indegrees", "").lower()
    if word not in ("", "yes", "no", "true", "false", "y", "n", "1", "0"):
        problem = f"inDegrees is {word[:40]!r}"
        raise FileFormatError(path, "header", problem, "write inDegrees=yes or inDegrees=no")
    if word:
        return "deg" if word in ("yes", "true", "y", "1") else "rad"
    stated = options.units.get("angles", "")
    return stated if stated in ("deg", "rad") else ""


def _classify(path: str | Path, parsed: _Parsed, name: str) -> Column:
    motion = Path(path).suffix.lower() == ".mot" and "indegrees" in parsed.header
    titled = parsed.title.strip().lower() in ("coordinates", "speeds", "accelerations")
    return classify(name, title=parsed.title, coordinates=motion or titled)


def _loaded(
    data: npt.NDArray[np.float64], names: list[str], options: ReadOptions
) -> npt.NDArray[np.bool_]:
    """Validity: a centre of pressure counts only while its plate carries a force."""
    threshold = LOADED.get(options.units.get("grf", "N"), LOADED["N"])
    valid = np.isfinite(data)
    for column, name in enumerate(names):
        partners = [force_partner(name, axis) for axis in "xyz"]
        if is_point(name) and all(p in names for p in partners):
            with np.errstate(over="ignore", invalid="ignore"):  # infinite is loaded, too
                force = np.linalg.norm(data[:, [names.index(p) for p in partners]], axis=1)
            valid[:, column] &= force >= threshold
    return valid


def _stream_notes(stream: str) -> list[str]:
    if stream == "grf":
        return [f"centre of pressure not valid while the force is below {LOADED['N']:g} N"]
    if stream == "features":
        return [doubt("no unit is known for these columns; 1 is assumed")]
    return []


def write_opensim(
    tree: xr.DataTree, path: str | Path, *, streams: Sequence[str] | None = None
) -> Path:
    """Write streams that share their time stamps as ``.mot`` or ``.sto``.

    Lengths, forces and moments are converted to SI, as the format demands (from per-mass units by
    the recording's ``mass_kg``). ``inDegrees`` follows the unit of the angles. What is not valid is
    written as NaN, except a centre of pressure under an unloaded plate: 0, as OpenSim expects.

    Raises:
        OutputError: If the streams have different clocks, or two columns one name.
        UnitError: If a conversion needs the mass and none is known.
    """
    table = to_si(_in_file_order(tabulate(tree, streams), tree), tree.attrs.get("mass_kg"))
    twice = {name for name in table.names if table.names.count(name) > 1}
    if twice:
        raise OutputError(
            f"{path}: two columns would be named {min(twice)!r}; write the streams to separate "
            "files."
        )
    values = np.where(table.valid, table.values, np.nan)
    for column, name in enumerate(table.names):
        partner = force_partner(name, name[-1])
        if is_point(name) and partner in table.names:
            unloaded = ~table.valid[:, column] & table.valid[:, table.names.index(partner)]
            values[unloaded, column] = 0.0
    origin = tree.attrs.get("source") or {}
    degrees = [u.startswith("deg") for u in table.units if u.startswith(("deg", "rad"))]
    in_degrees = ("yes" if any(degrees) else "no") if degrees else origin.get("in_degrees") or "no"
    title = "Coordinates" if "angle" in table.kinds else str(tree.attrs["recording"])
    head = (
        f"{' '.join(title.split())}\nversion=1\nnRows={len(table.time)}\n"
        f"nColumns={len(table.names) + 1}\ninDegrees={in_degrees}\n\n"
        "Units are S.I. units (second, meters, Newtons, ...)\n"
        "Angles are in degrees if the line inDegrees says yes, else in radians.\n\nendheader\n"
    )
    labels = "\t".join(["time", *table.names]) + "\n"
    body = format_rows(np.column_stack([table.time, values]), blank="NaN")
    return write_text(path, head + labels + body)


def _in_file_order(table: Table, tree: xr.DataTree) -> Table:
    """Columns in the order of the file they came from, where it is known."""
    known = (tree.attrs.get("source") or {}).get("columns") or []
    place = {name: i for i, name in enumerate(known)}
    order = sorted(range(len(table.names)), key=lambda i: place.get(table.names[i], len(place)))
    return table.take(order)


def to_si(table: Table, mass_kg: float | None) -> Table:
    """Convert a table's columns to SI units; angles all to degrees if any is in degrees.

    Raises:
        UnitError: If a per-mass unit meets no mass.
    """
    angle = "deg" if any(u.startswith("deg") for u in table.units) else "rad"
    values, units = table.values.copy(), list(table.units)
    for column, unit in enumerate(table.units):
        target = _si_unit(unit, angle)
        factor = conversion_factor(unit, target, mass_kg=mass_kg)
        if factor != 1.0:
            values[:, column] *= factor
        units[column] = target
    return table._replace(values=values, units=units)


def _si_unit(unit: str, angle: str) -> str:
    for target in (angle, f"{angle}/s", *_SI):
        per_mass = () if target == "m" else (f"({target})/kg",)
        for spelled in (target, *per_mass):
            try:
                if same_dimension(unit, spelled):
                    return target
            except UnitError:
                continue
    return unit
