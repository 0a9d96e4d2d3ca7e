"""Cells: the smallest piece of an experiment, run on its own and kept in a file of its own.

A cell is one training and its evaluation. Its result is a JSON file below ``FOLDER/cells``, written
whole or not at all; a cell whose file is there is never run again, so that a kill costs at most the
cells in hand. Cells may run side by side as processes of one thread each.
"""

import fnmatch
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from unisono.core.checks import check_range
from unisono.core.errors import ConfigError, UnisonoError
from unisono.core.files import write_text
from unisono.core.provenance import provenance

__all__ = [
    "Cell",
    "CellResult",
    "Figures",
    "Tell",
    "claim_folder",
    "load_cells",
    "run_cells",
    "select",
]

Figures = Mapping[str, Mapping[str, float]]
"""Figures by name; each maps the units it was measured on (subjects, say) to a number."""

Tell = Callable[[str], None]
"""Called with a line for a person."""


@dataclass(frozen=True, order=True)
class Cell:
    """One training and its evaluation.

    Args:
        data: Name of the data.
        conditioning: How the network is given its condition: ``"paper"``, ``"ours"``, ...
        arm: What is compared: ``"none"``, ``"both"``, ``"shuffled_batch"``, ``"ridge"``, ...
        variant: What is varied beside the arm (``"pairs=0.1"``); "" for nothing.
        seed: Seed of the training.
    """

    data: str
    conditioning: str
    arm: str
    variant: str = ""
    seed: int = 0

    @property
    def name(self) -> str:
        """A path that names the cell.

        Example:
            >>> Cell("gait", "ours", "none").name
            'gait/ours/none/s0'
        """
        parts = (self.data, self.conditioning, self.variant, self.arm, f"s{self.seed}")
        return "/".join(part for part in parts if part)


class CellResult(NamedTuple):
    """A finished cell.

    Attributes:
        cell: Which.
        figures: What was measured.
        seconds: How long it took.
        commit: The source it was measured with.
    """

    cell: Cell
    figures: Figures
    seconds: float
    commit: str


def select(cells: Sequence[Cell], pattern: str) -> list[Cell]:
    """Cells whose name matches a pattern (``gait/ours/*``), in order; all for "".

    Raises:
        ConfigError: If none matches.
    """
    found = [c for c in cells if not pattern or fnmatch.fnmatch(c.name, pattern)]
    if not found:
        raise ConfigError(f"no cell matches {pattern!r}; one is called {cells[0].name!r}.")
    return found


def load_cells(folder: Path, cells: Sequence[Cell]) -> list[CellResult]:
    """Results of those cells that are finished, in order."""
    return [_load(_file(folder, cell)) for cell in cells if _file(folder, cell).exists()]


def run_cells(
    cells: Sequence[Cell],
    work: Callable[[Cell], Figures],
    folder: Path,
    *,
    settings: Mapping[str, Any],
    jobs: int = 1,
    tell: Tell | None = None,
) -> list[CellResult]:
    """Run the cells that have no result yet, in order, and return all results.

    Args:
        cells: What to run; names are distinct.
        work: Trains and measures one cell. With several jobs it is sent to other processes, so it
            must be a function of a module (``functools.partial`` of one, say).
        folder: Where results are kept.
        settings: What all results of this folder share; another call with others is refused.
        jobs: Cells side by side, each in a process of one thread.
        tell: Told of every finished cell.

    Raises:
        ConfigError: If the folder holds results of other settings.
    """
    check_range("jobs", jobs, 1, 256, closed=True)
    claim_folder(folder, settings)
    left = [cell for cell in cells if not _file(folder, cell).exists()]
    done = len(cells) - len(left)
    for result in _run(left, work, jobs):
        _save(folder, result)
        done += 1
        if tell is not None:
            tell(f"{done}/{len(cells)} {result.cell.name} {result.seconds:.0f} s")
    return load_cells(folder, cells)


def _run(cells: Sequence[Cell], work: Callable[[Cell], Figures], jobs: int) -> Iterator[CellResult]:
    if jobs == 1:
        for cell in cells:
            yield _one(work, cell)
        return
    # spawned, not forked: a fork of a process whose torch has threads may hang
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_quiet) as pool:
        queue, running = iter(cells), set[Future[CellResult]]()
        while True:
            for cell in itertools.islice(queue, jobs - len(running)):
                running.add(pool.submit(_one, work, cell))
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()


def _quiet() -> None:
    """One thread a process: cells side by side would otherwise fight for the cores."""
    import torch

    torch.set_num_threads(1)


def _one(work: Callable[[Cell], Figures], cell: Cell) -> CellResult:
    begun = time.monotonic()
    figures = work(cell)
    return CellResult(cell, figures, time.monotonic() - begun, provenance().commit)


def _file(folder: Path, cell: Cell) -> Path:
    return folder / "cells" / f"{cell.name}.json"


def _save(folder: Path, result: CellResult) -> None:
    content = {
        "cell": asdict(result.cell),
        "figures": {name: dict(units) for name, units in result.figures.items()},
        "seconds": round(result.seconds, 2),
        "commit": result.commit,
    }
    write_text(_file(folder, result.cell), json.dumps(content, indent=1) + "\n")


def _load(file: Path) -> CellResult:
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        cell = Cell(**stored["cell"])
        return CellResult(cell, stored["figures"], stored["seconds"], stored["commit"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = " ".join(str(error).split())[:120]
        raise UnisonoError(f"{file} is no result of a cell ({problem}); remove it.") from error


def claim_folder(folder: Path, settings: Mapping[str, Any]) -> None:
    """Keep a folder to the results of one kind; whoever comes first says which.

    Args:
        folder: Where results are kept; ``settings.json`` there says of what.
        settings: What all results of the folder share, as JSON.

    Raises:
        ConfigError: If the folder holds results of other settings.
    """
    file = folder / "settings.json"
    if not file.exists():
        write_text(file, json.dumps(settings, sort_keys=True, indent=1) + "\n")
        return
    try:
        before = json.loads(file.read_text(encoding="utf-8"))
        # what an earlier version did not note is not compared
        same = all(settings.get(key) == value for key, value in before.items())
    except (ValueError, AttributeError):
        same = False
    if not same:
        raise ConfigError(
            f"{folder} holds results of other settings (see {file.name} there); give those, or "
            "another --out."
        )
