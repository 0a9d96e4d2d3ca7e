r"""IDX files: one array a file, as handwritten digits are shared in (plain or gzipped).

A big-endian header: two zero bytes, the type of the numbers, the number of axes, then the size of
each axis as 32 bits; the numbers follow, last axis fastest (LeCun, Cortes & Burges, "The MNIST
database", 1998). These are arrays, not recordings, so that the reader stands outside the registry.
"""

import gzip
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unisono.core.errors import FileFormatError

__all__ = ["read_idx"]

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MOST_BYTES = 1 << 32


def read_idx(path: str | Path) -> npt.NDArray[Any]:
    """Read one array.

    Raises:
        FileFormatError: If the file cannot be opened, is cut off, or is no IDX file.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise FileFormatError(path, "", f"it cannot be read ({error})", "copy it again") from error
    axes = content[3] if len(content) > 3 else 0
    if (
        content[:2] != b"\0\0"
        or len(content) < 4 + 4 * axes
        or not axes
        or content[2] not in _TYPES
    ):
        raise FileFormatError(path, "header", "it is no IDX file", "name an idx1 or idx3 file")
    sizes = [int.from_bytes(content[4 + 4 * k : 8 + 4 * k], "big") for k in range(axes)]
    kind = np.dtype(_TYPES[content[2]])
    wanted, found = math.prod(sizes) * kind.itemsize, len(content) - 4 - 4 * axes
    if wanted != found or wanted > _MOST_BYTES:
        raise FileFormatError(
            path,
            "data",
            f"the header promises {wanted} bytes for {sizes}, but {found} follow",
            "copy the file again",
        )
    values = np.frombuffer(content, kind, offset=4 + 4 * axes).reshape(sizes)
    return values.astype(kind.newbyteorder("="))
