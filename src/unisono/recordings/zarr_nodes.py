r"""Write groups and arrays in the Zarr v3 format into one zip, fast.

A recording is some forty small arrays. Written through xarray they take 180 ms, four times as long
as reading the C3D file they came from; written straight in the format they take a few. As a folder
they would be a hundred files in sixty folders, and the file system would take longer over making
and flushing them than the rest of an import together; a zip is one file.

The Zarr v3 core specification is short: a node is a path with ``zarr.json`` below; an array of
shape ``(n, m, ...)`` is cut along its first axis into chunks, each one entry ``c.<i>.0...``; a
chunk that holds nothing but the fill value has none. The entries of the zip are stored as they
are (chunks are compressed already) and undated, so that equal nodes make equal files. What is
written here, any Zarr v3 reader that knows zips opens (``zarr.storage.ZipStore``).

Numbers are compressed by Blosc (LZ4 with byte shuffle); text is ``vlen-utf8``: the number of
items, then length and UTF-8 bytes of each, lengths as little-endian ``uint32``.
"""

import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numcodecs import blosc  # type: ignore[import-untyped]

__all__ = ["ZippedNodes", "plain"]

_CHUNK_BYTES = 4 << 20
"""A chunk is at most this long: whole for a usual trial, so that reading it is one file."""

_LEVEL = 3


def plain(value: Any) -> Any:  # noqa: ANN401 - any attribute value
    """Return the value as JSON can hold it, without what is unknown.

    NumPy scalars and arrays become numbers and lists. ``None`` and numbers that are not finite
    leave a mapping (unknown is absent) and become ``null`` in a list.

    Example:
        >>> plain({"speed": np.float32(1.5), "slope": float("nan"), "sets": (1, 2)})
        {'speed': 1.5, 'sets': [1, 2]}
    """
    if type(value) in (str, int, bool):
        return value
    if isinstance(value, Mapping):
        cleaned = {str(key): plain(item) for key, item in value.items()}
        return {key: item for key, item in cleaned.items() if item is not None}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, bool | int | float | str | type(None)) else str(value)


class ZippedNodes:
    """Groups and arrays of one zip, gathered in memory.

    Example:
        >>> nodes = ZippedNodes()
        >>> nodes.array("count", np.arange(3), ["x"], {})
        >>> bytes(nodes.finish({"answer": 42})[:2])
        b'PK'
    """

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        self._zip = zipfile.ZipFile(self._bytes, "w", zipfile.ZIP_STORED)
        self._members: dict[str, Any] = {}

    def group(self, path: str, attributes: Mapping[str, Any]) -> None:
        """Add a group that lies below the root, as ``"grf"``."""
        self._node(path, {"node_type": "group", "attributes": plain(attributes)})

    def array(
        self,
        path: str,
        values: npt.NDArray[Any],
        dims: Sequence[str],
        attributes: Mapping[str, Any],
    ) -> None:
        """Add an array.

        Args:
            path: Where it lies, ``"grf/data"``.
            values: Numbers, bool or text (``str`` dtype), any number of axes.
            dims: Name of each axis.
            attributes: Its attributes.
        """
        values = np.ascontiguousarray(values).reshape(values.shape)
        frames = _frames_a_chunk(values)
        fill = _fill_value(values)
        text = values.dtype.kind in "UOT"
        metadata = {
            "node_type": "array",
            "shape": list(values.shape),
            "data_type": "string" if text else values.dtype.name,
            "chunk_grid": {
                "name": "regular",
                "configuration": {"chunk_shape": _chunk_shape(values.shape, frames)},
            },
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
            "fill_value": fill,
            "codecs": (
                [{"name": "vlen-utf8", "configuration": {}}] if text else _codecs(values.dtype)
            ),
            "dimension_names": list(dims),
            "attributes": plain(attributes),
        }
        self._node(path, metadata)
        if values.size and not _is_filled(values, fill):
            for name, chunk in _chunks(values, frames):
                self._put(f"{path}/{name}", chunk)

    def finish(self, attributes: Mapping[str, Any]) -> memoryview:
        """Return the zip; the nodes can be added to no more.

        Args:
            attributes: Attributes of the root. It holds the metadata of all other nodes too
                (consolidated), so that a reader opens one entry in place of dozens.
        """
        root = {
            "zarr_format": 3,
            "node_type": "group",
            "attributes": plain(attributes),
            "consolidated_metadata": {
                "kind": "inline",
                "must_understand": False,
                "metadata": self._members,
            },
        }
        self._put("zarr.json", json.dumps(root).encode())
        self._zip.close()
        return self._bytes.getbuffer()

    def _node(self, path: str, metadata: dict[str, Any]) -> None:
        self._members[path] = {"zarr_format": 3, **metadata}
        self._put(f"{path}/zarr.json", json.dumps(self._members[path]).encode())

    def _put(self, name: str, content: bytes) -> None:
        self._zip.writestr(zipfile.ZipInfo(name), content)


def _chunk_shape(shape: tuple[int, ...], frames: int) -> list[int]:
    return [frames, *(max(1, n) for n in shape[1:])] if shape else []


def _frames_a_chunk(values: npt.NDArray[Any]) -> int:
    if not values.ndim or not values.size:
        return 1
    return int(min(len(values), max(1, _CHUNK_BYTES // (values.nbytes // len(values)))))


def _fill_value(values: npt.NDArray[Any]) -> Any:  # noqa: ANN401 - of the array's own type
    """What an array most likely is throughout: one unit, or valid."""
    kind = values.dtype.kind
    if kind in "UOT":
        return str(values.flat[0]) if values.size else ""
    return {"b": True, "f": "NaN"}.get(kind, 0)


def _is_filled(values: npt.NDArray[Any], fill: Any) -> bool:  # noqa: ANN401
    """Whether the fill value says it all; not looked into for numbers, which never are."""
    if values.dtype.kind == "b":
        return bool(values.all())
    return values.dtype.kind in "UOT" and bool((values == fill).all())


def _codecs(dtype: np.dtype[Any]) -> list[dict[str, Any]]:
    return [
        {"name": "bytes", "configuration": {"endian": "little"}},
        {
            "name": "blosc",
            "configuration": {
                "typesize": dtype.itemsize,
                "cname": "lz4",
                "clevel": _LEVEL,
                "shuffle": "shuffle",
                "blocksize": 0,
            },
        },
    ]


def _chunks(values: npt.NDArray[Any], frames: int) -> Iterator[tuple[str, bytes]]:
    """Name and content of each chunk."""
    tail = "".join(".0" for _ in values.shape[1:])
    starts = range(0, len(values), frames) if values.ndim else [0]
    for number, start in enumerate(starts):
        chunk = values[start : start + frames] if values.ndim else values
        yield f"c.{number}{tail}" if values.ndim else "c", _encode(chunk, frames)


def _encode(chunk: npt.NDArray[Any], frames: int) -> bytes:
    if chunk.dtype.kind in "UOT":
        items = [str(item).encode() for item in chunk.ravel().tolist()]
        parts = (len(item).to_bytes(4, "little") + item for item in items)
        return len(items).to_bytes(4, "little") + b"".join(parts)
    missing = frames - len(chunk) if chunk.ndim else 0
    if missing:  # the format wants the last chunk as long as the others
        chunk = np.concatenate([chunk, np.zeros((missing, *chunk.shape[1:]), chunk.dtype)])
    little = chunk.astype(chunk.dtype.newbyteorder("<"), copy=False).reshape(-1)
    numbers = little.view(np.uint8) if chunk.dtype == bool else little  # Blosc knows no bool
    return bytes(blosc.compress(numbers, b"lz4", _LEVEL, blosc.SHUFFLE))
