"""A dataset: a folder of recordings, what is known of them, and named splits.

``NAME.un/`` holds ``recordings/`` (see :mod:`unisono.recordings.store`), ``dataset.toml`` (see
:mod:`unisono.recordings.catalogue`) and, once windows were cut, ``.cache/``, which may be deleted
at any time. (Of format 1, ``recordings/`` is ``recordings.zarr/``, a folder of folders.)

A new dataset appears whole or not at all. A recording added to an existing one is written first
and listed afterwards, so that a kill between the two leaves the dataset as it was.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd
import xarray as xr

from unisono.core.checks import nearest
from unisono.core.errors import ConfigError, OutputError, SchemaError
from unisono.core.files import atomic_folder, write_text
from unisono.recordings.catalogue import Catalogue, Entry, entry_of
from unisono.recordings.schema import validate
from unisono.recordings.splits import Split, split_keys
from unisono.recordings.store import (
    RecordingStore,
    digest_recording,
    recording_file,
    zip_recording,
)

__all__ = ["Dataset", "DatasetWriter", "store_entry"]

_STORE, _CATALOGUE, _CACHE = "recordings", "dataset.toml", ".cache"
_STORE_1 = "recordings.zarr"
"""Where datasets of format 1 have their recordings."""


def store_entry(store: Path, tree: xr.DataTree) -> Entry:
    """Write a recording into a store that is still being made, and return its entry.

    Nothing is flushed; any process may do it for a recording of its own.

    Raises:
        SchemaError: If the recording breaks the schema.
        FileExistsError: If the store holds the name already.
        OSError: If it cannot be written.
    """
    validate(tree)
    file = recording_file(store, str(tree.attrs["recording"]))
    content = zip_recording(tree)
    with file.open("xb") as handle:
        handle.write(content)
    return entry_of(tree, digest_recording(tree))


class DatasetWriter:
    """A dataset being made; see :meth:`DatasetWriter.open`.

    Args:
        folder: The temporary folder that will become the dataset.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._store = RecordingStore.create(folder / _STORE)
        self._entries: dict[str, Entry] = {}

    @property
    def store(self) -> Path:
        """Folder of the store, for :func:`store_entry` in other processes."""
        return self._store.path

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def add(self, tree: xr.DataTree) -> None:
        """Write a recording.

        Raises:
            SchemaError: If it breaks the schema, or its name is taken.
        """
        name = str(tree.attrs.get("recording", ""))
        if name in self:
            raise SchemaError(f"two recordings are named {name!r}; rename one of them.")
        self.admit(store_entry(self.store, tree))

    def admit(self, entry: Entry) -> None:
        """List a recording that :func:`store_entry` wrote."""
        self._entries[entry.recording] = entry

    @classmethod
    @contextmanager
    def open(cls, path: str | Path, *, overwrite: bool = False) -> "Iterator[DatasetWriter]":
        """Yield a writer; the dataset appears under ``path`` when the block ends without error.

        Raises:
            OutputError: If the folder exists and may not be replaced, or is no dataset, or the
                disk is full.
            SchemaError: If no recording was added.
        """
        path = Path(path)
        other = path.exists() and not (path / _CATALOGUE).exists()
        if other and overwrite and (path.is_file() or any(path.iterdir())):
            raise OutputError(f"{path} is not a dataset and is not replaced; choose another name.")
        with atomic_folder(path, overwrite=overwrite) as part:
            writer = cls(part)
            yield writer
            if not writer._entries:
                raise SchemaError(f"{path} would hold no recording; check what was given.")
            catalogue = Catalogue(tuple(writer._entries.values()))
            write_text(part / _CATALOGUE, catalogue.to_toml())


class Dataset:
    """Recordings in a folder; make one with :meth:`create`, get one back with :meth:`open`.

    Args:
        path: The folder.
        catalogue: What it holds.
    """

    def __init__(self, path: Path, catalogue: Catalogue) -> None:
        self.path = path
        self.catalogue = catalogue

    def __repr__(self) -> str:
        return (
            f"Dataset({self.path.name!r}: {len(self)} recordings of {len(self.subjects)} subjects)"
        )

    def __len__(self) -> int:
        return len(self.catalogue.entries)

    def __iter__(self) -> Iterator[xr.DataTree]:
        """Load one recording after another."""
        return (self.load(name) for name in self.recordings)

    @classmethod
    def create(
        cls, path: str | Path, recordings: Iterable[xr.DataTree], *, overwrite: bool = False
    ) -> "Dataset":
        """Write recordings into a new dataset; they may come from a generator.

        Args:
            path: The folder, usually ``NAME.un``.
            recordings: Recordings with distinct names.
            overwrite: Whether an existing dataset may be replaced.

        Raises:
            OutputError: If the folder exists, or cannot be written.
            SchemaError: If a recording breaks the schema, two have one name, or there is none.
        """
        with DatasetWriter.open(path, overwrite=overwrite) as writer:
            for tree in recordings:
                writer.add(tree)
        return cls.open(path)

    @classmethod
    def open(cls, path: str | Path) -> "Dataset":
        """Open a dataset.

        Raises:
            SchemaError: If the folder is no dataset, is damaged or newer, or lacks a recording.
        """
        path = Path(path)
        if not (path / _CATALOGUE).is_file():
            raise SchemaError(
                f"{path} is not a dataset: it has no {_CATALOGUE}; make one with unisono import."
            )
        dataset = cls(path, Catalogue.from_toml(path / _CATALOGUE))
        there = set(dataset.store.names)
        absent = [name for name in dataset.recordings if name not in there]
        if absent:
            raise SchemaError(
                f"{path} lacks the recording {absent[0]!r} of its catalogue "
                f"({len(absent)} such); import it again."
            )
        return dataset

    @property
    def store(self) -> RecordingStore:
        """The files of the recordings."""
        older = self.path / _STORE_1
        return RecordingStore(older if older.is_dir() else self.path / _STORE)

    @property
    def cache(self) -> Path:
        """Folder of what is derived from the recordings and can be made again."""
        return self.path / _CACHE

    @property
    def recordings(self) -> list[str]:
        """Names of the recordings, in the order in which they were added."""
        return [entry.recording for entry in self.catalogue.entries]

    @property
    def subjects(self) -> list[str]:
        """Names of the subjects, sorted."""
        return sorted({entry.subject for entry in self.catalogue.entries})

    @property
    def table(self) -> pd.DataFrame:
        """One row a recording: what is known of it, and a column for each label."""
        return self.catalogue.table

    @property
    def digest(self) -> str:
        """Digest of the contents of all recordings."""
        return self.catalogue.digest

    @property
    def splits(self) -> Mapping[str, Split]:
        """Splits by name."""
        return self.catalogue.splits

    def load(self, name: str) -> xr.DataTree:
        """Load a recording.

        Raises:
            SchemaError: If there is no such recording, naming the nearest, or it is damaged.
        """
        if name not in self.recordings:
            raise SchemaError(f"{self.path} holds no {name!r}.{nearest(name, self.recordings)}")
        return self.store.load(name)

    def add(self, tree: xr.DataTree) -> None:
        """Add a recording; it appears whole or not at all.

        Raises:
            SchemaError: If it breaks the schema, or its name is taken.
            OutputError: If it cannot be written.
        """
        name = str(tree.attrs.get("recording", ""))
        if name in self.recordings:
            raise SchemaError(f"{self.path} already holds {name!r}; rename the new recording.")
        # A folder of that name that is not listed is what a kill left behind.
        digest = self.store.add(tree, overwrite=True)
        entries = (*self.catalogue.entries, entry_of(tree, digest))
        self._save(replace(self.catalogue, entries=entries))

    def save_split(self, name: str, split: Split) -> None:
        """Keep a split under a name; one of that name is replaced.

        Raises:
            ConfigError: If it names a key that no recording has.
            LeakError: If its parts share subjects and it does not say that they may.
        """
        known = set(split_keys(self.table, split.by))
        unknown = [key for key in split.keys if key not in known]
        if unknown:
            raise ConfigError(
                f"no recording has {split.by} {unknown[0]!r}.{nearest(unknown[0], known)}"
            )
        split.check_subjects(self.table)
        self._save(replace(self.catalogue, splits={**self.splits, name: split}))

    def verify(self) -> None:
        """Read everything and compare digests.

        Raises:
            SchemaError: Naming the first recording that is not what was written.
        """
        for entry in self.catalogue.entries:
            if digest_recording(self.load(entry.recording)) != entry.digest:
                raise SchemaError(
                    f"{self.path}: recording {entry.recording!r} is not what was written; "
                    "import it again."
                )

    def _save(self, catalogue: Catalogue) -> None:
        write_text(self.path / _CATALOGUE, catalogue.to_toml())
        self.catalogue = catalogue
