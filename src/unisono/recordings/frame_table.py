"""Frames of recordings as rows: values of the chosen streams at common instants, and labels.

A frame is valid where every channel is, and every label that is a stream. A gap, of the mask or of
the clock, ends a stretch, and the next one is a sequence of its own, so that what looks at
neighbours in time never looks across a gap or from one recording to another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.checks import nearest
from unisono.core.contracts import StreamInfo
from unisono.core.errors import SchemaError
from unisono.core.units import conversion_factor
from unisono.recordings.schema import stream_names
from unisono.recordings.signals.clock import valid_runs
from unisono.recordings.signals.resampling import resample
from unisono.recordings.stream_union import Owned, unite_streams

__all__ = [
    "FrameTable",
    "Frames",
    "SharedInfos",
    "channel_factors",
    "frame_infos",
    "frame_labels",
    "frames_of",
    "shared_infos",
    "stack_frames",
]

Array = npt.NDArray[np.float64]


class Frames(NamedTuple):
    """Frames of one recording.

    Attributes:
        values: All channels of all streams side by side, in the units of the infos, ``(n, D)``.
        valid: ``(n, D)`` bool.
        time: Seconds, ``(n,)``.
    """

    values: Array
    valid: npt.NDArray[np.bool_]
    time: Array


class SharedInfos(NamedTuple):
    """Channels that all recordings have.

    Attributes:
        infos: Streams with those channels.
        left_out: Channels that the first recording has and another lacks, as ``stream/channel``.
    """

    infos: tuple[StreamInfo, ...]
    left_out: tuple[str, ...]


class FrameTable(NamedTuple):
    """Valid frames of many recordings.

    Attributes:
        values: ``(n, D)`` float32.
        sequence: Number of the stretch, ``(n,)`` int64.
        time: Seconds, ``(n,)``.
        recording: Name of each row's recording, ``(n,)``.
        labels: By name, ``(n,)`` numbers or words.
    """

    values: npt.NDArray[np.float32]
    sequence: npt.NDArray[np.int64]
    time: Array
    recording: npt.NDArray[np.str_]
    labels: Mapping[str, npt.NDArray[np.generic]]

    def take(self, rows: npt.NDArray[np.bool_]) -> "FrameTable":
        """Return some of the rows."""
        return FrameTable(
            self.values[rows],
            self.sequence[rows],
            self.time[rows],
            self.recording[rows],
            {name: values[rows] for name, values in self.labels.items()},
        )


def frame_infos(
    tree: xr.DataTree, streams: Sequence[str], rate_hz: float = 0.0
) -> tuple[StreamInfo, ...]:
    """What a recording says of the streams: the model's channels and units.

    Raises:
        SchemaError: If it lacks a stream.
    """
    found = []
    for name in streams:
        node = _stream(tree, name)
        found.append(
            StreamInfo(
                name=name,
                channels=tuple(str(c) for c in node["channel"].values),
                units=tuple(str(u) for u in node["unit"].values),
                kind=str(node.attrs["kind"]),
                rate_hz=rate_hz,
                frame={str(k): str(v) for k, v in node.attrs.get("frame", {}).items()},
            )
        )
    return tuple(found)


def shared_infos(
    trees: Iterable[xr.DataTree],
    streams: Sequence[str],
    rate_hz: float = 0.0,
    *,
    channels: Sequence[str] = (),
) -> SharedInfos:
    """What recordings have in common: channels, named by patterns or all, with valid samples.

    A channel without a single valid sample in some recording counts as lacking there.

    Args:
        trees: The recordings; the first says names, order and units.
        streams: Names of the streams.
        rate_hz: Common clock; 0 for the first stream's own.
        channels: Patterns such as ``"Left*"``; all if empty.

    Raises:
        SchemaError: If a stream is missing, no pattern fits, nothing is in common, or a kind or a
            known axis differs.
    """
    first: tuple[StreamInfo, ...] = ()
    lacking: dict[str, str] = {}
    owned: dict[str, list[Owned]] = {}
    for tree in trees:
        here = frame_infos(tree, streams, rate_hz)
        first = first or here
        for own in here:
            name = str(tree.attrs.get("recording"))
            owned.setdefault(own.name, []).append(Owned(name, own, np.nan))
        for info in first:
            node = _stream(tree, info.name)
            seen = np.flatnonzero(np.asarray(node["valid"].values).any(axis=0))
            there = {str(node["channel"].values[i]) for i in seen}
            for name in info.channels:
                if name not in there:
                    lacking.setdefault(f"{info.name}/{name}", str(tree.attrs.get("recording")))
    found, left = [], []
    for info in first:
        asked = [
            i
            for i, name in enumerate(info.channels)
            if not channels or any(fnmatchcase(name, pattern) for pattern in channels)
        ]
        kept = [i for i in asked if f"{info.name}/{info.channels[i]}" not in lacking]
        left += [f"{info.name}/{info.channels[i]}" for i in asked if i not in kept]
        if not asked:
            raise SchemaError(
                f"stream {info.name!r} has no channel {channels[0]!r}; it has "
                f"{', '.join(info.channels[:8])}{' ...' if info.width > 8 else ''}."
                f"{nearest(channels[0], info.channels)}"
            )
        if not kept:
            name = f"{info.name}/{info.channels[asked[0]]}"
            raise SchemaError(
                f"no channel of {info.name!r} is valid in all recordings: {lacking[name]!r} lacks "
                f"{info.channels[asked[0]]!r}; leave that recording out, or choose other channels."
            )
        found.append(
            replace(
                info,
                channels=tuple(info.channels[i] for i in kept),
                units=tuple(info.units[i] for i in kept),
                frame=unite_streams(owned[info.name]).frame,
            )
        )
    return SharedInfos(tuple(found), tuple(left))


def frames_of(tree: xr.DataTree, infos: Sequence[StreamInfo]) -> Frames:
    """Frames of a recording, in the channels and units of the infos.

    The instants are those of the first stream, or a clock of its ``rate_hz`` where that is not 0.

    Raises:
        SchemaError: If a stream or channel is missing, or a kind or a known axis is not that of the
            infos: turning axes is not guessed.
        UnitError: If a unit cannot be converted.
    """
    name = str(tree.attrs.get("recording"))
    for info, own in zip(infos, frame_infos(tree, [info.name for info in infos]), strict=True):
        unite_streams([Owned("the training data", info, np.nan), Owned(name, own, np.nan)])
    time = np.asarray(_stream(tree, infos[0].name)["time"].values, np.float64)
    if infos[0].rate_hz:
        count = int(np.floor((time[-1] - time[0]) * infos[0].rate_hz + 1e-6)) + 1
        time = time[0] + np.arange(count) / infos[0].rate_hz
    values, valid = [], []
    for info in infos:
        node = _stream(tree, info.name)
        if not np.array_equal(node["time"].values, time):
            node = resample(node, time)
        here = {str(c): i for i, c in enumerate(node["channel"].values)}
        absent = [c for c in info.channels if c not in here]
        if absent:
            raise SchemaError(
                f"recording {tree.attrs.get('recording')!r}: stream {info.name!r} lacks "
                f"{absent[0]!r} ({len(absent)} of {info.width} channels)."
                f"{nearest(absent[0], here)}"
            )
        order = [here[c] for c in info.channels]
        values.append(node["data"].values[:, order] * channel_factors(tree, info))
        valid.append(node["valid"].values[:, order])
    data, mask = np.concatenate(values, axis=1), np.concatenate(valid, axis=1)
    mask = mask & np.isfinite(data)
    return Frames(np.where(mask, data, 0.0).astype(np.float64), mask, time)


def channel_factors(tree: xr.DataTree, info: StreamInfo) -> Array:
    """Factors from a recording's units to those of the info, ``(D,)``."""
    node = _stream(tree, info.name)
    own = dict(zip(map(str, node["channel"].values), map(str, node["unit"].values), strict=True))
    mass = tree.attrs.get("mass_kg")
    known: dict[tuple[str, str], float] = {}
    for channel, unit in zip(info.channels, info.units, strict=True):
        pair = (own[channel], unit)
        if pair not in known:
            known[pair] = 1.0 if pair[0] == unit else conversion_factor(*pair, mass_kg=mass)
    return np.array(
        [known[own[c], u] for c, u in zip(info.channels, info.units, strict=True)], np.float64
    )


def _stream(tree: xr.DataTree, name: str) -> xr.Dataset:
    names = stream_names(tree)
    if name not in names:
        raise SchemaError(
            f"recording {tree.attrs.get('recording')!r} lacks the stream {name!r}."
            f"{nearest(name, names)}"
        )
    node = tree[name].to_dataset()
    if "time" not in node.dims:
        raise SchemaError(f"stream {name!r} has no time; a map needs frames in time.")
    return node


def frame_labels(tree: xr.DataTree, name: str, time: Array) -> npt.NDArray[np.generic]:
    """A label at each instant: one of the recording, or a stream of one channel, ``(n,)``.

    Of a stream, the nearest sample's; NaN where that is not valid.

    Args:
        tree: The recording.
        name: Of a label, of ``subject``, ``session``, ``mass_kg`` or ``height_m``, or of a stream.
        time: Instants.

    Raises:
        SchemaError: If the recording has no such label.
    """
    labels = dict(tree.attrs.get("labels") or {})
    for key in ("subject", "session", "mass_kg", "height_m"):
        if tree.attrs.get(key) is not None:
            labels.setdefault(key, tree.attrs[key])
    if name in labels:
        return np.full(len(time), labels[name])
    if name in stream_names(tree):
        node = tree[name].to_dataset()
        if node.sizes.get("channel") == 1:
            at = np.abs(node["time"].values[:, None] - time[None]).argmin(axis=0)
            found = np.where(node["valid"].values, node["data"].values, np.nan)
            return np.asarray(found[at, 0], np.float64)
    raise SchemaError(
        f"recording {tree.attrs.get('recording')!r} has no label {name!r}; label it, leave it out, "
        f"or map by something else.{nearest(name, [*labels, *stream_names(tree)])}"
    )


def stack_frames(
    trees: Iterable[xr.DataTree], infos: Sequence[StreamInfo], labels: Sequence[str] = ()
) -> FrameTable:
    """Stack the valid frames of recordings, each stretch without a gap a sequence.

    Raises:
        SchemaError: If a recording lacks a stream, a channel or a label, or none has a valid frame.
    """
    values, sequence, time, names = [], [], [], []
    known: dict[str, list[npt.NDArray[np.generic]]] = {name: [] for name in labels}
    number = 0
    for tree in trees:
        frames = frames_of(tree, infos)
        own = {name: frame_labels(tree, name, frames.time) for name in labels}
        whole = np.asarray(frames.valid.all(axis=1))
        for label in own.values():
            if label.dtype.kind == "f":
                whole &= np.isfinite(label.astype(np.float64))
        stretch = np.full(len(whole), -1, dtype=np.int64)
        for run in valid_runs(whole, frames.time):
            stretch[run.start : run.stop] = number
            number += 1
        values.append(frames.values[whole].astype(np.float32))
        sequence.append(stretch[whole])
        time.append(frames.time[whole])
        names.append(np.full(int(whole.sum()), str(tree.attrs["recording"])))
        for name in labels:
            known[name].append(own[name][whole])
    if number == 0:
        raise SchemaError("no recording has a frame in which all channels and labels are valid.")
    return FrameTable(
        np.concatenate(values),
        np.concatenate(sequence),
        np.concatenate(time),
        np.concatenate(names),
        {name: np.concatenate(parts) for name, parts in known.items()},
    )
