"""Arrays of NumPy's own format, read without trusting their headers.

``numpy.load`` allocates what a header claims before it looks for the data. Here the claim is
compared with the bytes that are there, and nothing is ever unpickled.
"""

import io
import math
import tokenize
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from unisono.core.errors import FileFormatError

__all__ = ["MAGIC", "decode_npy", "open_npz"]

MAGIC = b"\x93NUMPY"
"""First bytes of an ``.npy`` file."""

_MOST_RATIO = 1100  # deflate packs at most 1032 to 1
_MOST_BYTES = 1 << 33
_DAMAGED = (
    ValueError, KeyError, TypeError, SyntaxError, OverflowError, EOFError, RecursionError,
    tokenize.TokenError,
)  # fmt: skip
_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def decode_npy(path: str | Path, place: str, content: bytes) -> npt.NDArray[np.generic]:
    """Decode the bytes of one ``.npy`` array.

    Args:
        path: The file, for messages.
        place: Where in it, for messages.
        content: All bytes of the array with its header.

    Raises:
        FileFormatError: If the header is damaged, claims another size, or needs pickle.
    """
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        with warnings.catch_warnings():  # numpy remarks on headers of Python 2; it reads them
            warnings.simplefilter("ignore", UserWarning)
            shape, fortran, dtype = _READERS[version](stream, max_header_size=10_000)
    except _DAMAGED as error:
        problem = f"the header of the array is damaged ({error})"
        raise FileFormatError(path, place, problem, "save it again") from error
    if dtype.hasobject:
        raise FileFormatError(path, place, "it holds Python objects", "save arrays of numbers only")
    left = len(content) - stream.tell()
    if not dtype.itemsize or min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != left:
        problem = f"the header claims shape {str(shape)[:60]} of {dtype}, {left} bytes follow"
        raise FileFormatError(path, place, problem, "it is cut off or damaged: save it again")
    flat = np.frombuffer(content, dtype=dtype, offset=stream.tell())
    return flat.reshape(shape, order="F" if fortran else "C")


def open_npz(path: str | Path, content: bytes) -> dict[str, npt.NDArray[np.generic]]:
    """Decode all arrays of an ``.npz`` archive.

    Raises:
        FileFormatError: If it is no such archive, is damaged, or unpacks to more than it can hold.
    """
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            total = 0
            for info in archive.infolist():
                if not info.filename.endswith(".npy"):
                    continue
                total += info.file_size
                if total > min(_MOST_BYTES, _MOST_RATIO * len(content)):
                    problem = f"it claims to unpack to {total} bytes"
                    raise FileFormatError(path, info.filename, problem, "it is damaged")
                name = info.filename.removesuffix(".npy")
                arrays[name] = decode_npy(path, name, archive.read(info))
    except FileFormatError:
        raise
    # what zipfile raises on damaged archives, by its documentation and by fuzzing
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError,
            ValueError, OverflowError, IndexError) as error:  # fmt: skip
        problem = f"the archive is damaged ({error})"
        raise FileFormatError(path, "", problem, "save it again") from error
    if not arrays:
        raise FileFormatError(path, "", "the archive holds no arrays", "save it with numpy.savez")
    return arrays
