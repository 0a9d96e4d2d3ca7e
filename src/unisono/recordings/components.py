r"""Components of vectors in channel names, and how a vector behaves in a mirror.

A channel is a component if its last word is an axis, alone or with the usual letter of a force,
point or torque before it: ``r_heel_x``, ``RKNE_z``, ``r_fy``, ``l_copx``, ``r_tz``,
``1_ground_force_vz``, ``ground_torque_y``, ``shank_acc_x``, ``Hips_Zposition``. Components with one
stem and one dimension form a vector.

A **polar** vector (position, velocity, acceleration, force) changes the sign of its component along
the mirror's normal; an **axial** one (moment, angular rate) changes the sign of the other two
(Goldstein, Poole and Safko, *Classical Mechanics*, 3rd ed., 2002, section 4.9, on improper
rotations).
"""

import functools
import re
from collections.abc import Mapping
from typing import NamedTuple

import xarray as xr

from unisono.core.errors import UnitError
from unisono.core.units import same_dimension

__all__ = ["Component", "Vector", "split_axis", "vector_nature", "vectors"]

_HEADS = "f|v|p|m|t|c|cop|a|acc|g|gyr|gyro|w|force|moment|torque|free|pos|vel"
_COMPONENT = re.compile(
    rf"^(?P<stem>(?:.*[_.\s])?(?:{_HEADS})?_?)(?P<axis>[xyz])(?P<tail>\d*)$", re.IGNORECASE
)
_BVH = re.compile(r"^(?P<stem>.*?)(?P<axis>[XYZ])(?P<tail>position|rotation)$")
_POLAR = ("m", "m/s", "m/s^2", "N")
_AXIAL = ("N*m", "N*m/kg", "rad/s", "rad/s^2")
_KIND_NATURE: Mapping[str, str] = {
    "position": "polar",
    "velocity": "polar",
    "acceleration": "polar",
    "force": "polar",
    "moment": "axial",
    "angular_rate": "axial",
    "angular_velocity": "axial",
}


class Component(NamedTuple):
    """A channel name split into what it is a component of, and the axis.

    Attributes:
        stem: The name with the axis taken out.
        axis: ``"x"``, ``"y"``, ``"z"`` or ``""`` where the name is no component.
    """

    stem: str
    axis: str


class Vector(NamedTuple):
    """Columns of one stream that belong to one vector.

    Attributes:
        stem: What the names have in common.
        nature: ``"polar"``, ``"axial"`` or ``""`` where the unit says neither.
        columns: Column of each axis that is there.
    """

    stem: str
    nature: str
    columns: Mapping[str, int]


@functools.lru_cache(maxsize=8192)
def split_axis(name: str) -> Component:
    """Split a channel name into stem and axis.

    Example:
        >>> split_axis("r_copx"), split_axis("RKNE_z").axis, split_axis("arm_flex").axis
        (Component(stem='r_cop', axis='x'), 'z', '')
    """
    match = _COMPONENT.match(name) or _BVH.match(name)
    if match is None:
        return Component(name, "")
    return Component(match["stem"] + match["tail"], match["axis"].lower())


def vector_nature(unit: str, kind: str) -> str:
    """Whether a component with this unit belongs to a polar or an axial vector.

    The unit decides; where it is no physical unit (``1``), the kind of the stream does. A length
    among features is a measure (an arch height), not a position.

    Example:
        >>> vector_nature("N/kg", "force"), vector_nature("N*mm", "force"), vector_nature("deg", "")
        ('polar', 'axial', '')
    """
    try:
        if kind == "feature" and same_dimension(unit, "m"):
            return ""
        if any(same_dimension(unit, known) for known in _POLAR):
            return "polar"
        if any(same_dimension(unit, known) for known in _AXIAL):
            return "axial"
        if same_dimension(unit, "1"):
            return _KIND_NATURE.get(kind, "")
    except UnitError:
        return ""
    return ""


def vectors(stream: xr.Dataset) -> list[Vector]:
    """Vectors of a stream, in the order of their first channel; each has at least two components.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> s = make_stream([[1.0, 2.0, 3.0]], time=[0.0], channels=["r_fx", "r_fy", "r_tz"],
        ...                 units=["N", "N", "N*m"], kind="force")
        >>> [(v.stem, v.nature, v.columns) for v in vectors(s)]
        [('r_f', 'polar', {'x': 0, 'y': 1})]
    """
    found: dict[tuple[str, str], dict[str, int]] = {}
    kind = str(stream.attrs.get("kind", ""))
    pairs = zip(stream["channel"].values, stream["unit"].values, strict=True)
    nature_of: dict[str, str] = {}
    for column, (name, unit) in enumerate(pairs):
        stem, axis = split_axis(str(name))
        if axis:
            unit = str(unit)
            if unit not in nature_of:
                nature_of[unit] = vector_nature(unit, kind)
            found.setdefault((stem, nature_of[unit]), {})[axis] = column
    return [
        Vector(stem, nature, columns)
        for (stem, nature), columns in found.items()
        if len(columns) > 1
    ]
