"""What an experiment of cells leaves behind: result, tables and a picture, in files."""

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from unisono.core.files import atomic_file, write_text
from unisono.core.provenance import machine, provenance
from unisono.experiments.collected import Collected
from unisono.experiments.pairing import Estimate
from unisono.experiments.result import ExperimentResult
from unisono.experiments.tables import Table
from unisono.viewing.drawing import to_png

__all__ = ["Outcome", "figure_of", "write_outcome"]


def figure_of(name: str, estimate: Estimate, unit: str = "") -> dict[str, Any]:
    """A figure in the one shape of results; one without an interval has its value at both ends."""
    low, high = (x if math.isfinite(x) else estimate.value for x in (estimate.low, estimate.high))
    return {"name": name, "value": estimate.value, "low": low, "high": high, "unit": unit}


@dataclass(frozen=True, eq=False)
class Outcome:
    """What was found.

    Args:
        name: Name of the experiment.
        claim: One sentence with the goal in it.
        holds: Whether the figures meet the goal.
        figures: In the shape of :func:`figure_of`.
        tables: Tables.
        pictures: Figures by file name.
        words: What it means, as Markdown paragraphs.
    """

    name: str
    claim: str
    holds: bool
    figures: Sequence[dict[str, Any]]
    tables: Sequence[Table]
    pictures: dict[str, Figure]
    words: Sequence[str] = ()


def write_outcome(outcome: Outcome, found: Collected, folder: Path) -> ExperimentResult:
    """Write ``result.json``, ``table.md`` and the pictures into the folder.

    Args:
        outcome: What was found.
        found: The cells behind it, for seeds and seconds.
        folder: Where.
    """
    made = provenance()
    commits = sorted({r.commit for r in found.results})
    kept = [f for f in outcome.figures if math.isfinite(f["value"])]
    commit = commits[0] if len(commits) == 1 else ", ".join(commits)
    content = {
        "claim": outcome.claim,
        "holds": bool(outcome.holds),
        "figures": kept,
        "command": made.command,
        "commit": commit,
        "seeds": found.seeds,
        "machine": dataclasses.asdict(machine()),
        "seconds": round(found.seconds, 1),
        "date": made.date,
    }
    write_text(folder / "result.json", json.dumps(content, indent=1) + "\n")
    for name, figure in outcome.pictures.items():
        with atomic_file(folder / name) as part:
            part.write_bytes(to_png(figure))
    state = "holds" if outcome.holds else "does not hold"
    shown = "\n\n".join(f"![{outcome.name}](../images/{name})" for name in outcome.pictures)
    blocks = [
        f"# {outcome.name}",
        f"Claim: {outcome.claim} **It {state}.**",
        *outcome.words,
        shown,
        *(t.markdown() for t in outcome.tables),
        f"{len(found.results)} cells, seeds {found.seeds}, {found.seconds / 60:.0f} minutes of one "
        f"core, commit {commit[:60]}. Command: `{made.command}`.",
    ]
    page = write_text(folder / "table.md", "\n\n".join(b for b in blocks if b) + "\n")
    text = "\n\n".join([f"{outcome.claim}\n{state.upper()}", *(t.text() for t in outcome.tables)])
    return ExperimentResult(outcome.name, content, text, page)
