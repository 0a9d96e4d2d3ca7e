"""Cut every recording of a dataset into windows and lay them out for fast reading.

The folder holds, for each stream, ``<stream>.data.npy (N, L, D)`` float32 and ``<stream>.mask.npy``
bool, which are read as memory maps; ``windows.parquet``, the table, one row a window; and
``windows.json``: what each stream is, names behind codes, which recordings gave no windows and why,
and the digest of dataset and settings from which all of it was made.

Recordings are cut one at a time and wait on disk, so that memory holds one of them.
"""

import fnmatch
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from unisono.core.checks import nearest
from unisono.core.contracts import StreamInfo
from unisono.core.errors import ConfigError, SchemaError, UnisonoError
from unisono.core.files import atomic_folder
from unisono.recordings.catalogue import label_columns
from unisono.recordings.dataset import Dataset
from unisono.recordings.store import folder_name
from unisono.recordings.stream_union import Owned, fit_stream, unite_streams
from unisono.recordings.window_spans import event_spans, fixed_spans
from unisono.recordings.windows import Cut, WindowBatch, cut_windows
from unisono.recordings.zarr_nodes import plain

__all__ = ["INDEX", "TABLE", "Progress", "array_files", "build_windows"]

INDEX, TABLE = "windows.json", "windows.parquet"

_NONE = "it holds no such window"

Progress = Callable[[int, int, str], None]
"""Called with the number done, the number of all, and the name of the one just done."""


def array_files(folder: Path, stream: str) -> tuple[Path, Path]:
    """Files of a stream's data and of its mask."""
    base = folder_name(stream)
    return folder / f"{base}.data.npy", folder / f"{base}.mask.npy"


@dataclass(frozen=True)
class _Part:
    """Windows of one recording, waiting on disk."""

    folder: Path
    table: pd.DataFrame
    infos: Mapping[str, StreamInfo]

    def owned(self, stream: str) -> Owned:
        row = self.table.iloc[0]
        return Owned(str(row["recording"]), self.infos[stream], float(row["mass_kg"]))


def build_windows(
    dataset: Dataset, cut: Cut, folder: Path, *, digest: str, progress: Progress | None = None
) -> None:
    """Write the windows of a dataset into ``folder``, whole or not at all.

    Args:
        dataset: The dataset.
        cut: How to cut.
        folder: Where to; replaced if it exists.
        digest: What the windows are made from; kept in the index.
        progress: Called after each recording.

    Raises:
        ConfigError: If no recording has one of the streams, or a channel that is asked for.
        SchemaError: If no recording gives a window, or one stream differs in kind or axes.
        UnitError: If a recording's unit cannot be converted to the others'.
        OutputError: If the folder cannot be written.
    """
    _check_streams(dataset, cut)
    with atomic_folder(folder, overwrite=True) as target:
        waiting = target / "waiting"
        waiting.mkdir()
        parts, skipped = _cut_all(dataset, cut, waiting, progress)
        if not parts:
            told = [pair for pair in skipped if not pair[1].startswith(_NONE)] or skipped
            where, why = told[0][0], told[0][1].removesuffix(".")
            raise SchemaError(
                f"no recording of {dataset.path} gives a window ({where}: {why}); "
                "check the settings of the windows."
            )
        infos = {name: _unite(parts, name) for name in cut.streams if _has(parts, name)}
        _check_patterns(cut, infos)
        for info in infos.values():
            _lay_out(target, parts, info, cut.frames)
        shutil.rmtree(waiting)
        table = _storable(pd.concat([part.table for part in parts], ignore_index=True))
        table.to_parquet(target / TABLE)
        index = {
            "digest": digest,
            "dataset": dataset.digest,
            "condition": next(iter(label_columns({cut.condition: 0}))),
            "streams": [asdict(info) for info in infos.values()],
            "skipped": [list(pair) for pair in skipped],
        }
        (target / INDEX).write_text(json.dumps(plain(index)), encoding="utf-8")


def _check_streams(dataset: Dataset, cut: Cut) -> None:
    known = {stream for entry in dataset.catalogue.entries for stream in entry.streams}
    for name in cut.streams:
        if name not in known:
            raise ConfigError(
                f"no recording of {dataset.path} has a stream {name!r}; there are "
                f"{', '.join(sorted(known))}.{nearest(name, known)}"
            )


def _check_patterns(cut: Cut, infos: Mapping[str, StreamInfo]) -> None:
    for name, patterns in cut.channels.items():
        channels = infos[name].channels if name in infos else ()
        for pattern in patterns:
            if not any(fnmatch.fnmatchcase(channel, pattern) for channel in channels):
                raise ConfigError(
                    f"no recording has a channel {pattern!r} in stream {name!r}; of those asked "
                    f"for there are {', '.join(channels) or 'none'}."
                )


def _cut_all(
    dataset: Dataset, cut: Cut, waiting: Path, progress: Progress | None
) -> tuple[list[_Part], list[tuple[str, str]]]:
    parts: list[_Part] = []
    skipped: list[tuple[str, str]] = []
    for number, name in enumerate(dataset.recordings):
        try:
            tree = dataset.load(name)
            batch = cut_windows(tree, cut)
        except UnisonoError as error:
            skipped.append((name, str(error)))
        else:
            if len(batch):
                parts.append(_put_down(batch, waiting / str(number)))
            else:
                skipped.append((name, f"{_NONE}: {_why_none(tree, cut)}"))
        if progress is not None:
            progress(number + 1, len(dataset), name)
    return parts, skipped


def _why_none(tree: xr.DataTree, cut: Cut) -> str:
    """What keeps a recording that can be cut from giving any window."""
    if event_spans(tree, cut) if cut.by else fixed_spans(tree, cut)[1]:
        return f"in none is the share min_valid = {cut.min_valid:g} of every stream there"
    if not cut.by:
        return f"its streams share less than the {cut.length / cut.rate_hz:g} s of one"
    begin, end = cut.by
    shortest, longest = cut.lasting_s
    return f"no {begin} is followed by {end} of that side within {shortest:g} to {longest:g} s"


def _put_down(batch: WindowBatch, folder: Path) -> _Part:
    folder.mkdir()
    for stream in batch.data:
        data, mask = array_files(folder, stream)
        np.save(data, batch.data[stream], allow_pickle=False)
        np.save(mask, batch.mask[stream], allow_pickle=False)
    return _Part(folder, batch.table, batch.streams)


def _has(parts: list[_Part], stream: str) -> bool:
    return any(stream in part.infos for part in parts)


def _unite(parts: list[_Part], stream: str) -> StreamInfo:
    return unite_streams(part.owned(stream) for part in parts if stream in part.infos)


def _lay_out(target: Path, parts: list[_Part], info: StreamInfo, frames: int) -> None:
    """Put one stream of all recordings into two arrays; what a recording lacks stays masked."""
    rows = sum(len(part.table) for part in parts)
    shape = (rows, frames, info.width)
    data_file, mask_file = array_files(target, info.name)
    data = np.lib.format.open_memmap(data_file, mode="w+", dtype=np.float32, shape=shape)
    mask = np.lib.format.open_memmap(mask_file, mode="w+", dtype=np.bool_, shape=shape)
    start = 0
    for part in parts:
        stop = start + len(part.table)
        if info.name in part.infos:
            fitting = fit_stream(part.owned(info.name), info)
            own_data, own_mask = array_files(part.folder, info.name)
            values = np.load(own_data, allow_pickle=False) * fitting.factors
            data[start:stop, :, fitting.columns] = values
            mask[start:stop, :, fitting.columns] = np.load(own_mask, allow_pickle=False)
        start = stop
    data.flush()
    mask.flush()


def _storable(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of one type each: a label that is a number here and a word there becomes text."""
    tidy: dict[str, Any] = {}
    for name, column in table.items():
        if column.dtype == object:
            present = column.dropna()
            alike = {type(value) for value in present}
            if alike <= {int, float}:
                column = pd.to_numeric(column)
            elif alike != {bool} or len(present) < len(column):
                column = column.map(str, na_action="ignore").astype("str")
        tidy[str(name)] = column
    return pd.DataFrame(tidy)
