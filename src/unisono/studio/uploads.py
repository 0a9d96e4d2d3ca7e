"""What was dropped on the page: each file in a folder of its own, with what a person says of it.

A file arrives piece by piece, is counted as it comes, and appears whole or not at all. On the disk
it lies under a number that the studio draws; of its own name, only letters and digits of any
script, ``_``, ``-`` and one known ending are kept, so that no name leads anywhere else.
"""

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from unisono.core.errors import ConfigError, OutputError, UnisonoError
from unisono.core.files import write_text
from unisono.studio.answers import Answers
from unisono.studio.folder import NotThere
from unisono.studio.plain import plain_stem

__all__ = ["ENDINGS", "Arriving", "TooLarge", "Upload", "Uploads", "plain_name"]

ENDINGS = (
    ".c3d", ".trc", ".mot", ".sto", ".bvh", ".csv", ".tsv", ".txt", ".parquet", ".npz", ".npy",
    ".mat",
)  # fmt: skip
"""Endings of files that may be dropped; a table of rows names other files, and is none of them."""

_ABOUT = "about.json"


class TooLarge(UnisonoError):
    """A file, or all of them together, is larger than the studio takes."""


def plain_name(name: str, endings: tuple[str, ...] = ENDINGS) -> str:
    """A name for the disk from a person's name of a file.

    Raises:
        ConfigError: If its ending is not one of ``endings``.

    Example:
        >>> plain_name("../../Jörg's walk 1.C3D")
        'Jörg_s_walk_1.c3d'
    """
    last = re.split(r"[/\\]", name)[-1]
    stem, dot, ending = last.rpartition(".")
    if not dot or f".{ending.lower()}" not in endings:
        raise ConfigError(f"this kind of file is not read; give one of {', '.join(endings)}.")
    return f"{plain_stem(stem, 80, '-') or 'recording'}.{ending.lower()}"


class Upload(NamedTuple):
    """A dropped file.

    Attributes:
        id: Its number, 16 hexadecimal digits.
        name: What the person called it, shown and never used as a path.
        path: Where it lies.
        bytes: How large it is.
        at: When it came, s since 1970.
        answers: What the person says of it.
        job: The job that describes it; 0 before there is one.
    """

    id: str
    name: str
    path: Path
    bytes: int
    at: float
    answers: Mapping[str, Any]
    job: int


@dataclass(frozen=True)
class Uploads:
    """The dropped files of a folder.

    Args:
        folder: Where they lie.
        most_bytes: Largest file.
        most_files: How many files there may be.
        most_total: Bytes of all files together.
    """

    folder: Path
    most_bytes: int = 512_000_000
    most_files: int = 5000
    most_total: int = 20_000_000_000
    _all: dict[str, Upload] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for entry in self.folder.iterdir():
            if entry.name.startswith("."):  # a server that died was taking it in, or removing it
                shutil.rmtree(entry, ignore_errors=True)
            else:
                self._read(entry)

    def listed(self) -> list[Upload]:
        """All files, newest first."""
        return sorted(self._all.values(), key=lambda u: (-u.at, u.name))

    def get(self, number: str) -> Upload:
        """A file by its number.

        Raises:
            NotThere: If there is none.
        """
        if number not in self._all:
            raise NotThere("there is no such file; it may have been removed.")
        return self._all[number]

    def say(self, number: str, answers: Answers) -> Upload:
        """Keep what a person says of a file."""
        return self._change(number, answers=answers.model_dump(exclude_defaults=True))

    def describe_by(self, number: str, job: int) -> Upload:
        """Keep which job describes a file."""
        return self._change(number, job=job)

    def remove(self, number: str) -> None:
        """Remove a file.

        Raises:
            ConfigError: If there is none.
        """
        folder = self.get(number).path.parent
        del self._all[number]
        gone = folder.with_name(f".{folder.name}.gone")
        folder.rename(gone)  # no longer listed, even where removing is interrupted
        shutil.rmtree(gone, ignore_errors=True)

    def arriving(self, name: str) -> "Arriving":
        """Take in a file; see :class:`Arriving`.

        Raises:
            ConfigError: If its ending is unknown.
            TooLarge: If there are too many files, or too much of them.
        """
        there = list(self._all.values())
        if len(there) >= self.most_files:
            raise TooLarge(f"there are {len(there)} files already; remove some first.")
        left = self.most_total - sum(one.bytes for one in there)
        return Arriving(self, name, plain_name(name), min(left, self.most_bytes))

    def admit(self, folder: Path) -> Upload:
        """List a file whose folder is whole.

        Raises:
            ConfigError: If it is not.
        """
        self._read(folder)
        return self.get(folder.name)

    def _read(self, folder: Path) -> None:
        try:
            told = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
            self._all[folder.name] = Upload(
                folder.name, told["name"], folder / told["file"], told["bytes"], told["at"],
                told["answers"], told["job"],
            )  # fmt: skip
        except (OSError, ValueError, KeyError):
            return  # no folder of ours, or a damaged one: it is not listed

    def _change(self, number: str, **values: object) -> Upload:
        about = self.get(number).path.parent / _ABOUT
        told = json.loads(about.read_text(encoding="utf-8")) | values
        write_text(about, json.dumps(told))
        return self.admit(about.parent)


class Arriving:
    """A file that is coming in; used as a block, it is gone again unless :meth:`keep` was called.

    Args:
        uploads: Where it will lie.
        name: What the person calls it.
        file: Its name on the disk.
        most: How many bytes are taken.
    """

    def __init__(self, uploads: Uploads, name: str, file: str, most: int) -> None:
        self._uploads, self._name, self._file, self._most = uploads, name, file, most
        self._number = secrets.token_hex(8)
        self._folder = uploads.folder / f".{self._number}"
        self._bytes = 0

    def __enter__(self) -> Self:
        try:
            self._folder.mkdir()
            self._handle = (self._folder / self._file).open("wb")
        except OSError as error:
            raise self._full(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._handle.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, piece: bytes) -> None:
        """Write the next piece.

        Raises:
            TooLarge: If that is more than is taken.
            OutputError: If the disk is full.
        """
        self._bytes += len(piece)
        if self._bytes > self._most:
            raise TooLarge(f"the file is larger than {self._most / 1e6:.0f} MB, which is the most.")
        try:
            self._handle.write(piece)
        except OSError as error:
            raise self._full(error) from error

    def keep(self) -> Upload:
        """The whole file has come.

        Raises:
            ConfigError: If it is empty.
            OutputError: If the disk is full.
        """
        if not self._bytes:
            raise ConfigError("the file is empty; export or copy it again.")
        about = {
            "name": self._name[-200:], "file": self._file, "bytes": self._bytes, "at": time.time(),
            "answers": {}, "job": 0,
        }  # fmt: skip
        try:
            self._handle.flush()
            os.fsync(self._handle.fileno())
            (self._folder / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
            self._folder.rename(self._uploads.folder / self._number)
        except OSError as error:
            raise self._full(error) from error
        return self._uploads.admit(self._uploads.folder / self._number)

    def _full(self, error: OSError) -> OutputError:
        reason = error.strerror or str(error)
        return OutputError(f"the file could not be kept: {reason}; free space and drop it again.")
