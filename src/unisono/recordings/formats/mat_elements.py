"""The variables of a MATLAB file through scipy, after its sizes were checked.

A version 5 file is 128 bytes of header and data elements: a tag (type and number of bytes), then
the bytes, for type 15 packed with zlib (MathWorks, "MAT-File Format"). scipy trusts the sizes, so a
damaged file could make it ask for any amount of memory: the elements are walked first, unpacked
within a limit, and only variables that are plain arrays of numbers are handed on.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unisono.core.errors import FileFormatError

__all__ = ["load_mat"]

_PACKED, _MATRIX = 15, 14
_MOST_BYTES = 1 << 31
_MOST_RATIO = 1100  # deflate packs at most 1032 to 1
_NUMBERS = range(6, 16)  # classes double, single, and the integers


def load_mat(path: str | Path, content: bytes) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of numbers in a MATLAB file by name.

    Raises:
        FileFormatError: If the file is damaged or of an unknown version.
    """
    import scipy.io

    if len(content) < 128 or content[126:128] not in (b"IM", b"MI"):
        raise FileFormatError(path, "header", "it is no MATLAB 5 to 7 file", "save it with -v7")
    order = "<" if content[126:128] == b"IM" else ">"
    kept = [element for element in _elements(path, content, order) if _is_plain(element, order)]
    plain = content[:128] + b"".join(
        struct.pack(f"{order}II", _MATRIX, len(element)) + element for element in kept
    )
    try:
        found = scipy.io.loadmat(io.BytesIO(plain))  # type: ignore[arg-type]  # any stream does
    # scipy raises whatever its parser meets first: no narrower class covers a damaged file
    except Exception as error:
        problem = f"it is damaged ({type(error).__name__}: {error})"
        raise FileFormatError(path, "", problem, "save it again") from error
    return {
        name: value
        for name, value in found.items()
        if not name.startswith("__")
        and isinstance(value, np.ndarray)
        and value.dtype.kind in "fiub"
    }


def _elements(path: str | Path, content: bytes, order: str) -> Iterator[bytes]:
    """Bodies of the top-level matrices, unpacked."""
    at, budget = 128, _MOST_BYTES
    while at + 8 <= len(content):
        kind, size = struct.unpack_from(f"{order}II", content, at)
        if at + 8 + size > len(content):
            problem = f"a variable claims {size} bytes, {len(content) - at - 8} follow"
            raise FileFormatError(path, f"byte {at}", problem, "it is cut off: save it again")
        body = content[at + 8 : at + 8 + size]
        at += 8 + size
        if kind == _PACKED:
            body = _unpack(path, body, budget)
            budget -= len(body)
            kind, size = struct.unpack_from(f"{order}II", body) if len(body) >= 8 else (0, 0)
            body = body[8 : 8 + size]
        if kind == _MATRIX:
            yield body


def _unpack(path: str | Path, packed: bytes, budget: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        body = unpacker.decompress(packed, max(min(budget, _MOST_RATIO * len(packed)), 1))
    except zlib.error as error:
        raise FileFormatError(path, "", f"it is damaged ({error})", "save it again") from error
    if unpacker.unconsumed_tail:
        problem = f"it unpacks to more than {_MOST_BYTES} bytes"
        raise FileFormatError(path, "", problem, "it is damaged or too large: split it")
    return body


def _is_plain(body: bytes, order: str) -> bool:
    """Whether a matrix is real numbers and its size fits the bytes that are there."""
    if len(body) < 24:
        return False
    flags_kind, flags_size, flags = struct.unpack_from(f"{order}III", body)
    dims_kind, dims_size = struct.unpack_from(f"{order}II", body, 16)
    if (flags_kind, flags_size, dims_kind) != (6, 8, 5) or dims_size not in (8, 12, 16):
        return False
    if flags & 0xFF not in _NUMBERS or flags & 0x0800 or 24 + dims_size > len(body):
        return False
    dims = struct.unpack_from(f"{order}{dims_size // 4}i", body, 24)
    count = 1
    for size in dims:
        count *= max(size, 0)
    return 0 < count <= len(body)
