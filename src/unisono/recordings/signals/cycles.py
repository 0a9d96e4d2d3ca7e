"""Cycles: cut between events of one foot and bring each to the same number of points.

A cycle from foot strike to foot strike is a stride; from foot strike to foot off, a stance. Each is
resampled by true time stamps (``resampling``), so that 0 % is the first event and 100 % the second.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.checks import check_choice, check_range
from unisono.core.errors import UnisonoError
from unisono.recordings.schema import events_of, stream_names
from unisono.recordings.signals.events import FOOT_STRIKE
from unisono.recordings.signals.resampling import resample

__all__ = ["Cycles", "Interval", "cut_cycles", "cycle_intervals"]


class Interval(NamedTuple):
    """A cycle: its first and last instant in seconds, and whose foot it is."""

    start_s: float
    stop_s: float
    side: str


class Cycles(NamedTuple):
    """Cycles of one recording.

    Attributes:
        data: For each stream ``(cycle, point, channel)``; NaN where not valid.
        valid: For each stream the mask of the same shape.
        channels: For each stream the names of its channels.
        intervals: When each cycle was, and whose.
    """

    data: Mapping[str, npt.NDArray[np.float64]]
    valid: Mapping[str, npt.NDArray[np.bool_]]
    channels: Mapping[str, tuple[str, ...]]
    intervals: tuple[Interval, ...]


def cycle_intervals(
    events: xr.Dataset,
    by: tuple[str, str] = (FOOT_STRIKE, FOOT_STRIKE),
    *,
    side: str = "",
    max_s: float = 3.0,
) -> list[Interval]:
    """Pair each first event with the next second one of the same side.

    A pair is given up if another first event comes before the second (an event in between was not
    seen), or if it lasts longer than ``max_s``.

    Args:
        events: Events of a recording.
        by: Names of the first and the second event.
        side: ``"right"``, ``"left"`` or ``""`` for both.
        max_s: Longest cycle, seconds.

    Example:
        >>> from unisono.recordings.schema import make_events
        >>> e = make_events([0.1, 0.7, 1.2], ["foot_strike", "foot_off", "foot_strike"],
        ...                 ["left"] * 3, "given")
        >>> cycle_intervals(e), cycle_intervals(e, ("foot_strike", "foot_off"))[0].stop_s
        ([Interval(start_s=0.1, stop_s=1.2, side='left')], 0.7)
    """
    check_choice("side", side, ("", "right", "left"))
    check_range("max_s", max_s, 0.0, 1e6)
    names, sides, times = (events[key].values for key in ("name", "side", "time"))
    found = []
    for foot in ("right", "left"):
        if side not in ("", foot):
            continue
        firsts = np.sort(times[(names == by[0]) & (sides == foot)])
        seconds = np.sort(times[(names == by[1]) & (sides == foot)])
        for start in firsts:
            after = seconds[seconds > start]
            again = firsts[firsts > start]
            stop = after[0] if len(after) else np.inf
            missed = len(again) > 0 and again[0] < stop
            if stop - start <= max_s and not missed:
                found.append(Interval(float(start), float(stop), foot))
    return sorted(found)


def cut_cycles(
    tree: xr.DataTree,
    intervals: Sequence[Interval] | None = None,
    *,
    points: int = 101,
    streams: Sequence[str] | None = None,
) -> Cycles:
    """Cut cycles out of a recording and bring each to ``points`` points.

    Args:
        tree: The recording.
        intervals: When to cut; by default the strides of both feet by the recording's events.
        points: Points a cycle, the first and the last instant included, at least 2.
        streams: Which streams; by default all that have a time axis and channels.

    Raises:
        UnisonoError: If a stream is not there or ``points`` is too small.
    """
    if points < 2:
        raise UnisonoError(f"a cycle needs at least 2 points; got {points}.")
    timed = [n for n in stream_names(tree) if {"time", "channel"} <= set(tree[n].dims)]
    wanted = timed if streams is None else list(streams)
    for name in wanted:
        check_choice("the stream to cut", name, timed)
    spans = tuple(cycle_intervals(events_of(tree)) if intervals is None else intervals)
    data, valid, channels = {}, {}, {}
    for name in wanted:
        node = tree[name].to_dataset()
        width = node.sizes["channel"]
        data[name] = np.full((len(spans), points, width), np.nan)
        valid[name] = np.zeros((len(spans), points, width), dtype=bool)
        channels[name] = tuple(str(c) for c in node["channel"].values)
        for row, span in enumerate(spans):
            piece = resample(node, np.linspace(span.start_s, span.stop_s, points))
            valid[name][row] = piece["valid"].values
            data[name][row] = np.where(valid[name][row], piece["data"].values, np.nan)
    return Cycles(data, valid, channels, spans)
