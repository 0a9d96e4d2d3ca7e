r"""Headings: which way a person goes, and vectors seen from there.

Laboratory axes say nothing of a person who walks and turns. With the heading :math:`\psi` (angle in
the horizontal plane from the first to the second horizontal axis, radians), a vector's horizontal
components become

.. math:: f_\text{forward} = f_1 \cos\psi + f_2 \sin\psi, \qquad
          f_\text{second}  = -f_1 \sin\psi + f_2 \cos\psi

For ``up="z"`` the pair is (x, y): after the rotation x is forward and y is left. For ``up="y"`` it
is (x, -z): x is forward and z is right, as OpenSim has it. Frames are taken as right-handed. The
vertical component is left alone. Angles about anatomical axes know no heading.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.checks import check_choice
from unisono.core.errors import SchemaError, UnisonoError
from unisono.recordings.components import vectors
from unisono.recordings.schema import stream_names
from unisono.recordings.signals.landmarks import (
    Marker,
    find_marker,
    marker_path,
    markers,
    up_axis,
)
from unisono.recordings.signals.rebuilding import rebuilt

__all__ = [
    "Heading",
    "from_heading",
    "heading_angle",
    "horizontal",
    "horizontal_axes",
    "to_heading",
]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_PLANES: Mapping[str, tuple[tuple[str, float], tuple[str, float]]] = {
    "z": (("x", 1.0), ("y", 1.0)),
    "y": (("x", 1.0), ("z", -1.0)),
    "x": (("y", 1.0), ("z", 1.0)),
}


class Heading(NamedTuple):
    """Which way a person goes.

    Attributes:
        angle_rad: Angle in the horizontal plane from the first horizontal axis, in (-pi, pi].
        by: ``"travel"`` or ``"pelvis"``.
        distance_m: Horizontal way over the span; a heading by travel is as good as this is long.
        speed: Mean horizontal speed over the span, m/s.
    """

    angle_rad: float
    by: str
    distance_m: float
    speed: float


def horizontal_axes(up: str) -> tuple[tuple[str, float], tuple[str, float]]:
    """The two horizontal axes and their signs: forward, then left, for heading 0.

    Example:
        >>> horizontal_axes("z"), horizontal_axes("y")
        ((('x', 1.0), ('y', 1.0)), (('x', 1.0), ('z', -1.0)))
    """
    return _PLANES[up]


def horizontal(path: Array, up: str) -> Array:
    """Horizontal part of positions ``(time, 3)``: forward, then left, for heading 0, ``(time, 2)``.

    Example:
        >>> horizontal(np.array([[1.0, 2.0, 3.0]]), "y").tolist()
        [[1.0, -3.0]]
    """
    return np.stack([sign * path[:, "xyz".index(axis)] for axis, sign in horizontal_axes(up)], 1)


def heading_angle(
    tree: xr.DataTree,
    *,
    by: str = "travel",
    up: str | None = None,
    span: tuple[float, float] | None = None,
    stream: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Heading:
    """Find the heading of a recording, or of a part of it.

    ``travel``: direction of the mean horizontal velocity of the pelvis (median over its markers of
    each one's least-squares velocity; over all markers where no pelvis is known). ``pelvis``: mean
    over the span of the horizontal perpendicular to the line from the right to the left anterior
    iliac spine, which also serves on a treadmill.

    Args:
        tree: The recording.
        by: ``"travel"`` or ``"pelvis"``.
        up: Vertical axis; by default the frame of the markers says.
        span: Start and stop in seconds; by default the whole recording.
        stream: Stream of markers; by default ``markers``, else the first stream of positions.
        names: The laboratory's own marker names, see :func:`find_marker`.

    Raises:
        SchemaError: If there are no markers, no pelvis, or the vertical axis is unknown.
        UnisonoError: If the person goes less than 0.2 m and ``by="travel"``.
    """
    check_choice("by", by, ("travel", "pelvis"))
    node = _positions(tree, stream)
    axis = up_axis(node, up)
    time = node["time"].values
    inside = np.ones(len(time), bool) if span is None else (time >= span[0]) & (time <= span[1])
    if inside.sum() < 2:
        raise UnisonoError(f"there are no markers between {span}; check the span of the heading.")
    node = node.isel(time=inside)
    pelvis = _pelvis(node, names)
    velocity = _velocity(node, pelvis or markers(node), axis)
    duration = float(time[inside][-1] - time[inside][0])
    speed = float(np.hypot(*velocity))
    if by == "pelvis":
        direction = _across(node, axis, names)
    elif not speed * duration > 0.2:
        raise UnisonoError(
            f"the person goes only {speed * duration:.2f} m, too little for a heading by travel; "
            "use by='pelvis'."
        )
    else:
        direction = velocity
    angle = float(np.arctan2(direction[1], direction[0]))
    return Heading(angle, by, speed * duration, speed)


def to_heading(stream: xr.Dataset, angle: npt.ArrayLike, up: str | None = None) -> xr.Dataset:
    """Turn the horizontal components of every vector of a stream into a heading frame.

    Channel names stay; afterwards x is forward, and y left (``up="z"``) or z right (``up="y"``). A
    sample of a turned component is valid where both horizontal components were, and counts as
    filled where one of them was. Corners of force
    plates are turned with them, or forgotten where the angle changes with time.

    Args:
        stream: Positions, velocities, forces or moments in laboratory axes.
        angle: Heading in radians, one for all or one a sample, ``(time,)``.
        up: Vertical axis; by default the stream's frame says.

    Raises:
        SchemaError: If the vertical axis is unknown, or no vector has both horizontal components.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> grf = make_stream([[0.0, 90.0, 700.0]], time=[0], channels=["r_fx", "r_fy", "r_fz"],
        ...                   units="N", kind="force", frame={"up": "z"})
        >>> to_heading(grf, np.pi / 2).data.values.round(6).tolist()
        [[90.0, 0.0, 700.0]]
    """
    frame = dict(stream.attrs["frame"])
    axis = up_axis(stream, up)
    data, valid, filled = _turned(stream, np.asarray(angle, dtype=np.float64), axis)
    new = rebuilt(
        stream,
        data,
        valid,
        filled=filled,
        done=f"turned into a heading frame ({_degrees(angle)})",
        frame=frame | {"up": axis, "forward": horizontal_axes(axis)[0][0]},
        laboratory_frame=frame,
        **_turned_corners(stream, np.asarray(angle, dtype=np.float64), axis),
    )
    return new


def from_heading(stream: xr.Dataset, angle: npt.ArrayLike, up: str | None = None) -> xr.Dataset:
    """Undo :func:`to_heading` with the same angle: back to laboratory axes."""
    back = -np.asarray(angle, dtype=np.float64)
    data, valid, filled = _turned(stream, back, up_axis(stream, up))
    frame = stream.attrs.get("laboratory_frame") or (
        dict(stream.attrs["frame"]) | {"forward": "unknown"}
    )
    done = f"turned back from a heading frame ({_degrees(angle)})"
    corners = _turned_corners(stream, back, up_axis(stream, up))
    new = rebuilt(stream, data, valid, filled=filled, done=done, frame=frame, **corners)
    new.attrs.pop("laboratory_frame", None)
    return new


def _degrees(angle: npt.ArrayLike) -> str:
    turn = np.degrees(np.atleast_1d(np.asarray(angle, dtype=np.float64)))
    return f"{turn[0]:.2f} deg" if len(turn) == 1 else f"{turn[0]:.2f} to {turn[-1]:.2f} deg"


def _turned(stream: xr.Dataset, angle: Array, up: str) -> tuple[Array, Mask, Mask | None]:
    """Samples in the turned axes, which are valid, and which were filled (None: not known)."""
    (first, _), (second, _) = horizontal_axes(up)
    data = stream["data"].values.astype(np.float64, copy=True)
    valid = stream["valid"].values.copy()
    filled = stream["filled"].values.copy() if "filled" in stream else None
    pairs = [
        (v.columns[first], v.columns[second])
        for v in vectors(stream)
        if v.nature and first in v.columns and second in v.columns
    ]
    if not pairs:
        raise SchemaError(
            f"the {stream.attrs['kind']} stream has no vector with components {first} and "
            f"{second}; a heading turns laboratory vectors only."
        )
    for i, j in pairs:
        data[:, i], data[:, j] = _rotated(data[:, i], data[:, j], angle, up)
        valid[:, i] = valid[:, j] = valid[:, i] & valid[:, j]
        if filled is not None:
            filled[:, i] = filled[:, j] = filled[:, i] | filled[:, j]
    return data, valid, filled


def _rotated(first: Array, second: Array, angle: Array, up: str) -> tuple[Array, Array]:
    """Components along the two horizontal axes after a turn."""
    (_, sign_1), (_, sign_2) = horizontal_axes(up)
    a, b, cos, sin = sign_1 * first, sign_2 * second, np.cos(angle), np.sin(angle)
    return sign_1 * (a * cos + b * sin), sign_2 * (b * cos - a * sin)


def _turned_corners(stream: xr.Dataset, angle: Array, up: str) -> dict[str, Any]:
    """The attribute ``corners`` of force plates in the turned axes, where there is one."""
    if "corners" not in stream.attrs:
        return {}
    if angle.size != 1:
        return {"corners": {}}
    i, j = ("xyz".index(axis) for axis, _ in horizontal_axes(up))
    found = {}
    for name, points in stream.attrs["corners"].items():
        corners = np.array(points, dtype=np.float64)
        corners[:, i], corners[:, j] = _rotated(corners[:, i], corners[:, j], angle.ravel(), up)
        found[name] = corners.tolist()
    return {"corners": found}


def _positions(tree: xr.DataTree, stream: str | None) -> xr.Dataset:
    names = stream_names(tree)
    if stream is None:
        kinds = [n for n in names if tree[n].attrs.get("kind") == "position"]
        stream = "markers" if "markers" in names else (kinds[0] if kinds else None)
    if stream is None or stream not in names:
        raise SchemaError(
            f"recording {tree.attrs.get('recording')!r} has no marker positions for a heading; "
            "name their stream or leave the heading out."
        )
    return tree[stream].to_dataset()


def _pelvis(node: xr.Dataset, names: Mapping[str, str] | None) -> list[Marker]:
    wanted = [(p, s) for p in ("asis", "psis") for s in ("right", "left")]
    wanted += [("sacrum", ""), ("pelvis", "")]
    found = [find_marker(node, place, side, names=names) for place, side in wanted]
    return [marker for marker in found if marker is not None]


def _velocity(node: xr.Dataset, found: list[Marker], up: str) -> Array:
    """Median over markers of the least-squares horizontal velocity, ``(2,)``, m/s."""
    time = node["time"].values
    slopes = []
    for marker in found:
        path = horizontal(marker_path(node, marker), up)
        good = np.isfinite(path).all(axis=1)
        if good.sum() > 1:
            t = time[good] - time[good].mean()
            slopes.append(t @ path[good] / (t @ t))
    return np.median(slopes, axis=0) if slopes else np.zeros(2)


def _across(node: xr.Dataset, up: str, names: Mapping[str, str] | None) -> Array:
    """Mean horizontal perpendicular to the line between the iliac spines, forward, ``(2,)``."""
    for place in ("asis", "psis"):
        right = find_marker(node, place, "right", names=names)
        left = find_marker(node, place, "left", names=names)
        if right is not None and left is not None:
            line = horizontal(marker_path(node, left) - marker_path(node, right), up)
            line = line[np.isfinite(line).all(axis=1)]
            if len(line):
                line = line / np.linalg.norm(line, axis=1, keepdims=True)
                to_left = line.mean(axis=0)
                return np.array([to_left[1], -to_left[0]])
    raise SchemaError(
        "no pair of iliac spine markers is visible for a heading by the pelvis; "
        "name them, e.g. names={'right_asis': 'RASI', 'left_asis': 'LASI'}."
    )
