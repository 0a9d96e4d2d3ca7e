"""Windows of a dataset as memory-mapped arrays, from which a batch is one fancy index a stream.

Random windows read from the Zarr store cost a decompression of a whole recording each; from these
arrays they cost a copy. The folder is derived: it is named by the digest of dataset and settings,
made when it is missing, damaged or of other contents, and may be deleted at any time.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from unisono.core.contracts import Batch, StreamInfo
from unisono.core.errors import SchemaError
from unisono.recordings.dataset import Dataset
from unisono.recordings.splits import Split
from unisono.recordings.window_building import INDEX, TABLE, Progress, array_files, build_windows
from unisono.recordings.windows import KNOWN, Cut

__all__ = ["WindowSet", "open_windows", "window_digest"]

_FORMAT = 1
"""Raised whenever windows of the same data and settings come out differently."""


def window_digest(dataset: Dataset, cut: Cut) -> str:
    """SHA-256 of what windows are made from: the recordings and the settings."""
    text = f"{_FORMAT}\n{dataset.digest}\n{cut.digest}"
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class WindowSet:
    """Windows by row; see :func:`open_windows`.

    Args:
        folder: A folder that ``build_windows`` wrote.

    Raises:
        SchemaError: If it is damaged.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        try:
            index = json.loads((self.folder / INDEX).read_text(encoding="utf-8"))
            self._table = pd.read_parquet(self.folder / TABLE)
            self._read(index)
        except (OSError, ValueError, KeyError, TypeError) as error:
            problem = " ".join(str(error).split())[:200]
            raise SchemaError(f"{self.folder} is damaged ({problem}); delete it.") from error

    def _read(self, index: Mapping[str, Any]) -> None:
        self._digest = str(index["digest"])
        infos = [_stream_info(stored) for stored in index["streams"]]
        self._streams = {info.name: info for info in infos}
        self._skipped = {str(name): str(why) for name, why in index["skipped"]}
        self._data: dict[str, npt.NDArray[np.float32]] = {}
        self._mask: dict[str, npt.NDArray[np.bool_]] = {}
        for name in self._streams:
            data, mask = (
                np.load(file, mmap_mode="r", allow_pickle=False)
                for file in array_files(self.folder, name)
            )
            if len(data) != len(self._table) or data.shape != mask.shape:
                raise ValueError(f"stream {name!r} does not fit the table")
            self._data[name], self._mask[name] = data.view(np.ndarray), mask.view(np.ndarray)
        subjects = self._table["subject"].astype(str)
        self._subject_names = tuple(sorted(set(subjects)))
        self._subject = _codes(subjects, self._subject_names)
        label = self._table.get(index["condition"], pd.Series([None] * len(self._table)))
        words = label.map(str, na_action="ignore")
        self._condition_names = tuple(sorted(set(words.dropna())))
        self._condition = _codes(words, self._condition_names)
        self._known = {key: self._table[key].to_numpy(dtype=np.float32) for key in KNOWN}

    def __len__(self) -> int:
        return len(self._table)

    @property
    def digest(self) -> str:
        """Digest of the recordings and the settings."""
        return self._digest

    @property
    def streams(self) -> Mapping[str, StreamInfo]:
        """What each stream is."""
        return self._streams

    @property
    def table(self) -> pd.DataFrame:
        """One row a window: recording, subject, side, times, what is known of it, labels."""
        return self._table

    @property
    def subject_names(self) -> tuple[str, ...]:
        """Names behind the codes of ``Batch.subject``."""
        return self._subject_names

    @property
    def condition_names(self) -> tuple[str, ...]:
        """Names behind the codes of ``Batch.condition``; empty where no window has a condition."""
        return self._condition_names

    @property
    def skipped(self) -> Mapping[str, str]:
        """Recordings that gave no window, and why."""
        return self._skipped

    def rows(self, split: Split, part: str) -> npt.NDArray[np.int64]:
        """Rows of the windows that belong to a part of a split, ascending.

        Raises:
            LeakError: If the parts share subjects and the split does not say that they may.
            ConfigError: If there is no such part.
        """
        split.check_subjects(self._table)
        return split.rows(self._table, part)

    def name(self, row: int) -> str:
        """A window's recording, side and time, for messages."""
        at = self._table.iloc[row]
        side = f" {at['side']}" if at["side"] else ""
        return f"{at['recording']}{side} {at['start_s']:.2f}-{at['stop_s']:.2f} s"

    def batch(self, rows: npt.ArrayLike) -> Batch:
        """Windows by row, in the order of the rows.

        Args:
            rows: Rows of the table, ``(B,)``.

        Returns:
            Data and masks ``(B, L, D)`` in physical units, on the CPU, and what is known of each
            window: ``mass_kg``, ``height_m``, ``speed`` (m/s) and ``duration_s``.
        """
        index = np.asarray(rows, dtype=np.int64)
        return Batch(
            data={name: torch.from_numpy(array[index]) for name, array in self._data.items()},
            mask={name: torch.from_numpy(array[index]) for name, array in self._mask.items()},
            index=torch.from_numpy(index.copy()),
            subject=torch.from_numpy(self._subject[index]),
            condition=torch.from_numpy(self._condition[index]),
            known={key: torch.from_numpy(values[index]) for key, values in self._known.items()},
        )


def open_windows(
    dataset: Dataset, cut: Cut, *, cache: Path | None = None, progress: Progress | None = None
) -> WindowSet:
    """Windows of a dataset, cut now or taken from the cache.

    Args:
        dataset: The dataset.
        cut: How to cut.
        cache: Folder of the cache, by default inside the dataset.
        progress: Called after each recording that is cut.

    Raises:
        UnisonoError: As ``build_windows`` does.
    """
    digest = window_digest(dataset, cut)
    folder = (cache or dataset.cache) / digest.removeprefix("sha256:")[:16]
    if folder.exists():
        try:
            found = WindowSet(folder)
        except SchemaError:  # cut short or edited: made again below
            found = None
        if found is not None and found.digest == digest:
            return found
    build_windows(dataset, cut, folder, digest=digest, progress=progress)
    _drop_stale(folder, dataset.digest)
    return WindowSet(folder)


def _drop_stale(folder: Path, dataset: str) -> None:
    """Remove windows of what the dataset held before."""
    for index in folder.parent.glob(f"*/{INDEX}"):
        try:
            stale = json.loads(index.read_text(encoding="utf-8")).get("dataset") != dataset
        except (OSError, ValueError):
            stale = True
        if stale and index.parent != folder:
            shutil.rmtree(index.parent, ignore_errors=True)


def _codes(names: "pd.Series[str]", known: tuple[str, ...]) -> npt.NDArray[np.int64]:
    place = {name: code for code, name in enumerate(known)}
    return np.array([place.get(name, -1) for name in names], dtype=np.int64)


def _stream_info(stored: Mapping[str, Any]) -> StreamInfo:
    return StreamInfo(
        **{**stored, "channels": tuple(stored["channels"]), "units": tuple(stored["units"])}
    )
