"""Write a benchmark's result in the one shape that every result has, and print it as a table."""

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from unisono.core.files import write_text
from unisono.core.provenance import machine, provenance

RESULTS = Path(__file__).parent / "results"

__all__ = ["figure", "record"]


def figure(
    name: str, value: float, unit: str = "", *, low: float | None = None, high: float | None = None
) -> dict[str, Any]:
    """One figure; ``low`` and ``high`` are its 95 % interval, equal to ``value`` if it has none."""
    return {
        "name": name,
        "value": float(value),
        "low": float(value if low is None else low),
        "high": float(value if high is None else high),
        "unit": unit,
    }


def record(
    name: str,
    claim: str,
    holds: bool,
    figures: Sequence[dict[str, Any]],
    seeds: Sequence[int],
    seconds: float,
) -> Path:
    """Print the figures and write ``benchmarks/results/NAME.json``; return its path.

    Args:
        name: Name of the file.
        claim: One sentence with the goal in it.
        holds: Whether the figures meet the goal.
        figures: As :func:`figure` makes them.
        seeds: Seeds of the run.
        seconds: How long it took.
    """
    made = provenance()
    result = {
        "claim": claim,
        "holds": bool(holds),
        "figures": list(figures),
        "command": made.command,
        "commit": made.commit,
        "seeds": list(seeds),
        "machine": dataclasses.asdict(machine()),
        "seconds": round(float(seconds), 1),
        "date": made.date,
    }
    width = max((len(f["name"]) for f in figures), default=4)
    print(f"\n{claim}\n{'holds' if holds else 'DOES NOT HOLD'}")
    for f in figures:
        span = "" if f["low"] == f["high"] else f"  [{f['low']:.4g}, {f['high']:.4g}]"
        print(f"  {f['name']:<{width}}  {f['value']:.4g}{span} {f['unit']}")
    return write_text(RESULTS / f"{name}.json", json.dumps(result, indent=1) + "\n")


def print_claims() -> int:
    """Print every recorded claim as a table, those that do not hold first; 0 if all hold."""
    rows = [(json.loads(p.read_text()), p.stem) for p in sorted(RESULTS.glob("*.json"))]
    for result, name in sorted(rows, key=lambda row: (row[0]["holds"], row[1])):
        mark = "holds        " if result["holds"] else "DOES NOT HOLD"
        print(f"{mark}  {name}: {result['claim']}")
        for f in result["figures"]:
            span = "" if f["low"] == f["high"] else f" [{f['low']:.4g}, {f['high']:.4g}]"
            print(f"                 {f['name']}: {f['value']:.4g}{span} {f['unit']}")
    return 0


if __name__ == "__main__":
    sys.exit(print_claims())
