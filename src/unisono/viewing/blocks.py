"""Building blocks of the report page: escaped text, figures of numbers, tables, figures.

Everything that came from a file (names of channels, subjects, conditions) passes :func:`text`, so
that no name can break the page or run in it.
"""

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["Cell", "facts", "figure", "interval", "number", "table", "text", "text_list"]


def text(value: object) -> str:
    """Escape for HTML.

    Example:
        >>> text("<b> & co")
        '&lt;b&gt; &amp; co'
    """
    return html.escape(str(value), quote=True)


def number(value: float | None, digits: int = 3) -> str:
    """A number with so many significant digits, or a dash where there is none.

    Example:
        >>> number(0.012345), number(1234.5), number(None)
        ('0.0123', '1234', '–')
    """
    if value is None:
        return "\N{EN DASH}"
    shown = f"{value:.{digits}g}"
    return f"{value:.0f}" if "e" in shown and abs(value) >= 1 else shown


def interval(entry: Mapping[str, float | None]) -> str:
    """A mean with its interval below it, as HTML; all three with the decimals of the mean.

    Example:
        >>> interval({"mean": 0.5, "low": 0.25, "high": 0.75})
        '0.500<small>0.250 to 0.750</small>'
    """
    mean, low, high = (entry[key] for key in ("mean", "low", "high"))
    if mean is None or low is None or high is None:
        return number(mean)
    size = max(abs(mean), abs(low), abs(high))
    decimals = min(6, max(0, 2 - math.floor(math.log10(size)))) if size > 0 else 0
    return f"{mean:.{decimals}f}<small>{low:.{decimals}f} to {high:.{decimals}f}</small>"


class Cell(NamedTuple):
    """A cell of a table.

    Attributes:
        content: HTML.
        kind: Class of the cell, or "".
    """

    content: str
    kind: str = ""


def table(
    head: Sequence[str], rows: Iterable[Sequence[Cell | str]], *, caption: str = "", own: str = ""
) -> str:
    """A table that scrolls sideways on a narrow screen.

    Args:
        head: Titles of the columns.
        rows: Rows of cells; plain text is escaped, a :class:`Cell` is HTML already.
        caption: What the table says.
        own: The row whose first cell is this text is set off.
    """
    kinds = ["text" if name in ("", "what", "note", "remedy") else "" for name in head]
    titles = "".join(
        f'<th scope="col" class="{kind}">{text(name)}</th>' if kind else f"<th>{text(name)}</th>"
        for name, kind in zip(head, kinds, strict=True)
    )
    body = "".join(_row(row, own) for row in rows)
    # A paragraph, since a caption would scroll sideways with the table.
    above = f'<p class="caption">{text(caption)}</p>' if caption else ""
    return (
        f'{above}<div class="wide"><table><thead><tr>{titles}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _row(row: Sequence[Cell | str], own: str) -> str:
    cells = [cell if isinstance(cell, Cell) else Cell(text(cell)) for cell in row]
    first, *rest = cells
    mark = ' class="own"' if own and first.content == text(own) else ""
    inside = "".join(
        f'<td class="{cell.kind}">{cell.content}</td>' if cell.kind else f"<td>{cell.content}</td>"
        for cell in rest
    )
    return f'<tr{mark}><th scope="row">{first.content}</th>{inside}</tr>'


def facts(items: Mapping[str, Any]) -> str:
    """Named facts side by side."""
    inside = "".join(
        f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in items.items()
    )
    return f'<dl class="facts">{inside}</dl>'


def figure(content: str, caption: str = "") -> str:
    """An SVG or image with its caption."""
    below = f"<figcaption>{text(caption)}</figcaption>" if caption else ""
    return f"<figure>{content}{below}</figure>"


def text_list(items: Iterable[str], kind: str) -> str:
    """A list of sentences."""
    return f'<ul class="{kind}">' + "".join(f"<li>{text(item)}</li>" for item in items) + "</ul>"
