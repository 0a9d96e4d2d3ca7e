"""CSV, TSV and Parquet tables.

The separator (comma, semicolon, tab or blanks) and the decimal comma are recognised; lines that
begin with ``#`` are comments, and the ``sep=;`` with which Excel is told the separator is passed
over. The first line is a header if it holds a word, and so is a second one that holds units alone.
Time comes from a column named as time, or from ``rate_hz``. See
:mod:`~unisono.recordings.formats.columns` for units and streams in header cells, and
``ReadOptions.columns`` for tables without a header.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.checks import nearest
from unisono.core.errors import FileFormatError, UnitError
from unisono.core.files import write_text
from unisono.core.units import tidy_unit
from unisono.recordings.formats.assembling import assemble, check_names, check_time, doubt
from unisono.recordings.formats.columns import (
    SECONDS,
    Cell,
    header_cell,
    kind_of,
    parse_cell,
    time_scale,
)
from unisono.recordings.formats.options import DEFAULTS, ReadOptions
from unisono.recordings.formats.tabulating import tabulate
from unisono.recordings.formats.text import (
    format_rows,
    load_bytes,
    load_text,
    parse_numbers,
    parse_rows,
)
from unisono.recordings.schema import make_stream

__all__ = [
    "Sheet",
    "has_decimal_commas",
    "is_excel_hint",
    "read_csv",
    "read_parquet",
    "separator_of",
    "sheet_to_recording",
    "split_cells",
    "split_sheet",
    "with_points",
    "write_csv",
]

_DECIMAL_COMMA = re.compile(r"^\s*[-+]?\d*,\d+([eE][-+]?\d+)?\s*$")
_THOUSANDS = re.compile(r"^\s*[-+]?\d{1,3}(\.\d{3})+(,\d*)?\s*$")
_BRACKETED = re.compile(r"^[\[(](.*)[\])]$")
_EXCEL_HINT = re.compile(r"^\"?sep=.\"?$", re.IGNORECASE)
_NO_TIME = "state rate_hz (--rate-hz 100), or name the column 'time'"
_MOST_CELLS = 1 << 29  # 4 GiB of float64


class Sheet(NamedTuple):
    """A table of numbers: header cells (empty if none), ``(row, column)`` values, line numbers."""

    names: list[str]
    values: npt.NDArray[np.float64]
    lines: list[int]


def read_csv(path: str | Path, options: ReadOptions = DEFAULTS) -> xr.DataTree:
    """Read a ``.csv``, ``.tsv`` or tab-separated ``.txt`` table.

    Raises:
        FileFormatError: Naming the line, or what must be stated to understand the table.
    """
    content = load_bytes(path)
    sheet = split_sheet(path, load_text(path, content))
    return sheet_to_recording(path, sheet, content=content, reader="csv", options=options)


def read_parquet(path: str | Path, options: ReadOptions = DEFAULTS) -> xr.DataTree:
    """Read a ``.parquet`` table; its columns are named as the header cells of a CSV file.

    Raises:
        FileFormatError: If it is damaged, or what it holds is not numbers.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = load_bytes(path)
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        schema = file.schema_arrow
        kept = [
            f.name for f in schema if pa.types.is_integer(f.type) or pa.types.is_floating(f.type)
        ]
        size = file.metadata.num_rows * max(len(kept), 1)
        if not kept or not 0 < size <= _MOST_CELLS:
            problem = f"{file.metadata.num_rows} rows of {len(kept)} columns of numbers"
            raise FileFormatError(path, "", problem, "check what the table holds")
        table = file.read(columns=kept, use_threads=False)
        with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
            columns = [table.column(i).to_numpy().astype(np.float64) for i in range(len(kept))]
        # pyarrow raises ArrowException, OSError and others for one and the same damage
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        if isinstance(error, FileFormatError):
            raise
        problem = f"it is no sound Parquet file ({error})"
        raise FileFormatError(path, "", problem, "export it again") from error
    values = np.column_stack(columns)
    sheet = Sheet(list(kept), values, list(range(1, len(values) + 1)))
    return sheet_to_recording(path, sheet, content=content, reader="parquet", options=options)


def split_sheet(path: str | Path, text: str) -> Sheet:
    r"""Cut the text of a table into a header and numbers.

    Raises:
        FileFormatError: Naming the line that has too many, too few or unreadable cells.

    Example:
        >>> split_sheet("a.csv", "sep=;\nTime;Fz\ns;N\n0;700\n0,01;701,5\n")[:2]
        (['Time [s]', 'Fz [N]'], array([[0.000e+00, 7.000e+02],
               [1.000e-02, 7.015e+02]]))
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = [i for i, s in enumerate(lines) if s.strip() and not s.lstrip().startswith("#")]
    if kept and is_excel_hint(lines[kept[0]]):
        kept = kept[1:]
    if not kept:
        raise FileFormatError(path, "", "there are no rows", "export the file again")
    separator = separator_of(lines[kept[-1]], lines[kept[0]])
    rows = _drop_last_blank([split_cells(path, lines[i], separator) for i in kept])
    if not separator and {len(row) for row in rows[1:]} == {1} and _BRACKETED.match(rows[0][-1]):
        rows[0] = [lines[kept[0]].strip()]  # one column, whose name has a unit behind a blank
    # The last row may be of whole numbers, so one with a comma is looked for.
    with_comma = (row for i, row in zip(kept, rows, strict=True) if "," in lines[i])
    comma = separator != "," and has_decimal_commas(with_comma)
    try:
        first = [c.replace(",", ".") for c in rows[0]] if comma else rows[0]
        parse_numbers(first)
        names: list[str] = []
    except ValueError:
        names, rows, kept = rows[0], rows[1:], kept[1:]
    units = _stated_units(rows[0], len(names)) if names and rows else None
    if units is not None:
        names = [f"{n} [{unit}]" if unit else n for n, unit in zip(names, units, strict=True)]
        rows, kept = rows[1:], kept[1:]
    if not rows:
        raise FileFormatError(path, "", "there are no rows of numbers", "export the file again")
    numbers = [i + 1 for i in kept]
    if names:
        _check_header(path, names, rows)
    if comma:
        rows = with_points(path, rows, numbers)
    return Sheet(names, parse_rows(path, rows, numbers, len(names or rows[0])), numbers)


def is_excel_hint(line: str) -> bool:
    """Whether a line is the ``sep=;`` with which Excel is told the separator."""
    return bool(_EXCEL_HINT.match(line.strip()))


def has_decimal_commas(rows: Iterable[list[str]]) -> bool:
    """Whether a cell is a number with a decimal comma."""
    return any(_DECIMAL_COMMA.match(cell) for row in rows for cell in row)


def separator_of(line: str, header: str) -> str:
    """The separator that a row of numbers uses; "" stands for blanks."""
    for candidate in ("\t", ";"):
        if candidate in line or candidate in header:
            return candidate
    return "," if "," in line or "," in header else ""


def split_cells(path: str | Path, line: str, separator: str) -> list[str]:
    """Cells of a line, without the blanks around them.

    Raises:
        FileFormatError: If its quotes are broken.
    """
    if not separator:
        return line.split()
    if '"' not in line:
        return [cell.strip() for cell in line.split(separator)]
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error as error:
        raise FileFormatError(path, "", f"its quotes are broken ({error})", "mend them") from error


def _drop_last_blank(rows: list[list[str]]) -> list[list[str]]:
    """Rows without the blank cell that a separator at the end of every line makes."""
    while all(row and not row[-1] for row in rows):
        rows = [row[:-1] for row in rows]
    return rows


def _stated_units(cells: list[str], columns: int) -> list[str] | None:
    """Units in a line below the header, "" where a cell holds none; None if it is another line."""
    if len(cells) != columns:
        return None
    units = []
    for cell in cells:
        try:
            if np.isfinite(parse_numbers([cell])[0]):
                return None
            units.append("")
        except ValueError:
            try:
                units.append(tidy_unit(_BRACKETED.sub(r"\1", cell)))
            except UnitError:
                return None
    return units if any(units) else None


def _check_header(path: str | Path, names: list[str], rows: list[list[str]]) -> None:
    """Refuse a first line that is no header, because most lines have another number of cells."""
    (width, _), *_ = Counter(map(len, rows)).most_common(1)
    if width != len(names) and len(rows) > 1:
        first = "1 column" if len(names) == 1 else f"{len(names)} columns"
        problem = f"the first line has {first} and most lines have {width}"
        remedy = "let the table begin with its header: delete what stands above it, or complete it"
        raise FileFormatError(path, "header", problem, remedy)


def with_points(path: str | Path, rows: list[list[str]], lines: list[int]) -> list[list[str]]:
    """Rows of decimal commas, with points; one that may part thousands is refused, not guessed.

    Raises:
        FileFormatError: Naming the line and column of such a point.
    """
    for row, line in zip(rows, lines, strict=True):
        for number, cell in enumerate(row):
            if "." in cell and _THOUSANDS.match(cell):
                place = f"line {line}, column {number + 1}"
                problem = f"the point of {cell[:40]!r} may part thousands: others have commas"
                raise FileFormatError(path, place, problem, "export it without such points")
    return [[cell.replace(",", ".") for cell in row] for row in rows]


def sheet_to_recording(
    path: str | Path, sheet: Sheet, *, content: bytes, reader: str, options: ReadOptions
) -> xr.DataTree:
    """Build the recording of a table.

    Raises:
        FileFormatError: If names are missing or twice, or there is no way to tell the time.
    """
    names, groups = _resolve(path, sheet, options)
    cells = [parse_cell(path, name) for name in names]
    taken, time, notes = _time(path, sheet, cells, groups, options)
    parts: dict[str, xr.Dataset] = {}
    for stream, columns in _streams(cells, groups, taken).items():
        units = [cells[i].unit or "1" for i in columns]
        unknown = [
            cells[i].name
            for i in columns
            if not (
                cells[i].unit or {cells[i].name, f"{stream}/{cells[i].name}"} & set(options.units)
            )
        ]
        doubts = [doubt(f"no unit is stated for {', '.join(unknown[:5])}; 1 is assumed")]
        stated = options.units.get(stream, "")
        name, kind = kind_of(stream, [stated or units[0]])
        channels = [cells[i].name for i in columns]
        check_names(path, "header", channels)
        parts[name] = make_stream(
            sheet.values[:, columns],
            time=time,
            channels=channels,
            units=units,
            kind=kind,
            rate_hz=options.rate_hz,
            history=[*notes, *(doubts if unknown and not stated else [])],
        )
    if not parts:
        problem = "there is no column but time"
        raise FileFormatError(path, "header", problem, "check the separator")
    source = {"columns": names} if sheet.names else {}
    return assemble(
        parts, path=path, content=content, reader=reader, options=options, source=source
    )


def _resolve(
    path: str | Path, sheet: Sheet, options: ReadOptions
) -> tuple[list[str], dict[str, list[int]]]:
    """Names of all columns, and the columns of each stream that the user names ("time" too)."""
    width, stated = sheet.values.shape[1], options.columns
    if isinstance(stated, Mapping):
        names = sheet.names or [f"c{i}" for i in range(width)]
        groups = {s: [_find(path, names, c, width) for c in cs] for s, cs in stated.items()}
        return names, groups
    if stated is not None:
        if len(stated) != width:
            problem = f"{len(stated)} names are stated for {width} columns"
            raise FileFormatError(path, "", problem, "state one name a column")
        return [str(name) for name in stated], {}
    if not sheet.names:
        problem = "the table has no header, so nothing says what its columns are"
        remedy = (
            "state columns=[...] (one name a column) or a map from stream to columns "
            "(--column, once a name; or --column grf=1,2)"
        )
        raise FileFormatError(path, "line 1", problem, remedy)
    check_names(path, "header", sheet.names)
    return sheet.names, {}


def _find(path: str | Path, names: list[str], column: str | int, width: int) -> int:
    if isinstance(column, int):
        if 0 <= column < width:
            return column
        problem = f"there is no column {column}: the table has {width}, counted from 0"
        raise FileFormatError(path, "", problem, "correct the column map")
    plain = [parse_cell(path, name).name for name in names]
    for known in (names, plain):
        if column in known:
            return known.index(column)
    problem = f"there is no column {column!r}"
    raise FileFormatError(
        path, "header", problem, f"correct the column map.{nearest(column, names)}"
    )


def _time(
    path: str | Path,
    sheet: Sheet,
    cells: list[Cell],
    groups: dict[str, list[int]],
    options: ReadOptions,
) -> tuple[int | None, npt.NDArray[np.float64], list[str]]:
    """The column of time stamps (or None), the stamps in seconds, and what to note."""
    found = groups.get("time") or [i for i, c in enumerate(cells) if time_scale(c) is not None]
    column = found[0] if found else None
    if options.rate_hz is not None:
        notes = [f"time from the stated rate of {options.rate_hz:g} Hz"]
        return column, np.arange(len(sheet.values)) / options.rate_hz, notes
    if column is None:
        problem = "there is no column of time"
        raise FileFormatError(path, "header", problem, _NO_TIME)
    scale = time_scale(cells[column])
    if scale is None:  # the user says that it is time, its header may say in what
        scale = SECONDS.get(cells[column].unit, 1.0)
    time = sheet.values[:, column] * scale
    check_time(path, time, sheet.lines)
    if len(time) > 2 and float(np.median(np.diff(time))) >= 0.5:
        step = float(np.median(np.diff(time)))
        words = (
            f"time steps by {step:g} s: are these samples, milliseconds or percent? state rate_hz"
        )
        return column, time, [doubt(words)]
    return column, time, []


def _streams(
    cells: list[Cell], groups: dict[str, list[int]], taken: int | None
) -> dict[str, list[int]]:
    if groups:
        return {stream: columns for stream, columns in groups.items() if stream != "time"}
    found: dict[str, list[int]] = {}
    for i, cell in enumerate(cells):
        if i != taken:
            stream = cell.stream or kind_of("", [cell.unit or "1"])[0]
            found.setdefault(stream, []).append(i)
    return found


def write_csv(tree: xr.DataTree, path: str | Path, *, streams: Sequence[str] | None = None) -> Path:
    """Write streams that share their time stamps as CSV, with the unit of every column.

    What is not valid is a blank cell. The header ``time [s],grf/Fz [N],...`` reads back into the
    same streams.

    Raises:
        OutputError: If the streams have different clocks.
    """
    table = tabulate(tree, streams)
    head = ["time [s]"]
    cells = zip(table.streams, table.names, table.units, strict=True)
    head += [_quoted(header_cell(*cell)) for cell in cells]
    values = np.where(table.valid, table.values, np.nan)
    body = format_rows(np.column_stack([table.time, values]), separator=",", blank="")
    return write_text(path, ",".join(head) + "\n" + body)


def _quoted(cell: str) -> str:
    return f'"{cell}"' if "," in cell else cell
