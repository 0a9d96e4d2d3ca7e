r"""Edits of a recording on its map: towards a label, to a class, between instants, onwards.

A frame ``x`` with code ``z`` at the point ``c`` is moved to ``c'`` and becomes

.. math:: x' = x + \mathrm{decode}(z') - \mathrm{decode}(z), \qquad
          z' = z + \mathrm{lift}(c') - \mathrm{lift}(c)

(towards a label, with means of :mod:`unisono.api.map_moves` for the lifts), so that what neither
the map nor the codes hold (the person's own way, fine detail) is carried along: an edit that moves
nothing changes nothing, bit for bit. Channels that are to be kept, samples that are not valid, and
instants outside the edit keep their bits too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr

from unisono.api.map_chart import Embedded, Map
from unisono.api.map_moves import Moved, toward_class, toward_value
from unisono.api.map_noise import STEPS, Noised
from unisono.api.mapping import MapModel
from unisono.core.checks import check_choice, check_range, nearest
from unisono.core.errors import ModelError, OutputError, UnisonoError
from unisono.editing.forecasting import Analogues
from unisono.editing.walks import SplineWalk
from unisono.recordings.formats.registry import write
from unisono.recordings.frame_table import channel_factors
from unisono.recordings.schema import EVENTS, add_history, streams

__all__ = ["Edit", "Edited", "edit"]

Array = npt.NDArray[np.float64]

_OFF = 0.05
"""Confidence below which a frame counts as off the data."""

_PAST = 5
"""Frames by which a forecast finds pasts like this one."""

_CONTEXT = 4
"""Frames on either side that a curve between two instants passes through."""


@dataclass(frozen=True)
class Edit:
    """What to do. Exactly one of the first four is given.

    Args:
        toward: A label and the number it should have.
        to_class: The word that a label of words should have.
        between: Two instants in seconds; the frames between them are replaced by a walk.
        forecast: Frames to add at the end.
        share: How far to go towards a label or class, 0 to 1.
        keep: Channels that keep their bits, as patterns.
        through: ``"codes"``, or ``"noise"``: up to the noise of the diffusion under the map, moved
            there, and back under the wanted label (:mod:`unisono.api.map_noise`).
    """

    toward: tuple[str, float] | None = None
    to_class: str = ""
    between: tuple[float, float] | None = None
    forecast: int = 0
    share: float = 1.0
    keep: tuple[str, ...] = ()
    through: str = "codes"

    def __post_init__(self) -> None:
        given = [self.toward is not None, bool(self.to_class), self.between is not None]
        if sum([*given, self.forecast > 0]) != 1:
            raise UnisonoError(
                "say one thing to do: toward a label, to a class, between instants, or a forecast."
            )
        check_range("share", self.share, 0, 1, closed=True)
        check_choice("through", self.through, ("codes", "noise"))
        if self.through == "noise" and self.forecast:
            raise UnisonoError("a forecast goes through codes; leave out through='noise'.")


class Edited(NamedTuple):
    """An edited recording.

    Attributes:
        recording: The recording.
        before: Points of the frames as they were, ``(n, d)``.
        points: Points of the frames that were moved or added, ``(m, d)``.
        time: Their instants, ``(m,)``.
        distance: Their distance to the data, ``(m,)``.
        confidence: How ordinary it is, ``(m,)``.
        cycle: How far the map of each edited frame is from where it was meant to be, over the
            spread of the map, ``(m,)``.
        round_trip: Relative error of the frames' way to noise and back, unmoved; None for an edit
            in the codes.
    """

    recording: xr.DataTree
    before: Array
    points: Array
    time: Array
    distance: Array
    confidence: Array
    cycle: Array
    round_trip: float | None = None

    @property
    def off(self) -> float:
        """Share of the frames that are off the data."""
        return float((self.confidence < _OFF).mean())

    def report(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "recording": str(self.recording.attrs.get("recording", "")),
            "frames": len(self.points),
            "confidence_median": float(np.median(self.confidence)),
            "confidence_least": float(self.confidence.min()),
            "off_the_data": self.off,
            "cycle_error_median": float(np.median(self.cycle)),
            **({} if self.round_trip is None else {"round_trip_error": self.round_trip}),
        }

    def summary(self) -> str:
        """What was done and how far it is to be trusted, for a terminal."""
        told = self.report()
        lines = [
            f"{told['recording']}: {told['frames']} frames from {self.time[0]:.3f} to "
            f"{self.time[-1]:.3f} s",
            f"  confidence {told['confidence_median']:.2f} (least {told['confidence_least']:.3f}), "
            f"cycle error {told['cycle_error_median']:.2f} of the map's spread",
        ]
        if self.round_trip is not None:
            lines.append(
                f"  to noise and back in {STEPS} steps, unmoved: relative error "
                f"{self.round_trip:.1e}"
            )
        if self.off > 0:
            lines.append(
                f"  WARNING: {self.off:.0%} of the frames are off the data; do not trust them."
            )
        return "\n".join(lines)

    def save(self, path: str | Path, *, overwrite: bool = False) -> list[Path]:
        """Write the recording in the format that the ending names.

        Raises:
            OutputError: If the file exists, or the format cannot hold it.
        """
        path = Path(path)
        if path.exists() and not overwrite:
            raise OutputError(f"{path} exists; choose another name.")
        return write(self.recording, path)


def edit(model: MapModel, recording: xr.DataTree, how: Edit) -> Edited:
    """Edit a recording on a map.

    Raises:
        UnisonoError: If the map does not know the label or class, the data do not reach so far,
            there are too few frames, or a pattern of what is to be kept fits no channel.
    """
    _check_kept(recording, how.keep)
    placed = model.map.embed(recording)
    if how.forecast:
        return _onwards(model.map, recording, placed, how)
    noised = _noised(model, placed) if how.through == "noise" else None
    chart, own = (model.map, placed) if noised is None else (noised.chart, noised.placed)
    if how.between is not None:
        chosen, target = _between(placed, how.between)
        wanted = _bridged(chart, own, chosen, target)
    else:
        chosen = np.arange(len(placed.points))
        target, wanted = _moved(model, chart, own, how)
    if noised is not None:
        wanted = _returned(model, placed, noised, (chosen, wanted), how)
    edited = _replaced(model.map, recording, placed, (chosen, target, wanted), how.keep)
    return edited if noised is None else edited._replace(round_trip=noised.error)


def _check_kept(recording: xr.DataTree, keep: Sequence[str]) -> None:
    """Refuse a pattern that keeps nothing: what was meant would be edited."""
    parts = (node["channel"].values for _, node in streams(recording) if "channel" in node)
    known = [str(channel) for part in parts for channel in part]
    for pattern in keep:
        if not any(fnmatch(channel, pattern) for channel in known):
            raise UnisonoError(
                f"keep {pattern!r} fits no channel of the recording.{nearest(pattern, known)}"
            )


def _noised(model: MapModel, placed: Embedded) -> Noised:
    if model.carrier is None:
        raise ModelError(
            f"{model.folder} holds no diffusion to go through; train the map with one "
            "(unisono map ... --diffusion 2000), or edit in the codes."
        )
    return model.carrier.enter(model.map, placed)


def _returned(
    model: MapModel,
    placed: Embedded,
    noised: Noised,
    move: tuple[npt.NDArray[np.int64], Array],
    how: Edit,
) -> Array:
    """Codes of moved noise; the frames' own part is kept where the frames are known."""
    if model.carrier is None:
        raise ModelError(f"{model.folder} holds no diffusion.")
    chosen, noise = move
    if how.between is not None:  # the frames between are not read, nor their labels
        ends = noised.known[[chosen[0] - 1, chosen[-1] + 1]].mean(dim=0)
        return model.carrier.leave(noise, ends.expand(len(chosen), -1))
    known = noised.known[chosen]
    if how.toward is not None:
        known = model.carrier.moved(known, how.toward[0], how.toward[1], how.share)
    codes = model.carrier.leave(noise, known)
    return np.asarray(placed.codes[chosen] + codes - noised.back[chosen])


def _moved(model: MapModel, chart: Map, placed: Embedded, how: Edit) -> Moved:
    """Frames moved towards a label or a class."""
    if how.toward is not None:
        name, value = how.toward
        if name not in model.spreads:
            known = ", ".join(model.spreads) or "none"
            raise ModelError(
                f"the map is by no number {name!r} (numbers: {known})."
                f"{nearest(name, model.spreads)}"
            )
        frames = Moved(placed.points, placed.codes)
        return toward_value(chart, frames, name, value, how.share)
    target = toward_class(chart, placed.points, how.to_class, how.share)
    there, here = (chart.lift(points).codes for points in (target, placed.points))
    return Moved(target, placed.codes + there - here)


def _between(placed: Embedded, span: tuple[float, float]) -> tuple[npt.NDArray[np.int64], Array]:
    """Frames strictly between two instants, and a curve through those around them."""
    first, last = span
    inner = np.flatnonzero((placed.time > first) & (placed.time < last))
    before = np.flatnonzero(placed.time <= first)[-_CONTEXT:]
    after = np.flatnonzero(placed.time >= last)[:_CONTEXT]
    if not len(inner) or not len(before) or not len(after):
        raise UnisonoError(
            f"no frames lie between {first:g} and {last:g} s with others on both sides; the "
            f"recording runs from {placed.time[0]:g} to {placed.time[-1]:g} s."
        )
    known = np.concatenate([before, after])
    curve = SplineWalk(placed.points[known], at=placed.time[known])
    return inner, curve.at(placed.time[inner])


def _bridged(chart: Map, placed: Embedded, chosen: npt.NDArray[np.int64], target: Array) -> Array:
    """Codes of a walk between known frames, with what the map lacks mixed from both ends.

    Nothing of the frames between is read.
    """
    ends = np.array([chosen[0] - 1, chosen[-1] + 1])
    own = placed.codes[ends] - chart.lift(placed.points[ends]).codes
    first, last = placed.time[ends]
    share = ((placed.time[chosen] - first) / (last - first))[:, None]
    return np.asarray(chart.lift(target).codes + (1 - share) * own[0] + share * own[1])


def _replaced(
    chart: Map,
    recording: xr.DataTree,
    placed: Embedded,
    move: tuple[npt.NDArray[np.int64], Array, Array],
    keep: Sequence[str],
) -> Edited:
    """Put frames of the wanted codes in place of the chosen ones."""
    chosen, target, wanted = move
    lifted = chart.lift(target)
    change = _decoded(chart, wanted) - _decoded(chart, placed.codes[chosen])
    after = placed.codes.copy()
    after[chosen] = wanted
    again = chart.method.embed(torch.from_numpy(after.astype(np.float32))).numpy()[chosen]
    spread = float(np.sqrt(chart.bank.coordinates.var(axis=0).sum()))
    edited = _applied(chart, recording, placed, (chosen, change), keep)
    return Edited(
        edited,
        placed.points,
        target,
        placed.time[chosen],
        lifted.distance,
        lifted.confidence,
        np.linalg.norm(again - target, axis=1) / max(spread, 1e-12),
    )


def _decoded(chart: Map, codes: Array) -> Array:
    return np.asarray(chart.frames(codes).values, np.float64)


def _applied(
    chart: Map,
    recording: xr.DataTree,
    placed: Embedded,
    move: tuple[npt.NDArray[np.int64], Array],
    keep: Sequence[str],
) -> xr.DataTree:
    """Add a change of frames to the streams, and touch nothing else."""
    parts, begin = dict(streams(recording)), 0
    chosen, change = move
    for info in chart.infos:
        columns = slice(begin, begin + info.width)
        begin += info.width
        node = parts[info.name]
        own = [str(c) for c in node["channel"].values]
        order = [own.index(c) for c in info.channels]
        free = np.array([not any(fnmatch(c, p) for p in keep) for c in info.channels])
        factor = channel_factors(recording, info)
        time = node["time"].values
        inside = (time >= placed.time[chosen[0]]) & (time <= placed.time[chosen[-1]])
        values = node["data"].values.copy()
        valid = node["valid"].values
        for column, place in enumerate(order):
            if not free[column]:
                continue
            moved = np.interp(time, placed.time[chosen], change[:, columns][:, column])
            touched = inside & valid[:, place] & (moved != 0)
            added = values[touched, place] + moved[touched] / factor[column]
            values[touched, place] = added.astype(values.dtype)
        node = node.assign(data=(node["data"].dims, values))
        parts[info.name] = add_history(node, "edited on a map of the dynamics")
    return _rebuilt(recording, parts)


def _rebuilt(recording: xr.DataTree, parts: dict[str, xr.Dataset]) -> xr.DataTree:
    nodes = dict(parts)
    if EVENTS in recording.children:
        nodes[EVENTS] = recording[EVENTS].to_dataset()
    tree = xr.DataTree.from_dict(nodes, name=recording.name)
    tree.attrs = dict(recording.attrs)
    return tree


def _onwards(chart: Map, recording: xr.DataTree, placed: Embedded, how: Edit) -> Edited:
    """Add frames at the end, as the pasts moved on that are nearest on the map."""
    bank = chart.bank
    rows = [np.flatnonzero(bank.sequence == s) for s in np.unique(bank.sequence)]
    places, codes = ([v[r] for r in rows] for v in (bank.coordinates, bank.codes))
    window = min(_PAST, len(placed.points))
    past = placed.points[-window:]
    steps = how.forecast
    points = placed.points[-1] + Analogues(places, window=window).displacement(past, steps)
    moved = Analogues(places, codes, window=window).displacement(past, steps)
    wanted = placed.codes[-1] + moved
    lifted = chart.lift(points)
    values = _decoded(chart, wanted)
    step = float(np.median(np.diff(placed.time)))
    time = placed.time[-1] + step * np.arange(1, how.forecast + 1)
    again = chart.method.embed(torch.from_numpy(wanted.astype(np.float32))).numpy()
    spread = float(np.sqrt(bank.coordinates.var(axis=0).sum()))
    return Edited(
        _lengthened(chart, recording, values, time),
        placed.points,
        points,
        time,
        lifted.distance,
        lifted.confidence,
        np.linalg.norm(again - points, axis=1) / max(spread, 1e-12),
    )


def _lengthened(chart: Map, recording: xr.DataTree, values: Array, time: Array) -> xr.DataTree:
    """The mapped streams with frames added; streams that the map does not know end as they did."""
    parts, begin = dict(streams(recording)), 0
    for info in chart.infos:
        node = parts[info.name]
        if node["time"].values[-1] >= time[0]:
            raise UnisonoError(
                f"stream {info.name!r} goes on after the last whole frame; cut it there first."
            )
        own = [str(c) for c in node["channel"].values]
        fresh = np.zeros((len(time), len(own)), node["data"].dtype)
        known = np.zeros((len(time), len(own)), bool)
        order = [own.index(c) for c in info.channels]
        fresh[:, order] = values[:, begin : begin + info.width] / channel_factors(recording, info)
        known[:, order] = True
        begin += info.width
        more = xr.Dataset(
            {"data": (node["data"].dims, fresh), "valid": (node["data"].dims, known)},
            coords={"time": time, "channel": node["channel"], "unit": node["unit"]},
        )
        joined = xr.concat([node, more], dim="time", data_vars="minimal", coords="minimal",
                           compat="override", join="override")  # fmt: skip
        joined = joined.assign_attrs(node.attrs)
        parts[info.name] = add_history(joined, f"{len(time)} frames forecast on a map")
    return _rebuilt(recording, parts)
