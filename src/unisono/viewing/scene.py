"""A recording as a page shows it: streams, panels, figure, events, facts and doubts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from unisono.core.errors import SchemaError
from unisono.recordings.plausibility import doubts
from unisono.recordings.schema import events_of, make_recording, stream_names, streams, validate
from unisono.viewing.packing import Packer
from unisono.viewing.scene_figure import page_figure
from unisono.viewing.scene_streams import OverlayStream, PagedStream, make_panels, page_streams

__all__ = ["Overlay", "build_scene"]


@dataclass(frozen=True, eq=False)
class Overlay:
    """What was generated for a recording.

    Args:
        streams: Generated streams by name.
        facts: Model, method, samples, seed.
        doubts: What to know before trusting it.
    """

    streams: Mapping[str, OverlayStream]
    facts: Mapping[str, str] = field(default_factory=dict)
    doubts: Sequence[str] = ()


def build_scene(
    tree: xr.DataTree, packer: Packer, overlay: Overlay | None = None
) -> dict[str, Any]:
    """Describe a recording for the page; its numbers go to the packer.

    Args:
        tree: The recording.
        packer: Takes the arrays.
        overlay: What a model generated for it, or None.

    Raises:
        SchemaError: If it is no recording, or no stream of it has time.
    """
    validate(tree)
    made = overlay or Overlay({})
    mass = tree.attrs.get("mass_kg")
    # A generated mean that stands for its own recording is not shown twice.
    twice = set(made.streams) if "generated" in tree.attrs else set()
    parts = {name: stream for name, stream in streams(tree) if name not in twice}
    paged = page_streams(parts, made.streams, packer, mass_kg=None if mass is None else float(mass))
    if not paged:
        raise SchemaError(f"recording {tree.attrs['recording']!r} has no stream over time to show.")
    figure = page_figure(tree, _as_recording(tree, made), packer)
    start, stop = _span(tree, made)
    events = events_of(tree)
    columns = (events[key].values.tolist() for key in ("time", "name", "side", "how"))
    about = [str(tree.attrs["subject"]), f"{stop - start:.2f} s"]
    return {
        "format": 1,
        "title": str(tree.attrs["recording"]),
        "subtitle": ", ".join(about),
        "facts": _facts(tree, made, paged),
        "notes": [*made.doubts, *dict.fromkeys(figure.notes), *(str(d) for d in doubts(tree))],
        "start": start,
        "stop": stop,
        "streams": [one.about for one in paged],
        "panels": make_panels(paged),
        "bodies": figure.bodies,
        "arrows": figure.arrows,
        "events": [
            {"time": t, "name": str(n), "side": str(s), "how": str(h)}
            for t, n, s, h in zip(*columns, strict=True)
        ],
    }


def _as_recording(tree: xr.DataTree, made: Overlay) -> xr.DataTree | None:
    if not made.streams:
        return None
    known = {k: tree.attrs[k] for k in ("mass_kg", "height_m", "source") if k in tree.attrs}
    parts = {name: one.mean for name, one in made.streams.items()}
    return make_recording(parts, recording="generated", subject=str(tree.attrs["subject"]), **known)


def _span(tree: xr.DataTree, made: Overlay) -> tuple[float, float]:
    """First and last time stamp of any stream."""
    found = [s["time"].values for _, s in streams(tree) if "time" in s.dims]
    found += [one.mean["time"].values for one in made.streams.values()]
    return float(min(t[0] for t in found)), float(max(t[-1] for t in found))


def _facts(tree: xr.DataTree, made: Overlay, paged: Sequence[PagedStream]) -> list[tuple[str, str]]:
    attrs = tree.attrs
    found = [("subject", str(attrs["subject"]))]
    found += [
        (label, f"{float(attrs[key]):g} {unit}")
        for key, label, unit in (("mass_kg", "mass", "kg"), ("height_m", "height", "m"))
        if attrs.get(key) is not None
    ]
    found += [(str(k), _plain(v)) for k, v in dict(attrs.get("labels") or {}).items()]
    source = dict(attrs.get("source") or {})
    if source.get("file"):
        found.append(("file", str(source["file"])))
    rates: dict[str, list[str]] = {}
    for one in paged:
        if one.about["origin"] == "recorded":
            rates.setdefault(f"{one.about['rate']:g} Hz", []).append(one.about["name"])
    found += [(rate, ", ".join(names)) for rate, names in rates.items()]
    shapes = {n: tree[n].sizes for n in stream_names(tree) if "time" not in tree[n].dims}
    found += [("not shown", f"{n} ({dict(s)})") for n, s in shapes.items()]
    lost = [n for n, s in streams(tree) if not np.asarray(s["valid"].values).any()]
    found += [("without a valid sample", ", ".join(lost))] if lost else []
    return [*found, *((str(k), str(v)) for k, v in made.facts.items())]


def _plain(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
