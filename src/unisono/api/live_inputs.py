r"""From what arrives, in a user's channels, units and rate, to frames in a model's.

Selecting, renaming and converting channels is linear, frame by frame:
:math:`x^\mathrm{model}_\tau = M^\top x^\mathrm{user}_\tau`. The matrix is read off by letting the
ordinary way (:mod:`unisono.api.inputs`) cut a recording that holds one unit vector a frame, so that
a live stream and a file can never be understood differently.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.api.inputs import matched
from unisono.core.checks import nearest
from unisono.core.contracts import StreamInfo
from unisono.core.errors import ConfigError, ModelError
from unisono.recordings.schema import make_recording, make_stream, streams
from unisono.recordings.signals.live_resampling import LiveResampler
from unisono.recordings.window_streams import is_turned
from unisono.recordings.windows import cut_windows

if TYPE_CHECKING:
    from unisono.api.model import Model

__all__ = ["LiveInputs", "LiveSource", "Piece", "as_pieces", "source_of"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LiveSource:
    """What will arrive, where no recording shows it.

    Args:
        rate_hz: Samples a second.
        channels: Names of the channels of each stream, in the order of the arrays; by default
            those of the model.
        units: One unit a stream; by default those of the model.
        known: ``mass_kg``, ``height_m``, ``speed`` where they are known.
    """

    rate_hz: float
    channels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, float] = field(default_factory=dict)


class Piece(NamedTuple):
    """Samples of one stream: stamps ``(n,)``, values and validity ``(n, D)``."""

    time: Array
    values: Array
    valid: Mask


class _Link(NamedTuple):
    """One stream's way into the model."""

    channels: tuple[str, ...]
    matrix: Array
    resampler: LiveResampler


def source_of(model: "Model", source: xr.DataTree | LiveSource) -> xr.DataTree:
    """The header of what will arrive, as a recording (whose samples say nothing).

    Raises:
        ConfigError: If a stream is named that the model does not know.
    """
    if isinstance(source, xr.DataTree):
        return source
    named = {*source.channels, *source.units}
    for name in named - set(model.streams):
        raise ConfigError(
            f"the model does not know a stream {name!r}.{nearest(name, model.streams)}"
        )
    parts = {}
    for name in source.channels or model.given:
        info = model.streams[name]
        channels = tuple(source.channels.get(name, info.channels))
        own = dict(zip(info.channels, info.units, strict=True))
        units = [source.units.get(name, own.get(c, info.units[0])) for c in channels]
        parts[name] = make_stream(
            np.zeros((2, len(channels))),
            time=np.arange(2) / source.rate_hz,
            channels=channels,
            units=units,
            kind=info.kind,
            rate_hz=source.rate_hz,
            frame=dict(info.frame),
        )
    attributes: dict[str, Any] = dict(source.known)
    return make_recording(parts, recording="live", subject="unknown", **attributes)


def as_pieces(
    header: xr.DataTree, chunk: "xr.DataTree | Mapping[str, npt.ArrayLike]", sent: Mapping[str, int]
) -> dict[str, Piece]:
    """Samples of each stream of a chunk.

    Args:
        header: What arrives.
        chunk: A recording's piece with true stamps, or an array ``(n, D)`` a stream in the
            header's order of channels, NaN where nothing was measured.
        sent: Samples that came before, by stream: arrays have no stamps, and go on from there.

    Raises:
        ModelError: If a channel of the header is missing, or an array has another width.
    """
    nodes = dict(streams(chunk)) if isinstance(chunk, xr.DataTree) else dict(chunk)
    known = dict(streams(header))
    pieces = {}
    for name, node in nodes.items():
        if name not in known:
            continue
        names = [str(c) for c in known[name]["channel"].values]
        if isinstance(node, xr.Dataset):
            own = [str(c) for c in node["channel"].values]
            lost = [c for c in names if c not in own]
            if lost:
                raise ModelError(f"a chunk of {name} lacks channel {lost[0]}; send NaN for it.")
            order = [own.index(c) for c in names]
            values = np.asarray(node["data"].values, dtype=np.float64)[:, order]
            valid = np.asarray(node["valid"].values)[:, order] & np.isfinite(values)
            time = np.asarray(node["time"].values, dtype=np.float64)
        else:
            values = np.asarray(node, dtype=np.float64)
            if values.ndim != 2 or values.shape[1] != len(names):
                raise ModelError(
                    f"a chunk of {name} has shape {values.shape}; expected (frames, {len(names)})."
                )
            rate = float(known[name].attrs["rate_hz"])
            time = (sent.get(name, 0) + np.arange(len(values))) / rate
            valid = np.isfinite(values)
        pieces[name] = Piece(time, np.where(valid, values, 0.0), valid)
    return pieces


class LiveInputs:
    """Takes in chunks and gives out frames on the model's clock.

    Args:
        model: The model.
        header: What arrives: a recording with its streams, channels, units and rates.
        given: Streams that answers are made from; by default those the model is given.

    Raises:
        ModelError: If the model is of windows from event to event or turns what it is given by a
            heading (both need what comes later), or nothing that it is given is there.
        UnitError: If a unit cannot be converted.
    """

    def __init__(self, model: "Model", header: xr.DataTree, given: Sequence[str] = ()) -> None:
        cut = model.cut
        if cut.by:
            raise ModelError(
                f"this model knows windows from {cut.by[0]} to {cut.by[1]}, whose end lies in the "
                "future; train one with [windows] rate_hz and length to stream."
            )
        self.header = header
        self.doubts: list[str] = []
        self._links = {}
        arriving = dict(streams(header))
        self.given = tuple(given or model.given)
        for name in self.given:
            if name in arriving:
                self._links[name] = self._link(model, name, arriving[name])
            else:
                self.doubts.append(f"{name} is missing: bands are wider")
        if not self._links:
            raise ModelError(
                f"the model is given {', '.join(self.given)}; what arrives has "
                f"{', '.join(arriving)}; rename a stream or use another model."
            )
        self._origin: float | None = None

    @property
    def delay_s(self) -> float:
        """Seconds by which bringing the streams to the model's clock holds them back."""
        return max(link.resampler.delay_s for link in self._links.values())

    @property
    def origin(self) -> float | None:
        """Stamp of the first frame; None before every stream has begun."""
        return self._origin

    @property
    def names(self) -> tuple[str, ...]:
        """Streams that arrive and are of use."""
        return tuple(self._links)

    def push(self, pieces: Mapping[str, Piece]) -> None:
        """Take in samples; streams may come in different chunks."""
        for name, piece in pieces.items():
            if name in self._links and len(piece.time):
                self._links[name].resampler.push(*piece)
        first = [link.resampler.first_s for link in self._links.values()]
        begun = [time for time in first if time is not None]
        if self._origin is None and len(begun) == len(first):
            self._origin = max(begun)

    def take(self, *, last: bool = False) -> dict[str, Piece]:
        """Frames of each stream that are now known, in the model's channels and units."""
        found = {}
        for name, link in self._links.items():
            if self._origin is None:
                continue
            values, valid = link.resampler.take(self._origin, last=last)
            uses = (link.matrix != 0).astype(np.float64)
            whole = ((~valid).astype(np.float64) @ uses == 0) & (uses.sum(axis=0) > 0)
            moved = np.where(whole, np.where(valid, values, 0.0) @ link.matrix, 0.0)
            found[name] = Piece(np.zeros(0), moved, whole)
        return found

    def _link(self, model: "Model", name: str, node: xr.Dataset) -> _Link:
        cut = model.cut
        if is_turned(node, name, cut):
            raise ModelError(
                f"this model turns {name} by the heading of a whole window, which a live stream "
                "does not have; train one without [windows] heading to stream."
            )
        channels = tuple(str(c) for c in node["channel"].values)
        rows = max(len(channels), 2)
        unit = make_stream(
            np.eye(rows, len(channels)),
            time=np.arange(rows) / cut.rate_hz,
            channels=channels,
            units=[str(u) for u in node["unit"].values],
            kind=str(node.attrs["kind"]),
            frame=dict(node.attrs.get("frame", {})),
            filter=dict(node.attrs.get("filter", {})),
        )
        body = {k: v for k, v in self.header.attrs.items() if k in ("mass_kg", "height_m")}
        probe = make_recording({name: unit}, recording="live", subject="unknown", **body)
        alone = replace(
            cut, streams=(name,), require=(), min_valid=0.0, channels={}, turned=(), heading="",
            origin="", length=rows, stride=rows,
            side="right" if cut.mirror and cut.side == "both" else cut.side,
            units={k: v for k, v in cut.units.items() if k.partition("/")[0] == name},
        )  # fmt: skip
        windows = cut_windows(probe, alone)
        own: StreamInfo = windows.streams[name]
        mass = float(windows.table["mass_kg"].iloc[0])
        values, _, doubts = matched(own, model.streams[name], windows, mass)
        self.doubts += doubts
        matrix = values[0, : len(channels)].astype(np.float64)
        matrix[np.abs(matrix) < 1e-9] = 0.0
        rate = float(node.attrs.get("rate_hz") or cut.rate_hz)
        return _Link(channels, matrix, LiveResampler(rate, cut.rate_hz, len(channels)))
