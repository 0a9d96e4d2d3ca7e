"""Doubts about samples, clocks and filters.

- A first frame that is zero in all channels of a derived stream: a finite difference gone wrong.
- A clock that is irregular, or whose rate is not the stated one.
- Channels without a valid sample; a foot that is never loaded but given as zero.
- Kinematics and forces low-passed at different cut-offs, which makes joint moments that are not
  there (Bisseling and Hof, J Biomech 39, 2006).
- Streams that do not overlap in time.
- What a reader had to assume.
"""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from unisono.core.errors import UnisonoError
from unisono.recordings.doubt import Doubt
from unisono.recordings.schema import streams
from unisono.recordings.signals.clock import measure_clock
from unisono.recordings.signals.events import vertical_channels

__all__ = ["sample_doubts"]

_DERIVED = ("velocity", "acceleration", "angular_velocity", "angular_rate", "moment", "power")
_NOTE = "doubt: "


def sample_doubts(tree: xr.DataTree) -> Iterator[Doubt]:
    """Doubts about the samples of a recording."""
    timed = {n: node for n, node in streams(tree) if "time" in node.variables["data"].dims}
    for name, node in timed.items():
        yield from _first_frame(name, node)
        yield from _clock(name, node)
        yield from _empty(name, node)
        if node.attrs.get("kind") == "force":
            yield from _unloaded(name, node)
        for line in node.attrs.get("history", []):
            if str(line).startswith(_NOTE):
                yield Doubt(name, (), "reader", str(line).removeprefix(_NOTE), "")
    yield from _filters(timed)
    yield from _overlap(timed)


def _first_frame(name: str, node: xr.Dataset) -> Iterator[Doubt]:
    data, valid = node.variables["data"].values, node.variables["valid"].values
    if node.attrs.get("kind") not in _DERIVED or len(data) < 10 or not valid[0].any():
        return
    first, second = data[0][valid[0]], data[1][valid[0] & valid[1]]
    if (first == 0).all() and len(second) and (second != 0).mean() > 0.5:
        yield Doubt(name, (), "first_frame", "every channel is exactly zero in the first frame and "
                    "not in the second: a finite difference without a past",
                    "drop the first frame or mark it as not valid")  # fmt: skip


def _clock(name: str, node: xr.Dataset) -> Iterator[Doubt]:
    clock = measure_clock(node["time"].values)
    stated = float(node.attrs.get("rate_hz") or 0.0)
    if not clock.regular:
        yield Doubt(name, (), "clock", f"the time stamps are uneven, off by up to "
                    f"{clock.jitter:.3g} steps", "it will be resampled by time stamps")  # fmt: skip
    elif stated and clock.rate_hz and abs(stated / clock.rate_hz - 1) > 0.01:
        yield Doubt(name, (), "clock", f"the stated rate is {stated:.6g} Hz, the time stamps say "
                    f"{clock.rate_hz:.6g} Hz", "the time stamps count; check the file")  # fmt: skip


def _empty(name: str, node: xr.Dataset) -> Iterator[Doubt]:
    lost = ~node.variables["valid"].values.any(axis=0)
    if lost.any():
        channels = tuple(str(c) for c in node["channel"].values[lost])
        share = f"{len(channels)} of {node.sizes['channel']} channels have"
        yield Doubt(name, channels, "empty", f"{share} no valid sample", "they count as missing")


def _unloaded(name: str, node: xr.Dataset) -> Iterator[Doubt]:
    """One foot's vertical force is valid and (nearly) zero all along, the other's is not."""
    try:
        chosen = vertical_channels(node)
    except UnisonoError:
        return
    names = [str(c) for c in node["channel"].values]
    peaks = {}
    for side, channel in chosen.items():
        column = names.index(channel)
        valid = node.variables["valid"].values[:, column]
        if valid.mean() > 0.5:
            peaks[side] = float(np.abs(node.variables["data"].values[valid, column]).max())
    for side, peak in peaks.items():
        if len(peaks) == 2 and peak < 0.05 * max(peaks.values()):
            yield Doubt(name, (chosen[side],), "unloaded", f"the {side} foot's force is zero all "
                        "along: a foot that is on no plate is missing, not zero",
                        "mark it as not valid, or assign plates to feet")  # fmt: skip


def _cutoffs(node: xr.Dataset) -> list[float]:
    """Low-pass cut-offs that a stream went through."""
    found, said = [], dict(node.attrs.get("filter") or {})
    while said:
        cutoff = said.get("cutoff_hz")
        if "low" in str(said.get("type", "")) and isinstance(cutoff, int | float):
            found.append(float(cutoff))
        said = dict(said.get("before") or {})
    return found


def _filters(timed: dict[str, xr.Dataset]) -> Iterator[Doubt]:
    low = {name: min(_cutoffs(node)) for name, node in timed.items() if _cutoffs(node)}
    moving = {n: c for n, c in low.items() if timed[n].attrs["kind"] in ("position", "angle")}
    forces = {n: c for n, c in low.items() if timed[n].attrs["kind"] == "force"}
    for a, cut in moving.items():
        for b, other in forces.items():
            if max(cut, other) > 1.2 * min(cut, other):
                yield Doubt(b, (), "filter", f"low-passed at {other:g} Hz, but {a} at {cut:g} Hz: "
                            "joint moments from both hold peaks that are not there",
                            "filter both alike")  # fmt: skip


def _overlap(timed: dict[str, xr.Dataset]) -> Iterator[Doubt]:
    spans = {n: (node["time"].values[0], node["time"].values[-1]) for n, node in timed.items()}
    if not spans:
        return
    start, stop = max(s for s, _ in spans.values()), min(e for _, e in spans.values())
    if start >= stop and len(spans) > 1 and max(len(n["time"]) for n in timed.values()) > 1:
        late = max(spans, key=lambda n: spans[n][0])
        soon = min(spans, key=lambda n: spans[n][1])
        yield Doubt("", (), "overlap", f"{late} starts at {spans[late][0]:g} s, after {soon} ends "
                    f"at {spans[soon][1]:g} s: the streams do not overlap",
                    "bring them to one clock")  # fmt: skip
