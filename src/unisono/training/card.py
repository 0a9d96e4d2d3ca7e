"""The page that goes with a model: what it learned from, for whom it speaks, and how to cite it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unisono.core.contracts import StreamInfo

__all__ = ["Card", "render_card"]

_SILENT = "Not stated."


@dataclass(frozen=True)
class Card:
    """What only people know of a model. What is left empty is printed as not stated.

    Args:
        name: Name of the model.
        data: What it was trained on.
        data_licence: Licence of the data.
        weights_licence: Licence of the weights.
        population: Whom the recordings are of: ages, health, tasks, number of people.
        limits: What it is not to be used for, one sentence each.
        cite: References, one each.
    """

    name: str = "model"
    data: str = ""
    data_licence: str = ""
    weights_licence: str = ""
    population: str = ""
    limits: tuple[str, ...] = ()
    cite: tuple[str, ...] = ()


def render_card(
    card: Card, *, method: str, streams: Sequence[StreamInfo], made: Mapping[str, Any]
) -> str:
    """Write the page as Markdown.

    Args:
        card: What people know.
        method: Name of the method.
        streams: What the model reads and writes.
        made: Provenance, by name.
    """
    table = [
        f"| {s.name} | {_cell(', '.join(s.channels))} | {_cell(', '.join(dict.fromkeys(s.units)))} "
        f"| {f'{s.rate_hz:g} Hz' if s.rate_hz else 'by event'} |"
        for s in streams
    ]
    parts = [
        f"# {card.name}",
        f"A model of method `{method}`, made by unisono {made.get('unisono', 'unknown')} "
        f"(commit {made.get('commit', 'unknown')}) on {made.get('date', 'an unknown day')}.",
        "## Streams",
        "\n".join(["| stream | channels | units | rate |", "|---|---|---|---|", *table]),
        "## Data",
        card.data or _SILENT,
        "## Population",
        card.population or _SILENT,
        "## Licences",
        f"- Data: {card.data_licence or _SILENT}\n- Weights: {card.weights_licence or _SILENT}",
        "## Limits",
        _bullets(card.limits),
        "## How to cite",
        _bullets(card.cite),
    ]
    return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines) or _SILENT
