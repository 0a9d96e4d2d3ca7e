"""The blocks of a Vicon Nexus ASCII export, as text and numbers.

A file holds blocks one below another, parted by a blank line, each with

1. its name (``Trajectories``, ``Model Outputs``, ``Devices``, ``Events``...);
2. its rate in Hz;
3. names of objects (``Ann:LASI``), each in the first of its columns;
4. ``Frame,Sub Frame`` and the component of each column (``X``, ``Fz``);
5. a unit a column;
6. rows of numbers, blank where there is no value.

A block of events has, from its third line on, a table of words. Spreadsheets that saved the file
again fill all lines with blank cells, part by semicolons and write decimal commas; all are read.
"""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.errors import FileFormatError
from unisono.recordings.formats.csv_table import (
    has_decimal_commas,
    is_excel_hint,
    separator_of,
    split_cells,
    with_points,
)
from unisono.recordings.formats.text import parse_rows

__all__ = ["EventRow", "Table", "ViconBlocks", "split_blocks"]

_TABLES = {
    "trajectories": "trajectories", "model outputs": "outputs", "model output": "outputs",
    "devices": "devices",
}  # fmt: skip
_EVENTS = "events"
_RATE = re.compile(r"\d+([.,]\d+)?")
_FASTEST = 1e7
_AGAIN = "export the file again"


class Table(NamedTuple):
    """A block of numbers.

    Attributes:
        kind: ``"trajectories"``, ``"outputs"`` or ``"devices"``.
        name: The block's name as the file spells it.
        rate_hz: Its rate.
        owners: Object of each column.
        components: Component of each column.
        units: Unit of each column as the file spells it, "" where it states none.
        frames: Frame of each row and sub frame in it, ``(row, 2)``, whole numbers.
        values: ``(row, column)``, NaN where there is no value.
        lines: Line in the file of each row.
    """

    kind: str
    name: str
    rate_hz: float
    owners: list[str]
    components: list[str]
    units: list[str]
    frames: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]
    lines: list[int]


class EventRow(NamedTuple):
    """An event: words of the file, and the time in seconds."""

    subject: str
    context: str
    name: str
    time: float


class ViconBlocks(NamedTuple):
    """What a file holds.

    Attributes:
        tables: Its blocks of numbers.
        events: Its events.
        unread: What is left out, and why.
    """

    tables: list[Table]
    events: list[EventRow]
    unread: list[str]


class _Row(NamedTuple):
    line: int
    cells: list[str]


def split_blocks(path: str | Path, text: str) -> ViconBlocks:
    r"""Cut the text of a file into blocks.

    Raises:
        FileFormatError: Naming the line and the remedy.

    Example:
        >>> text = "Devices\n200\n,,EMG\nFrame,Sub Frame,L_Tib\n,,V\n1,0,0.5\n1,1,\n"
        >>> (table,) = split_blocks("a.csv", text).tables
        >>> table.rate_hz, table.frames.tolist(), table.values.tolist()
        (200.0, [[1.0, 0.0], [1.0, 1.0]], [[0.5], [nan]])
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    head = next((s for s in lines if re.search(r"frame|context", s, re.IGNORECASE)), lines[0])
    separator = separator_of(head, head)
    rows = [
        _Row(number, cells)
        for number, line in enumerate(lines, 1)
        if any(cells := split_cells(path, line, separator)) and not is_excel_hint(line)
    ]
    if not rows:
        raise FileFormatError(path, "", "there are no rows", _AGAIN)
    starts = [i for i, row in enumerate(rows) if _begins(row, rows[i + 1 : i + 2])]
    if not starts or starts[0]:
        problem = "no block begins here: a name, and its rate in the line below"
        raise FileFormatError(path, f"line {rows[0].line}", problem, _AGAIN)
    found = ViconBlocks([], [], [])
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        _read_block(path, rows[start:end], found, commas=separator != ",")
    return found


def _begins(row: _Row, below: list[_Row]) -> bool:
    """Whether a line names a block: a word alone that is known, or has a rate below it."""
    name, *others = row.cells
    if not name or any(others) or _RATE.match(name):
        return False
    known = name.lower() in _TABLES or name.lower() == _EVENTS
    return known or bool(below and _RATE.fullmatch(below[0].cells[0]) and _alone(below[0]))


def _alone(row: _Row) -> bool:
    return all(cell.lower() in ("", "hz") for cell in row.cells[1:])


def _read_block(path: str | Path, rows: list[_Row], found: ViconBlocks, *, commas: bool) -> None:
    name = rows[0].cells[0]
    rate = _rate(path, rows)
    if name.lower() == _EVENTS:
        _read_events(path, rows[2:], found, commas=commas)
    elif name.lower() not in _TABLES:
        found.unread.append(f"block {name[:40]!r} (line {rows[0].line}) is left out")
    else:
        table = _table(path, rows, rate, commas=commas)
        if table is None:
            found.unread.append(f"block {name!r} (line {rows[0].line}) has no rows of numbers")
        else:
            found.tables.append(table)


def _rate(path: str | Path, rows: list[_Row]) -> float:
    text = rows[1].cells[0] if len(rows) > 1 else ""
    rate = float(text.replace(",", ".")) if _RATE.fullmatch(text) and _alone(rows[1]) else 0.0
    if not 0 < rate <= _FASTEST:
        place = f"line {rows[min(1, len(rows) - 1)].line}"
        problem = f"block {rows[0].cells[0]!r} has no rate in Hz below its name"
        raise FileFormatError(path, place, problem, _AGAIN)
    return rate


def _table(path: str | Path, rows: list[_Row], rate: float, *, commas: bool) -> Table | None:
    """The numbers of a block, or None if it has no rows of them."""
    name = rows[0].cells[0]
    at = next((i for i, row in enumerate(rows[2:4], 2) if _is_frame_line(row.cells)), None)
    if at != 3:
        place = f"line {rows[min(3, len(rows) - 1)].line}"
        problem = f"block {name!r} has no line of names above a line 'Frame,Sub Frame,...'"
        raise FileFormatError(path, place, problem, _AGAIN)
    components = _trimmed(rows[3].cells)
    width = len(components)
    owners = _spread(_fitted(rows[2].cells, width))
    for column in range(2, width):
        if not (owners[column] and components[column]):
            line = rows[3 if owners[column] else 2].line
            problem = f"column {column + 1} of block {name!r} has no name"
            raise FileFormatError(path, f"line {line}", problem, _AGAIN)
    body, units = rows[4:], [""] * width
    if body and not any(body[0].cells[:2]):  # a line of blank units is a blank line, and gone
        units, body = _fitted(body[0].cells, width), body[1:]
    if not body or width < 3:
        return None
    cells = [_trimmed(row.cells, width) for row in body]
    lines = [row.line for row in body]
    if commas and has_decimal_commas(cells):
        cells = with_points(path, cells, lines)
    numbers = parse_rows(path, cells, lines, width)
    _check_frames(path, numbers[:, :2], lines)
    kind = _TABLES[name.lower()]
    parts = (owners[2:], components[2:], units[2:], numbers[:, :2], numbers[:, 2:])
    return Table(kind, name, rate, *parts, lines)


def _is_frame_line(cells: list[str]) -> bool:
    return [cell.lower().replace(" ", "") for cell in cells[:2]] == ["frame", "subframe"]


def _trimmed(cells: list[str], width: int = 0) -> list[str]:
    """Cells without blank ones at the end, as far as there are more than ``width``."""
    end = len(cells)
    while end > width and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _fitted(cells: list[str], width: int) -> list[str]:
    return cells[:width] + [""] * (width - len(cells))


def _spread(names: list[str]) -> list[str]:
    """Names, each carried on into the blank cells after it."""
    spread, last = [], ""
    for name in names:
        last = name or last
        spread.append(last)
    return spread


def _check_frames(path: str | Path, frames: npt.NDArray[np.float64], lines: list[int]) -> None:
    with np.errstate(invalid="ignore"):
        whole = (np.abs(frames) < 1e9) & (frames == np.floor(frames)) & (frames >= [-1e9, 0])
    if not whole.all():
        row, column = np.argwhere(~whole)[0]
        problem = f"the {('frame', 'sub frame')[column]} is {frames[row, column]:g}"
        raise FileFormatError(path, f"line {lines[row]}", problem, "give every row its number")


def _read_events(path: str | Path, rows: list[_Row], found: ViconBlocks, *, commas: bool) -> None:
    """Add the events of a table ``Subject,Context,Name,Time (s),Description``."""
    if not rows:
        return
    head = [cell.lower() for cell in rows[0].cells]
    place = {word: head.index(word) for word in ("subject", "context", "name") if word in head}
    clock = next((i for i, cell in enumerate(head) if re.fullmatch(r"time\s*\(s\)", cell)), None)
    if clock is None or "name" not in place:
        found.unread.append(
            f"the events (line {rows[0].line}) have no columns 'Name' and 'Time (s)' and are "
            "left out"
        )
        return
    for row in rows[1:]:
        cells = _fitted(row.cells, len(head))
        text = cells[clock].replace(",", ".") if commas else cells[clock]
        time = parse_rows(path, [[text]], [row.line], 1)[0, 0]
        words = {w: cells[place[w]] if w in place else "" for w in ("subject", "context", "name")}
        found.events.append(EventRow(**words, time=float(time)))
