"""Streams of a page, and the panels in which their curves are shown.

A panel is one quantity: both sides of the body in one, in the colours of the sides; where a model
generated it, one side alone, what was recorded beside what was generated with its bands. All panels
can be shown; those that a person asks for first are open from the start.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.errors import UnitError
from unisono.core.units import conversion_factor, same_dimension
from unisono.recordings.components import split_axis
from unisono.recordings.sides import split_side
from unisono.viewing.packing import Packer

__all__ = ["OverlayStream", "PagedStream", "clock_of", "make_panels", "page_streams"]

Array = npt.NDArray[np.float64]

_SAMPLES = 16
"""Samples that a page keeps of each generated stream."""

_OPEN: Mapping[str, int] = {"force": 3, "angle": 3, "moment": 2, "emg": 2, "position": 0}
"""Panels of each kind that are open from the start; 1 of the others."""

_ALL_OPEN = 24
_MADE = 9.0
_WANTED = re.compile(r"hip|knee|ankle", re.IGNORECASE)
_SAGITTAL = re.compile(r"flex|extension|angle|_x$|_x\b", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class OverlayStream:
    """A generated stream: its mean as a stream of the schema, with bands and samples.

    Args:
        mean: The single best answer.
        levels: Levels of the bands, ``k``.
        lower: ``(k, T, D)``.
        upper: ``(k, T, D)``.
        samples: ``(S, T, D)``.
    """

    mean: xr.Dataset
    levels: Sequence[float]
    lower: npt.NDArray[Any]
    upper: npt.NDArray[Any]
    samples: npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class PagedStream:
    """A stream as a page has it.

    Args:
        about: What goes into the page.
        seen: Which channels have a valid sample.
        vertical: The vertical axis of its frame, or "".
    """

    about: dict[str, Any]
    seen: tuple[bool, ...]
    vertical: str = ""


def clock_of(time: Array, packer: Packer) -> dict[str, Any]:
    """Time stamps: start and step where they are even to a millionth of a step, else all."""
    count = len(time)
    step = float((time[-1] - time[0]) / (count - 1)) if count > 1 else 0.0
    even = time[0] + step * np.arange(count)
    if np.abs(time - even).max() <= 1e-6 * step:
        return {"start": float(time[0]), "step": step, "count": count}
    return {"times": packer.add(time, exact=True), "count": count}


def page_streams(
    parts: Mapping[str, xr.Dataset],
    overlay: Mapping[str, OverlayStream],
    packer: Packer,
    *,
    mass_kg: float | None,
) -> list[PagedStream]:
    """Pack recorded streams and generated ones; streams without time are left out.

    A generated channel is shown in the unit of the recorded channel of its name, where it converts.

    Args:
        parts: Recorded streams by name.
        overlay: Generated streams by name.
        packer: Takes the arrays.
        mass_kg: Body mass, for units per mass.
    """
    timed = {k: v for k, v in parts.items() if v["data"].dims == ("time", "channel")}
    found = [_page_stream(name, stream, packer) for name, stream in timed.items()]
    for name, made in overlay.items():
        found.append(_page_overlay(name, made, timed.get(name), packer, mass_kg))
    return found


def _page_stream(name: str, stream: xr.Dataset, packer: Packer) -> PagedStream:
    values = np.where(stream["valid"].values, stream["data"].values, np.nan)
    about = _about(name, stream, "recorded", packer)
    about |= {"data": packer.add(values.T), "bands": [], "samples": None}
    seen = tuple(bool(np.isfinite(column).any()) for column in values.T)
    return PagedStream(about, seen, str(dict(stream.attrs.get("frame") or {}).get("up", "")))


def _about(name: str, stream: xr.Dataset, origin: str, packer: Packer) -> dict[str, Any]:
    return {
        "name": name,
        "kind": str(stream.attrs.get("kind", "")),
        "origin": origin,
        "rate": float(stream.attrs.get("rate_hz") or 0.0),
        "clock": clock_of(stream["time"].values, packer),
        "channels": [
            {"name": str(c), "unit": str(u)}
            for c, u in zip(stream["channel"].values, stream["unit"].values, strict=True)
        ],
    }


def _page_overlay(
    name: str,
    made: OverlayStream,
    recorded: xr.Dataset | None,
    packer: Packer,
    mass_kg: float | None,
) -> PagedStream:
    about = _about(name, made.mean, "generated", packer)
    factors = np.ones(len(about["channels"]))
    if recorded is not None:
        pairs = zip(recorded["channel"].values, recorded["unit"].values, strict=True)
        units = {str(c): str(u) for c, u in pairs}
        for i, channel in enumerate(about["channels"]):
            unit = units.get(channel["name"], channel["unit"])
            try:
                factors[i] = conversion_factor(channel["unit"], unit, mass_kg=mass_kg)
            except UnitError:  # it keeps its own unit, and a panel of its own
                continue
            channel["unit"] = unit
    values = np.where(made.mean["valid"].values, made.mean["data"].values, np.nan) * factors
    about["data"] = packer.add(values.T)
    about["bands"] = [
        {
            "level": float(level),
            "lower": packer.add((made.lower[k] * factors).T),
            "upper": packer.add((made.upper[k] * factors).T),
        }
        for k, level in sorted(enumerate(made.levels), key=lambda pair: pair[1])
    ]
    kept = np.asarray(made.samples[:_SAMPLES] * factors)
    about["samples"] = (
        {"count": len(kept), "data": packer.add(kept.transpose(0, 2, 1))} if len(kept) else None
    )
    seen = tuple(bool(np.isfinite(column).any()) for column in values.T)
    return PagedStream(about, seen, str(dict(made.mean.attrs.get("frame") or {}).get("up", "")))


def make_panels(streams: Sequence[PagedStream]) -> list[dict[str, Any]]:
    """Panels of all channels, those of one stream together, the generated streams first."""
    made = {
        (one.about["name"], channel["name"])
        for one in streams
        if one.about["origin"] == "generated"
        for channel in one.about["channels"]
    }
    names = {name for name, _ in made}
    order = sorted(range(len(streams)), key=lambda i: streams[i].about["name"] not in names)
    groups: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
    for index in order:
        stream = streams[index]
        group = stream.about["name"]
        among = {c["name"] for c in stream.about["channels"]}
        for column, channel in enumerate(stream.about["channels"]):
            sided = split_side(channel["name"], among)
            alone = (group, channel["name"]) in made
            title = channel["name"] if alone else sided.base
            panel = groups.setdefault(group, {}).setdefault(
                (title, channel["unit"]),
                {"title": title, "group": group, "unit": channel["unit"], "lines": [], "score": -1},
            )
            panel["lines"].append({"stream": index, "channel": column, "side": sided.side})
            panel["score"] = max(panel["score"], _score(stream, column, alone))
    panels = [panel for group in groups.values() for panel in group.values()]
    _open_some(panels, streams, names)
    return panels


def _score(stream: PagedStream, column: int, made: bool) -> float:
    """How soon a person asks for a channel; negative for never unasked."""
    name, unit = (stream.about["channels"][column][key] for key in ("name", "unit"))
    if not stream.seen[column]:
        return -1.0
    score = _MADE * made
    if stream.about["kind"] == "force":
        force = any(same_dimension(unit, known) for known in ("N", "N/kg"))
        return score + 3.0 * force + (split_axis(name).axis == (stream.vertical or "z"))
    wanted = bool(_WANTED.search(name))
    return score + wanted + (wanted and bool(_SAGITTAL.search(name)))


def _open_some(
    panels: list[dict[str, Any]], streams: Sequence[PagedStream], made: set[str]
) -> None:
    """Open the first panels of each stream by score, and take the scores away."""
    kinds = {s.about["name"]: s.about["kind"] for s in streams}
    total = 0
    for name in sorted(kinds, key=lambda name: name not in made):
        mine = sorted((p for p in panels if p["group"] == name), key=lambda p: -p["score"])
        few = 8 if len(kinds) == 1 else _OPEN.get(kinds[name], 1)
        if name in made:
            few = max(1, min(12, sum(p["score"] >= _MADE for p in mine)))
        for place, panel in enumerate(mine):
            panel["open"] = place < few and panel["score"] >= 0 and total < _ALL_OPEN
            total += panel["open"]
    for panel in panels:
        del panel["score"]
