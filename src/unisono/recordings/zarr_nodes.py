r"""Write groups and arrays in the Zarr v3 format, fast.

A recording is some forty small arrays. Written through xarray they take 180 ms, four times as long
as reading the C3D file they came from; written straight to the format's files they take a few.
The Zarr v3 core specification is short: a node is a folder with ``zarr.json``; an array of shape
``(n, m, ...)`` is cut along its first axis into chunks, each one file ``c.<i>.0...``; a chunk that
holds nothing but the fill value has no file. What is written here, any Zarr v3 reader opens.

Numbers are compressed by Blosc (LZ4 with byte shuffle); text is ``vlen-utf8``: the number of
items, then length and UTF-8 bytes of each, lengths as little-endian ``uint32``.
"""

import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numcodecs import blosc  # type: ignore[import-untyped]

__all__ = ["group_metadata", "plain", "write_array", "write_group"]

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


def group_metadata(
    attributes: Mapping[str, Any], members: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """What the ``zarr.json`` of a group says.

    Args:
        attributes: Attributes of the group.
        members: Metadata of every node below, by path; consolidated, so that a reader opens one
            file in place of hundreds. None leaves it out.
    """
    metadata: dict[str, Any] = {
        "zarr_format": 3,
        "node_type": "group",
        "attributes": plain(attributes),
    }
    if members is not None:
        metadata["consolidated_metadata"] = {
            "kind": "inline",
            "must_understand": False,
            "metadata": dict(members),
        }
    return metadata


def write_group(
    folder: Path,
    attributes: Mapping[str, Any],
    members: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Write the ``zarr.json`` of a group into its folder, which exists; return what it says."""
    metadata = group_metadata(attributes, members)
    _write(f"{folder}/zarr.json", json.dumps(metadata).encode())
    return metadata


def _write(path: str, content: bytes) -> None:
    """Plain ``open``: with hundreds of small files, even pathlib is felt."""
    with open(path, "wb", buffering=0) as handle:
        handle.write(content)


def write_array(
    folder: Path,
    values: npt.NDArray[Any],
    dims: Sequence[str],
    attributes: Mapping[str, Any],
) -> dict[str, Any]:
    """Write one array into a new folder and return its metadata.

    Args:
        folder: Folder of the array, made here.
        values: Numbers, bool or text (``str`` dtype), any number of axes.
        dims: Name of each axis.
        attributes: Attributes of the array.
    """
    os.mkdir(folder)
    values = np.ascontiguousarray(values).reshape(values.shape)
    frames = _frames_a_chunk(values)
    fill = _fill_value(values)
    text = values.dtype.kind in "UOT"
    metadata = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(values.shape),
        "data_type": "string" if text else values.dtype.name,
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": _chunk_shape(values.shape, frames)},
        },
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
        "fill_value": fill,
        "codecs": [{"name": "vlen-utf8", "configuration": {}}] if text else _codecs(values.dtype),
        "dimension_names": list(dims),
        "attributes": plain(attributes),
    }
    _write(f"{folder}/zarr.json", json.dumps(metadata).encode())
    if values.size and not _is_filled(values, fill):
        _write_chunks(folder, values, frames)
    return metadata


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


def _write_chunks(folder: Path, values: npt.NDArray[Any], frames: int) -> None:
    tail = "".join(".0" for _ in values.shape[1:])
    starts = range(0, len(values), frames) if values.ndim else [0]
    for number, start in enumerate(starts):
        chunk = values[start : start + frames] if values.ndim else values
        name = f"c.{number}{tail}" if values.ndim else "c"
        _write(f"{folder}/{name}", _encode(chunk, frames))


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
