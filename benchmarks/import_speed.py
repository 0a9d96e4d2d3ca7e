"""How long importing a folder of C3D files takes against merely reading them with ezc3d.

Goal: at most 1.5 times as long, with reading, checking, merging and writing the dataset. Give the
folder, or set UNISONO_DATA to where ``biomechzoo`` lies. Both are timed in turn, in processor time
of one process and by the clock.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import ezc3d
import numpy as np
from _record import figure, record

from unisono.recordings.importing import ImportOptions, import_files

REPEATS = 7


def find_folder() -> Path:
    parser = argparse.ArgumentParser(description=__doc__)
    beside = Path(__file__).parents[1] / ".data"
    default = Path(os.environ.get("UNISONO_DATA", beside)) / "biomechzoo"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    folder: Path = parser.parse_args().folder
    if not any(folder.rglob("*.c3d")):
        parser.error(f"{folder} holds no C3D files; give the folder or set UNISONO_DATA")
    return folder


def read_barely(files: list[Path]) -> None:
    for file in files:
        ezc3d.c3d(str(file))


def import_all(files: list[Path], processes: int, folder: Path) -> None:
    report = import_files(files, folder / "out.un", ImportOptions(processes=processes))
    if report.bad:
        raise SystemExit(f"not all files were read: {report.bad[0].reason}")


def clock(call: Callable[[Path], None]) -> tuple[float, float]:
    """Seconds by the clock and of this process; clearing up afterwards is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        began, worked = time.perf_counter(), time.process_time()
        call(Path(folder))
        return time.perf_counter() - began, time.process_time() - worked


def main() -> None:
    began = time.perf_counter()
    files = sorted(find_folder().rglob("*.c3d"))
    calls: dict[str, Callable[[Path], None]] = {
        "bare": lambda _: read_barely(files),
        "one": lambda folder: import_all(files, 1, folder),
        "two": lambda folder: import_all(files, 2, folder),
    }
    for call in calls.values():
        clock(call)
    times = np.array([[clock(call) for call in calls.values()] for _ in range(REPEATS)])
    wall, work = times[..., 0], times[..., 1]
    ratios = {
        "import over bare reading, one process": wall[:, 1] / wall[:, 0],
        "import over bare reading, two processes": wall[:, 2] / wall[:, 0],
        "the same in processor time, one process": work[:, 1] / work[:, 0],
    }
    figures = [
        figure(name, float(np.median(r)), "times", low=float(r.min()), high=float(r.max()))
        for name, r in ratios.items()
    ]
    figures += [
        figure(f"{name}, a file", 1e3 * float(np.median(wall[:, i])) / len(files), "ms",
               low=1e3 * float(wall[:, i].min()) / len(files),
               high=1e3 * float(wall[:, i].max()) / len(files))
        for i, name in enumerate(("bare ezc3d", "import in one process", "import in two"))
    ]  # fmt: skip
    best = min(figures[0]["value"], figures[1]["value"])
    record(
        "import_speed",
        f"Importing {len(files)} C3D files takes at most 1.5 times as long as reading them with "
        "ezc3d.",
        best <= 1.5,
        figures,
        [],
        time.perf_counter() - began,
    )


if __name__ == "__main__":
    main()
