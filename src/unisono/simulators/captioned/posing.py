r"""From a plan of hips, trunk, arms and feet to the rotations of all joints.

A foot is planned by its toe joint, its yaw and its pitch about the toes, so that a standing foot
cannot slide whatever the rest does. The leg is then solved for the ankle: with thigh l, shank m and
the distance D from hip joint to ankle, the thigh leans against that line by

.. math:: \cos\alpha = \frac{l^2 + D^2 - m^2}{2 l D}

towards where the knee points (mean of hips and foot). The hips are lowered where a leg would be
too short. Angles are in degrees, lengths in metres; ``y`` is up, ``+x`` left, ``+z`` forward.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from unisono.recordings.motion.humanoid import humanoid_rig
from unisono.recordings.motion.kinematics import Motion
from unisono.recordings.motion.rotations import about_vertical, from_euler

__all__ = ["Plan", "posed", "still_plan"]

Array = npt.NDArray[np.float64]

SIDES = ("Left", "Right")
_STRETCH = 0.985  # of a leg's length, at most: a knee is never quite straight
_SPINE = ("Spine", "Spine1", "Spine2")


@dataclass
class Plan:
    """What the parts of the body should do, a row a frame; arms and feet left first.

    Args:
        rate_hz: Frames a second.
        heading: Where the hips face, radians, ``(F,)``.
        place: Of the hips on the floor, x and z, ``(F, 2)``.
        height: Of the hips, ``(F,)``.
        hips: Pitch, roll and yaw against the heading, ``(F, 3)``.
        trunk: Pitch, roll and yaw of the whole spine against the hips, ``(F, 3)``.
        head: Head down, ``(F,)``.
        arms: Forward, sideways, twist and elbow, ``(F, 2, 4)``.
        toes: Places of the toe joints, ``(F, 2, 3)``.
        feet: Yaw (radians) and pitch of the feet, ``(F, 2, 2)``.
    """

    rate_hz: float
    heading: Array
    place: Array
    height: Array
    hips: Array
    trunk: Array
    head: Array
    arms: Array
    toes: Array
    feet: Array


def still_plan(frames: int, rate_hz: float) -> Plan:
    """A plan of nothing: at the origin, all angles and toes 0."""
    return Plan(
        rate_hz,
        heading=np.zeros(frames),
        place=np.zeros((frames, 2)),
        height=np.zeros(frames),
        hips=np.zeros((frames, 3)),
        trunk=np.zeros((frames, 3)),
        head=np.zeros(frames),
        arms=np.zeros((frames, 2, 4)),
        toes=np.zeros((frames, 2, 3)),
        feet=np.zeros((frames, 2, 2)),
    )


def posed(plan: Plan) -> Motion:
    """The motion of the default body that a plan describes."""
    rig = humanoid_rig()
    names, frames = rig.names, len(plan.heading)
    bones = dict(zip(names, rig.metres, strict=True))
    hips = about_vertical(plan.heading) @ from_euler("YXZ", plan.hips[:, [2, 0, 1]])
    soles = _soles(plan)
    ankles = plan.toes - np.stack(
        [soles[:, i] @ bones[f"{side}ToeBase"] for i, side in enumerate(SIDES)], axis=1
    )
    sockets = np.stack([hips @ bones[f"{side}UpLeg"] for side in SIDES], axis=1)
    thigh, shank = (-bones["LeftLeg"][1], -bones["LeftFoot"][1])
    flat = np.stack([plan.place[:, 0], np.zeros(frames), plan.place[:, 1]], axis=1)
    height = _reachable(plan, flat[:, None] + sockets, ankles, (thigh + shank) * _STRETCH)
    root = flat + height[:, None] * np.array([0.0, 1.0, 0.0])
    turns = np.tile(np.eye(3), (frames, len(names), 1, 1))
    turns[:, 0] = hips
    for number, side in enumerate(SIDES):
        knee_way = about_vertical((plan.heading + plan.feet[:, number, 0]) / 2)[..., 2]
        upper, lower = _leg(root + sockets[:, number], ankles[:, number], knee_way, (thigh, shank))
        sole = soles[:, number]
        local = {
            f"{side}UpLeg": hips.swapaxes(1, 2) @ upper,
            f"{side}Leg": upper.swapaxes(1, 2) @ lower,
            f"{side}Foot": lower.swapaxes(1, 2) @ sole,
            f"{side}ToeBase": from_euler("X", -np.maximum(plan.feet[:, number, 1:], 0.0)),
            f"{side}Arm": _arm(plan.arms[:, number], number),
            f"{side}ForeArm": from_euler("Y", (1 if number else -1) * plan.arms[:, number, 3:]),
        }
        for name, turn in local.items():
            turns[:, names.index(name)] = turn
    share = from_euler("XZY", plan.trunk / len(_SPINE))
    for name in _SPINE:
        turns[:, names.index(name)] = share
    turns[:, names.index("Neck")] = from_euler("X", 0.4 * plan.head[:, None])
    turns[:, names.index("Head")] = from_euler("X", 0.6 * plan.head[:, None])
    return Motion(rig, turns, root, plan.rate_hz)


def _soles(plan: Plan) -> Array:
    """Turn of each foot in the world, ``(F, 2, 3, 3)``."""
    return np.asarray(about_vertical(plan.feet[..., 0]) @ from_euler("X", plan.feet[..., 1:]))


def _reachable(plan: Plan, sockets: Array, ankles: Array, leg: float) -> Array:
    """Height of the hips at which both legs reach their ankles, without jumps, ``(F,)``.

    The least over a quarter of a second, smoothed over as long, is nowhere above what is allowed.
    """
    apart = ankles - sockets
    across = (apart[..., [0, 2]] ** 2).sum(axis=-1)
    most = np.min(apart[..., 1] + np.sqrt(np.maximum(leg**2 - across, 1e-4)), axis=1)
    window = 2 * max(1, round(plan.rate_hz / 8)) + 1
    lowest = minimum_filter1d(np.minimum(plan.height, most), window, mode="nearest")
    return np.asarray(uniform_filter1d(lowest, window, mode="nearest"), dtype=np.float64)


def _leg(
    socket: Array, ankle: Array, knee_way: Array, lengths: tuple[float, float]
) -> tuple[Array, Array]:
    """Turns of thigh and shank in the world, each ``(F, 3, 3)``."""
    thigh, shank = lengths
    line = ankle - socket
    size = np.linalg.norm(line, axis=1, keepdims=True)
    line = line / size
    size = np.clip(size, abs(thigh - shank) + 1e-3, (thigh + shank) * 0.9995)
    hinge = np.cross(-line, knee_way)
    hinge /= np.linalg.norm(hinge, axis=1, keepdims=True)
    front = np.cross(hinge, -line)
    cosine = np.clip((thigh**2 + size**2 - shank**2) / (2 * thigh * size), -1.0, 1.0)
    upper = line * cosine + front * np.sqrt(1 - cosine**2)
    lower = (line * size - thigh * upper) / shank
    return _bone(upper, hinge), _bone(lower, hinge)


def _bone(way: Array, hinge: Array) -> Array:
    """The turn that points a bone hanging down along ``way``, its hinge along ``hinge``."""
    up = -way / np.linalg.norm(way, axis=1, keepdims=True)
    return np.stack([hinge, up, np.cross(hinge, up)], axis=-1)


def _arm(angles: Array, number: int) -> Array:
    """Turn of an upper arm against the shoulder: forward, sideways, twist."""
    side = 1.0 if number else -1.0
    down = side * (90.0 - angles[:, 1])
    return from_euler("XZX", np.stack([-angles[:, 0], down, -angles[:, 2]], axis=1))
