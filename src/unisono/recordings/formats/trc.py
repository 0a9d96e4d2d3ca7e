"""TRC files: marker positions as text (Motion Analysis' "track row column").

Line 1 names the file type; lines 2 and 3 give rate, counts and the unit; line 4 the marker names,
three columns each; line 5 the axes; then frame, time and three numbers a marker, separated by tabs.
A blank cell is a marker that was not seen. Channels are ``<marker>_x``, ``_y``, ``_z``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.errors import FileFormatError, OutputError, UnitError
from unisono.core.files import write_text
from unisono.core.units import convert, same_dimension, tidy_unit
from unisono.recordings.formats.assembling import assemble, check_names, check_time, doubt
from unisono.recordings.formats.options import DEFAULTS, ReadOptions
from unisono.recordings.formats.tabulating import tabulate
from unisono.recordings.formats.text import format_rows, load_bytes, load_text, parse_rows
from unisono.recordings.schema import make_stream

__all__ = ["read_trc", "write_trc"]

_KEYS = ("DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units")


class _Parsed(NamedTuple):
    header: dict[str, str]
    markers: list[str]
    rows: list[list[str]]
    lines: list[int]


def read_trc(path: str | Path, options: ReadOptions = DEFAULTS) -> xr.DataTree:
    """Read a ``.trc`` file: the stream ``markers``, in the file's own unit.

    Raises:
        FileFormatError: Naming the line and the remedy.
        UnitError: If the unit in the header is not known.
    """
    content = load_bytes(path)
    parsed = _cut(path, load_text(path, content))
    check_names(path, "marker names", parsed.markers)
    table = parse_rows(path, parsed.rows, parsed.lines, 2 + 3 * len(parsed.markers))
    time = table[:, 1]
    check_time(path, time, parsed.lines)
    unit = parsed.header.get("Units", "")
    if not unit:
        raise FileFormatError(path, "line 3", "the header gives no unit", "write mm or m there")
    if not same_dimension(tidy_unit(unit), "m"):
        problem = f"the unit {unit[:40]!r} is no length"
        raise FileFormatError(path, "line 3", problem, "write mm or m there")
    markers = make_stream(
        table[:, 2:],
        time=time,
        channels=[f"{name}_{axis}" for name in parsed.markers for axis in "xyz"],
        units=tidy_unit(unit),
        kind="position",
        history=_check_header(path, parsed, time),
    )
    return assemble(
        {"markers": markers},
        path=path,
        content=content,
        reader="trc",
        options=options,
        source={"header": parsed.header, "first_frame": _first_frame(table[0, 0])},
    )


def _first_frame(number: float) -> int:
    return int(number) if abs(number) < 1e9 else 1  # also False for NaN


def _cut(path: str | Path, text: str) -> _Parsed:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) < 6 or not lines[0].lstrip().startswith("PathFileType"):
        problem = "the first line does not begin with PathFileType"
        raise FileFormatError(path, "line 1", problem, "check that this is a whole TRC file")
    keys, values = lines[1].split("\t"), lines[2].split("\t")
    if len(keys) < 5 or len(values) < 5:
        keys, values = lines[1].split(), lines[2].split()
    header = {k.strip(): v.strip() for k, v in zip(keys, values, strict=False) if k.strip()}
    absent = [key for key in _KEYS if key not in header]
    if absent:
        raise FileFormatError(path, "line 2", f"{absent[0]} is missing", "export the file again")
    names = lines[3].rstrip().split("\t")[2:]
    markers = [name.strip() for name in names[::3]]
    filled = [i for i in range(5, len(lines)) if lines[i].strip()]
    if not markers or not filled:
        raise FileFormatError(path, "", "there are no markers or no frames", "export it again")
    width = 2 + 3 * len(markers)
    rows = [_cells(lines[i], width) for i in filled]
    return _Parsed(header, markers, rows, [i + 1 for i in filled])


def _cells(line: str, width: int) -> list[str]:
    cells = line.split("\t") if "\t" in line else line.split()
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    return cells


def _check_header(path: str | Path, parsed: _Parsed, time: npt.NDArray[np.float64]) -> list[str]:
    """Compare the header's counts and rate with the table; return doubts."""
    notes = []
    counts = (("NumFrames", len(parsed.rows)), ("NumMarkers", len(parsed.markers)))
    for key, found in counts:
        text = parsed.header[key]
        if not text.isdecimal() or len(text) > 12:
            problem = f"{key} is {text[:40]!r}"
            raise FileFormatError(path, "line 3", problem, f"write {found} there")
        if int(text) > found:
            problem = f"{key} is {text}, the file holds {found}: it is cut off"
            raise FileFormatError(path, "line 3", problem, "copy it again or mend the header")
        if int(text) != found:
            notes.append(doubt(f"the header says {key} {text}, the file holds {found}"))
    try:
        rate = float(parsed.header["DataRate"])
    except ValueError:
        return [*notes, doubt(f"DataRate {parsed.header['DataRate'][:40]!r} is not a number")]
    measured = 1 / float(np.median(np.diff(time))) if len(time) > 1 else rate
    if abs(rate - measured) > 0.01 * measured:
        notes.append(doubt(f"the header says {rate:g} Hz, the time stamps {measured:.6g} Hz"))
    return notes


def write_trc(tree: xr.DataTree, path: str | Path, *, streams: Sequence[str] | None = None) -> Path:
    """Write marker positions as ``.trc``, in their own unit; a marker not seen is left blank.

    Args:
        tree: A recording with channels ``<marker>_x``, ``_y``, ``_z``.
        path: The file.
        streams: Which; by default ``markers``, else every stream of positions.

    Raises:
        OutputError: If there are no positions, or a marker lacks an axis.
    """
    table = tabulate(tree, list(streams) if streams else _position_streams(tree))
    try:
        unit = table.units[0]
        same = [same_dimension(unit, "m") and same_dimension(u, "m") for u in table.units]
    except UnitError:
        same = [False]
    if not all(same):
        raise OutputError(
            f"{path}: a TRC file holds positions only; choose them with streams=[...]."
        )
    markers = list(dict.fromkeys(name.rpartition("_")[0] for name in table.names))
    wanted = [f"{marker}_{axis}" for marker in markers for axis in "xyz"]
    absent = [name for name in wanted if name not in table.names]
    if absent or len(wanted) != len(table.names):
        raise OutputError(
            f"{path}: channel {(absent or table.names)[0]!r} is missing or named twice; TRC needs "
            "x, y and z of every marker."
        )
    table = table.take([table.names.index(name) for name in wanted])
    values = np.where(table.valid, table.values, np.nan)
    for column, own in enumerate(table.units):
        values[:, column] = convert(values[:, column], own, unit)
    text = _head(tree, Path(path), markers, unit, table.time)
    first = int((tree.attrs.get("source") or {}).get("first_frame", 1))
    body = format_rows(np.column_stack([table.time, values]), blank="").splitlines()
    rows = [f"{first + i}\t{line}\n" for i, line in enumerate(body)]
    return write_text(path, text + "".join(rows))


def _position_streams(tree: xr.DataTree) -> list[str]:
    if "markers" in tree.children:
        return ["markers"]
    found = [str(n) for n, node in tree.children.items() if node.attrs.get("kind") == "position"]
    if not found:
        raise OutputError(
            "the recording has no stream of positions; a TRC file holds nothing else."
        )
    return found


def _is_rate(text: str, rate_hz: float) -> bool:
    """Whether a header's rate is that of the time stamps, as near as its digits allow."""
    try:
        return abs(float(text) - rate_hz) <= 0.01 * rate_hz
    except ValueError:
        return False


def _head(
    tree: xr.DataTree, path: Path, markers: list[str], unit: str, time: npt.NDArray[np.float64]
) -> str:
    rate = 1 / float(np.median(np.diff(time))) if len(time) > 1 else 100.0
    origin = (tree.attrs.get("source") or {}).get("header") or {}
    if len(time) > 1 and not _is_rate(origin.get("DataRate", ""), rate):  # resampled since
        origin = {k: text for k, text in origin.items() if k not in ("DataRate", "CameraRate")}
    keys = [*_KEYS, "OrigDataRate", "OrigDataStartFrame", "OrigNumFrames"]
    shown = f"{round(rate, 6):g}"
    values = [origin.get("DataRate", shown), origin.get("CameraRate", shown), str(len(time))]
    values += [str(len(markers)), unit, origin.get("OrigDataRate", shown)]
    values += [origin.get("OrigDataStartFrame", "1"), origin.get("OrigNumFrames", str(len(time)))]
    names = "\t\t\t".join(markers)
    axes = "\t".join(f"{axis}{i + 1}" for i in range(len(markers)) for axis in "XYZ")
    return (
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}\n"
        + "\t".join(keys)
        + "\n"
        + "\t".join(values)
        + f"\nFrame#\tTime\t{names}\t\t\n\t\t{axes}\n\n"
    )
