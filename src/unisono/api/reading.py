"""Reading files, saying what was understood, and importing folders."""

from collections.abc import Callable, Sequence
from pathlib import Path

import xarray as xr

from unisono.core.errors import ConfigError
from unisono.recordings.describe import Description
from unisono.recordings.describe import describe as describe_recording
from unisono.recordings.formats.options import DEFAULTS, ReadOptions
from unisono.recordings.formats.registry import read as read_path
from unisono.recordings.formats.registry import read_trials, recording_files
from unisono.recordings.importing import ImportOptions, ImportReport
from unisono.recordings.importing import import_files as import_all

__all__ = [
    "ImportOptions",
    "ReadOptions",
    "Tell",
    "describe",
    "import_files",
    "list_files",
    "parse_columns",
    "parse_units",
    "read",
    "read_one",
]

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


def _pairs(words: Sequence[str], option: str) -> dict[str, str]:
    found = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not (sign and name.strip() and value.strip()):
            raise ConfigError(f"{option} {word!r} must look like NAME=VALUE, e.g. grf=N/kg.")
        found[name.strip()] = value.strip()
    return found


def parse_units(words: Sequence[str]) -> dict[str, str]:
    """Turn ``["grf=N/kg"]`` into units by stream or channel.

    Example:
        >>> parse_units(["grf=N/kg"])
        {'grf': 'N/kg'}
    """
    return _pairs(words, "--unit")


def parse_columns(words: Sequence[str]) -> list[str] | dict[str, list[str | int]] | None:
    """Turn names in order, or ``STREAM=0,1``, into the columns of a table.

    Example:
        >>> parse_columns(["time=0", "grf=2,3"])
        {'time': [0], 'grf': [2, 3]}
        >>> parse_columns(["t", "fz"])
        ['t', 'fz']
    """
    if not any("=" in word for word in words):
        return list(words) or None
    return {
        stream: [int(c) if c.strip().isdigit() else c.strip() for c in text.split(",")]
        for stream, text in _pairs(words, "--column").items()
    }


def read(path: str | Path, options: ReadOptions = DEFAULTS) -> xr.DataTree | list[xr.DataTree]:
    """Read one file (a recording), or a folder (a list of recordings).

    Args:
        path: C3D, TRC, MOT, STO, BVH, CSV, Parquet, NPZ, NPY or MAT; or a folder of them.
        options: What the files do not say: units, rate, columns, subject, mass, height.

    Raises:
        FileFormatError: In one line, if a file cannot be read.
    """
    return read_path(path, options)


def read_one(path: str | Path, options: ReadOptions = DEFAULTS) -> xr.DataTree:
    """Read the one recording of a file.

    Raises:
        FileFormatError: If it cannot be read.
        ConfigError: If there are several.
    """
    tree = read_path(path, options)
    if isinstance(tree, list):
        raise ConfigError(f"{path} holds {len(tree)} recordings; name a file with one.")
    return tree


def list_files(paths: Sequence[str | Path]) -> list[Path]:
    """Files as they are, and the recordings inside folders."""
    found: list[Path] = []
    for path in map(Path, paths):
        found += recording_files(path) if path.is_dir() else [path]
    return found


def describe(path: str | Path, options: ReadOptions = DEFAULTS) -> list[Description]:
    """Say what was understood of a file: streams, units, axes, rates, gaps, events, doubts.

    Returns:
        One description a recording; most files hold one.

    Raises:
        FileFormatError: In one line, if it cannot be read.
    """
    return [describe_recording(tree) for tree in read_trials(path, options)]


def import_files(
    sources: Sequence[str | Path],
    out: str | Path,
    options: ImportOptions | None = None,
    *,
    progress: Tell | None = None,
) -> ImportReport:
    """Import files into a new dataset; every good one is kept, every bad one listed.

    Raises:
        OutputError: If ``out`` exists, or cannot be written.
    """

    def told(done: int, total: int, name: str) -> None:
        if progress is not None:
            progress("files", done, total)

    return import_all(sources, out, options, told)
