"""The arrays of numbers in a MATLAB file of versions 5 to 7.

Such a file is 128 bytes of header and data elements: a tag (type and number of bytes), then the
bytes. Type 14 is an array: flags, dimensions, name and numbers, each an element again, padded to 8
bytes, with a short form for up to 4 bytes. Type 15 is an element packed with zlib (MathWorks,
"MAT-File Format"). Structures, cells, text, logical and complex arrays are passed over.

The tests compare with ``scipy.io.loadmat``, which is not used here: scipy 1.17 ends the process
with a segmentation fault on some damaged files.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.errors import FileFormatError

__all__ = ["load_mat"]

_PACKED, _MATRIX = 15, 14
_MOST_BYTES = 1 << 31
_MOST_RATIO = 1100  # deflate packs at most 1032 to 1
_STORED = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
_CLASSES = {
    6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8",
}  # fmt: skip
_COMPLEX, _LOGICAL = 0x0800, 0x0200


class _Element(NamedTuple):
    kind: int
    body: bytes
    end: int


def load_mat(path: str | Path, content: bytes) -> dict[str, npt.NDArray[Any]]:
    """Return the real arrays of numbers in a MATLAB file by name.

    Raises:
        FileFormatError: If the file is damaged or of another version.
    """
    if len(content) < 128 or content[126:128] not in (b"IM", b"MI"):
        raise FileFormatError(path, "header", "it is no MATLAB 5 to 7 file", "save it with -v7")
    order = "<" if content[126:128] == b"IM" else ">"
    found: dict[str, npt.NDArray[Any]] = {}
    for body in _matrices(path, content, order):
        try:
            found |= _decode(body, order)
        except (struct.error, ValueError) as error:
            problem = f"a variable is damaged ({error})"
            raise FileFormatError(path, "", problem, "save it again") from error
    return found


def _matrices(path: str | Path, content: bytes, order: str) -> Iterator[bytes]:
    """Bodies of the arrays at the top of the file, unpacked."""
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


def _element(body: bytes, at: int, order: str) -> _Element:
    """The element at a place; raises ``ValueError`` if it runs past the end."""
    kind, size = struct.unpack_from(f"{order}II", body, at)
    if kind >> 16:  # short form: size and type in one word, then the data
        kind, size, start, end = kind & 0xFFFF, kind >> 16, at + 4, at + 8
    else:
        start, end = at + 8, at + 8 + -(-size // 8) * 8
    if start + size > len(body) or (start == at + 4 and size > 4):
        raise ValueError(f"an element of {size} bytes runs past its end")
    return _Element(kind, body[start : start + size], end)


def _decode(body: bytes, order: str) -> dict[str, npt.NDArray[Any]]:
    """The array under its name; empty if it is not real numbers."""
    flags = _element(body, 0, order)
    (word,) = struct.unpack_from(f"{order}I", flags.body)
    if word & 0xFF not in _CLASSES or word & (_COMPLEX | _LOGICAL):
        return {}
    shape = _element(body, flags.end, order)
    label = _element(body, shape.end, order)
    numbers = _element(body, label.end, order)
    dims = np.frombuffer(shape.body, f"{order}i4").tolist()
    if numbers.kind not in _STORED:
        raise ValueError(f"numbers of type {numbers.kind}")
    flat = np.frombuffer(numbers.body, f"{order}{_STORED[numbers.kind]}")
    if not 2 <= len(dims) <= 8 or min(dims) < 0 or math.prod(dims) != flat.size:
        raise ValueError(f"{flat.size} numbers for the shape {dims[:8]}")
    with np.errstate(invalid="ignore"):  # numbers stored narrow are widened; damaged ones may wrap
        values = flat.astype(_CLASSES[word & 0xFF]).reshape(dims, order="F")
    return {label.body.decode("latin-1"): values}
