"""What was understood of a recording: streams, units, axes, rates, gaps, events, doubts.

``describe(tree)`` returns a plain summary; ``.table()`` is the text a person reads, ``.to_dict()``
what a machine reads.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.recordings.components import split_axis
from unisono.recordings.doubt import Doubt
from unisono.recordings.plausibility import doubts
from unisono.recordings.schema import events_of, streams
from unisono.recordings.signals.clock import measure_clock, valid_runs
from unisono.recordings.text_table import Column, text_table, wrapped

__all__ = ["Description", "StreamSummary", "describe"]


@dataclass(frozen=True)
class StreamSummary:
    """What is known of one stream.

    Args:
        name: Name of the stream.
        kind: Its kind.
        channels: Names of its channels.
        units: How many channels have each unit.
        frame: Vertical and forward axis and handedness.
        samples: Number of samples.
        rate_hz: Stated rate.
        measured_hz: Rate by the time stamps.
        regular: Whether the clock is even.
        start_s: First time stamp.
        stop_s: Last time stamp.
        missing: Share of samples that are not valid.
        longest_gap_s: Longest gap inside a channel, seconds.
        empty: Channels without a valid sample.
        filled: Share of samples that a gap policy made.
        filter: What it was filtered with, in words; empty if nothing is known.
        history: What was done to it.
    """

    name: str
    kind: str
    channels: tuple[str, ...]
    units: dict[str, int]
    frame: dict[str, str]
    samples: int
    rate_hz: float
    measured_hz: float
    regular: bool
    start_s: float
    stop_s: float
    missing: float
    longest_gap_s: float
    empty: tuple[str, ...]
    filled: float
    filter: str
    history: tuple[str, ...]


@dataclass(frozen=True)
class Description:
    """What was understood of a recording.

    Args:
        recording: Name of the trial.
        subject: Who was recorded.
        known: What else is known: mass, height, session, labels, captions.
        source: Where it came from.
        duration_s: From the first to the last time stamp of any stream.
        streams: The streams.
        events: How many events of each name, side and way of finding.
        doubts: What looks wrong.
    """

    recording: str
    subject: str
    known: dict[str, Any]
    source: dict[str, Any]
    duration_s: float
    streams: tuple[StreamSummary, ...]
    events: dict[str, int]
    doubts: tuple[Doubt, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        plain = asdict(self)
        plain["doubts"] = [doubt.to_dict() for doubt in self.doubts]
        for stream in plain["streams"]:
            stream |= {k: list(v) for k, v in stream.items() if isinstance(v, tuple)}
        plain["streams"] = list(plain["streams"])
        return plain

    def table(self, width: int = 100) -> str:
        """The summary as text, at most so many columns wide."""
        parts = [_head(self), text_table(_COLUMNS, [_row(s) for s in self.streams], width)]
        parts.append(_channels(self, width))
        counts = ", ".join(f"{count} {name}" for name, count in self.events.items())
        parts.append(wrapped(f"Events: {counts or 'none'}", width))
        if self.doubts:
            lines = [wrapped(f"- {doubt}", width, indent=2) for doubt in self.doubts]
            parts.append("\n".join([f"Doubts ({len(self.doubts)}):", *lines]))
        else:
            parts.append("Doubts: none")
        return "\n\n".join(parts)


_COLUMNS = (
    Column("stream"),
    Column("kind"),
    Column("channels", right=True),
    Column("units"),
    Column("axes"),
    Column("Hz", right=True),
    Column("seconds", right=True),
    Column("missing (longest gap)", right=True),
    Column("filter"),
)


def describe(tree: xr.DataTree) -> Description:
    """Summarise a recording.

    Example:
        >>> from unisono.recordings.schema import make_recording, make_stream
        >>> s = make_stream(np.zeros((3, 1)), time=[0, 0.01, 0.02], channels=["r_knee"],
        ...                 units="deg", kind="angle")
        >>> d = describe(make_recording({"angles": s}, recording="walk", subject="anna"))
        >>> d.streams[0].measured_hz, d.streams[0].units, d.events
        (100.0, {'deg': 1}, {})
    """
    found = tuple(_summary(name, node) for name, node in streams(tree))
    starts, stops = [s.start_s for s in found if s.samples], [s.stop_s for s in found if s.samples]
    events = events_of(tree)
    columns = (events[key].values.tolist() for key in ("name", "side", "how"))
    names = Counter(
        " ".join(w for w in (s, n, f"({h})") if w) for n, s, h in zip(*columns, strict=True)
    )
    known = {
        key: tree.attrs[key]
        for key in ("mass_kg", "height_m", "session", "labels", "captions")
        if tree.attrs.get(key) not in (None, "", [], {})
    }
    return Description(
        str(tree.attrs.get("recording", "")),
        str(tree.attrs.get("subject", "")),
        known,
        dict(tree.attrs.get("source") or {}),
        max(stops) - min(starts) if starts else 0.0,
        found,
        dict(sorted(names.items())),
        tuple(doubts(tree)),
    )


def _summary(name: str, node: xr.Dataset) -> StreamSummary:
    valid = node["valid"].values
    timed = node["data"].dims == ("time", "channel")
    time = node["time"].values if timed else np.zeros(0)
    clock = measure_clock(time)
    channels = tuple(str(c) for c in node["channel"].values) if timed else ()
    units = Counter(str(u) for u in node["unit"].values) if timed else Counter[str]()
    lost = ~np.asarray(valid.any(axis=0)) if timed else np.zeros(0, dtype=bool)
    frame = {k: str(v) for k, v in dict(node.attrs.get("frame") or {}).items()}
    return StreamSummary(
        name=name,
        kind=str(node.attrs.get("kind", "")),
        channels=channels,
        units=dict(units),
        frame=frame,
        samples=len(time),
        rate_hz=float(node.attrs.get("rate_hz") or 0.0),
        measured_hz=round(clock.rate_hz, 6),
        regular=clock.regular,
        start_s=float(time[0]) if len(time) else 0.0,
        stop_s=float(time[-1]) if len(time) else 0.0,
        missing=float(1 - valid.mean()) if valid.size else 0.0,
        longest_gap_s=_longest_gap(valid, time) if timed else 0.0,
        empty=tuple(c for c, gone in zip(channels, lost, strict=True) if gone),
        filled=float(node["filled"].values.mean()) if "filled" in node else 0.0,
        filter=_filter_words(dict(node.attrs.get("filter") or {})),
        history=tuple(str(line) for line in node.attrs.get("history") or []),
    )


def _longest_gap(valid: npt.NDArray[np.bool_], time: npt.NDArray[np.float64]) -> float:
    """Longest stretch without valid samples between two valid ones of a channel, seconds."""
    longest = 0.0
    broken = np.flatnonzero(~valid.all(axis=0) & valid.any(axis=0))
    for column in np.unique(valid[:, broken], axis=1).T:
        for run in valid_runs(~column):
            if run.start > 0 and run.stop < len(time):
                longest = max(longest, float(time[run.stop] - time[run.start - 1]))
    return longest


def _filter_words(said: dict[str, Any]) -> str:
    if not said:
        return ""
    cutoff = said.get("cutoff_hz")
    hertz = "-".join(f"{c:g}" for c in cutoff) if isinstance(cutoff, list | tuple) else cutoff
    passes = "" if said.get("zero_phase", True) else " causal"
    return f"{str(said.get('type', '')).removeprefix('butterworth ')} {hertz} Hz{passes}".strip()


def _head(about: Description) -> str:
    known = dict(about.known)
    parts = [f"{about.recording}: subject {about.subject}"]
    if "mass_kg" in known:
        parts.append(f"{known['mass_kg']:g} kg")
    if "height_m" in known:
        parts.append(f"{known['height_m']:g} m")
    parts.append(f"{about.duration_s:.2f} s")
    labels = ", ".join(f"{k} {v}" for k, v in dict(known.get("labels", {})).items())
    file = about.source.get("file")
    lines = [", ".join(parts)]
    lines += [f"Labels: {labels}"] if labels else []
    lines += [f"Source: {file} (reader {about.source.get('reader', '?')})"] if file else []
    return "\n".join(lines)


def _row(stream: StreamSummary) -> list[str]:
    rate = f"{stream.measured_hz:.6g}" + ("" if stream.regular else " uneven")
    if stream.rate_hz and abs(stream.rate_hz - stream.measured_hz) > 0.01 * stream.rate_hz:
        rate += f" (said {stream.rate_hz:.6g})"
    missing = f"{100 * stream.missing:.1f} %" if stream.missing else "-"
    if stream.longest_gap_s:
        missing += f" ({stream.longest_gap_s:.3g} s)"
    return [
        stream.name,
        stream.kind,
        str(len(stream.channels)),
        ", ".join(stream.units),
        _axes(stream.frame),
        rate,
        f"{stream.stop_s - stream.start_s:.2f}",
        missing,
        stream.filter or "?",
    ]


def _axes(frame: dict[str, str]) -> str:
    words = [
        f"{frame[key]} {word}"
        for key, word in (("up", "up"), ("forward", "forward"))
        if frame.get(key, "unknown") != "unknown"
    ]
    return ", ".join(words) or "?"


def _channels(about: Description, width: int) -> str:
    lines = []
    for stream in about.streams:
        names = _collapsed(stream.channels)
        shown, more = ", ".join(names[:8]), len(names) - 8
        lines.append(f"{stream.name}: {shown}" + (f" and {more} more" if more > 0 else ""))
    return "\n".join(wrapped(line, width, indent=2) for line in lines)


def _collapsed(channels: Sequence[str]) -> list[str]:
    """Names with the components of a vector written as one: ``RHEE_[xyz]``."""
    axes: dict[str, str] = {}
    written: dict[str, str] = {}
    for name in channels:
        stem, axis = split_axis(name)
        axes[stem] = axes.get(stem, "") + axis
        if axis:
            where = len(name) - 1 - name[::-1].lower().index(axis)
            written.setdefault(stem, name[:where] + "[*]" + name[where + 1 :])
        else:
            written[name] = name
    return [
        (pattern.replace("[*]", f"[{axes[stem]}]") if len(axes[stem]) > 1
         else pattern.replace("[*]", axes[stem]))
        for stem, pattern in written.items()
    ]  # fmt: skip
