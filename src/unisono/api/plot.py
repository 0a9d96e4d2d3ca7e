"""One-line plots: ``un.plot.curves(recording)``; each returns a matplotlib ``Figure``.

A notebook shows a figure by itself; ``figure.savefig("x.pdf")`` writes it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.figure import Figure

from unisono.core.checks import nearest
from unisono.core.errors import ConfigError, UnitError
from unisono.core.units import conversion_factor
from unisono.recordings.schema import stream_names
from unisono.recordings.sides import split_side
from unisono.viewing import skeleton
from unisono.viewing.map_plot import map_figure
from unisono.viewing.plots import calibration_figure
from unisono.viewing.quick import QuickCurve, QuickLine, curves_figure

if TYPE_CHECKING:
    from unisono.api.evaluating import EvaluationResult
    from unisono.api.generated import Generated
    from unisono.api.map_chart import Map
    from unisono.api.mapping import MapModel

__all__ = ["bands", "calibration", "curves", "curves_of", "map", "skeleton_strip"]

_PLACES = 4000
"""Places of a map that are drawn, at most about twice as many."""

_SIDES = {"left": "orange", "right": "blue", "": "ink"}


def curves(
    recording: xr.DataTree, stream: str | None = None, channels: Sequence[str] = ()
) -> Figure:
    """Curves of a stream of a recording, both sides of the body in one panel.

    Args:
        recording: The recording.
        stream: Which stream; by default the first.
        channels: Which channels; by default the first twelve quantities.

    Raises:
        ConfigError: If there is no such stream or channel.
    """
    name = stream or stream_names(recording)[0]
    if name not in stream_names(recording):
        known = stream_names(recording)
        raise ConfigError(
            f"there is no stream {name!r}; there are {', '.join(known)}.{nearest(name, known)}"
        )
    node = recording[name].to_dataset()
    names = [str(c) for c in node["channel"].values]
    _check_channels(channels, names)
    values = np.where(node["valid"].values, node["data"].values.astype(np.float64), np.nan)
    panels: dict[tuple[str, str], list[QuickLine]] = {}
    for i, channel in enumerate(names):
        if channels and channel not in channels:
            continue
        sided = split_side(channel, set(names))
        line = QuickLine(sided.side, values[:, i], node["time"].values, _SIDES[sided.side])
        panels.setdefault((sided.base, str(node["unit"].values[i])), []).append(line)
    found = [QuickCurve(title, unit, lines) for (title, unit), lines in panels.items()]
    return curves_figure(found if channels else found[:12])


def bands(
    result: "Generated",
    stream: str | None = None,
    channels: Sequence[str] = (),
    *,
    samples: int = 0,
) -> Figure:
    """What was generated, with its calibrated bands, and what was recorded, where it was.

    Args:
        result: Of ``model.generate``.
        stream: Which stream; by default all.
        channels: Which channels; by default all, twelve at most.
        samples: How many samples to draw too.

    Raises:
        ConfigError: If there is no such stream or channel.
    """
    if stream is not None and stream not in result.parts:
        raise ConfigError(f"{stream!r} was not generated; there are {', '.join(result.parts)}.")
    found = curves_of(result, stream, channels, samples=samples)
    return curves_figure(found if channels else found[:12])


def curves_of(
    result: "Generated",
    stream: str | None = None,
    channels: Sequence[str] = (),
    *,
    samples: int = 0,
) -> list[QuickCurve]:
    """The generated channels as panels, in units of the result."""
    every = [c for n, part in result.parts.items() if stream in (None, n) for c in part.channels]
    _check_channels(channels, every)
    found = []
    for name, part in result.parts.items():
        if stream not in (None, name):
            continue
        widest_first = sorted(range(len(part.levels)), key=lambda k: -part.levels[k])
        for i, channel in enumerate(part.channels):
            if channels and channel not in channels:
                continue
            lines = [QuickLine("generated", part.mean[:, i], part.time)]
            lines += [
                QuickLine("", one[:, i].astype(np.float64), part.time, thin=True)
                for one in part.samples[:samples]
            ]
            lines += _recorded(result.recording, name, channel, part.units[i])
            around = [(part.lower[k, :, i], part.upper[k, :, i]) for k in widest_first]
            found.append(QuickCurve(channel, part.units[i], lines, around))
    return found


def _recorded(
    recording: xr.DataTree | None, stream: str, channel: str, unit: str
) -> list[QuickLine]:
    """The recorded channel in the generated one's unit, where it was recorded and converts."""
    if recording is None or stream not in recording.children:
        return []
    node = recording[stream].to_dataset()
    names = [str(c) for c in node["channel"].values]
    if channel not in names:
        return []
    i = names.index(channel)
    mass: Any = recording.attrs.get("mass_kg")
    try:
        factor = conversion_factor(str(node["unit"].values[i]), unit, mass_kg=mass)
    except UnitError:
        return []
    values = np.where(node["valid"].values[:, i], node["data"].values[:, i], np.nan)
    return [QuickLine("recorded", factor * values.astype(np.float64), node["time"].values, "ink")]


def _check_channels(wanted: Sequence[str], known: Sequence[str]) -> None:
    absent = [name for name in wanted if name not in known]
    if absent:
        raise ConfigError(f"there is no channel {absent[0]!r}.{nearest(absent[0], known)}")


def map(  # noqa: A001 - un.plot.map
    chart: "Map | MapModel | npt.ArrayLike", labels: Sequence[object] | str | None = None
) -> Figure:
    """A map coloured by a label.

    Args:
        chart: A map, or places ``(n, d)``.
        labels: Of a map, the name of a label (by default its first); of places, one word or one
            number a place.

    Raises:
        ConfigError: If the map has no such label, or there is not one label a place.
    """
    held: Any = getattr(chart, "map", chart)
    if hasattr(held, "bank"):
        known = dict(held.labels)
        name = str(labels or next(iter(known), ""))
        if name and name not in known:
            raise ConfigError(
                f"the map has no label {name!r}; it has {', '.join(known)}.{nearest(name, known)}"
            )
        every = max(len(held.bank) // _PLACES, 1)
        places, found = held.bank.coordinates[::every], known.get(name)
        return map_figure(places, None if found is None else found[::every], name=name)
    places = np.asarray(chart, dtype=np.float64)
    each = None if labels is None else np.asarray(list(labels))
    if each is not None and len(each) != len(places):
        raise ConfigError(f"{len(each)} labels for {len(places)} places; give one a place.")
    return map_figure(places, each)


def calibration(report: "EvaluationResult", stream: str | None = None) -> Figure:
    """What the bands promise against what they hold, from an evaluation.

    Args:
        report: Of ``un.evaluate``.
        stream: Which target; by default the first.

    Raises:
        ConfigError: If there is no such target, or it has no bands.
    """
    targets = report.content["targets"]
    name = stream or next(iter(targets))
    if name not in targets or not targets[name].get("bands"):
        raise ConfigError(f"{name!r} has no bands in this report; it has {', '.join(targets)}.")
    target, model = targets[name], report.content["model"]
    return calibration_figure(target["bands"], target.get("baseline_bands", {}), model=model)


def skeleton_strip(recording: xr.DataTree, *, frames: int = 9) -> Figure:
    """A film strip of the markers from the side, with ground reactions where recorded.

    Args:
        recording: A recording with markers.
        frames: How many frames.

    Raises:
        SchemaError: If there are no markers, or no known set fits them.
    """
    return skeleton.skeleton_strip(skeleton.walker_of(recording), frames=frames)
