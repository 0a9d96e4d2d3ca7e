"""From the streams of one file to a recording, the same way for every reader."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.errors import FileFormatError, SchemaError
from unisono.recordings.formats.naming import guess_subject
from unisono.recordings.formats.options import ReadOptions, relabel_units
from unisono.recordings.schema import make_recording

__all__ = ["apply_options", "assemble", "check_names", "check_time", "doubt"]


def doubt(words: str) -> str:
    """A line of history that says what was assumed; ``describe`` shows it to the user.

    Example:
        >>> doubt("no unit is stated")
        'doubt: no unit is stated'
    """
    return f"doubt: {words}"


def assemble(
    parts: Mapping[str, xr.Dataset],
    *,
    path: str | Path,
    content: bytes,
    reader: str,
    options: ReadOptions,
    source: Mapping[str, Any] | None = None,
) -> xr.DataTree:
    """Build the recording of one file.

    Args:
        parts: Its streams.
        path: The file; its stem is the recording's name, and the subject follows
            :func:`~unisono.recordings.formats.naming.guess_subject`.
        content: The file's bytes, for the digest.
        reader: Name of the reader.
        options: What the user states.
        source: What else a writer needs to write the file back.

    Raises:
        FileFormatError: If the streams do not make a valid recording.
        UnitError: If a stated unit fits nothing.
    """
    path = Path(path)
    origin = {"file": path.name, "reader": reader}
    origin["digest"] = f"sha256:{hashlib.sha256(content).hexdigest()}"
    try:
        tree = make_recording(
            parts,
            recording=path.stem,
            subject=options.subject or guess_subject(path),
            source=origin | dict(source or {}),
        )
    except SchemaError as error:
        remedy = "mend the file or leave the stream out"
        raise FileFormatError(path, "", str(error), remedy) from error
    return apply_options(tree, options)


def apply_options(tree: xr.DataTree, options: ReadOptions) -> xr.DataTree:
    """Apply what the user states of units, subject, mass and height to a recording."""
    if options.subject:
        tree.attrs["subject"] = options.subject
    for key in ("mass_kg", "height_m"):
        value = getattr(options, key)
        if value is not None:
            tree.attrs[key] = float(value)
    return relabel_units(tree, options.units, skip_absent=options.skip_absent)


def check_names(path: str | Path, place: str, names: list[str]) -> None:
    """Refuse missing and repeated names of columns or channels.

    Raises:
        FileFormatError: Naming the first of them.
    """
    seen: set[str] = set()
    for number, name in enumerate(names):
        if not name.strip():
            problem = f"column {number + 1} has no name"
            raise FileFormatError(path, place, problem, "name it in the header")
        if name in seen:
            raise FileFormatError(path, place, f"{name!r} appears twice", "rename one of them")
        seen.add(name)


def check_time(path: str | Path, time: npt.NDArray[np.float64], lines: list[int]) -> None:
    """Refuse time stamps that are not numbers or do not increase.

    Args:
        path: The file.
        time: Time stamps.
        lines: Line in the file (or row of the table) of each.

    Raises:
        FileFormatError: Naming the line.
    """
    finite = np.isfinite(time)
    if not finite.all():
        at = int(np.argmin(finite))
        problem = f"the time is {time[at]}"
        raise FileFormatError(path, f"line {lines[at]}", problem, "give every row its time")
    back = np.diff(time) <= 0
    if back.any():
        at = int(np.argmax(back)) + 1
        problem = f"time does not increase ({time[at - 1]:.9g} then {time[at]:.9g})"
        remedy = "sort the rows or remove the repeats"
        raise FileFormatError(path, f"line {lines[at]}", problem, remedy)
