"""The log of a run: ``log.csv`` for people and scripts, TensorBoard event files for curves.

A row holds the MEANS over the steps since the row before it. Its ``step`` is the number of
optimiser steps done. A run that was killed and resumed leaves the same bytes in ``log.csv`` as one
that was not: rows after the checkpoint are dropped at resume and written again. TensorBoard is
told to forget them too.
"""

import csv
import io
import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from torch.utils.tensorboard import SummaryWriter

from unisono.core.errors import OutputError
from unisono.core.files import atomic_file

__all__ = ["CSV_NAME", "TrainingLog"]

CSV_NAME = "log.csv"
"""Name of the table in the run's folder."""

_FIXED = ["step", "phase"]


class TrainingLog:
    """Rows of numbers by step, in a run's folder.

    Args:
        folder: The run's folder.
        step: Steps done so far; later rows in the folder are dropped.

    Raises:
        OutputError: If the folder cannot be written.
    """

    def __init__(self, folder: str | Path, *, step: int = 0) -> None:
        self._path = Path(folder) / CSV_NAME
        self._columns, rows = _read(self._path, step)
        self._rewrite(rows)
        self._handle = self._path.open("a", newline="", encoding="utf-8")
        board = Path(folder) / "tensorboard"
        _make_way(board, step)
        self._board = SummaryWriter(str(board), purge_step=step + 1 if step else None)

    def write(self, step: int, phase: str, values: Mapping[str, float]) -> None:
        """Append one row; a name not seen before becomes a new column.

        Raises:
            OutputError: If the disk is full.
        """
        new = [name for name in values if name not in self._columns]
        try:
            if new:
                self._handle.close()
                _, rows = _read(self._path, step)
                self._columns += new
                self._rewrite(rows)
                self._handle = self._path.open("a", newline="", encoding="utf-8")
            row = {"step": str(step), "phase": phase} | {k: f"{v:.8g}" for k, v in values.items()}
            csv.writer(self._handle).writerow([row.get(name, "") for name in self._columns])
            self._handle.flush()
            for name, value in values.items():
                self._board.add_scalar(name, value, step)
        except OSError as error:
            raise self._full(error) from error

    def speed(self, step: int, windows_per_second: float) -> None:
        """Log how fast the run is: in TensorBoard alone, for no two runs agree on it."""
        self._board.add_scalar("windows_per_second", windows_per_second, step)

    def picture(self, step: int, png: bytes) -> None:
        """Show a preview in TensorBoard, under ``preview``."""
        from PIL import Image  # slow to import, and rarely needed

        with Image.open(io.BytesIO(png)) as image:
            pixels = np.asarray(image.convert("RGB"))
        self._board.add_image("preview", pixels, step, dataformats="HWC")

    def flush(self) -> None:
        """Bring every row to the disk; to be done before a checkpoint counts them as written.

        Raises:
            OutputError: If the disk is full.
        """
        try:
            self._handle.flush()
            os.fsync(self._handle.fileno())
            self._board.flush()
        except OSError as error:
            raise self._full(error) from error

    def _rewrite(self, rows: list[dict[str, str]]) -> None:
        with (
            atomic_file(self._path) as part,
            part.open("w", newline="", encoding="utf-8") as handle,
        ):
            table = csv.writer(handle)
            table.writerow(self._columns)
            table.writerows([row.get(name, "") for name in self._columns] for row in rows)

    def _full(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self._path} cannot be written: {error.strerror or error}; "
            "free space and resume the run."
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._handle.close()
        self._board.close()


def _make_way(board: Path, step: int) -> None:
    """Leave earlier event files where a reader takes them before the new one, or not at all."""
    if not step:  # there is no step before the first from which a reader could forget
        for old in board.glob("events.*"):
            old.unlink()
        return
    # Readers go by name, and a name holds the second of its start: a run that is resumed within
    # that second could be read before what it continues.
    old_ones = sorted(board.glob("events.out.tfevents.*"), key=lambda path: path.stat().st_mtime_ns)
    if any(int(old.name.split(".")[3]) >= int(time.time()) for old in old_ones):
        first = len(list(board.glob("events.*"))) - len(old_ones)
        for number, old in enumerate(old_ones, first):
            old.rename(old.with_name(old.name.replace("out", f"{number:06d}", 1)))


def _read(path: Path, step: int) -> tuple[list[str], list[dict[str, str]]]:
    """Columns, and the whole rows up to a step; a line cut short by a kill is dropped."""
    if not path.exists():
        return list(_FIXED), []
    with path.open(newline="", encoding="utf-8") as handle:
        text = handle.read()
    whole = text[: text.rfind("\n") + 1].splitlines()
    lines = list(csv.reader(whole))
    if not lines:
        return list(_FIXED), []
    columns, body = lines[0], lines[1:]
    rows = [dict(zip(columns, line, strict=False)) for line in body]
    return columns, [row for row in rows if row["step"].isdigit() and int(row["step"]) <= step]
