"""How long importing a folder of C3D files takes against merely reading them with ezc3d.

    python benchmarks/import_speed.py [FOLDER]

Goal: with as many processes as there are cores, as ``unisono import`` does it, at most 1.5 times as
long as reading in one, with forces by foot, events, doubts, and writing and flushing the dataset.
What one process takes stands beside it, by the clock and in processor time. Without a folder it is
the archive ``biomechzoo`` that the tests use (set UNISONO_DATA to where it lies). All are timed in
turn; what is timed ends when the dataset stands, before it is thrown away.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import ezc3d
import numpy as np
from _record import figure, record
from _timing import median

from unisono.recordings.importing import ImportOptions, import_files
from unisono.recordings.working import cores

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from conftest import find_shared

REPEATS = 7


def find_folder() -> Path:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=find_shared("biomechzoo"))
    folder: Path | None = parser.parse_args().folder
    if folder is None or not any(folder.rglob("*.c3d")):
        parser.error(f"{folder} holds no C3D files; give the folder or set UNISONO_DATA")
    return folder


def read_barely(files: list[Path]) -> None:
    for file in files:
        ezc3d.c3d(str(file))


def import_all(files: list[Path], out: Path, processes: int) -> None:
    report = import_files(files, out, ImportOptions(processes=processes))
    if report.bad:
        raise SystemExit(f"not all files were read: {report.bad[0].reason}")


class Times(NamedTuple):
    """Seconds by the clock, and of the processor in this process and its children."""

    clock: float
    processor: float


def timed(call: Callable[[Path], None]) -> Times:
    with tempfile.TemporaryDirectory() as folder:
        began, before = time.perf_counter(), os.times()
        call(Path(folder) / "out.un")
        clock, after = time.perf_counter() - began, os.times()
    return Times(clock, sum(after[:4]) - sum(before[:4]))


def main() -> None:
    began = time.perf_counter()
    files = sorted(find_folder().rglob("*.c3d"))
    calls: list[Callable[[Path], None]] = [
        lambda _: read_barely(files),
        lambda out: import_all(files, out, 1),
        lambda out: import_all(files, out, 0),
    ]
    for call in calls:
        timed(call)
    times = np.array([[timed(call) for call in calls] for _ in range(REPEATS)])
    clock, work = times[..., 0], times[..., 1]
    ratios = {
        "import over bare reading, one process": clock[:, 1] / clock[:, 0],
        f"import over bare reading, {cores()} processes": clock[:, 2] / clock[:, 0],
        "processor time over bare reading, one process": work[:, 1] / work[:, 0],
    }
    figures = [
        figure(name, middle.value, "times", low=middle.low, high=middle.high)
        for name, middle in ((name, median(ratio)) for name, ratio in ratios.items())
    ]
    figures += [
        figure(f"{name}, a file", 1e3 * float(np.median(clock[:, i])) / len(files), "ms",
               low=1e3 * float(clock[:, i].min()) / len(files),
               high=1e3 * float(clock[:, i].max()) / len(files))
        for i, name in enumerate(("bare ezc3d", "import in one process", f"import in {cores()}"))
    ]  # fmt: skip
    record(
        "import_speed",
        f"Importing {len(files)} C3D files with one process a core takes at most 1.5 times as long "
        "as reading them with ezc3d in one.",
        figures[1]["value"] <= 1.5,
        figures,
        [],
        time.perf_counter() - began,
    )


if __name__ == "__main__":
    main()
