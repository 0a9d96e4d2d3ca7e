"""NPZ and NPY files.

What :func:`write_npz` writes holds, for each stream, ``<stream>/data``, ``<stream>/valid``,
``<stream>/time`` and, where gaps were filled, ``<stream>/filled``, and in ``recording`` a JSON text
with the attributes, channels, units and events; it reads back as the same recording. Any other
archive is read array by array: numbers of shape ``(time, channel)`` or ``(time,)`` are streams
named like the array, a vector named ``time`` or ``t`` is the clock of those of its length, else
``rate_hz`` must be stated. Nothing is unpickled.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.errors import FileFormatError, SchemaError, UnisonoError
from unisono.core.files import atomic_file
from unisono.core.units import tidy_unit
from unisono.recordings.formats.assembling import apply_options, assemble, check_time, doubt
from unisono.recordings.formats.columns import kind_of
from unisono.recordings.formats.npy_header import decode_npy, open_npz
from unisono.recordings.formats.options import DEFAULTS, ReadOptions
from unisono.recordings.formats.tabulating import chosen_streams
from unisono.recordings.formats.text import load_bytes
from unisono.recordings.schema import (
    EVENTS,
    add_history,
    events_of,
    make_events,
    make_recording,
    make_stream,
    validate,
)
from unisono.recordings.zarr_nodes import plain

__all__ = ["arrays_to_streams", "read_npy", "read_npz", "write_npz"]

_META = "recording"
_NO_TIME = "state rate_hz (--rate-hz 100) or save an array 'time'"
_TIMES = ("time", "t", "times", "timestamps", "tt")


def read_npz(path: str | Path, options: ReadOptions = DEFAULTS) -> xr.DataTree:
    """Read an ``.npz`` archive: one of ours, or arrays of ``(time, channel)``.

    Raises:
        FileFormatError: If it is damaged, or holds nothing that is a stream.
    """
    content = load_bytes(path)
    arrays = open_npz(path, content)
    meta = arrays.get(_META)
    if meta is not None and meta.dtype.kind == "U" and meta.shape == ():
        return apply_options(_ours(path, arrays, str(meta)), options)
    parts = arrays_to_streams(path, arrays, options)
    return assemble(parts, path=path, content=content, reader="npz", options=options)


def read_npy(path: str | Path, options: ReadOptions = DEFAULTS) -> xr.DataTree:
    """Read an ``.npy`` array of ``(time, channel)`` as the stream ``features``; rate stated.

    Raises:
        FileFormatError: If it is damaged or has other axes.
    """
    content = load_bytes(path)
    array = decode_npy(path, "", content)
    parts = arrays_to_streams(path, {"features": array}, options)
    return assemble(parts, path=path, content=content, reader="npy", options=options)


def arrays_to_streams(
    path: str | Path, arrays: Mapping[str, npt.NDArray[Any]], options: ReadOptions
) -> dict[str, xr.Dataset]:
    """Make streams of named arrays of numbers.

    Args:
        path: The file, for messages.
        arrays: Arrays by name.
        options: ``rate_hz`` if there is no clock; ``columns``, a list of names for the channels;
            ``units``.

    Raises:
        FileFormatError: If no array is a stream, or the time is not known.
    """
    clock = next((key for name in _TIMES for key in arrays if key.lower() == name), None)
    stamps = None
    if clock is not None and options.rate_hz is None:
        stamps = np.asarray(arrays[clock]).reshape(-1)
        if stamps.dtype.kind not in "fiu" or not stamps.size:
            raise FileFormatError(path, clock, "the time is not numbers", "save it as seconds")
        stamps = stamps.astype(np.float64)
        check_time(path, stamps, list(range(1, len(stamps) + 1)))
    parts, left = {}, []
    for name, array in arrays.items():
        data = None if name == clock else _time_first(array, stamps)
        if data is None:
            left += [] if name == clock else [f"{name} {array.shape}"]
            continue
        if stamps is None and options.rate_hz is None:
            problem = "there is no time"
            raise FileFormatError(path, name, problem, _NO_TIME)
        rate = options.rate_hz or 0.0
        time = np.arange(len(data)) / rate if stamps is None else stamps
        parts[name] = _stream(path, name, data, time, options)
    if not parts:
        said = ", ".join(left[:5]) or "none"
        stated = "" if stamps is None else f" with the {len(stamps)} times of {clock!r}"
        problem = f"no array is (time, channel){stated}: {said}"
        raise FileFormatError(path, "", problem, "save arrays of numbers with these two axes")
    if left:
        first = next(iter(parts))
        words = doubt(
            f"not read, since it is no (time, channel) of this time: {', '.join(left[:5])}"
        )
        parts[first] = add_history(parts[first], words)
    return parts


def _time_first(
    array: npt.NDArray[Any], stamps: npt.NDArray[np.float64] | None
) -> npt.NDArray[np.float64] | None:
    """The array as ``(time, channel)``, or None if it is no stream."""
    if array.dtype.kind not in "fiub" or array.ndim not in (1, 2) or not array.size:
        return None
    data = array[:, None] if array.ndim == 1 else array
    if stamps is not None and len(data) != len(stamps):
        data = data.T
    if stamps is not None and len(data) != len(stamps):
        return None
    if data.dtype == np.float32:
        return data
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
        return data.astype(np.float64)


def _stream(
    path: str | Path,
    name: str,
    data: npt.NDArray[Any],
    time: npt.NDArray[np.float64],
    options: ReadOptions,
) -> xr.Dataset:
    stated = options.columns
    channels = [f"{name}_{i}" for i in range(data.shape[1])]
    if stated is not None and not isinstance(stated, Mapping):
        if len(stated) != data.shape[1]:
            problem = f"{len(stated)} names are stated for {data.shape[1]} channels"
            raise FileFormatError(path, name, problem, "state one name a channel")
        channels = [str(c) for c in stated]
    unit = options.units.get(name, "1")
    notes = [] if name in options.units else [doubt("no unit is stated; 1 is assumed")]
    return make_stream(
        data,
        time=time,
        channels=channels,
        units=unit,
        kind=kind_of(name, [unit])[1],
        rate_hz=options.rate_hz,
        history=notes,
    )


def _ours(path: str | Path, arrays: Mapping[str, npt.NDArray[Any]], text: str) -> xr.DataTree:
    try:
        meta = json.loads(text)
        parts = {name: _restore(name, arrays, said) for name, said in meta["streams"].items()}
        events = meta.get("events")
        attrs = dict(meta["attrs"])
        tree = make_recording(
            parts,
            recording=attrs["recording"],
            subject=attrs["subject"],
            events=make_events(**events) if events else None,
        )
        tree.attrs = attrs
        validate(tree)
    except UnisonoError as error:
        raise FileFormatError(path, _META, str(error), "save it again") from error
    # the JSON may hold anything in place of what write_npz put there
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        problem = f"the description is damaged ({type(error).__name__}: {error})"
        raise FileFormatError(path, _META, problem, "save it again") from error
    return tree


def _restore(
    name: str, arrays: Mapping[str, npt.NDArray[Any]], said: Mapping[str, Any]
) -> xr.Dataset:
    data = arrays[f"{name}/data"]
    if data.dtype not in (np.float32, np.float64):
        raise SchemaError(f"stream {name!r} is {data.dtype}")
    stream = make_stream(
        data,
        time=arrays[f"{name}/time"],
        channels=said["channels"],
        units=[tidy_unit(unit) for unit in said["units"]],
        kind=said["attrs"]["kind"],
        valid=arrays[f"{name}/valid"],
    )
    filled = arrays.get(f"{name}/filled")
    if filled is not None:
        stream["filled"] = (("time", "channel"), filled.astype(bool))
    return stream.assign_attrs(said["attrs"])


def write_npz(tree: xr.DataTree, path: str | Path, *, streams: Sequence[str] | None = None) -> Path:
    """Write a recording so that :func:`read_npz` returns the same.

    Raises:
        OutputError: If a stream named is absent.
        SchemaError: If a stream has other axes than time and channel.
    """
    path = Path(path)
    arrays: dict[str, npt.NDArray[Any]] = {}
    said: dict[str, Any] = {}
    for name in chosen_streams(tree, streams):
        node = tree[name].to_dataset()
        if node["data"].dims != ("time", "channel"):
            raise SchemaError(f"stream {name!r} has axes {node['data'].dims}; save it as Zarr.")
        for part in ("data", "valid", "time", *(["filled"] if "filled" in node else [])):
            arrays[f"{name}/{part}"] = node[part].values
        said[name] = {
            "channels": node["channel"].values.tolist(),
            "units": node["unit"].values.tolist(),
            "attrs": dict(node.attrs),
        }
    meta: dict[str, Any] = {"attrs": dict(tree.attrs), "streams": said}
    if EVENTS in tree.children:
        events = events_of(tree)
        meta["events"] = {
            key: events[key].values.tolist() for key in ("time", "name", "side", "how")
        }
    arrays[_META] = np.array(json.dumps(meta, default=plain))  # labels may be NumPy's numbers
    with atomic_file(path) as temporary, temporary.open("wb") as handle:
        np.savez_compressed(handle, **arrays)  # type: ignore[arg-type]  # names with a slash
    return path
