"""The working folder: what lies in it, and that one server has it.

A folder holds datasets and models where a person keeps them, and ``.studio/`` with what the studio
adds: the queue, what was dropped on the page (:mod:`unisono.studio.uploads`), results by job, and
the lock. A name that comes from outside is looked up among those that are there and is never part
of a path; a name for something new passes :func:`fresh_name`.
"""

import re
import secrets
import sqlite3
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from unisono.core.checks import nearest
from unisono.core.errors import ConfigError, OutputError

__all__ = ["NAME", "FolderLock", "NotThere", "Place", "WorkFolder", "fresh_name"]

NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$"
"""What a name for something new may look like."""

_PRIVATE = ".studio"
_DEPTH = 2
_TABLES: Mapping[str, str] = {"dataset": "dataset.toml", "model": "model.toml"}


def fresh_name(name: str) -> str:
    """A name for something new, checked.

    Raises:
        ConfigError: If it holds anything but letters, digits, ``_`` and ``-``, or is too long.

    Example:
        >>> fresh_name("forces-2")
        'forces-2'
    """
    if re.fullmatch(NAME, name) is None:
        raise ConfigError(
            "a name begins with a letter or digit and holds letters, digits, _ and -, 60 at most."
        )
    return name


class NotThere(ConfigError):
    """What is asked for is not there."""


class Place(NamedTuple):
    """A dataset or a model of the folder.

    Attributes:
        name: Where it lies below the folder.
        path: The same as a path.
        table: What its ``dataset.toml`` or ``model.toml`` says; empty where it cannot be read.
    """

    name: str
    path: Path
    table: Mapping[str, Any]


class FolderLock:
    """Holds a folder for this process; the system lets go of it with the process, however it ends.

    Args:
        file: The lock's file, an SQLite file that is never written to.

    Raises:
        OutputError: If another server holds it, or it cannot be made.
    """

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, timeout=0.0, isolation_level=None, check_same_thread=False)
        try:
            self._db.execute("begin exclusive")
        except sqlite3.OperationalError as error:
            self._db.close()
            if "locked" not in str(error):
                raise OutputError(
                    f"{file.parent} cannot be written ({error}); choose another folder."
                ) from error
            raise OutputError(
                f"{file.parent.parent} is already open in another studio; use that one, or close "
                "it first."
            ) from error

    def release(self) -> None:
        """Let go of the folder."""
        self._db.close()


class WorkFolder:
    """A working folder.

    Args:
        root: The folder; made when missing.

    Raises:
        OutputError: If it cannot be made.

    Example:
        >>> import tempfile
        >>> folder = WorkFolder(tempfile.mkdtemp())
        >>> folder.places("model"), folder.queue.name
        ([], 'jobs.sqlite')
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root).resolve()
        self.private = self.root / _PRIVATE
        try:
            for folder in (self.files, self.results, self.models):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{self.root} cannot be used: {error.strerror}; choose another folder."
            ) from error
        self._tables: dict[Path, tuple[int, Mapping[str, Any]]] = {}

    @property
    def queue(self) -> Path:
        """File of the queue."""
        return self.private / "jobs.sqlite"

    @property
    def files(self) -> Path:
        """Folder of what was dropped."""
        return self.private / "files"

    @property
    def results(self) -> Path:
        """Folder of results, one folder a job."""
        return self.private / "results"

    @property
    def models(self) -> Path:
        """Folder in which new models are made."""
        return self.root / "models"

    def lock(self) -> FolderLock:
        """Hold the folder.

        Raises:
            OutputError: If another server does.
        """
        return FolderLock(self.private / "lock.sqlite")

    def new_result(self) -> Path:
        """A folder for one job's results, of a name that nobody chose."""
        folder = self.results / secrets.token_hex(8)
        folder.mkdir()
        return folder

    def places(self, kind: str) -> list[Place]:
        """Datasets (``"dataset"``) or models (``"model"``) of the folder, by name."""
        table = _TABLES[kind]
        found = [folder for folder in self._walk(self.root, _DEPTH) if (folder / table).is_file()]
        return [
            Place(folder.relative_to(self.root).as_posix(), folder, self._read(folder / table))
            for folder in sorted(found)
        ]

    def place(self, kind: str, name: str) -> Place:
        """The dataset or model of a name.

        Raises:
            NotThere: If there is none.
        """
        found = self.places(kind)
        for place in found:
            if place.name == name:
                return place
        raise NotThere(
            f"the folder has no {kind} of this name.{nearest(name, [p.name for p in found])}"
        )

    def new_place(self, kind: str, name: str) -> Path:
        """Where a new dataset or model of this name will lie.

        Raises:
            ConfigError: If the name is none, or is taken.
        """
        name = fresh_name(name)
        path = self.root / f"{name}.un" if kind == "dataset" else self.models / name
        if path.exists():
            raise ConfigError(f"there is a {kind} named {name!r} already; choose another name.")
        return path

    def _walk(self, folder: Path, depth: int) -> Iterator[Path]:
        """Folders to so many levels, but for hidden ones, links, and those inside of a find."""
        for entry in folder.iterdir():
            if entry.name.startswith(".") or entry.is_symlink() or not entry.is_dir():
                continue
            yield entry
            if depth > 1 and not any((entry / table).exists() for table in _TABLES.values()):
                yield from self._walk(entry, depth - 1)

    def _read(self, file: Path) -> Mapping[str, Any]:
        """A table, read again where its file changed."""
        try:
            changed = file.stat().st_mtime_ns
            kept = self._tables.get(file)
            if kept is None or kept[0] != changed:
                kept = changed, tomllib.loads(file.read_text(encoding="utf-8"))
                self._tables[file] = kept
        except (OSError, ValueError):
            return {}
        return kept[1]
