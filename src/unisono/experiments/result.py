"""What an experiment returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["ExperimentResult"]


@dataclass(frozen=True)
class ExperimentResult:
    """A finished experiment.

    Args:
        name: Its name.
        content: Plain values, for JSON.
        text: The table, for a terminal.
        page: The page it wrote.
    """

    name: str
    content: Mapping[str, Any]
    text: str
    page: Path

    def table(self) -> str:
        """The table, for a terminal."""
        return f"{self.text}\nwrote {self.page}"
