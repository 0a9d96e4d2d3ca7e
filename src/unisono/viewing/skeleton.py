r"""A film strip of a stick figure with the ground reaction drawn at the centre of pressure.

Seen from the side: progression to the right, the vertical up, both in metres on one scale. Frames
are evenly spaced in time and set side by side, each about its own middle. An arrow of one body
weight is half a metre long.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import SchemaError
from unisono.core.files import atomic_file
from unisono.core.units import conversion_factor
from unisono.evaluation.arrays import Array
from unisono.recordings.components import vectors
from unisono.viewing.drawing import draw, to_png
from unisono.viewing.palette import COLOURS
from unisono.viewing.reactions import force_stream, reactions
from unisono.viewing.sticks import Line, find_lines

__all__ = ["Arrow", "Walker", "save_skeleton_strip", "skeleton_strip", "walker_of"]

_ARROW_METRES = 0.5
_SIDE_COLOURS = {"left": "orange", "right": "blue", "": "ink"}


class Arrow(NamedTuple):
    """One ground reaction over time, in the plane of view.

    Attributes:
        place: Centre of pressure, ``(T, 2)`` as (forward, up) in m; NaN where unloaded.
        force: ``(T, 2)`` in body weights.
    """

    place: Array
    force: Array


class Walker(NamedTuple):
    """A person seen from the side.

    Attributes:
        time: ``(T,)`` s.
        markers: Names of the markers, ``P``.
        points: ``(T, P, 2)`` as (forward, up) in m; NaN where a marker was not seen.
        lines: Which markers to join.
        arrows: Ground reactions, maybe none.
    """

    time: Array
    markers: tuple[str, ...]
    points: Array
    lines: tuple[Line, ...]
    arrows: tuple[Arrow, ...] = ()


def walker_of(
    tree: xr.DataTree,
    *,
    markers: str = "markers",
    forces: str | None = None,
    lines: Sequence[Line] | None = None,
) -> Walker:
    """See a recording from the side.

    Args:
        tree: A recording with a stream of marker positions.
        markers: Name of that stream.
        forces: Name of the stream of ground reactions, with their centre of pressure; None for the
            first of ``grf`` and ``plates`` that is there, if any.
        lines: Which markers to join; by default those of a known marker set.

    Raises:
        SchemaError: If the stream is missing, its vertical is unknown, or no lines fit.
    """
    if markers not in tree.children:
        raise SchemaError(
            f"there is no stream {markers!r} to draw; the recording has {', '.join(tree.children)}."
        )
    stream = tree[markers].to_dataset()
    found = {v.stem.rstrip("_"): v.columns for v in vectors(stream)}
    spatial = {name: columns for name, columns in found.items() if len(columns) == 3}
    joined = list(lines) if lines is not None else find_lines(list(spatial))
    if not joined:
        raise SchemaError(
            f"no known marker set fits {', '.join(list(spatial)[:6])} ...; give the lines to draw."
        )
    used = sorted({name for line in joined for name in (line.start, line.end)})
    absent = [name for name in used if name not in spatial]
    if absent:
        raise SchemaError(f"there is no marker {absent[0]!r} in {markers!r}; give other lines.")
    values = np.where(stream["valid"].values, stream["data"].values.astype(np.float64), np.nan)
    metres = conversion_factor(str(stream["unit"].values[0]), "m")
    points = metres * np.stack(
        [values[:, [spatial[name][axis] for axis in "xyz"]] for name in used], axis=1
    )
    view = _view(points, dict(stream.attrs.get("frame", {})), markers)
    time = stream["time"].values
    return Walker(
        time, tuple(used), points @ view, tuple(joined), _arrows(tree, forces, time, view)
    )


def _view(points: Array, frame: dict[str, str], stream: str) -> Array:
    """Forward and up as columns, ``(3, 2)``; forward is the way the person goes."""
    up = frame.get("up", "unknown")
    if up.lstrip("+-") not in ("x", "y", "z"):
        raise SchemaError(f"the vertical of {stream!r} is not known; state it with --up z.")
    vertical = np.zeros(3)
    vertical["xyz".index(up.lstrip("+-"))] = -1.0 if up.startswith("-") else 1.0
    whole = np.isfinite(points).sum(axis=2) == 3
    seen = points[whole.sum(axis=1) > 0]
    middle = np.nanmedian(seen, axis=1) if len(seen) else np.zeros((0, 3))
    way = middle[-1] - middle[0] if len(middle) > 1 else np.zeros(3)
    way = way - (way @ vertical) * vertical
    if np.linalg.norm(way) < 0.3:  # on a treadmill, or standing: as the frame says, else any
        ahead = frame.get("forward", "unknown").lstrip("+")
        way = np.zeros(3)
        known = ahead.lstrip("-") in ("x", "y", "z")
        axis = "xyz".index(ahead.lstrip("-")) if known else int(np.argmin(np.abs(vertical)))
        way[axis] = -1.0 if ahead.startswith("-") else 1.0
    return np.stack([way / np.linalg.norm(way), vertical], axis=1)


def _arrows(tree: xr.DataTree, forces: str | None, time: Array, view: Array) -> tuple[Arrow, ...]:
    name = forces or force_stream(tree)
    if name is None:
        return ()
    return tuple(
        Arrow(*(_at(one.time, x @ view, time) for x in (one.place, one.force)))
        for one in reactions(tree, name)
        if one.place is not None
    )


def _at(stamps: Array, values: Array, time: Array) -> Array:
    """Values at the nearest stamp, so that NaN stays where it is."""
    right = np.clip(np.searchsorted(stamps, time), 1, len(stamps) - 1)
    near = np.where(time - stamps[right - 1] < stamps[right] - time, right - 1, right)
    return np.asarray(values[near])


def skeleton_strip(walker: Walker, *, frames: int = 9) -> Figure:
    """Draw a film strip.

    Args:
        walker: The person.
        frames: How many frames, evenly spaced over those in which half of the markers are seen.

    Raises:
        ShapeError: If the arrays disagree.
        UnisonoError: If ``frames`` is below 1.
        SchemaError: If no frame has half of the markers.
    """
    check_range("frames", frames, 1, 100, closed=True)
    check_axes(time=(walker.time, "T"), points=(walker.points, "T P 2"))
    seen = np.flatnonzero(np.isfinite(walker.points).all(axis=2).mean(axis=1) >= 0.5)
    if seen.size == 0:
        raise SchemaError("no frame shows half of the markers; choose other lines or fill gaps.")
    chosen = seen[np.linspace(0, seen.size - 1, frames).round().astype(int)]
    height = float(np.nanmax(walker.points[chosen, :, 1]))
    spread = np.nanmax(walker.points[chosen], axis=1) - np.nanmin(walker.points[chosen], axis=1)
    gap = float(np.nanmax(spread[:, 0])) * 0.62 + 0.25
    bottom, top = -0.16 * height, 1.14 * height
    width = gap * (frames - 1) + 2 * 0.75 * gap

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.axhline(0, color=COLOURS["rule"].light, linewidth=1.2, zorder=0)
        for k, t in enumerate(chosen):
            middle = float(np.nanmean(walker.points[t, :, 0]))
            _person(axes, walker, int(t), k * gap - middle)
            axes.text(
                k * gap,
                bottom * 0.75,
                f"{walker.time[t] - walker.time[chosen[0]]:.2f} s",
                ha="center",
                va="center",
                fontsize=8,
                color=COLOURS["muted"].light,
            )
        _key(axes, walker)
        axes.set_xlim(-0.75 * gap, gap * (frames - 1) + 0.75 * gap)
        axes.set_ylim(bottom, top)
        axes.set_aspect("equal")
        axes.axis("off")

    return draw(paint, 11.0, 11.0 * (top - bottom) / width)


def _key(axes: Axes, walker: Walker) -> None:
    sides = {line.side for line in walker.lines}
    words: list[tuple[str, str]] = [
        (side, _SIDE_COLOURS[side]) for side in ("left", "right") if side in sides
    ]
    words += [("ground reaction", "green")] if walker.arrows else []
    for k, (word, colour) in enumerate(words):
        axes.annotate(
            word,
            xy=(0, 1),
            xycoords="axes fraction",
            xytext=(6 + 34 * k, -4),
            textcoords="offset points",
            fontsize=8,
            va="top",
            color=COLOURS[colour].light,
        )


def _person(axes: Axes, walker: Walker, t: int, shift: float) -> None:
    index = {name: k for k, name in enumerate(walker.markers)}
    far_first = sorted(walker.lines, key=lambda line: ("left", "", "right").index(line.side))
    for line in far_first:
        ends = walker.points[t, [index[line.start], index[line.end]]]
        axes.plot(
            ends[:, 0] + shift,
            ends[:, 1],
            color=COLOURS[_SIDE_COLOURS[line.side]].light,
            linewidth=2.2,
            solid_capstyle="round",
        )
    for arrow in walker.arrows:
        place, force = arrow.place[t], arrow.force[t]
        if not np.isfinite([*place, *force]).all() or force[1] < 0.05:
            continue
        axes.annotate(
            "",
            xy=(place[0] + shift + _ARROW_METRES * force[0], place[1] + _ARROW_METRES * force[1]),
            xytext=(place[0] + shift, place[1]),
            arrowprops={
                "arrowstyle": "-|>",
                "color": COLOURS["green"].light,
                "linewidth": 1.8,
                "shrinkA": 0,
                "shrinkB": 0,
                "mutation_scale": 11,
            },
        )


def save_skeleton_strip(walker: Walker, path: str | Path, *, frames: int = 9) -> Path:
    """Write a film strip as PNG, atomically.

    Raises:
        OutputError: If it cannot be written.
    """
    content = to_png(skeleton_strip(walker, frames=frames))
    with atomic_file(path) as part:
        part.write_bytes(content)
    return Path(path)
