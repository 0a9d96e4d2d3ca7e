"""From a recording to one table with one clock, as text formats hold it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.checks import nearest
from unisono.core.errors import OutputError
from unisono.recordings.schema import stream_names

__all__ = ["Table", "chosen_streams", "tabulate"]


class Table(NamedTuple):
    """Columns of several streams on one clock.

    ``time`` ``(T,)`` in seconds; ``values`` and ``valid`` ``(T, C)``; one entry a column in
    ``names``, ``units``, ``kinds`` and ``streams``.
    """

    time: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]
    valid: npt.NDArray[np.bool_]
    names: list[str]
    units: list[str]
    kinds: list[str]
    streams: list[str]

    def take(self, order: Sequence[int]) -> "Table":
        """Return the table with the columns in another order."""
        index = list(order)
        lists = ([column[i] for i in index] for column in self[3:])
        return Table(self.time, self.values[:, index], self.valid[:, index], *lists)


def chosen_streams(tree: xr.DataTree, streams: Sequence[str] | None) -> list[str]:
    """Names of the streams to write: those wanted, or all.

    Raises:
        OutputError: If one of them is not in the recording.
    """
    known = stream_names(tree)
    for name in streams or []:
        if name not in known:
            raise OutputError(
                f"recording {tree.attrs.get('recording')!r} has no stream {name!r}; it has "
                f"{', '.join(known)}.{nearest(name, known)}"
            )
    return list(streams) if streams else known


def tabulate(tree: xr.DataTree, streams: Sequence[str] | None = None) -> Table:
    """Join streams that share their time stamps into one table.

    Args:
        tree: A recording.
        streams: Which; by default all.

    Raises:
        OutputError: If a stream is absent or has other axes, or two clocks differ.
    """
    names = chosen_streams(tree, streams)
    parts = [tree[name].to_dataset() for name in names]
    for name, part in zip(names, parts, strict=True):
        if part["data"].dims != ("time", "channel"):
            axes = ", ".join(map(str, part["data"].dims))
            raise OutputError(f"stream {name!r} has axes ({axes}); a table needs time and channel.")
    time = parts[0]["time"].values
    for name, part in zip(names, parts, strict=True):
        if not np.array_equal(part["time"].values, time):
            raise OutputError(
                f"streams {names[0]!r} and {name!r} have different time stamps; write them to "
                "separate files (streams=[...]) or resample one first."
            )
    sizes = [part.sizes["channel"] for part in parts]
    return Table(
        time=time,
        values=np.concatenate([p["data"].values for p in parts], axis=1).astype(np.float64),
        valid=np.concatenate([p["valid"].values for p in parts], axis=1),
        names=[str(c) for p in parts for c in p["channel"].values],
        units=[str(u) for p in parts for u in p["unit"].values],
        kinds=[str(p.attrs["kind"]) for p, n in zip(parts, sizes, strict=True) for _ in range(n)],
        streams=[s for s, n in zip(names, sizes, strict=True) for _ in range(n)],
    )
