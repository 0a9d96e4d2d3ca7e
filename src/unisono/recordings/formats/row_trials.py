"""Tables that hold one trial a row, as learning code likes to store them.

A small TOML file beside them says what the rows mean::

    rate_hz = 500
    subject = "Sub"                       # a name, or a column of the table below
    labels = ["Speed", "Slope"]           # columns of the table below
    table = "Sub_Info.csv"                # one line a row; optional
    mass_kg = "Mass"                      # a number or a column of the table
    height_cm = "Height"

    [streams.accelerometer]
    file = "Accelerometer.csv"
    channels = ["vertical", "fore_aft"]   # each a run of columns, one after the other
    unit = "g_0"
    kind = "acceleration"

    [streams.grf]
    file = "GRF.csv"
    channels = ["fz"]
    unit = "BW"
    kind = "force"

Named ``*.rows.toml``, it is read like any recording file and gives one recording a row. With
``order = "interleaved"`` the channels of a stream alternate along the row.
"""

import csv
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import xarray as xr
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from unisono.core.checks import nearest
from unisono.core.errors import FileFormatError, OutputError
from unisono.core.files import write_text
from unisono.core.units import tidy_unit
from unisono.recordings.formats.assembling import apply_options
from unisono.recordings.formats.csv_table import split_sheet
from unisono.recordings.formats.options import DEFAULTS, ReadOptions
from unisono.recordings.formats.text import format_rows, load_bytes, load_text
from unisono.recordings.schema import make_recording, make_stream

__all__ = ["RowStream", "RowTrials", "read_row_trials", "write_row_trials"]

_CONFIG = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_CONFIG)
class RowStream:
    """One file with one trial a row: its channels follow one another, or alternate."""

    file: str
    channels: list[str]
    unit: str
    kind: str
    order: Literal["consecutive", "interleaved"] = "consecutive"


@dataclass(frozen=True, config=_CONFIG)
class RowTrials:
    """What a ``*.rows.toml`` may say; see the module for an example."""

    rate_hz: float
    streams: dict[str, RowStream]
    subject: str = ""
    table: str = ""
    labels: list[str] = field(default_factory=list)
    mass_kg: str | float = ""
    height_cm: str | float = ""


def read_row_trials(path: str | Path, options: ReadOptions = DEFAULTS) -> list[xr.DataTree]:
    """Read the recordings that a ``*.rows.toml`` describes, one a row.

    Args:
        path: The TOML file; the files it names are relative to it.
        options: What the user states.

    Raises:
        FileFormatError: If the description or a file is wrong, or their rows differ in number.
    """
    path = Path(path)
    layout = _layout(path)
    matrices = {name: _matrix(path, stream) for name, stream in layout.streams.items()}
    counts = {name: len(matrix) for name, matrix in matrices.items()}
    known = _table(path, layout)
    _check_columns(path, layout, known)
    if known:
        counts[layout.table] = len(known)
    if len(set(counts.values())) != 1:
        said = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise FileFormatError(path, "", f"the numbers of rows differ: {said}", "match the files")
    rows = next(iter(counts.values()))
    name = path.name.removesuffix(".toml").removesuffix(".rows")
    digits = len(str(rows - 1))
    trees = []
    for row in range(rows):
        facts = known[row] if known else {}
        parts = {
            stream: _stream(path, layout, spec, matrices[stream][row])
            for stream, spec in layout.streams.items()
        }
        mass, height = _number(layout.mass_kg, facts), _number(layout.height_cm, facts)
        tree = make_recording(
            parts,
            recording=f"{name}_{row:0{digits}d}",
            subject=facts.get(layout.subject, layout.subject) or name,
            mass_kg=mass,
            height_m=None if height is None else round(height / 100, 6),
            labels={key.lower(): _plain(facts[key]) for key in layout.labels},
            source={"file": path.name, "reader": "rows", "row": row},
        )
        trees.append(apply_options(tree, options))
    return trees


def _layout(path: Path) -> RowTrials:
    try:
        plain = tomllib.loads(load_text(path))
        layout = TypeAdapter(RowTrials).validate_python(plain)
    except tomllib.TOMLDecodeError as error:
        raise FileFormatError(path, "", str(error), "mend the TOML") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise FileFormatError(path, place, first["msg"], "mend this key") from error
    if not 0 < layout.rate_hz < 1e7:
        raise FileFormatError(path, "rate_hz", f"it is {layout.rate_hz}", "state samples a second")
    if not layout.streams or not all(s.channels for s in layout.streams.values()):
        raise FileFormatError(path, "streams", "none, or one without channels", "name them")
    return layout


def _matrix(path: Path, stream: RowStream) -> npt.NDArray[np.float64]:
    file = path.parent / stream.file
    values = split_sheet(file, load_text(file)).values
    if values.shape[1] % len(stream.channels):
        problem = f"{values.shape[1]} columns do not divide among {len(stream.channels)} channels"
        raise FileFormatError(file, "", problem, f"correct the channels in {path.name}")
    return values


def _stream(
    path: Path, layout: RowTrials, spec: RowStream, row: npt.NDArray[np.float64]
) -> xr.Dataset:
    count = len(spec.channels)
    data = row.reshape(count, -1).T if spec.order == "consecutive" else row.reshape(-1, count)
    return make_stream(
        data,
        time=np.arange(len(data)) / layout.rate_hz,
        channels=spec.channels,
        units=tidy_unit(spec.unit),
        kind=spec.kind,
        rate_hz=layout.rate_hz,
        history=[f"read from a row of {spec.file} as {path.name} describes"],
    )


def _table(path: Path, layout: RowTrials) -> list[dict[str, str]]:
    if not layout.table:
        return []
    file = path.parent / layout.table
    content = load_text(file, load_bytes(file))
    try:
        return [
            {str(k): str(v) for k, v in line.items()}
            for line in csv.DictReader(content.splitlines())
        ]
    except csv.Error as error:
        raise FileFormatError(file, "", f"{error}", "mend the table") from error


def _check_columns(path: Path, layout: RowTrials, known: Sequence[Mapping[str, str]]) -> None:
    """Refuse what is named and in no column; the subject may be a name of its own."""
    columns = list(known[0]) if known else []
    sizes = [name for name in (layout.mass_kg, layout.height_cm) if isinstance(name, str) and name]
    for name in [*layout.labels, *sizes]:
        if name not in columns:
            problem = f"the table has no column {name!r}"
            remedy = f"name one of {', '.join(columns) or 'a table'}{nearest(name, columns)}"
            raise FileFormatError(path, "table", problem, remedy)


def _number(stated: str | float, facts: Mapping[str, str]) -> float | None:
    if not isinstance(stated, str):
        return float(stated)
    value = _plain(facts.get(stated, ""))
    return float(value) if isinstance(value, int | float) else None


def _plain(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def write_row_trials(
    trees: Sequence[xr.DataTree], path: str | Path, *, stream: str, interleaved: bool = False
) -> Path:
    """Write one stream of several recordings as a table with one trial a row and no header.

    Args:
        trees: Recordings, whose streams have as many samples and channels.
        path: The CSV file.
        stream: Which stream.
        interleaved: Whether the channels alternate along the row, or follow one another.

    Raises:
        OutputError: If the shapes differ or a recording lacks the stream.
    """
    rows: list[npt.NDArray[Any]] = []
    for tree in trees:
        if stream not in tree.children:
            raise OutputError(f"recording {tree.attrs.get('recording')!r} has no {stream!r}.")
        node = tree[stream].to_dataset()
        data = np.where(node["valid"].values, node["data"].values, np.nan).astype(np.float64)
        rows.append((data if interleaved else data.T).ravel())
    if len({len(row) for row in rows}) != 1:
        raise OutputError(f"{path}: rows of one length need trials of one length; cut them alike.")
    return write_text(path, format_rows(np.stack(rows), separator=",", blank=""))
