"""Finding files that hold code: nothing in a model folder is ever unpickled.

A pickle runs whatever it says when it is read. Such a file has no place beside weights, even if
Unisono would not open it: somebody else's tool might.
"""

import json
import zipfile
from pathlib import Path

__all__ = ["find_pickle"]

_SUFFIXES = {".pkl", ".pickle", ".pt", ".pth", ".bin", ".ckpt", ".joblib", ".dill"}
_PROTOCOLS = (2, 3, 4, 5)
"""Pickle protocols that open with a byte 128 and their number; older ones have no mark."""


def find_pickle(folder: str | Path) -> Path | None:
    """Return a file below ``folder`` that is, or is named like, a pickle; None if there is none.

    Recognised are the usual suffixes, a pickle's first two bytes, archives with a pickle in them
    (as ``torch.save`` writes), and NPY files of objects. Weights in safetensors begin with the
    length of their header, which may read like those two bytes: they are told by the header itself.
    """
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and (path.suffix.lower() in _SUFFIXES or _holds_pickle(path)):
            return path
    return None


def _holds_pickle(path: Path) -> bool:
    with path.open("rb") as handle:
        head = handle.read(256)
    if len(head) >= 2 and head[0] == 0x80 and head[1] in _PROTOCOLS:
        return not _is_safetensors(path)
    if head.startswith(b"\x93NUMPY"):
        return b"|O" in head
    if head.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(path) as archive:
                return any(Path(name).suffix.lower() in _SUFFIXES for name in archive.namelist())
        except zipfile.BadZipFile:
            return False
    return False


def _is_safetensors(path: Path) -> bool:
    """Whether the first eight bytes are the length of a JSON object that follows them."""
    with path.open("rb") as handle:
        length = int.from_bytes(handle.read(8), "little")
        if length > path.stat().st_size - 8:
            return False
        try:
            return isinstance(json.loads(handle.read(length)), dict)
        except ValueError:
            return False
