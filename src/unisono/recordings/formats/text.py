"""Text of a file, and tables of numbers in it, with the line of every fault.

Numbers are parsed by Python's own ``float``: exact, so that what is written with ``repr`` reads
back bit for bit.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from unisono.core.errors import FileFormatError

__all__ = ["format_rows", "load_bytes", "load_text", "parse_numbers", "parse_rows"]

_MISSING = {
    "", "nan", "-nan", "na", "n/a", "null", "none", "-", "nan(ind)", "-nan(ind)", "1.#ind",
    "-1.#ind", "1.#qnan", "-1.#qnan", "#n/a",
}  # fmt: skip


def load_bytes(path: str | Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        FileFormatError: If it is absent, a folder, not readable, or empty.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileFormatError(path, "", reason, "check the name and the permissions") from error
    if not content.strip():
        raise FileFormatError(path, "", "the file is empty", "export or copy it again")
    return content


def load_text(path: str | Path, content: bytes | None = None) -> str:
    """Return the text of a file: UTF-8, UTF-16 with its mark, else Latin-1.

    Args:
        path: The file.
        content: Its bytes, if they were read before.

    Raises:
        FileFormatError: If it cannot be read, is empty, or is not text.
    """
    content = load_bytes(path) if content is None else content
    try:
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return content.decode("utf-16")
        if b"\x00" in content:
            at = content.index(b"\x00")
            problem = f"byte {at} is zero: this is no text file"
            raise FileFormatError(path, "", problem, "check that the suffix fits the content")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1").replace("\x00", "")


def parse_numbers(cells: Sequence[str]) -> npt.NDArray[np.float64]:
    """Parse cells; blanks and the usual spellings of "no value" become NaN.

    Raises:
        ValueError: From ``float``, for the first cell that is neither.

    Example:
        >>> parse_numbers(["1.5", "", "-1.#IND"])
        array([1.5, nan, nan])
    """
    try:
        return np.fromiter(map(float, cells), dtype=np.float64, count=len(cells))
    except ValueError:
        slow = [math.nan if c.strip().lower() in _MISSING else float(c) for c in cells]
        return np.array(slow, dtype=np.float64)


def parse_rows(
    path: str | Path,
    rows: Sequence[Sequence[str]],
    lines: Sequence[int],
    columns: int,
) -> npt.NDArray[np.float64]:
    """Parse rows of cells into ``(row, column)``.

    Args:
        path: The file, for messages.
        rows: Cells of each row.
        lines: Line number of each row in the file, from 1.
        columns: How many cells each row must have.

    Raises:
        FileFormatError: Naming the line that has another number of cells or holds a word.
    """
    for cells, line in zip(rows, lines, strict=True):
        if len(cells) != columns:
            problem = f"{len(cells)} values where the header names {columns} columns"
            raise FileFormatError(path, f"line {line}", problem, "mend the line or export it again")
    try:
        flat = parse_numbers([cell for cells in rows for cell in cells])
    except ValueError:
        _raise_word(path, rows, lines)
        raise
    return flat.reshape(len(rows), columns)


def _raise_word(path: str | Path, rows: Sequence[Sequence[str]], lines: Sequence[int]) -> None:
    for cells, line in zip(rows, lines, strict=True):
        for number, cell in enumerate(cells):
            try:
                parse_numbers([cell])
            except ValueError as error:
                place = f"line {line}, column {number + 1}"
                problem = f"{cell[:40]!r} is not a number"
                raise FileFormatError(path, place, problem, "mend it or leave it blank") from error


def format_rows(values: npt.NDArray[np.float64], *, separator: str = "\t", blank: str) -> str:
    r"""Rows of numbers as text, each the shortest that reads back exactly.

    Args:
        values: ``(row, column)``.
        separator: What stands between the numbers.
        blank: What stands for NaN.

    Example:
        >>> format_rows(np.array([[0.1, np.nan]]), blank="")
        '0.1\t\n'
    """
    lines = [separator.join(map(repr, row)) for row in values.tolist()]
    text = "\n".join(lines) + "\n"
    if not np.isnan(values).any():
        return text
    return "".join(
        separator.join(blank if cell == "nan" else cell for cell in line.split(separator)) + "\n"
        for line in lines
    )
