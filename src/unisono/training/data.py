"""What training asks of its data: windows by row, and which rows a step takes.

A sampler is a pure function of the step (its seed is its own), so that the position in the data
is the step and nothing else: a resumed run, and a run on any number of ranks, sees the same
global batches.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from unisono.core.contracts import Batch

__all__ = ["Rows", "Sampler", "Source", "Windows"]

Rows = npt.NDArray[np.int64]
"""Rows of the window table, ``(B,)``."""


class Windows(Protocol):
    """Windows that can be taken by row."""

    def batch(self, rows: Rows) -> Batch:
        """Return the windows of these rows, in this order."""
        ...


class Sampler(Protocol):
    """Which rows a step takes."""

    def at(self, step: int) -> Rows:
        """Return the GLOBAL batch of one step, ``(batch_size,)``; the loop parts it over ranks."""
        ...


@dataclass(frozen=True)
class Source:
    """The data of a run.

    Args:
        windows: Windows by row.
        sampler: Which rows a step takes.
        rows: All rows of the training part: what the method is prepared on.
        digest: Names the data, so that a run is not resumed on other data; "" where unknown.
        name: Names one row for a person (its recording), for messages; may be left out.
    """

    windows: Windows
    sampler: Sampler
    rows: Rows
    digest: str = ""
    name: Callable[[int], str] | None = None

    def names(self, rows: Rows) -> Sequence[str]:
        """Names of the rows, each once, in order; empty where nothing is known."""
        if self.name is None:
            return ()
        return tuple(dict.fromkeys(self.name(int(row)) for row in rows))
