"""Recordings of BVH files as motions of a rig, and motions as recordings that BVH can hold.

What goes in comes out: the hierarchy, the channel order, the unit and the axes of the source are
kept, so that the file written opens wherever the source did.
"""

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.spatial.transform import Rotation, Slerp

from unisono.core.checks import check_range
from unisono.core.errors import SchemaError
from unisono.recordings.formats.bvh_skeleton import Joint, as_in_file, joint_positions
from unisono.recordings.motion.kinematics import Motion
from unisono.recordings.motion.rig import Rig, rig_of
from unisono.recordings.motion.rotations import from_euler, to_euler
from unisono.recordings.schema import make_recording, make_stream

__all__ = ["motion_of", "recording_of", "resampled"]

Array = npt.NDArray[np.float64]


def motion_of(tree: xr.DataTree, rig: Rig | None = None) -> Motion:
    """The motion of a recording that was read from a BVH file.

    Args:
        tree: The recording.
        rig: The rig it must fit; by default its own.

    Raises:
        SchemaError: If the skeleton is not the rig's, or a sample is not valid.
    """
    where = f"recording {tree.attrs.get('recording')!r}"
    own = rig_of(tree) if rig is None else _rig_like(tree, rig)
    if rig is not None:
        rig.check_same(own, where)
    values = _channels(tree, own, where)
    joints = own.skeleton.joints
    column, world, origin = 0, np.eye(3)[None], np.zeros((1, 3))
    rotations = np.empty((len(values), len(own.names), 3, 3))
    for number, joint in enumerate(joints):
        block = values[:, column : column + len(joint.channels)]
        column += len(joint.channels)
        local = from_euler(_axes(joint), block[:, _turning(joint)])
        if number <= own.root:
            place = np.tile(np.asarray(joint.offset), (len(values), 1))
            for channel, cells in zip(joint.channels, block.T, strict=True):
                if channel.endswith("position"):
                    place[:, "XYZ".index(channel[0])] = cells
            origin = origin + np.einsum("fij,fj->fi", np.broadcast_to(world, local.shape), place)
            world = world @ local
            local = own.from_file @ world
        if number >= own.root:
            rotations[:, number - own.root] = local
    clock = tree["angles"].to_dataset()
    step = float(np.median(np.diff(clock["time"].values))) if len(values) > 1 else 0.0
    rate = 1 / step if step > 0 else float(clock.attrs["rate_hz"])
    root = own.scale * origin @ own.from_file.T
    return Motion(own if rig is None else rig, rotations, root, rate)


def _rig_like(tree: xr.DataTree, rig: Rig) -> Rig:
    """The rig of a recording, with the vertical axis of another rig."""
    own = rig_of(tree)
    return Rig(
        own.skeleton, own.root, own.offsets, own.above, rig.up, own.unit, own.pairs, own.feet
    )


def recording_of(motion: Motion, *, name: str, subject: str = "generated") -> xr.DataTree:
    """A motion as a recording that :func:`unisono.recordings.formats.bvh.write_bvh` writes.

    Args:
        motion: The motion.
        name: Name of the recording.
        subject: Who moves.
    """
    rig, frames = motion.rig, len(motion)
    base_turn, base_place = _above(rig)
    blocks = [np.tile(np.asarray(rig.above), (frames, 1))]
    for number, joint in enumerate(rig.skeleton.joints[rig.root :]):
        turn, place = motion.rotations[:, number], np.asarray(rig.offsets[rig.root + number])
        places = np.tile(place, (frames, 1))
        if number == 0:
            turn = base_turn.T @ rig.from_file.T @ turn
            places = (motion.root @ rig.from_file / rig.scale - base_place) @ base_turn
        block = np.empty((frames, len(joint.channels)))
        block[:, _turning(joint)] = to_euler(_axes(joint), turn)
        for column, channel in enumerate(joint.channels):
            if channel.endswith("position"):
                block[:, column] = places[:, "XYZ".index(channel[0])]
        blocks.append(block)
    return _recording(motion, np.concatenate(blocks, axis=1), name, subject)


def resampled(motion: Motion, rate_hz: float) -> Motion:
    """The motion at another rate: rotations along the shortest way, places in straight lines.

    Args:
        motion: The motion.
        rate_hz: Frames a second wanted; the first frame stays where it is.

    Raises:
        UnisonoError: If the rate is not positive.
    """
    check_range("rate_hz", rate_hz, 0.0, 1e5)
    seconds = np.arange(len(motion)) / motion.rate_hz
    count = int(np.floor(seconds[-1] * rate_hz + 1e-6)) + 1
    wanted = np.minimum(np.arange(count) / rate_hz, seconds[-1])
    if len(motion) == 1 or abs(rate_hz / motion.rate_hz - 1) < 1e-4:  # clocks of six digits
        return Motion(motion.rig, motion.rotations, motion.root, rate_hz)
    turns = [
        Slerp(seconds, Rotation.from_matrix(motion.rotations[:, joint]))(wanted).as_matrix()
        for joint in range(motion.rotations.shape[1])
    ]
    root = np.stack([np.interp(wanted, seconds, axis) for axis in motion.root.T], axis=1)
    return Motion(motion.rig, np.stack(turns, axis=1), root, rate_hz)


def _turning(joint: Joint) -> list[int]:
    return [i for i, channel in enumerate(joint.channels) if channel.endswith("rotation")]


def _axes(joint: Joint) -> str:
    axes = "".join(joint.channels[i][0] for i in _turning(joint))
    if len(set(axes)) < len(axes):
        raise SchemaError(
            f"the joint {joint.name!r} turns twice about one axis ({axes}); export it with three "
            "different rotation channels."
        )
    return axes


def _above(rig: Rig) -> tuple[Array, Array]:
    """Turn and place in the file of the joint above the body root, which stands still."""
    turn, place, column = np.eye(3), np.zeros(3), 0
    for joint in rig.skeleton.joints[: rig.root]:
        block = np.asarray(rig.above[column : column + len(joint.channels)])
        column += len(joint.channels)
        local = np.asarray(joint.offset).copy()
        for channel, cell in zip(joint.channels, block, strict=True):
            if channel.endswith("position"):
                local["XYZ".index(channel[0])] = cell
        place = place + turn @ local
        turn = turn @ from_euler(_axes(joint), block[_turning(joint)])
    return turn, place


def _channels(tree: xr.DataTree, rig: Rig, where: str) -> Array:
    """Values of all channels in the order of the file, ``(frame, channel)``."""
    found: dict[str, Array] = {}
    for stream in ("angles", "root_position", "joint_offsets"):
        if stream not in tree.children:
            continue
        node = tree[stream].to_dataset()
        bad = ~node["valid"].values.all(axis=0)
        names = [str(channel) for channel in node["channel"].values]
        if bad.any():
            name = names[int(bad.argmax())]
            raise SchemaError(f"{where}: {name!r} has samples that are not valid; fill them first.")
        data = as_in_file(node["data"].values, node["unit"].values.tolist(), rig.unit)
        found |= dict(zip(names, data.T, strict=True))
    wanted = rig.skeleton.channel_names()
    absent = [name for name in wanted if name not in found]
    if absent:
        raise SchemaError(f"{where}: the channel {absent[0]!r} is absent; read the BVH again.")
    return np.stack([found[name] for name in wanted], axis=1)


def _recording(motion: Motion, values: Array, name: str, subject: str) -> xr.DataTree:
    skeleton, rig = motion.rig.skeleton, motion.rig
    names = skeleton.channel_names()
    first = len(skeleton.joints[0].channels)
    groups: dict[str, list[int]] = {}
    for column, channel in enumerate(names):
        turns = channel.endswith("rotation")
        stream = "angles" if turns else ("root_position" if column < first else "joint_offsets")
        groups.setdefault(stream, []).append(column)
    time = np.arange(len(values)) / motion.rate_hz
    parts = {
        stream: make_stream(
            values[:, columns],
            time=time,
            channels=[names[i] for i in columns],
            units="deg" if stream == "angles" else rig.unit,
            kind="angle" if stream == "angles" else "position",
            rate_hz=motion.rate_hz,
        )
        for stream, columns in groups.items()
    }
    points = joint_positions(skeleton, values)
    parts["positions"] = make_stream(
        points.reshape(len(points), -1),
        time=time,
        channels=[f"{point}_{axis}" for point in skeleton.point_names() for axis in "xyz"],
        units=rig.unit,
        kind="position",
        rate_hz=motion.rate_hz,
        history=["computed from the angles by forward kinematics"],
    )
    source = {
        "skeleton": skeleton.to_dict(),
        "skeleton_unit": rig.unit,
        "frame_time": 1 / motion.rate_hz,
    }
    return make_recording(parts, recording=name, subject=subject, source=source)
