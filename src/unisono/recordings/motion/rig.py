"""A rig: what of a BVH skeleton moves, how its joints hang together, where left and feet are.

The **body root** is the first joint below which the body branches: some files put the motion on
``Hips`` under a root that stands still. Joints above it are written back as they stood. All other
joints keep their distance from their parent; a file in which one does not is refused, since a body
that stretches has no features.

Inside, ``y`` is up and lengths are in metres, whatever the file has; only the body root's place and
turn change between the two, since all else is relative to a parent.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.checks import check_choice, nearest
from unisono.core.errors import SchemaError, UnisonoError
from unisono.core.units import conversion_factor
from unisono.recordings.formats.bvh_skeleton import Skeleton, as_in_file, skeleton_unit
from unisono.recordings.sides import split_side, swap_side

__all__ = ["Rig", "RigHints", "rig_of"]

Array = npt.NDArray[np.float64]

_LEAST_OFFSET_M = 1e-3
_MOST_STRETCH_M = 1e-3
_ANKLE = re.compile(r"foot|ankle", re.IGNORECASE)
_TOE = re.compile(r"toe|ball", re.IGNORECASE)
_TO_Y_UP = {"x": (2, 0, 1), "y": (0, 1, 2), "z": (1, 2, 0)}  # cyclic, so that hands stay hands


@dataclass(frozen=True)
class RigHints:
    """What a user knows of a skeleton; what is left out is found by names and by the first frame.

    Args:
        up: Vertical axis of the file: ``x``, ``y`` or ``z``.
        pairs: Pairs (left, right) of joints, the line between which lies across the body.
        feet: Joints whose contacts with the floor are detected.

    Raises:
        UnisonoError: If ``up`` is no axis.
    """

    up: str | None = None
    pairs: tuple[tuple[str, str], ...] | None = None
    feet: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.up is not None:
            check_choice("up", self.up, _TO_Y_UP)


@dataclass(frozen=True)
class Rig:
    """A skeleton as features need it.

    Joints are numbered from the body root (0) in the order of the file.

    Attributes:
        skeleton: The skeleton of the file, for writing it back.
        root: Number of the body root in the file.
        offsets: Offset of each joint of the file from its parent, in the file's unit.
        above: Channel values of the joints above the body root, which stand still.
        up: Vertical axis of the file.
        unit: The file's unit of length.
        pairs: Pairs (left, right) of joint numbers across the body.
        feet: Joint numbers whose contacts are detected: left ones, then right ones.
    """

    skeleton: Skeleton
    root: int
    offsets: tuple[tuple[float, float, float], ...]
    above: tuple[float, ...]
    up: str
    unit: str
    pairs: tuple[tuple[int, int], ...]
    feet: tuple[int, ...]

    @property
    def names(self) -> list[str]:
        """Names of the joints, from the body root on."""
        return [joint.name for joint in self.skeleton.joints[self.root :]]

    @property
    def parents(self) -> list[int]:
        """Number of each joint's parent; -1 for the body root."""
        joints = self.skeleton.joints[self.root :]
        return [-1, *(joint.parent - self.root for joint in joints[1:])]

    @property
    def metres(self) -> Array:
        """Offset of each joint from its parent in metres, in the parent's axes, ``(joint, 3)``."""
        return np.asarray(self.offsets[self.root :], dtype=np.float64) * self.scale

    @property
    def scale(self) -> float:
        """Metres in one unit of the file."""
        return conversion_factor(self.unit, "m")

    @property
    def from_file(self) -> Array:
        """The rotation from the file's axes to those with ``y`` up, ``(3, 3)``."""
        return np.asarray(np.eye(3)[list(_TO_Y_UP[self.up])], dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """As plain lists and dictionaries, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "Rig":
        """Read what :meth:`to_dict` wrote.

        Raises:
            SchemaError: If it is not such a description.
        """
        try:
            return cls(
                skeleton=Skeleton.from_dict(plain["skeleton"]),
                root=int(plain["root"]),
                offsets=tuple((float(x), float(y), float(z)) for x, y, z in plain["offsets"]),
                above=tuple(float(value) for value in plain["above"]),
                up=str(plain["up"]),
                unit=str(plain["unit"]),
                pairs=tuple((int(left), int(right)) for left, right in plain["pairs"]),
                feet=tuple(int(foot) for foot in plain["feet"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise SchemaError(f"the rig is not readable ({error}); read the BVH again.") from error

    def check_same(self, other: "Rig", where: str) -> None:
        """Refuse another skeleton: other joints, other channels or bones 1 mm off.

        Raises:
            SchemaError: Saying what differs first.
        """
        if self.names != other.names or self.parents != other.parents:
            found = next((b for a, b in zip(self.names, other.names, strict=False) if a != b), "")
            odd = f"its joint {found!r} is not" if found else "the number of joints is not"
            raise SchemaError(f"{where}: another skeleton ({odd} the rig's); retarget it first.")
        apart = np.abs(self.metres - other.metres)[1:].max(axis=1)
        if apart.max() > _LEAST_OFFSET_M:
            bone = self.names[1 + int(apart.argmax())]
            raise SchemaError(
                f"{where}: the bone to {bone!r} differs by {1000 * apart.max():.1f} mm from the "
                "rig's; scale the motion to it first."
            )


def rig_of(tree: xr.DataTree, hints: RigHints | None = None) -> Rig:
    """The rig of a recording that was read from a BVH file.

    Args:
        tree: The recording, with ``source["skeleton"]``.
        hints: What is known better than names tell.

    Raises:
        SchemaError: If there is no skeleton, a single joint, a root that cannot move, a joint that
            moves against its parent, or a hint that names no joint.
    """
    hints = hints or RigHints()
    where = f"recording {tree.attrs.get('recording')!r}"
    source = tree.attrs.get("source") or {}
    if "skeleton" not in source:
        raise SchemaError(f"{where} has no skeleton (source['skeleton']); read it from a BVH file.")
    skeleton = Skeleton.from_dict(source["skeleton"])
    root = _body_root(skeleton)
    if len(skeleton.joints) - root < 2:
        raise SchemaError(f"{where}: the skeleton has a single joint; a motion needs two or more.")
    if sum(channel.endswith("position") for channel in skeleton.joints[root].channels) != 3:
        raise SchemaError(
            f"{where}: the joint {skeleton.joints[root].name!r} has no three position channels, "
            "so that the body cannot move; export it with them."
        )
    unit = skeleton_unit(tree)
    rig = Rig(
        skeleton=skeleton,
        root=root,
        offsets=_offsets(tree, skeleton, root, conversion_factor(unit, "m")),
        above=tuple(
            float(_column(tree, f"{joint.name}_{channel}")[0])
            for joint in skeleton.joints[:root]
            for channel in joint.channels
        ),
        up="y",
        unit=unit,
        pairs=(),
        feet=(),
    )
    names = rig.names
    feet = _numbers(names, hints.feet) if hints.feet is not None else _feet(rig)
    pairs = _pairs(rig) if hints.pairs is None else _given_pairs(names, hints.pairs)
    up = hints.up or _up(tree, [names[foot] for foot in feet], names[0])
    return Rig(rig.skeleton, root, rig.offsets, rig.above, up, unit, pairs, feet)


def _body_root(skeleton: Skeleton) -> int:
    """The first joint with not exactly one joint below it, if that one can move freely."""
    joints, number = skeleton.joints, 0
    while True:
        below = [i for i, joint in enumerate(joints) if joint.parent == number]
        free = below and any(c.endswith("position") for c in joints[below[0]].channels)
        if len(below) != 1 or not free:
            return number
        number = below[0]


def _column(tree: xr.DataTree, name: str) -> Array:
    for stream in ("angles", "root_position", "joint_offsets"):
        if stream not in tree.children:
            continue
        node = tree[stream].to_dataset()
        if name in node["channel"].values:
            one = node.sel(channel=[name])
            values = as_in_file(
                one["data"].values, one["unit"].values.tolist(), skeleton_unit(tree)
            )
            return np.asarray(values[:, 0])
    raise SchemaError(f"the channel {name!r} of the skeleton is in no stream; read the BVH again.")


def _offsets(
    tree: xr.DataTree, skeleton: Skeleton, root: int, scale: float
) -> tuple[tuple[float, float, float], ...]:
    """Offsets, replaced by position channels where a joint has them."""
    found = []
    for number, joint in enumerate(skeleton.joints):
        offset = list(joint.offset)
        for channel in joint.channels:
            if not channel.endswith("position") or number <= root:
                continue
            values = _column(tree, f"{joint.name}_{channel}")
            middle = float(np.median(values))
            if not np.abs(values - middle).max() * scale <= _MOST_STRETCH_M:
                raise SchemaError(
                    f"recording {tree.attrs.get('recording')!r}: the joint {joint.name!r} moves "
                    f"{1000 * scale * np.ptp(values):.1f} mm against its parent; bake the motion "
                    "into rotations first."
                )
            offset["XYZ".index(channel[0])] = middle
        found.append((offset[0], offset[1], offset[2]))
    return tuple(found)


def _numbers(names: list[str], wanted: Sequence[str]) -> tuple[int, ...]:
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise SchemaError(
            f"the skeleton has no joint {unknown[0]!r}; name one of its own."
            f"{nearest(unknown[0], names)}"
        )
    return tuple(names.index(name) for name in wanted)


def _given_pairs(
    names: list[str], wanted: tuple[tuple[str, str], ...]
) -> tuple[tuple[int, int], ...]:
    if not wanted:
        raise UnisonoError("pairs names no pair; leave it out to have them found.")
    numbers = [_numbers(names, pair) for pair in wanted]
    return tuple((left, right) for left, right in numbers)


def _pairs(rig: Rig) -> tuple[tuple[int, int], ...]:
    """Where limbs that come in pairs begin: the first joints that lie off the body's middle."""
    names, parents = rig.names, rig.parents
    sizes = np.linalg.norm(rig.metres, axis=1)
    sides = [split_side(name, among=names).side for name in names]
    found = []
    for number, name in enumerate(names):
        above = parents[number]
        if sides[number] != "left" or sizes[number] < _LEAST_OFFSET_M:
            continue
        while above >= 0 and sides[above] and sizes[above] < _LEAST_OFFSET_M:
            above = parents[above]  # a joint in its parent's place is no joint of its own
        other = swap_side(name)
        if (above < 0 or not sides[above]) and other in names:
            found.append((number, names.index(other)))
    return tuple(found)


def _feet(rig: Rig) -> tuple[int, ...]:
    """Ankle and toes of the left side, then of the right, by their names."""
    names = rig.names
    sides = [split_side(name, among=names).side for name in names]
    found = []
    for side in ("left", "right"):
        for words in (_ANKLE, _TOE):
            same = [i for i, name in enumerate(names) if sides[i] == side and words.search(name)]
            found += [i for i in same[:1] if i not in found]
    return tuple(found)


def _up(tree: xr.DataTree, feet: list[str], root: str) -> str:
    """The axis along which the first frame's root lies farthest above the feet."""
    if not feet or "positions" not in tree.children:
        return "y"
    first = tree["positions"].to_dataset()["data"].isel(time=0)

    def place(name: str) -> Array:
        return np.asarray(first.sel(channel=[f"{name}_{axis}" for axis in "xyz"]).values)

    height = place(root) - np.mean([place(foot) for foot in feet], axis=0)
    return "xyz"[int(np.argmax(height))] if np.isfinite(height).all() else "y"
