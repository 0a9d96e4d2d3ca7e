"""Tables of documentation pages, written from the recorded results.

    python benchmarks/_tables.py docs/bridges.md

A page says where a table stands, of which result, and which columns:

    <!-- table: bridge_gaussian: coverage, spread, crps -->
    <!-- end of table -->

Figures are named ``row: column``; rows are those of the result, in its order, that have one of the
columns. What stands between the two marks is replaced, so that no figure is copied by hand.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from _record import RESULTS

from unisono.core.files import write_text

__all__ = ["filled", "table"]

_MARK = re.compile(
    r"(<!-- table: (?P<name>\w+): (?P<columns>[^>]+?) -->\n).*?(<!-- end of table -->)", re.DOTALL
)


def _shown(figure: dict[str, Any]) -> str:
    text = f"{figure['value']:.3g}"
    if figure["low"] == figure["high"]:
        return text
    return f"{text} [{figure['low']:.3g}, {figure['high']:.3g}]"


def table(result: dict[str, Any], columns: list[str]) -> str:
    """A result's figures as a table, with what it claims and whether that holds above it."""
    cells: dict[str, dict[str, str]] = {}
    units: dict[str, set[str]] = {}
    named = [(*f["name"].rpartition(": ")[::2], f) for f in result["figures"]]
    chosen = [(row, column, f) for row, column, f in named if row and column in columns]
    for _, column, figure in chosen:
        units.setdefault(column, set()).add(figure["unit"])
    for row, column, figure in chosen:
        own = figure["unit"] if len(units[column]) > 1 else ""  # rows of different units say theirs
        cells.setdefault(row, {})[column] = f"{_shown(figure)} {own}".rstrip()
    shared = {column: next(iter(names)) for column, names in units.items() if len(names) == 1}
    heads = [f"{c}, {shared[c]}" if shared.get(c) else c for c in columns]
    lines = [
        f"Claim: {result['claim']} **{'It holds.' if result['holds'] else 'It does not hold.'}** "
        f"(seeds {', '.join(map(str, result['seeds']))}; `{result['command']}`)",
        "",
        f"| | {' | '.join(heads)} |",
        f"|---|{'---|' * len(columns)}",
    ]
    lines += [
        f"| {row} | {' | '.join(found.get(c, '') for c in columns)} |"
        for row, found in cells.items()
    ]
    return "\n".join(lines) + "\n"


def filled(text: str, results: Path = RESULTS) -> str:
    """A page with its tables as the results say; where a result is missing, it is said."""

    def put(found: re.Match[str]) -> str:
        path = results / f"{found['name']}.json"
        columns = [c.strip() for c in found["columns"].split(",")]
        made = "Not measured yet.\n"
        if path.exists():
            made = table(json.loads(path.read_text(encoding="utf-8")), columns)
        return f"{found[1]}{made}{found[4]}"

    return _MARK.sub(put, text)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = Path(name)
        write_text(page, filled(page.read_text(encoding="utf-8")))
