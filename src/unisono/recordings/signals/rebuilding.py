"""Put changed streams back together, without losing what is known of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.recordings.schema import (
    EVENTS,
    add_history,
    events_of,
    make_recording,
    make_stream,
    streams,
)

__all__ = ["by_mask", "rebuilt", "with_streams"]

_VARIABLES = ("time", "channels", "units", "filled")


def rebuilt(
    stream: xr.Dataset,
    data: npt.NDArray[Any],
    valid: npt.NDArray[np.bool_],
    *,
    done: str,
    **changes: Any,  # noqa: ANN401 - time, channels, units, filled and attributes of the schema
) -> xr.Dataset:
    """Build a stream like another one, with other samples and one more line of history.

    Args:
        stream: What it was before.
        data: New samples, ``(time, channel)``; stored with the precision of the old ones.
        valid: New mask of the same shape.
        done: What was done, one line.
        **changes: ``time``, ``channels``, ``units``, ``filled`` (mask of samples that a gap policy
            made; the old one goes on where there are as many samples) and any attribute of a
            stream, where they differ from the old ones.
    """
    attributes = dict(stream.attrs) | {k: v for k, v in changes.items() if k not in _VARIABLES}
    fresh = make_stream(
        np.asarray(data, dtype=stream["data"].dtype),
        time=changes.get("time", stream["time"].values),
        channels=changes.get("channels", stream["channel"].values),
        units=changes.get("units", [str(u) for u in stream["unit"].values]),
        kind=str(attributes["kind"]),
        valid=valid,
    )
    filled = changes.get("filled")
    if filled is None and "filled" in stream and stream["filled"].shape == valid.shape:
        filled = stream["filled"].values
    if filled is not None:
        fresh["filled"] = (("time", "channel"), np.asarray(filled, dtype=bool))
    return add_history(fresh.assign_attrs(attributes), done)


def with_streams(
    tree: xr.DataTree,
    changed: Mapping[str, xr.Dataset],
    *,
    events: xr.Dataset | None = None,
    drop: Sequence[str] = (),
    **known: Any,  # noqa: ANN401 - attributes of the recording
) -> xr.DataTree:
    """Return the recording with some streams replaced, added or dropped.

    Args:
        tree: The recording; it is left as it is.
        changed: Streams to put in, by name.
        events: Events to put in place of the old ones, or None to keep those.
        drop: Streams to leave out.
        **known: Attributes of the recording to set.

    Raises:
        SchemaError: If the result breaks the schema.
    """
    parts = {name: node for name, node in streams(tree) if name not in drop} | dict(changed)
    attrs = {str(k): v for k, v in (dict(tree.attrs) | known).items() if k != "schema"}
    kept = events if events is not None else (events_of(tree) if EVENTS in tree.children else None)
    return make_recording(parts, events=kept, **attrs)


def by_mask(
    valid: npt.NDArray[np.bool_], act: Callable[[npt.NDArray[np.bool_], npt.NDArray[np.intp]], None]
) -> None:
    """Call ``act(mask, columns)`` once for each distinct column of a mask ``(time, channel)``.

    Channels that miss the same samples are treated together, which is most of them.
    """
    if not valid.size:
        return
    packed = np.ascontiguousarray(np.packbits(valid, axis=0).T)  # rows compare faster as bytes
    words = packed.view(f"V{packed.shape[1]}").ravel()
    _, first, group = np.unique(words, return_index=True, return_inverse=True)
    for which, column in enumerate(first):
        act(valid[:, column], np.flatnonzero(np.ravel(group) == which))
