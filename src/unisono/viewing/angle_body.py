"""A body from joint angles alone: the names and signs that laboratories use, on one body.

Known are this project's names (``r_knee_flexion``), OpenSim's (``knee_angle_r``, with
``pelvis_tx, _ty, _tz`` for the place) and Plug-in Gait's (``RKneeAngles_x``). Where no place is
recorded, the lower foot stands on the floor and the body stays where it is.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.errors import UnitError
from unisono.core.units import conversion_factor
from unisono.recordings.sides import split_side
from unisono.simulators.gait.posing import POSED_LINES, pose
from unisono.simulators.gait.streams import ANGLES, MIDDLE_ANGLES
from unisono.viewing.sticks import Line

__all__ = ["AngleBody", "body_from_angles", "own_angle"]

Array = npt.NDArray[np.float64]

_OPENSIM: Mapping[str, tuple[str, int]] = {
    "knee_angle": ("knee_flexion", 1),
    "ankle_angle": ("ankle_dorsiflexion", 1),
    "subtalar_angle": ("ankle_inversion", 1),
    "mtp_angle": ("toe_extension", 1),
    "arm_flex": ("shoulder_flexion", 1),
    "elbow_flex": ("elbow_flexion", 1),
    "HipAngles_x": ("hip_flexion", 1),
    "HipAngles_y": ("hip_adduction", 1),
    "HipAngles_z": ("hip_rotation", 1),
    "KneeAngles_x": ("knee_flexion", 1),
    "AnkleAngles_x": ("ankle_dorsiflexion", 1),
}
"""Name without its side, and the sign, of each sided angle in OpenSim and Plug-in Gait."""

_OPENSIM_MIDDLE: Mapping[str, tuple[str, int]] = {
    "lumbar_extension": ("trunk_flexion", -1),
    "lumbar_bending": ("trunk_bending", 1),
    "lumbar_rotation": ("trunk_rotation", 1),
}
_PLACE = ("pelvis_tx", "pelvis_ty", "pelvis_tz")
_FEW = 4
"""Fewer known angles than this are no body."""


class AngleBody(NamedTuple):
    """A body posed by angles; fields as of ``scene_figure.FigureBody``."""

    name: str
    time: Array
    points: tuple[str, ...]
    positions: Array
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


class Known(NamedTuple):
    """A channel as an angle of the simulator's body."""

    name: str
    sign: int


def own_angle(channel: str, *, opensim: bool = False) -> Known | None:
    """The simulator's name of an angle and its sign; None where it is not known.

    Args:
        channel: The laboratory's name.
        opensim: Whether the stream is OpenSim's, where the tilt of the pelvis grows backward.

    Example:
        >>> own_angle("knee_angle_r"), own_angle("LHipAngles_x"), own_angle("beta")
        (Known(name='r_knee_flexion', sign=1), Known(name='l_hip_flexion', sign=1), None)
    """
    if channel in MIDDLE_ANGLES:
        return Known(channel, -1 if opensim and channel == "pelvis_tilt" else 1)
    if channel in _OPENSIM_MIDDLE:
        return Known(*_OPENSIM_MIDDLE[channel])
    sided = split_side(channel)
    if not sided.side:
        return None
    base, sign = _OPENSIM.get(sided.base, (sided.base, 1))
    return Known(f"{sided.side[0]}_{base}", sign) if base in ANGLES else None


def body_from_angles(tree: xr.DataTree) -> AngleBody | None:
    """Pose the simulator's body by a recording's joint angles; None where too few are known."""
    for name in tree.children:
        stream = tree[name].to_dataset()
        if stream.attrs.get("kind") != "angle" or "channel" not in stream.dims:
            continue
        body = _posed(str(name), stream, tree)
        if body is not None:
            return body
    return None


def _posed(name: str, stream: xr.Dataset, tree: xr.DataTree) -> AngleBody | None:
    channels = [str(c) for c in stream["channel"].values]
    values = np.where(stream["valid"].values, stream["data"].values.astype(np.float64), np.nan)
    opensim = any(re.match(r"(knee|ankle)_angle_[rl]$", c) for c in channels)
    angles: dict[str, Array] = {}
    for i, channel in enumerate(channels):
        known = own_angle(channel, opensim=opensim)
        if known is None:
            continue
        try:
            factor = conversion_factor(str(stream["unit"].values[i]), "deg")
        except UnitError:
            continue
        angles[known.name] = known.sign * factor * values[:, i]
    if sum(key.startswith(("r_", "l_")) for key in angles) < _FEW:
        return None
    posed = pose(angles, height_m=float(tree.attrs.get("height_m", 1.75)))
    place = _place(tree, stream["time"].values)
    notes = [f"the figure is {name} on a body of average proportions"]
    lowest = np.min(posed.positions[..., 2], axis=1)
    if place is None:
        place = np.zeros((len(lowest), 3))
        place[:, 2] = -lowest
        notes.append("no place is recorded: the lower foot is drawn on the floor")
    else:
        place[:, 2] -= float(
            np.nanmin(place[:, 2] + lowest)
        )  # the body's legs are not the person's
    lines = tuple(
        Line(a, b, {"r": "right", "l": "left"}.get(b[0] if b[1] == "_" else "", ""))
        for a, b in POSED_LINES
    )
    return AngleBody(
        name, stream["time"].values, posed.points, posed.positions + place[:, None], lines,
        tuple(notes),
    )  # fmt: skip


def _place(tree: xr.DataTree, time: Array) -> Array | None:
    """The pelvis of an OpenSim file (``y`` up) with ``z`` up, ``(T, 3)`` m; None where absent."""
    for name in tree.children:
        stream = tree[name].to_dataset()
        if "channel" not in stream.dims:
            continue
        channels = [str(c) for c in stream["channel"].values]
        if all(p in channels for p in _PLACE) and stream.sizes["time"] == len(time):
            columns = [channels.index(p) for p in _PLACE]
            metres = conversion_factor(str(stream["unit"].values[columns[0]]), "m")
            x, y, z = metres * stream["data"].values[:, columns].astype(np.float64).T
            return np.stack([x, -z, y], axis=1)
    return None
