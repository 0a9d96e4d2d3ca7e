"""Tables and paragraphs as plain text, for terminals, logs and files alike."""

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Column", "text_table", "wrapped"]

_GAP = 2


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        title: Its heading.
        right: Whether its cells are set flush right (numbers).
    """

    title: str
    right: bool = False


def text_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int = 100) -> str:
    """Set rows under headings, two spaces apart.

    Headings of several words are broken, and so are cells of several words where the table is too
    wide. A word is never broken, so that a very narrow table may still be wider than asked.

    Example:
        >>> print(text_table([Column("name"), Column("n", right=True)], [["a", "10"], ["bc", "2"]]))
        name   n
        --------
        a     10
        bc     2
    """
    heads = [_heading(c.title, [row[i] for row in rows]) for i, c in enumerate(columns)]
    widths = [max(len(x) for x in [*h, *(r[i] for r in rows)]) for i, h in enumerate(heads)]
    words = [_longest_word([*h, *(row[i] for row in rows)]) for i, h in enumerate(heads)]
    room = width - _GAP * (len(widths) - 1)
    while sum(widths) > room and widths != words:
        spare = [have - need for have, need in zip(widths, words, strict=True)]
        widths[spare.index(max(spare))] -= 1
    heads = [_broken(c.title, w) for c, w in zip(columns, widths, strict=True)]
    lines = _lines(columns, heads, widths)
    rule = "-" * max(len(line) for line in lines)
    body = []
    for row in rows:
        cells = [_broken(cell, w) for cell, w in zip(row, widths, strict=True)]
        body += _lines(columns, cells, widths)
    return "\n".join([*lines, rule, *body])


def _heading(title: str, cells: Sequence[str]) -> list[str]:
    """A heading broken into lines no longer than its longest word or cell."""
    width = max([len(word) for word in title.split()] + [len(cell) for cell in cells])
    return textwrap.wrap(title, max(width, 1)) or [""]


def _longest_word(cells: Sequence[str]) -> int:
    return max((len(word) for cell in cells for word in cell.split()), default=0)


def _broken(cell: str, width: int) -> list[str]:
    return textwrap.wrap(cell, max(width, 1), break_long_words=False) or [""]


def _lines(
    columns: Sequence[Column], cells: Sequence[Sequence[str]], widths: Sequence[int]
) -> list[str]:
    """Cells of one row, each of several lines, side by side."""
    lines = []
    for line in range(max(len(cell) for cell in cells)):
        parts = [cell[line] if line < len(cell) else "" for cell in cells]
        set_ = [
            part.rjust(width) if column.right else part.ljust(width)
            for part, width, column in zip(parts, widths, columns, strict=True)
        ]
        lines.append((" " * _GAP).join(set_).rstrip())
    return lines


def wrapped(text: str, width: int = 100, *, indent: int = 2) -> str:
    """Break a paragraph into lines; those after the first are indented.

    Example:
        >>> print(wrapped("one two three", 8))
        one two
          three
    """
    return textwrap.fill(
        text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )
