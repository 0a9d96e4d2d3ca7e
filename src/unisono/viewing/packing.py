"""Arrays in a page: one block, compressed, that a browser unpacks by itself.

Each array is stored byte by byte (all first bytes, then all second bytes, ...), which compresses
smooth signals about twice as well as number by number; the block is then gzip, written as base64.
"""

import base64
import gzip
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Packer", "unpack"]


class Packer:
    """Collects arrays and says where each lies.

    Example:
        >>> packer = Packer()
        >>> place = packer.add(np.array([1.0, np.nan]))
        >>> place, unpack(packer.text(), place).tolist()
        ({'at': 0, 'count': 2, 'type': 'f4'}, [1.0, nan])
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, values: npt.ArrayLike, *, exact: bool = False) -> dict[str, Any]:
        """Store an array, flattened, as float32, or as float64 where it must be exact.

        Returns:
            Where it lies, for :func:`unpack` and for the page.
        """
        kind = "f8" if exact else "f4"
        flat = np.ascontiguousarray(np.asarray(values), dtype=f"<{kind}").reshape(-1)
        block = flat.view(np.uint8).reshape(len(flat), flat.itemsize).T.tobytes()
        place = {"at": self._size, "count": len(flat), "type": kind}
        self._parts.append(block)
        self._size += len(block)
        return place

    def text(self) -> str:
        """The whole block as base64 of gzip; the same arrays give the same text."""
        packed = gzip.compress(b"".join(self._parts), compresslevel=6, mtime=0)
        return base64.b64encode(packed).decode("ascii")


def unpack(text: str, place: dict[str, Any]) -> npt.NDArray[Any]:
    """The array at a place of a block that :meth:`Packer.text` wrote."""
    block = gzip.decompress(base64.b64decode(text))
    width = int(place["type"][1])
    part = block[place["at"] : place["at"] + width * place["count"]]
    bytes_ = np.frombuffer(part, np.uint8).reshape(width, place["count"])
    return np.ascontiguousarray(bytes_.T).view(f"<{place['type']}").reshape(-1)
