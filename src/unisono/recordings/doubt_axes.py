"""Doubts about axes, sides, signs and places.

- Forces on the plate instead of on the body: the vertical force is negative while loaded.
- An unknown or a wrong vertical axis: forces and standing people point upward.
- Left and right swapped: with the direction of travel known, the left markers lie to the right;
  or the centre of pressure of one foot lies under the other.
- The centre of pressure does not lie under any foot: another frame or another unit.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.errors import UnisonoError
from unisono.core.units import conversion_factor
from unisono.recordings.components import split_axis, vectors
from unisono.recordings.doubt import Doubt, quantile, values_of
from unisono.recordings.schema import stream_names, streams
from unisono.recordings.sides import split_side
from unisono.recordings.signals.heading import heading_angle, horizontal, horizontal_axes
from unisono.recordings.signals.landmarks import find_marker, marker_path, up_axis

__all__ = ["axis_doubts"]

_LOCAL = ("joint_offsets",)  # of a BVH file: places of joints in the frames of their parents
_PAIRS = ("asis", "psis", "heel", "ankle", "knee", "toe")


def axis_doubts(tree: xr.DataTree) -> Iterator[Doubt]:
    """Doubts about the axes and sides of a recording."""
    nodes = dict(streams(tree))
    laboratory = any(n in nodes and _up(nodes[n]) != "unknown" for n in ("markers", "plates"))
    for name, node in nodes.items():
        if node.attrs.get("kind") == "force":
            found = list(_vertical_force(name, node))
        elif node.attrs.get("kind") == "position" and name not in _LOCAL:
            found = list(_vertical_markers(name, node))
        else:
            continue
        # Where the markers or plates of the same laboratory know their frame, one question less.
        yield from (d for d in found if not (laboratory and _up(node) == "unknown"))
    yield from _swapped_markers(tree)
    yield from _pressure_under_foot(tree)


def _up(node: xr.Dataset) -> str:
    up = str(node.attrs.get("frame", {}).get("up", "unknown"))
    return up if up == "unknown" else up[-1:].lower()


def _ground_vectors(node: xr.Dataset) -> list[dict[str, int]]:
    """Force vectors that are the ground's: those named so, else those of plates and feet."""
    found = [v for v in vectors(node) if v.nature == "polar" and len(v.columns) == 3]
    forces = [v for v in found if not v.stem.rstrip("_").lower().endswith(("cop", "_p"))]
    ground = [v for v in forces if "ground" in v.stem.lower()]
    plain = [v for v in forces if v.stem.lower().endswith("_f")]
    return [dict(v.columns) for v in (ground or plain)]


def _vertical_force(name: str, node: xr.Dataset) -> Iterator[Doubt]:
    found = _ground_vectors(node)
    if not found:
        return
    means = []
    for columns in found:
        data = values_of(node, [columns[a] for a in "xyz"])
        size = np.linalg.norm(np.nan_to_num(data), axis=1)
        loaded = size > 0.3 * size.max() if size.max() > 0 else np.zeros(len(size), bool)
        if loaded.any():
            means.append(np.nan_to_num(data[loaded]).mean(axis=0))
    if not means:
        return
    mean = np.mean(means, axis=0)
    likely = "xyz"[int(np.argmax(np.abs(mean)))]
    up = _up(node)
    if up == "unknown":
        yield Doubt(name, (), "frame", f"the vertical axis is not known; by its forces it is "
                    f"{likely}", f"state it with --up {likely}")  # fmt: skip
    elif up != likely and abs(mean["xyz".index(likely)]) > 2 * abs(mean["xyz".index(up)]):
        yield Doubt(name, (), "frame", f"{up} is said to be up, but the largest force points along "
                    f"{likely}", f"if so, state --up {likely}")  # fmt: skip
        return
    if mean["xyz".index(likely)] < 0:
        yield Doubt(
            name,
            (),
            "sign",
            "the vertical force is negative while loaded: it acts on the plate, not on the body",
            f"if so, say --reverse {name}",
        )


def _vertical_markers(name: str, node: xr.Dataset) -> Iterator[Doubt]:
    """A person is taller than wide and long; needs markers of most of the body."""
    spans = {}
    for axis in "xyz":
        columns = [i for i, c in enumerate(node["channel"].values.tolist())
                   if split_axis(c).axis == axis]  # fmt: skip
        if len(columns) < 10:
            return
        data = values_of(node, columns, frames=50)
        data = data[np.isfinite(data).sum(axis=1) > 5]
        if not len(data):
            return
        spread = quantile(data, 0.98, axis=1) - quantile(data, 0.02, axis=1)
        spans[axis] = float(np.median(spread))
    likely = max(spans, key=lambda a: spans[a])
    up = _up(node)
    if up == "unknown":
        yield Doubt(name, (), "frame", f"the vertical axis is not known; by its markers it is "
                    f"{likely}", f"state it with --up {likely}")  # fmt: skip
    elif up != likely and spans[likely] > 1.5 * spans[up]:
        yield Doubt(name, (), "frame", f"{up} is said to be up, but the markers spread most along "
                    f"{likely}", f"if so, state --up {likely}")  # fmt: skip


def _swapped_markers(tree: xr.DataTree) -> Iterator[Doubt]:
    name = "markers" if "markers" in stream_names(tree) else ""
    if not name:
        return
    node = tree[name].to_dataset()
    try:
        up = up_axis(node)
        angle = heading_angle(tree, up=up).angle_rad
    except UnisonoError:
        return  # no way to know which way the person goes
    left_of = np.array([-np.sin(angle), np.cos(angle)])
    wrong, pairs = [], 0
    for place in _PAIRS:
        right, left = (find_marker(node, place, side) for side in ("right", "left"))
        if right is not None and left is not None:
            apart = horizontal(marker_path(node, left) - marker_path(node, right), up)
            apart = apart[np.isfinite(apart).all(axis=1)]
            if len(apart):
                pairs += 1
                if (apart @ left_of).mean() < 0:
                    wrong += [right.name, left.name]
    if pairs and len(wrong) > pairs:
        yield Doubt(
            name,
            tuple(wrong),
            "sides",
            "left markers lie to the right of the right ones, seen along the way: left and right "
            "are swapped, the person walks backward, or the frame is left-handed",
            f"if the labels are, say --swap {name}",
        )


def _pressure_under_foot(tree: xr.DataTree) -> Iterator[Doubt]:
    """Centre of pressure by foot against heel and toe of both feet."""
    names = stream_names(tree)
    if "grf" not in names or "markers" not in names:
        return
    node, markers = tree["grf"].to_dataset(), tree["markers"].to_dataset()
    try:
        up = up_axis(markers)
        feet = {side: _foot(markers, side, up) for side in ("right", "left")}
    except UnisonoError:
        return
    time = markers["time"].values
    for vector in vectors(node):
        side = split_side(vector.stem + "x").side
        point = _pressure(node, vector.columns, up)
        if not vector.stem.endswith("cop") or not side or point is None:
            continue
        when = node["time"].values
        apart = {s: _away(f, time, when, point) for s, f in feet.items() if f is not None}
        other = "left" if side == "right" else "right"
        if set(apart) != {side, other} or not np.isfinite(list(apart.values())).all():
            continue
        channels = tuple(str(node["channel"].values[c]) for c in vector.columns.values())
        if min(apart.values()) > 0.5:
            message = f"the centre of pressure is {apart[side]:.3g} m from the foot"
            remedy = "check its unit (--unit grf=mm) and its frame"
            yield Doubt("grf", channels, "place", message, remedy)
        elif apart[other] < 0.5 * apart[side]:
            message = f"the centre of pressure lies under the {other} foot"
            remedy = "if the feet are swapped, say --swap grf"
            yield Doubt("grf", channels, "sides", message, remedy)


def _foot(markers: xr.Dataset, side: str, up: str) -> npt.NDArray[Any] | None:
    heel, toe = (find_marker(markers, place, side) for place in ("heel", "toe"))
    if heel is None or toe is None:
        return None
    return horizontal((marker_path(markers, heel) + marker_path(markers, toe)) / 2, up)


def _pressure(node: xr.Dataset, columns: Mapping[str, int], up: str) -> npt.NDArray[Any] | None:
    flat = []
    for axis, sign in horizontal_axes(up):
        if axis not in columns:
            return None
        column = columns[axis]
        try:
            factor = conversion_factor(str(node.variables["unit"].values[column]), "m")
        except UnisonoError:
            return None
        values = node.variables["data"].values[:, column] * factor * sign
        flat.append(np.where(node.variables["valid"].values[:, column], values, np.nan))
    return np.stack(flat, axis=1)


def _away(
    foot: npt.NDArray[Any], time: npt.NDArray[Any], when: npt.NDArray[Any], point: npt.NDArray[Any]
) -> float:
    """Median distance of the centre of pressure from the middle of a foot, metres."""
    seen = np.isfinite(point).all(axis=1)
    good = np.isfinite(foot).all(axis=1)
    if not seen.any() or not good.any():
        return float("nan")
    at = [np.interp(when[seen], time[good], foot[good, i]) for i in (0, 1)]
    return float(np.median(np.linalg.norm(point[seen] - np.stack(at, axis=1), axis=1)))
