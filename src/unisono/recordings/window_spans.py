r"""Where windows begin and end: on a common clock, or from event to event.

Fixed windows lie on a grid of instants :math:`t_k = t_0 + k / f` with the common rate ``f``. The
grid covers the time that the required streams share (all chosen streams where none is required).
Windows cut by events begin at an event of the first name and end at the next event of the second
name on the same side; a pair with another beginning between the two is left out, because an event
was missed there.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.errors import SchemaError
from unisono.recordings.schema import events_of
from unisono.recordings.window_settings import Cut

__all__ = ["Span", "event_spans", "fixed_spans", "shared_time"]

_ROUNDING = 1e-9


class Span(NamedTuple):
    """One window's place in time.

    Attributes:
        start_s: First instant.
        stop_s: Last instant.
        side: ``"left"``, ``"right"`` or ``""``.
        first: Index of the first instant on the common clock; -1 for windows cut by events.
    """

    start_s: float
    stop_s: float
    side: str
    first: int = -1


def shared_time(tree: xr.DataTree, names: tuple[str, ...]) -> tuple[float, float]:
    """First and last instant at which all named streams have samples, in seconds.

    Raises:
        SchemaError: If two of them do not overlap in time.
    """
    ends = {name: np.asarray(tree[name]["time"].values)[[0, -1]] for name in names}
    late = max(names, key=lambda name: ends[name][0])
    early = min(names, key=lambda name: ends[name][1])
    start, stop = float(ends[late][0]), float(ends[early][1])
    if start > stop:
        raise SchemaError(
            f"recording {tree.attrs.get('recording')!r}: stream {late!r} starts at {start:g} s, "
            f"after stream {early!r} ends at {stop:g} s; they do not overlap in time: check their "
            "clocks."
        )
    return start, stop


def fixed_spans(tree: xr.DataTree, cut: Cut) -> tuple[npt.NDArray[np.float64], list[Span]]:
    """The common clock of a recording, and the windows on it.

    Args:
        tree: The recording.
        cut: How to cut; ``rate_hz``, ``length`` and ``stride`` are used.

    Raises:
        SchemaError: If two of the chosen streams do not overlap in time.
    """
    there = tuple(name for name in cut.streams if name in tree.children)
    shared_time(tree, there)
    start, stop = shared_time(tree, cut.require or there)
    count = int(np.floor((stop - start) * cut.rate_hz + _ROUNDING)) + 1
    grid = start + np.arange(count) / cut.rate_hz
    firsts = range(0, count - cut.length + 1, cut.stride or cut.length)
    sides = cut.sides if cut.mirror else ("",)
    spans = [
        Span(float(grid[first]), float(grid[first + cut.length - 1]), side, first)
        for side in sides
        for first in firsts
    ]
    return grid, spans


def event_spans(tree: xr.DataTree, cut: Cut) -> list[Span]:
    """Windows from event to event, by side and then by time.

    Args:
        tree: The recording, with its events.
        cut: How to cut; ``by``, ``side`` and ``lasting_s`` are used.
    """
    events = events_of(tree)
    begin, end = cut.by
    shortest, longest = cut.lasting_s
    sides = cut.sides if cut.mirror or cut.side != "both" else (*cut.sides, "")
    spans = []
    for side in sides:
        mine = events["side"].values == side
        starts = np.unique(events["time"].values[mine & (events["name"].values == begin)])
        stops = np.unique(events["time"].values[mine & (events["name"].values == end)])
        for number, start in enumerate(starts):
            after = stops[stops > start]
            following = starts[number + 1] if number + 1 < len(starts) else np.inf
            if not len(after) or after[0] > following:
                continue
            if shortest <= after[0] - start <= longest:
                spans.append(Span(float(start), float(after[0]), side))
    return spans
