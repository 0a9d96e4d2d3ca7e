"""The schema of a recording: an ``xarray.DataTree`` with one child node a stream.

Layout of a recording ``tree``:

- ``tree.attrs``: ``schema`` (version), ``recording``, ``subject`` and, where known, ``session``,
  ``mass_kg``, ``height_m``, ``labels`` (name to value), ``captions`` (list of str), ``source``
  (file, reader, digest). What is unknown is absent, never a guess.
- ``tree[stream]`` for each stream: ``data(time, channel)`` float32 or float64 and
  ``valid(time, channel)`` bool; coordinates ``time`` (seconds, float64, strictly increasing),
  ``channel`` (unique str), ``unit(channel)``; attributes ``kind`` (one of :data:`KINDS`),
  ``rate_hz`` (nominal), ``frame`` (``up``, ``forward``, ``handedness``, each maybe "unknown"),
  ``side`` ("left", "right" or ""), ``filter`` (what the stream was filtered with, or empty) and
  ``history`` (what was done to it, in order).
- ``tree["events"]`` (may be missing): ``time``, ``name``, ``side``, ``how`` along ``event``.

A sample that is not valid may hold any value, usually NaN; whoever reads ``data`` reads ``valid``.
A stream without time (an image, voxels) has axes of its own in place of ``time`` and ``channel``.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from xarray.indexes import PandasIndex

from unisono.core.checks import nearest
from unisono.core.errors import SchemaError
from unisono.core.units import tidy_unit

__all__ = [
    "EVENTS",
    "KINDS",
    "SCHEMA",
    "UNKNOWN_FRAME",
    "add_history",
    "events_of",
    "make_events",
    "make_recording",
    "make_stream",
    "stream_names",
    "streams",
    "validate",
]

SCHEMA = 1
"""Version of the layout described in this module."""

EVENTS = "events"
"""Name of the node that holds events; no stream may use it."""

KINDS = (
    "angle",
    "angular_velocity",
    "position",
    "velocity",
    "acceleration",
    "angular_rate",
    "force",
    "moment",
    "power",
    "emg",
    "pressure",
    "feature",
    "image",
    "voxel",
)
"""What a stream can be a signal of. ``feature`` stands for anything else."""

UNKNOWN_FRAME: Mapping[str, str] = {
    "up": "unknown",
    "forward": "unknown",
    "handedness": "unknown",
}
"""The frame of a stream whose axes nobody stated."""

_NO_TIME = {"image", "voxel"}


def make_stream(
    data: npt.ArrayLike,
    *,
    time: npt.ArrayLike,
    channels: Sequence[str],
    units: str | Sequence[str],
    kind: str,
    valid: npt.ArrayLike | None = None,
    **attributes: Any,  # noqa: ANN401 - rate_hz, frame, side, filter, history as in the schema
) -> xr.Dataset:
    """Build one stream.

    Args:
        data: Samples, ``(time, channel)``; kept as float32 if that, else float64.
        time: Timestamps in seconds, ``(time,)``.
        channels: One unique name a channel.
        units: One unit for all, or one a channel, in any spelling that ``tidy_unit`` knows.
        kind: One of :data:`KINDS`.
        valid: Which samples are real, ``(time, channel)``; by default those that are finite.
        **attributes: ``rate_hz``, ``frame``, ``side``, ``filter``, ``history``; by default the rate
            is the inverse median step, the frame unknown, and the rest empty.

    Raises:
        SchemaError: If lengths disagree.

    Example:
        >>> grf = make_stream([[0.0], [700.0]], time=[0, 0.01], channels=["r_fz"], units="N",
        ...                   kind="force", side="right")
        >>> grf.attrs["rate_hz"], str(grf.unit.values[0])
        (100.0, 'N')
    """
    values = np.asarray(data)
    values = values if values.dtype == np.float32 else values.astype(np.float64)
    stamps = np.asarray(time, dtype=np.float64)
    names = [str(c) for c in channels]
    if values.ndim != 2 or values.shape != (len(stamps), len(names)):
        raise SchemaError(
            f"stream data has shape {values.shape}, but there are {len(stamps)} time stamps and "
            f"{len(names)} channels; give data as (time, channel)."
        )
    spelled = [units] * len(names) if isinstance(units, str) else list(units)
    if len(spelled) != len(names):
        raise SchemaError(f"{len(spelled)} units for {len(names)} channels; give one a channel.")
    tidied = {unit: tidy_unit(unit) for unit in set(spelled)}
    finite = np.isfinite(values)
    mask = finite if valid is None else np.asarray(valid, dtype=bool) & finite
    unknown = sorted(set(attributes) - {"rate_hz", "frame", "side", "filter", "history"})
    if unknown:
        raise SchemaError(f"a stream has no attribute {unknown[0]!r}; see recordings/schema.py.")
    step = float(np.median(np.diff(stamps))) if len(stamps) > 1 else 0.0
    attrs: dict[str, Any] = {
        "kind": kind,
        "rate_hz": float(attributes.get("rate_hz") or (round(1 / step, 6) if step > 0 else 0.0)),
        "frame": dict(UNKNOWN_FRAME) | dict(attributes.get("frame") or {}),
        "side": attributes.get("side") or "",
        "filter": dict(attributes.get("filter") or {}),
        "history": list(attributes.get("history") or []),
    }
    return xr.Dataset(
        {
            "data": xr.Variable(("time", "channel"), values),
            "valid": xr.Variable(("time", "channel"), mask),
        },
        coords=_coordinates(stamps, names, [tidied[u] for u in spelled]),
        attrs=attrs,
    )


def _coordinates(
    stamps: npt.NDArray[np.float64], names: list[str], units: list[str]
) -> xr.Coordinates:
    """Coordinates of a stream, with an index of plain Python text.

    Left to itself, xarray has pandas turn the names into Arrow text, which takes longer than all
    the rest of a stream, and back again whenever the names are looked at.
    """
    text = np.array(names, dtype=str)
    clock = PandasIndex(pd.Index(stamps), "time")
    labels = PandasIndex(
        pd.Index(text.astype(object), dtype=object), "channel", coord_dtype=text.dtype
    )
    unit = xr.Variable(("channel",), np.array(units, dtype=str))
    variables = {**clock.create_variables(), **labels.create_variables(), "unit": unit}
    return xr.Coordinates(variables, indexes={"time": clock, "channel": labels})


def make_events(
    time: npt.ArrayLike, name: Sequence[str], side: Sequence[str], how: str | Sequence[str]
) -> xr.Dataset:
    """Build the events node, ordered by time.

    Args:
        time: Seconds, ``(event,)``.
        name: ``"foot_strike"``, ``"foot_off"`` or any other word.
        side: ``"left"``, ``"right"`` or ``""``.
        how: ``"given"``, ``"force"`` or ``"kinematics"``, one for all or one an event.

    Example:
        >>> make_events([0.9, 0.2], ["foot_off", "foot_strike"], ["left"] * 2, "given").name.values
        array(['foot_strike', 'foot_off'], dtype='<U11')
    """
    stamps = np.asarray(time, dtype=np.float64)
    sources = [how] * len(stamps) if isinstance(how, str) else list(how)
    order = np.argsort(stamps, kind="stable")
    columns = {"name": name, "side": side, "how": sources}
    return xr.Dataset(
        {"time": ("event", stamps[order])}
        | {k: ("event", np.array(list(v), dtype=str)[order]) for k, v in columns.items()}
    )


def make_recording(
    parts: Mapping[str, xr.Dataset],
    *,
    recording: str,
    subject: str,
    events: xr.Dataset | None = None,
    **known: Any,  # noqa: ANN401 - session, mass_kg, height_m, labels, captions, source
) -> xr.DataTree:
    """Build a recording from its streams and validate it.

    Args:
        parts: Streams by name, as :func:`make_stream` returns them.
        recording: Name of the trial.
        subject: Who was recorded.
        events: The events node, or None.
        **known: ``session``, ``mass_kg``, ``height_m``, ``labels``, ``captions``, ``source``;
            those that are None are left out.

    Raises:
        SchemaError: As :func:`validate` does.
    """
    nodes = dict(parts)
    if events is not None and events.sizes.get("event", 0):
        nodes[EVENTS] = events
    tree = xr.DataTree(name=recording)
    tree.children = {name: xr.DataTree(node) for name, node in nodes.items()}
    tree.attrs = {"schema": SCHEMA, "recording": str(recording), "subject": str(subject)}
    tree.attrs |= {key: value for key, value in known.items() if value is not None}
    validate(tree)
    return tree


def stream_names(tree: xr.DataTree) -> list[str]:
    """Names of the streams, in the order of the recording."""
    return [str(name) for name in tree.children if name != EVENTS]


def streams(tree: xr.DataTree) -> Iterator[tuple[str, xr.Dataset]]:
    """Iterate over ``(name, dataset)`` of the streams."""
    for name in stream_names(tree):
        yield name, tree.children[name].to_dataset(inherit=False)


def events_of(tree: xr.DataTree) -> xr.Dataset:
    """Events of a recording; an empty node if it has none."""
    if EVENTS in tree.children:
        return tree[EVENTS].to_dataset()
    return make_events([], [], [], [])


def add_history(stream: xr.Dataset, done: str) -> xr.Dataset:
    """Return the stream with one more line in its history."""
    return stream.assign_attrs(history=[*stream.attrs.get("history", []), done])


def validate(tree: xr.DataTree) -> None:
    """Check a recording against the schema.

    Raises:
        SchemaError: Naming the recording, the stream, what is wrong, and the remedy.
    """
    name = tree.attrs.get("recording", tree.name)
    missing = [key for key in ("schema", "recording", "subject") if key not in tree.attrs]
    if missing:
        raise SchemaError(f"recording {name!r} lacks the attribute {missing[0]!r}; set it.")
    if int(tree.attrs["schema"]) > SCHEMA:
        raise SchemaError(
            f"recording {name!r} has schema {tree.attrs['schema']}, newer than {SCHEMA}; "
            "update unisono."
        )
    _validate_known(name, tree.attrs)
    if not stream_names(tree):
        raise SchemaError(f"recording {name!r} has no stream; check what the file holds.")
    for stream, node in streams(tree):
        problem = _stream_problem(node)
        if problem:
            raise SchemaError(f"recording {name!r}, stream {stream!r}: {problem}.")
    if EVENTS in tree.children:
        absent = {"time", "name", "side", "how"} - set(tree[EVENTS].to_dataset().variables)
        if absent:
            raise SchemaError(
                f"recording {name!r}: events lack {', '.join(sorted(absent))}; use make_events."
            )


def _validate_known(name: object, attrs: Mapping[Any, Any]) -> None:
    for key, low, high in (("mass_kg", 1.0, 500.0), ("height_m", 0.3, 2.8)):
        value = attrs.get(key)
        if value is not None and not low <= float(value) <= high:
            raise SchemaError(
                f"recording {name!r}: {key} is {value}, outside {low} to {high}; check its unit."
            )


def _stream_problem(node: xr.Dataset) -> str:
    kind = node.attrs.get("kind")
    if kind not in KINDS:
        return f"kind {kind!r} is not known{nearest(str(kind), KINDS) or '; see KINDS'}"
    absent = {"data", "valid"} - set(node.data_vars)
    if absent:
        return f"lacks {', '.join(sorted(absent))}; build it with make_stream"
    data, valid = node.variables["data"], node.variables["valid"]  # plain: no index goes with them
    if data.dtype not in (np.float32, np.float64):
        return f"data is {data.dtype}; it must be float32 or float64"
    if valid.dtype != bool or valid.dims != data.dims:
        return "valid must be bool with the axes of data"
    return "" if kind in _NO_TIME else _time_problem(node) or _channel_problem(node)


def _time_problem(node: xr.Dataset) -> str:
    dims = node.variables["data"].dims
    if dims != ("time", "channel"):
        return f"data has axes {dims}; expected ('time', 'channel')"
    time = node["time"].values
    if time.size == 0:
        return "has no samples; remove the stream or check the file"
    if time.dtype != np.float64 or not np.isfinite(time).all():
        return "time must be finite float64 seconds"
    steps = np.diff(time)
    if (steps <= 0).any():
        at = int(np.argmax(steps <= 0))
        return (
            f"time does not increase at sample {at + 1} ({time[at]:g} s then {time[at + 1]:g} s); "
            "sort the samples or remove the repeats"
        )
    return ""


def _channel_problem(node: xr.Dataset) -> str:
    names = [str(c) for c in node["channel"].values.tolist()]
    if not names:
        return "has no channels; remove the stream or check the file"
    twice = sorted({n for n in names if names.count(n) > 1}) if len(set(names)) < len(names) else []
    if twice:
        return f"channel {twice[0]!r} appears twice; rename one of them"
    if "unit" not in node.coords:
        return "has no unit for each channel; build it with make_stream"
    return ""
