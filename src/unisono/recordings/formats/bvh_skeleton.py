r"""The skeleton of a BVH file, and where its joints are.

A skeleton is a tree of joints in file order (a parent before its children), each with an offset
from its parent and a list of channels. With :math:`R_j` the product of the joint's elementary
rotations in the order of its channels (intrinsic: the first named turns first, the others in the
turned axes) and :math:`o_j` its offset, replaced by its position channels where it has them,

.. math:: R^g_j = R^g_{p(j)} R_j, \qquad x_j = x_{p(j)} + R^g_{p(j)} o_j

(Meredith & Maddock, "Motion capture file formats explained", University of Sheffield, 2001).
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.errors import SchemaError
from unisono.core.units import conversion_factor, same_dimension

__all__ = [
    "CHANNELS",
    "End",
    "Joint",
    "Skeleton",
    "as_in_file",
    "joint_positions",
    "skeleton_unit",
]

CHANNELS = (
    "Xposition",
    "Yposition",
    "Zposition",
    "Xrotation",
    "Yrotation",
    "Zrotation",
)
"""Words that BVH knows for a channel."""


@dataclass(frozen=True)
class Joint:
    """One joint: parent (-1 for the root), offset from it, channels in file order."""

    name: str
    parent: int
    offset: tuple[float, float, float]
    channels: tuple[str, ...]


@dataclass(frozen=True)
class End:
    """Tip of a limb: its joint and the offset from it."""

    parent: int
    offset: tuple[float, float, float]


@dataclass(frozen=True)
class Skeleton:
    """Joints in file order and the tips of the limbs.

    Example:
        >>> hips = Joint("Hips", -1, (0.0, 0.0, 0.0), ("Xposition", "Zrotation"))
        >>> Skeleton((hips,), (End(0, (0.0, 1.0, 0.0)),)).channel_names()
        ['Hips_Xposition', 'Hips_Zrotation']
    """

    joints: tuple[Joint, ...]
    ends: tuple[End, ...] = ()

    def channel_names(self) -> list[str]:
        """Names of the columns of the motion, ``<joint>_<channel>``, in file order."""
        return [f"{joint.name}_{channel}" for joint in self.joints for channel in joint.channels]

    def point_names(self) -> list[str]:
        """Names of the points of :func:`joint_positions`: the joints, then ``<joint>_end``."""
        counts: dict[int, int] = {}
        names = [joint.name for joint in self.joints]
        for end in self.ends:
            counts[end.parent] = counts.get(end.parent, 0) + 1
            number = "" if counts[end.parent] == 1 else str(counts[end.parent])
            names.append(f"{self.joints[end.parent].name}_end{number}")
        return names

    def to_dict(self) -> dict[str, Any]:
        """As plain lists and dictionaries, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "Skeleton":
        """Read what :meth:`to_dict` wrote.

        Raises:
            SchemaError: If it is not such a description.
        """
        try:
            joints = tuple(
                Joint(j["name"], int(j["parent"]), _triple(j["offset"]), tuple(j["channels"]))
                for j in plain["joints"]
            )
            ends = tuple(End(int(e["parent"]), _triple(e["offset"])) for e in plain["ends"])
        except (KeyError, TypeError, ValueError) as error:
            raise SchemaError(
                f"the skeleton is not readable ({error}); read the BVH again."
            ) from error
        return cls(joints, ends)


def _triple(numbers: Any) -> tuple[float, float, float]:  # noqa: ANN401 - from JSON
    x, y, z = map(float, numbers)
    return x, y, z


def joint_positions(skeleton: Skeleton, motion: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Positions of all joints and tips in the frame of the file, by forward kinematics.

    Args:
        skeleton: The skeleton.
        motion: Channel values in file order, ``(frame, channel)``; rotations in degrees.

    Returns:
        ``(frame, point, 3)``, points as :meth:`Skeleton.point_names`, unit of the file.
    """
    frames = len(motion)
    turns: list[npt.NDArray[np.float64]] = []
    places = np.empty((frames, len(skeleton.joints) + len(skeleton.ends), 3))
    column = 0
    for number, joint in enumerate(skeleton.joints):
        values = motion[:, column : column + len(joint.channels)]
        column += len(joint.channels)
        local = np.tile(np.asarray(joint.offset), (frames, 1))
        turn = np.tile(np.eye(3), (frames, 1, 1))
        for channel, value in zip(joint.channels, values.T, strict=True):
            axis = "XYZ".index(channel[0])
            if channel.endswith("position"):
                local[:, axis] = value
            else:
                turn = turn @ _rotation(axis, np.deg2rad(value))
        if joint.parent < 0:
            places[:, number], above = local, turn
        else:
            up = turns[joint.parent]
            places[:, number] = places[:, joint.parent] + np.einsum("fij,fj->fi", up, local)
            above = up @ turn
        turns.append(above)
    for number, end in enumerate(skeleton.ends, start=len(skeleton.joints)):
        places[:, number] = places[:, end.parent] + turns[end.parent] @ np.asarray(end.offset)
    return places


def _rotation(axis: int, angle: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Rotation matrices about one axis, ``(frame, 3, 3)``; the right-hand rule."""
    matrix = np.zeros((len(angle), 3, 3))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix[:, axis, axis] = 1.0
    matrix[:, first, first] = matrix[:, second, second] = np.cos(angle)
    matrix[:, second, first] = np.sin(angle)
    matrix[:, first, second] = -matrix[:, second, first]
    return matrix


def skeleton_unit(tree: xr.DataTree) -> str:
    """The unit of length of a recording's skeleton, which converting a stream does not change.

    Recordings that do not state it (of earlier versions) have the unit of their streams.
    """
    said = (tree.attrs.get("source") or {}).get("skeleton_unit")
    if said:
        return str(said)
    for stream in ("root_position", "joint_offsets", "positions"):
        if stream in tree.children:
            return str(tree[stream].to_dataset()["unit"].values[0])
    return "cm"


def as_in_file(
    values: npt.NDArray[np.float64], units: Iterable[str], unit: str
) -> npt.NDArray[np.float64]:
    """Channels ``(..., channel)`` as a file has them: in degrees and in the skeleton's unit."""
    found = values.astype(np.float64)
    for column, own in enumerate(map(str, units)):
        if own == "rad":
            found[..., column] = np.rad2deg(found[..., column])
        elif own != unit and same_dimension(own, unit):
            found[..., column] *= conversion_factor(own, unit)
    return found
