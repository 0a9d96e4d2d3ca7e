"""Tables of experiments, as text for a terminal and as Markdown for a page."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Table"]


@dataclass(frozen=True)
class Table:
    """A table with a title.

    Args:
        title: What it shows.
        head: Names of the columns.
        rows: Texts, one a column.
        note: A line below.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def text(self) -> str:
        """For a terminal.

        Example:
            >>> print(Table("t", ["a", "b"], [["x", "1"]]).text())
            t
            a  b
            x  1
        """
        lines = [list(self.head), *map(list, self.rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.head))]
        body = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in lines]
        shown = [self.title, *(line.rstrip() for line in body)]
        return "\n".join([*shown, self.note] if self.note else shown)

    def markdown(self) -> str:
        """For a page.

        Example:
            >>> print(Table("t", ["a", "b"], [["x", "1"]]).markdown())
            **t**
            <BLANKLINE>
            | a | b |
            | --- | --- |
            | x | 1 |
        """
        rule = ["---"] * len(self.head)
        body = ["| " + " | ".join(line) + " |" for line in [self.head, rule, *self.rows]]
        shown = [f"**{self.title}**", "", *body]
        return "\n".join([*shown, "", self.note] if self.note else shown)
