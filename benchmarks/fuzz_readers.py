"""Claim: a reader given a damaged file answers with a recording or one typed error, nothing else.

For each format, files are damaged at random (hypothesis draws bits flipped, bytes set to extremes,
numbers replaced, pieces cut, doubled, moved, zeroed, and ends cut off) and read in a worker process
with a limit on its memory and five seconds a file. Counted are recordings read, typed errors
(``UnisonoError``), other exceptions, crashes of the process, hangs and memory blow-ups; the claim
holds when the last four are 0.

Usage: ``python benchmarks/fuzz_readers.py c3d --count 20000`` (all formats by default).

To add a format, write a function that puts a few small valid files into a folder and returns their
paths, and add one line to :data:`TARGETS`.
"""

import argparse
import importlib
import os
import resource
import runpy
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

REPOSITORY = Path(__file__).parents[1]
SECONDS_A_FILE = 5.0
MEMORY = 1 << 30  # bytes that a read may take on top of the worker's own
BAD = ("other", "crash", "hang", "memory")


@dataclass(frozen=True)
class Target:
    """A reader under test: where it is, its file's suffix, and who makes valid files."""

    reader: str
    suffix: str
    seeds: Callable[[Path], list[Path]]
    text: bool = False  # whether half the damage should keep the file text


def c3d_seeds(folder: Path) -> list[Path]:
    """Small C3D files of each number format and byte order, with plates of types 1 to 4."""
    shared = runpy.run_path(str(REPOSITORY / "tests/recordings/formats/conftest.py"))
    paths = []
    for n, content in enumerate(shared["c3d_examples"]()):
        paths.append(folder / f"seed{n}.c3d")
        paths[-1].write_bytes(content)
    return paths


def table_seeds(name: str) -> Callable[[Path], list[Path]]:
    """Maker of the small files of a format that the tests of the readers also use."""

    def make(folder: Path) -> list[Path]:
        made = runpy.run_path(str(REPOSITORY / "benchmarks/seed_files.py"))
        paths: list[Path] = made["SEEDS"][name](folder)
        return paths

    return make


FORMATS = "unisono.recordings.formats"
TARGETS: dict[str, Target] = {
    "c3d": Target("unisono.recordings.formats.c3d:read_c3d", ".c3d", c3d_seeds),
    "mot": Target(f"{FORMATS}.opensim_table:read_opensim", ".mot", table_seeds("mot"), text=True),
    "trc": Target(f"{FORMATS}.trc:read_trc", ".trc", table_seeds("trc"), text=True),
    "bvh": Target(f"{FORMATS}.bvh:read_bvh", ".bvh", table_seeds("bvh"), text=True),
    "csv": Target(f"{FORMATS}.csv_table:read_csv", ".csv", table_seeds("csv"), text=True),
    "vicon": Target(f"{FORMATS}.vicon_csv:read_vicon", ".csv", table_seeds("vicon"), text=True),
    "parquet": Target(f"{FORMATS}.csv_table:read_parquet", ".parquet", table_seeds("parquet")),
    "npz": Target(f"{FORMATS}.arrays:read_npz", ".npz", table_seeds("npz")),
    "npy": Target("seed_files:read_npy_at_100_hz", ".npy", table_seeds("npy")),
    "mat": Target(f"{FORMATS}.mat:read_mat", ".mat", table_seeds("mat")),
    "rows": Target(
        f"{FORMATS}.row_trials:read_row_trials", ".rows.toml", table_seeds("rows"), text=True
    ),
    "any": Target(f"{FORMATS}.registry:read_file", ".txt", table_seeds("any")),
}
"""Formats by name. Add yours here."""


def mutations(seeds: list[bytes]) -> Any:  # noqa: ANN401 - a hypothesis strategy of bytes
    """Strategy for damaged copies of the seeds."""
    from hypothesis import strategies as st

    place = st.one_of(
        st.floats(0, 1, exclude_max=True),  # anywhere
        st.floats(0, 0.02),  # header
        st.floats(0, 0.3),  # header and what follows it
    )
    words = [b"nan", b"inf", b"-1", b"1e999", b"99999999999", b"0", b"", b"\t\n", b"\xff\xfe"]
    edges = [b"\0", b"\x7f", b"\x80", b"\xff", b"\xff\x7f", b"\0\x80", b"\xff" * 4, b"\0" * 4]
    piece = st.one_of(
        st.integers(0, 255).map(lambda value: bytes([value])),
        st.sampled_from(edges),
        st.sampled_from(words),
        st.binary(min_size=1, max_size=8),
    )
    kinds = ["set", "set", "set", "flip", "cut", "insert", "double", "zero", "move", "end"]
    edit = st.tuples(st.sampled_from(kinds), place, place, piece)
    return st.tuples(st.sampled_from(seeds), st.lists(edit, min_size=1, max_size=5)).map(_apply)


def _apply(drawn: tuple[bytes, list[tuple[str, float, float, bytes]]]) -> bytes:
    content = bytearray(drawn[0])
    for kind, where, other, piece in drawn[1]:
        content = _edit(content, kind, (where, other), piece)
    return bytes(content)


def _edit(content: bytearray, kind: str, place: tuple[float, float], piece: bytes) -> bytearray:
    size = len(content)
    at, length = int(place[0] * size), int(place[1] ** 3 * size / 4) + 1
    if kind == "set":
        content[at : at + len(piece)] = piece
    elif kind == "flip" and size:
        content[at] ^= 1 << piece[0] % 8 if piece else 1
    elif kind == "cut":
        del content[at : at + length]
    elif kind == "insert":
        content[at:at] = piece
    elif kind == "double":
        content[at:at] = content[at : at + length]
    elif kind == "zero":
        content[at : at + length] = bytes(len(content[at : at + length]))
    elif kind == "move":
        to = int(place[1] * size)
        content[to : to + length] = content[at : at + length]
    elif kind == "end":
        del content[at:]
    return content


@dataclass
class Worker:
    """A process that reads files one by one; replaced when it crashes or hangs."""

    target: str
    seconds: float = SECONDS_A_FILE
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    errors: Path = field(default_factory=lambda: Path(tempfile.mkstemp()[1]), init=False)

    def read(self, path: Path) -> tuple[str, str]:
        """Outcome of one file and a word on it."""
        process = self.process or self._start()
        assert process.stdin and process.stdout
        process.stdin.write(f"{path}\n".encode())
        process.stdin.flush()
        line = _line(process.stdout, self.seconds)
        if line is None:
            self.stop()
            return "hang", f"no answer in {self.seconds} s"
        if not line:
            code = process.wait()
            tail = self.errors.read_text(errors="replace").strip().splitlines()[-1:]
            self.stop()
            return "crash", f"exit {code} {' '.join(tail)}"
        outcome, _, said = line.decode(errors="replace").rstrip("\n").partition(" ")
        return outcome, said

    def _start(self) -> "subprocess.Popen[bytes]":
        environment = os.environ | {
            "PYTHONPATH": str(REPOSITORY / "src"),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error::RuntimeWarning", __file__, "--worker", self.target],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors.open("wb"),
            env=environment,
        )
        assert self.process.stdout
        ready = _line(self.process.stdout, 120.0)
        if ready != b"ready\n":
            raise RuntimeError(f"worker did not start: {self.errors.read_text(errors='replace')}")
        return self.process

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def _line(stream: BinaryIO, seconds: float) -> bytes | None:
    """Next line, ``b""`` at the end of the stream, None when none came in time."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        if not selector.select(seconds):
            return None
    return stream.readline()


def serve(name: str) -> None:
    """Read files named on standard input and answer with one line each."""
    from unisono.core.errors import UnisonoError

    module, function = TARGETS[name].reader.split(":")
    reader = getattr(importlib.import_module(module), function)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints is not an answer
    own = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (own + MEMORY, own + MEMORY))
    print("ready", file=answers)
    for line in sys.stdin:
        try:
            reader(Path(line.rstrip("\n")))
            outcome, said = "read", ""
        except UnisonoError as error:
            outcome, said = "typed", str(error)
        except MemoryError as error:
            outcome, said = "memory", repr(error)
        except Exception as error:
            outcome, said = "other", f"{type(error).__name__}: {error}"
        print(outcome, " ".join(said.split())[:300], file=answers)


def fuzz(name: str, count: int, keep: Path | None, seed: int = 0) -> dict[str, Any]:
    """Read ``count`` damaged files of one format.

    Args:
        name: Key of :data:`TARGETS`.
        count: How many.
        keep: Folder for files with a bad outcome, or None.
        seed: Seed of the draws.
    """
    import hypothesis

    target = TARGETS[name]
    tally: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    slowest = 0.0
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        paths = target.seeds(folder)
        worker = Worker(name)
        for path in paths:
            outcome, said = worker.read(path)
            if outcome != "read":
                raise RuntimeError(f"seed {path.name} is not valid: {said}")
        trial = folder / f"trial{target.suffix}"

        strategy = mutations([path.read_bytes() for path in paths])
        if target.text:
            from text_mutations import text_mutations

            strategy = text_mutations([path.read_bytes() for path in paths]) | strategy

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(strategy)
        def one(content: bytes) -> None:
            nonlocal slowest
            if tally.total() >= count:
                return
            trial.write_bytes(content)
            start = time.perf_counter()
            outcome, said = worker.read(trial)
            slowest = max(slowest, time.perf_counter() - start)
            tally[outcome] += 1
            if outcome in BAD:
                examples.setdefault(outcome, []).append(said)
                if keep:
                    keep.mkdir(parents=True, exist_ok=True)
                    shutil.copy(trial, keep / f"{outcome}{tally[outcome]}{target.suffix}")

        one()
        worker.stop()
        worker.errors.unlink(missing_ok=True)
    return {
        "format": name,
        "files": tally.total(),
        **{key: tally[key] for key in ("read", "typed", *BAD)},
        "slowest_s": round(slowest, 3),
        "examples": {key: found[:5] for key, found in examples.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("formats", nargs="*", help="formats to test; all by default")
    parser.add_argument("--count", type=int, default=20_000, help="damaged files a format")
    parser.add_argument("--keep", type=Path, help="folder for files with a bad outcome")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        serve(given.worker)
        return
    holds = [report(name, given.count, given.keep) for name in given.formats or TARGETS]
    sys.exit(0 if all(holds) else 1)


def report(name: str, count: int, keep: Path | None) -> bool:
    """Test one format, record the result, and say whether the claim holds."""
    from _record import figure, record

    start = time.perf_counter()
    result = fuzz(name, count, keep)
    holds = not any(result[key] for key in BAD)
    for outcome, found in result["examples"].items():
        print(f"{outcome}: {found}")
    keys = ("files", "read", "typed", *BAD)
    record(
        f"fuzz_{name}",
        f"{count} damaged {name} files are each read or refused with one typed error; "
        "no other exception, crash, hang over 5 s or memory over 1 GiB.",
        holds,
        [figure(key, result[key], "files") for key in keys]
        + [figure("slowest", result["slowest_s"], "s")],
        [0],
        time.perf_counter() - start,
    )
    return holds


if __name__ == "__main__":
    main()
