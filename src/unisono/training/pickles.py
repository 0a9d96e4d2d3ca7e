"""Finding files that hold code: nothing in a model folder is ever unpickled.

A pickle runs whatever it says when it is read. Such a file has no place beside weights, even if
Unisono would not open it: somebody else's tool might.
"""

import json
import zipfile
import zlib
from pathlib import Path

__all__ = ["find_pickle"]

_SUFFIXES = {".pkl", ".pickle", ".pt", ".pth", ".bin", ".ckpt", ".joblib", ".dill"}
_HEAD = 2**16
"""Bytes that are looked at; the header of an NPY file of many fields is long."""
_PROTOCOLS = (2, 3, 4, 5)
"""Pickle protocols that open with a byte 128 and their number; older ones have no mark."""


def find_pickle(folder: str | Path) -> Path | None:
    """Return a file below ``folder`` that is, or is named like, a pickle; None if there is none.

    Recognised are the usual suffixes, a pickle's first two bytes, archives with a pickle in them
    (as ``torch.save`` writes), and NPY files of objects, in an archive or not. Weights in
    safetensors begin with the length of their header, which may read like those two bytes: they are
    told by the header itself.
    """
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and (path.suffix.lower() in _SUFFIXES or _holds_pickle(path)):
            return path
    return None


def _holds_pickle(path: Path) -> bool:
    with path.open("rb") as handle:
        head = handle.read(_HEAD)
    if len(head) >= 2 and head[0] == 0x80 and head[1] in _PROTOCOLS:
        return not _is_safetensors(path)
    if _holds_objects(head):
        return True
    if head.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
                return any(Path(name).suffix.lower() in _SUFFIXES for name in names) or any(
                    _holds_objects(archive.open(name).read(_HEAD)) for name in names
                )
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error):
            return False
    return False


def _holds_objects(head: bytes) -> bool:
    """Whether a file that begins so is an NPY file of objects, whatever field holds them."""
    if not head.startswith(b"\x93NUMPY"):
        return False
    begin = 10 if head[6:7] == b"\x01" else 12  # the length of the header has two or four bytes
    return b"|O" in head[begin : begin + int.from_bytes(head[8:begin], "little")]


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
