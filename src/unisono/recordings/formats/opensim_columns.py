"""What a column of an OpenSim table measures, from its name.

OpenSim files are in SI units and carry no unit a column; the name says what a column is:

- ``ground_force_vx``, ``1_ground_force_px``, ``ground_force_1_mx``, ``ground_torque_x``: force (N),
  centre of pressure (m) and torque (N*m) on a plate, the stream ``grf``;
- ``..._moment`` and ``..._force`` of inverse dynamics (N*m and N): ``moments``;
- ``..._tx``, ``..._ty``, ``..._tz`` (m): ``root_position``;
- ``/jointset/.../value``, ``/speed`` and ``/activation`` of state files;
- names of joint angles (deg or rad, as ``inDegrees`` says): ``angles``;
- anything else: ``features``, without a unit.
"""

import re
from typing import NamedTuple

__all__ = ["Column", "classify", "force_partner", "is_force", "is_point"]

_PLATE = re.compile(r"ground|grf|plate|(^|_)fp_?\d|external_force")
_AXIS = re.compile(r"[xyz]$")
_ANGLE = re.compile(
    r"flex|abd|add(uction)?(_|$)|rotation|(^|_)rot(_|$)|angle|tilt|(^|_)list|obliquity|extension|"
    r"bending|pro_?sup|_beta(_|$)|deviation|elv|inversion|eversion|dorsi|plantar|_dev(_|$)"
)
_BY_TITLE = {
    "speeds": ("angular_velocities", "angular_velocity", "/s", "root_velocity", "velocity"),
    "accelerations": ("angular_accelerations", "feature", "/s^2", "root_acceleration",
                      "acceleration"),
}  # fmt: skip
_COORDINATES = ("angles", "angle", "", "root_position", "position")


class Column(NamedTuple):
    """Where a column belongs: stream, kind of that stream, unit ("angle" stands for deg or rad)."""

    stream: str
    kind: str
    unit: str


def classify(name: str, *, title: str = "", coordinates: bool = False) -> Column:
    """Tell what a column measures.

    Args:
        name: The column's label.
        title: First line of the file ("Coordinates", "Speeds", "Accelerations" matter).
        coordinates: Whether labels that say nothing are joint angles.

    Returns:
        Its stream, kind and unit; in the unit, the word ``angle`` stands for deg or rad.

    Example:
        >>> classify("1_ground_force_px")
        Column(stream='grf', kind='force', unit='m')
        >>> classify("knee_angle_r_moment").unit, classify("hip_flexion_r").unit
        ('N*m', 'angle')
    """
    low = name.lower()
    plate = _plate_unit(low)
    if plate:
        return Column("grf", "force", plate)
    for ending, unit in (("_moment", "N*m"), ("_force", "N")):
        if low.endswith(ending):
            return Column("moments", "moment", unit)
    angles, kind, per, position, moving = _BY_TITLE.get(title.strip().lower(), _COORDINATES)
    if low.endswith("/speed"):
        angles, kind, per, position, moving = _BY_TITLE["speeds"]
    elif "/" in low and not low.endswith("/value"):
        return Column("features", "feature", "1")
    joint = low.split("/")[-2] if "/" in low.strip("/") else low
    if re.search(r"_t[xyz]$", joint):
        return Column(position, moving, f"m{per}")
    if coordinates or low.endswith(("/value", "/speed")) or _ANGLE.search(joint):
        return Column(angles, kind, f"angle{per}")
    return Column("features", "feature", "1")


def _plate_unit(low: str) -> str:
    if not (_PLATE.search(low) and _AXIS.search(low)):
        return ""
    stem = low[:-1].rstrip("_")
    if re.search(r"torque|moment", stem) or stem.endswith("m"):
        return "N*m"
    if stem.endswith(("v", "force", "f")):
        return "N"
    return "m" if stem.endswith(("p", "cop", "point")) else ""


def is_force(name: str) -> bool:
    """Whether a column is a component of a plate's force.

    Example:
        >>> is_force("ground_force_vx"), is_force("ground_force_px")
        (True, False)
    """
    return _plate_unit(name.lower()) == "N"


def is_point(name: str) -> bool:
    """Whether a column is a component of a plate's centre of pressure."""
    return _plate_unit(name.lower()) == "m"


def force_partner(point: str, axis: str) -> str:
    """Name of the force component that belongs to a centre of pressure.

    Example:
        >>> force_partner("ground_force_1_px", "y")
        'ground_force_1_vy'
    """
    return f"{point[:-2]}v{axis}"
