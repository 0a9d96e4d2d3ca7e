"""Where a result comes from: version, commit, command, machine, date."""

import datetime
import functools
import importlib.metadata
import os
import platform
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Machine", "Provenance", "library_versions", "machine", "provenance"]

_LIBRARIES = ("torch", "numpy", "scipy", "xarray", "zarr", "ezc3d", "scikit-learn")


@dataclass(frozen=True)
class Machine:
    """The processor, the threads that torch may use, and torch's version."""

    cpu: str
    threads: int
    torch: str


@dataclass(frozen=True)
class Provenance:
    """Who made a result, with what, and when.

    Args:
        unisono: Version of this package.
        commit: Commit of the source tree, ``+changes`` if it had any, or "unknown".
        command: The command line.
        date: UTC, ISO 8601, to the second.
    """

    unisono: str
    commit: str
    command: str
    date: str


def library_versions() -> dict[str, str]:
    """Versions of the libraries that a result depends on, and of Python."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


@functools.cache
def _commit() -> str:
    here = Path(__file__).resolve().parent
    git = ["git", "-C", str(here)]
    try:
        tracked = subprocess.run(
            [*git, "ls-files", "--error-unmatch", Path(__file__).name],
            capture_output=True,
            check=False,
        )
        if tracked.returncode:  # installed inside somebody else's repository
            return "unknown"
        head = subprocess.run(
            [*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        # Results that a benchmark writes do not make the source another one.
        dirty = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no", "--", ":/src"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+changes" if dirty else "")


def _command() -> str:
    name = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "python"
    if name == "__main__.py":
        name = "unisono"
    elif name.endswith(".py"):
        name = f"python {Path(os.path.relpath(sys.argv[0])).as_posix()}"
    return " ".join([name, *(shlex.quote(_without_place(one)) for one in sys.argv[1:])])


def _without_place(word: str) -> str:
    """An option without the folder of an absolute path in it: where a result was made is no news.

    Example:
        >>> _without_place("--out=/home/me/runs"), _without_place("data.path=walk.un")
        ('--out=runs', 'data.path=walk.un')
    """
    key, sign, value = word.rpartition("=")
    return f"{key}{sign}{Path(value).name}" if Path(value).is_absolute() else word


def provenance() -> Provenance:
    """Return the provenance of what this process makes now."""
    try:
        version = importlib.metadata.version("unisono")
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Provenance(version, _commit(), _command(), now)


def machine() -> Machine:
    """Return this machine."""
    import torch

    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [x for x in info.read_text().splitlines() if x.startswith("model name")]
        cpu = names[0].partition(":")[2].strip() if names else cpu
    return Machine(cpu, torch.get_num_threads(), torch.__version__)
