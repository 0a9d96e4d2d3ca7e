"""The folder of a run, and the lock that keeps a second process out of it.

``log.csv``, ``tensorboard/``, ``checkpoints/``, ``previews/`` and, after a step that was not
finite, ``failure.json``.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unisono.core.errors import OutputError
from unisono.training.checkpoint import CheckpointFolder
from unisono.training.errors import TrainingError

__all__ = ["checkpoints_of", "opened", "preview_path"]


def checkpoints_of(folder: Path) -> CheckpointFolder:
    """The run's checkpoints."""
    return CheckpointFolder(folder / "checkpoints")


def preview_path(folder: Path, step: int) -> Path:
    """File of the preview after a number of steps."""
    return folder / "previews" / f"step-{step:09d}.npz"


@contextmanager
def opened(folder: Path, *, resume: bool) -> Iterator[None]:
    """Make the folder and hold it for this process.

    The lock is the operating system's, so that a process that was killed does not hold it.

    Raises:
        OutputError: If it holds a run and ``resume`` is not asked for, or cannot be made.
        TrainingError: If another process trains in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be used: {error.strerror}; choose another place."
        ) from error
    try:
        _lock(handle, folder)
        if not resume and checkpoints_of(folder).paths():
            raise OutputError(f"{folder} holds a run; resume it, or choose another folder.")
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    if sys.platform == "win32":  # no such lock there: two runs in one folder go unnoticed
        return
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise TrainingError(
            f"{folder}: another process trains in this folder; wait for it or choose another."
        ) from error
