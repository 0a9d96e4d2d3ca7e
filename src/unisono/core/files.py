"""Atomic writes: a file or folder appears under its final name whole, or not at all."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from unisono.core.errors import OutputError

__all__ = ["atomic_file", "atomic_folder", "digest_file", "write_text"]

_SYNCING = 16
"""Files that are flushed at a time: it is waiting, not work."""

_MANY = 200
"""So many files cost more to flush one by one than the whole file system at once."""

_DISK = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up"}


def _explain(error: OSError, path: Path) -> OutputError:
    reason = _DISK.get(error.errno or 0, error.strerror or str(error))
    return OutputError(f"{path} cannot be written: {reason}; free space or choose another place.")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_all(folder: Path) -> None:
    """Flush every file below a folder; many of them through their file system as a whole."""
    from concurrent.futures import ThreadPoolExecutor  # slow to import, and rarely needed

    waiting = [file for file in folder.rglob("*") if file.is_file()]
    if len(waiting) >= _MANY and _sync_file_system(folder):
        return
    shares = [waiting[first::_SYNCING] for first in range(min(_SYNCING, len(waiting)))]
    with ThreadPoolExecutor(max(1, len(shares))) as pool:
        list(pool.map(_sync_each, shares))


def _sync_file_system(folder: Path) -> bool:
    """Flush the file system of a folder (``syncfs`` of Linux); False where that is not known."""
    import ctypes  # slow to import, and rarely needed

    if os.name != "posix":
        return False
    call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if call is None:
        return False
    handle = os.open(folder, os.O_RDONLY)
    try:
        if call(handle) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(handle)
    return True


def _sync_each(files: Iterable[Path]) -> None:
    for file in files:
        _sync(file)


@contextmanager
def atomic_file(path: str | Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success flush it to disk and rename it.

    The temporary name keeps the suffix, so that writers that look at it still work.

    Args:
        path: The final name. Its folder is made when missing.
        overwrite: Whether an existing file may be replaced.

    Raises:
        OutputError: If the file exists and may not be replaced, or cannot be written.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists; choose another name, or remove it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}.", suffix=f".part{path.suffix}", dir=path.parent
        )
        os.close(handle)
    except OSError as error:
        raise _explain(error, path) from error
    part = Path(name)
    try:
        yield part
        _sync(part)
        part.chmod(0o666 & ~_umask())
        os.replace(part, path)
        _sync(path.parent)
    except OSError as error:
        raise _explain(error, path) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield a temporary folder beside ``path``; on success rename it, replacing if allowed.

    Raises:
        OutputError: If the folder exists and may not be replaced, or cannot be written.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists; choose another name, or remove it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    except OSError as error:
        raise _explain(error, path) from error
    try:
        yield part
        _sync_all(part)
        part.chmod(0o777 & ~_umask())
        old = path.with_name(f".{path.name}.{os.getpid()}.old")
        before = path.exists()
        if before:
            os.replace(path, old)
        try:
            os.replace(part, path)
        except OSError:
            if before:
                os.replace(old, path)
            raise
        _sync(path.parent)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise _explain(error, path) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(path: str | Path, text: str, *, overwrite: bool = True) -> Path:
    """Write UTF-8 text atomically and return the path."""
    with atomic_file(path, overwrite=overwrite) as part:
        part.write_text(text, encoding="utf-8")
    return Path(path)


def digest_file(path: str | Path) -> str:
    """SHA-256 of a file's bytes, as ``"sha256:<hex>"``."""
    import hashlib

    with Path(path).open("rb") as handle:
        return f"sha256:{hashlib.file_digest(handle, 'sha256').hexdigest()}"
