"""The moving figure of a page: bodies from markers, BVH or joint angles, and force arrows.

Positions are brought to metres with ``z`` up. A vertical that nobody stated is guessed from the
extent of the body, for the picture only, and said in a note.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.errors import UnitError
from unisono.core.units import conversion_factor
from unisono.recordings.components import vectors
from unisono.recordings.sides import split_side
from unisono.viewing.angle_body import body_from_angles
from unisono.viewing.directions import guess_vertical, upright
from unisono.viewing.packing import Packer
from unisono.viewing.reactions import Reaction, force_stream, reactions
from unisono.viewing.scene_streams import clock_of
from unisono.viewing.sticks import Line, find_lines

__all__ = ["Figure", "FigureBody", "page_figure", "see_body"]

Array = npt.NDArray[np.float64]

_MOST_POINTS = 100
_SHARE = 0.4
"""Where lines join fewer of the markers than this, all markers are shown."""

_STRETCH = 0.3
"""Metres by which the length of a bone of a skeleton may change."""

_ARROW_HZ = 200
_FOOT = ("heel", "HEE", "ankle", "ANK", "toe", "TOE", "TIO", "TOO", "Foot", "ball", "tip")


class FigureBody(NamedTuple):
    """One body, upright.

    Attributes:
        name: The stream it is from.
        time: ``(T,)`` s.
        points: Names, ``P``.
        positions: ``(T, P, 3)`` m, ``z`` up; NaN where not seen.
        lines: Which points to join.
        notes: What was assumed.
        up: The vertical of its stream, stated or guessed; ``""`` for a body posed by angles.
    """

    name: str
    time: Array
    points: tuple[str, ...]
    positions: Array
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    up: str = ""


class Figure(NamedTuple):
    """What a page draws in space.

    Attributes:
        bodies: Bodies for the page.
        arrows: Force arrows for the page.
        notes: What was assumed.
    """

    bodies: list[dict[str, Any]]
    arrows: list[dict[str, Any]]
    notes: list[str]


def see_body(tree: xr.DataTree) -> FigureBody | None:
    """The body of a recording: its skeleton, its markers, else its joint angles; None for none."""
    source = dict(tree.attrs.get("source") or {})
    for name in ("positions", "markers", *tree.children):
        if name not in tree.children or tree[name].attrs.get("kind") != "position":
            continue
        body = _from_positions(str(name), tree[name].to_dataset(), source.get("skeleton"))
        if body is not None:
            return body
    posed = body_from_angles(tree)
    return None if posed is None else FigureBody(*posed)


def _from_positions(
    name: str, stream: xr.Dataset, skeleton: Mapping[str, Any] | None
) -> FigureBody | None:
    spatial = {v.stem.rstrip("_"): v.columns for v in vectors(stream) if len(v.columns) == 3}
    lines = _bones(skeleton, set(spatial)) or find_lines(list(spatial))
    used = dict.fromkeys(n for line in lines for n in (line.start, line.end) if n in spatial)
    few = len(used) < _SHARE * len(spatial) <= _SHARE * _MOST_POINTS
    names = list(spatial if few else used)[:_MOST_POINTS]
    if len(names) < 2:
        return None
    try:
        metres = conversion_factor(str(stream["unit"].values[0]), "m")
    except UnitError:
        return None
    values = np.where(stream["valid"].values, stream["data"].values.astype(np.float64), np.nan)
    points = metres * np.stack([values[:, [spatial[n][a] for a in "xyz"]] for n in names], axis=1)
    frame = dict(stream.attrs.get("frame") or {})
    vertical, notes = str(frame.get("up", "unknown")), []
    if vertical.lstrip("+-") not in ("x", "y", "z"):
        vertical = guess_vertical(points)
        notes.append(
            f"the vertical of {name} is not stated; the figure is drawn with {vertical} up"
        )
    places = points @ upright(frame, vertical)
    index = {point: k for k, point in enumerate(names)}
    kept = tuple(
        line
        for line in lines
        if line.start in index
        and line.end in index
        and (skeleton is None or _rigid(places, index[line.start], index[line.end]))
    )
    return FigureBody(
        name, stream["time"].values, tuple(names), places, kept, tuple(notes), vertical
    )


def _rigid(places: Array, start: int, end: int) -> bool:
    """Whether a bone keeps its length; some skeletons have a root that stays at the origin."""
    long = np.linalg.norm(places[:, start] - places[:, end], axis=1)
    long = long[np.isfinite(long)]
    return len(long) == 0 or float(np.ptp(long)) < _STRETCH


def _bones(skeleton: Mapping[str, Any] | None, names: set[str]) -> list[Line]:
    """Lines from each joint of a BVH skeleton to its parent."""
    if skeleton is None:
        return []
    joints = [str(joint["name"]) for joint in skeleton.get("joints", [])]
    pairs = [(joints[j["parent"]], j["name"]) for j in skeleton["joints"] if j["parent"] >= 0]
    pairs += [(joints[e["parent"]], f"{joints[e['parent']]}_end") for e in skeleton["ends"]]
    return [Line(a, b, split_side(b).side) for a, b in pairs if a in names and b in names]


def page_figure(tree: xr.DataTree, generated: xr.DataTree | None, packer: Packer) -> Figure:
    """Bodies and arrows of a recording, and of what was generated for it.

    Args:
        tree: The recording.
        generated: The generated mean as a recording, or None.
        packer: Takes the arrays.
    """
    body = see_body(tree)
    other = None if generated is None else see_body(generated)
    bodies, arrows = [], []
    notes = [*(body.notes if body else ()), *(other.notes if other else ())]
    if body is not None:
        bodies.append(_page_body(body, "recorded", packer))
    if other is not None:
        bodies.append(_page_body(other, "generated", packer))
    name = force_stream(tree)
    recorded = [] if name is None else reactions(tree, name)
    turn = upright({}, "z" if name is None else _vertical(tree, name, body))
    for one in recorded:
        if one.place is not None:
            arrows.append(_page_arrow(one, one.place, "recorded", turn, packer))
    if generated is not None:
        like = None if name is None else tree[name].to_dataset()
        more, said = _generated_arrows(generated, (recorded, like), body or other, packer)
        arrows += more
        notes += said
    return Figure(bodies, arrows, notes)


def _vertical(tree: xr.DataTree, name: str, body: FigureBody | None) -> str:
    """The vertical of a stream of forces; where nobody stated it, that of the body, else z."""
    up = str(dict(tree[name].attrs.get("frame") or {}).get("up", ""))
    if up.lstrip("+-") in ("x", "y", "z"):
        return up
    return (body.up if body is not None else "") or "z"


def _page_body(body: FigureBody, origin: str, packer: Packer) -> dict[str, Any]:
    index = {name: k for k, name in enumerate(body.points)}
    return {
        "name": body.name,
        "origin": origin,
        "clock": clock_of(body.time, packer),
        "points": list(body.points),
        "lines": [[index[line.start], index[line.end], line.side] for line in body.lines],
        "data": packer.add(body.positions),
    }


def _page_arrow(
    one: Reaction, place: Array, origin: str, turn: Array, packer: Packer
) -> dict[str, Any]:
    """An arrow at no more than 200 Hz; a screen shows 60."""
    steps = np.diff(one.time)
    rate = 1 / float(np.median(steps)) if len(steps) else 1.0
    every = max(1, round(rate) // _ARROW_HZ)
    return {
        "name": one.name.rstrip("_"),
        "side": one.side,
        "origin": origin,
        "clock": clock_of(one.time[::every], packer),
        "place": packer.add((place @ turn)[::every]),
        "force": packer.add((one.force @ turn)[::every]),
    }


def _generated_arrows(
    generated: xr.DataTree,
    beside: tuple[Sequence[Reaction], xr.Dataset | None],
    body: FigureBody | None,
    packer: Packer,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Arrows of generated forces: at their own, the recorded, or else under the foot's points.

    ``beside`` holds what was recorded: reactions, and their stream.
    """
    arrows, notes = [], []
    recorded, like = beside
    for name in generated.children:
        if generated[name].attrs.get("kind") != "force":
            continue
        turn = upright({}, _vertical(generated, str(name), body))
        for one in reactions(generated, str(name), like):
            twin = next((r for r in recorded if r.name == one.name and r.place is not None), None)
            place = one.place
            if place is None and twin is not None and twin.place is not None:
                place = _at(twin.time, twin.place, one.time)
                notes.append(f"{one.name}: drawn at the recorded centre of pressure")
            if place is None and body is not None:
                under = _under_foot(body, one, generated[name].to_dataset())
                if under is not None:
                    arrows.append(_page_arrow(one, under @ turn.T, "generated", turn, packer))
                    notes.append(f"{one.name}: no centre of pressure; drawn under the foot")
                continue
            if place is not None:
                arrows.append(_page_arrow(one, place, "generated", turn, packer))
    return arrows, notes


def _under_foot(body: FigureBody, one: Reaction, stream: xr.Dataset) -> Array | None:
    """The middle of a foot's points on the floor, ``(T, 3)``, ``z`` up; None where unknown."""
    side = one.side or str(stream.attrs.get("side", ""))
    mine = [
        i
        for i, point in enumerate(body.points)
        if side and split_side(point).side == side and any(word in point for word in _FOOT)
    ]
    if not mine:
        return None
    seen = np.asarray(np.isfinite(body.positions[:, mine]).all(axis=2))
    with np.errstate(invalid="ignore"):  # 0 / 0: no point of the foot is seen
        middle = np.where(seen[..., None], body.positions[:, mine], 0.0).sum(axis=1)
        middle = middle / seen.sum(axis=1)[:, None]
    middle[:, 2] = np.where(np.isfinite(middle[:, 2]), 0.0, np.nan)
    return _at(body.time, middle, one.time)


def _at(stamps: Array, values: Array, time: Array) -> Array:
    """Values at the nearest stamp, so that NaN stays where it is."""
    right = np.clip(np.searchsorted(stamps, time), 1, max(len(stamps) - 1, 1))
    right = np.minimum(right, len(stamps) - 1)
    left = np.maximum(right - 1, 0)
    near = np.where(time - stamps[left] < stamps[right] - time, left, right)
    return np.asarray(values[near], dtype=np.float64)
