"""A default body of 22 joints, and its joints in the order of SMPL.

The hierarchy is the one of SMPL's first 22 joints (Loper et al., ACM Trans. Graph. 34, 2015), which
HumanML3D and AMASS use; names are those that animation tools know. The bones are a DEFAULT: a
symmetric adult of 1.70 m with segment lengths after Winter, "Biomechanics and Motor Control of
Human Movement" (2009), in round numbers, and not SMPL's own mean body, which is under a licence.

Metres, ``y`` up, left is ``+x``, forward is ``+z``; at rest the arms point sideways.
"""

from unisono.core.checks import check_choice, check_range
from unisono.recordings.formats.bvh_skeleton import End, Joint, Skeleton
from unisono.recordings.motion.rig import Rig

__all__ = ["REST_HEIGHT_M", "SMPL_NAMES", "humanoid_rig"]

_SIDED: dict[str, tuple[str, tuple[float, float, float]]] = {
    "UpLeg": ("Hips", (0.09, -0.07, 0.0)),
    "Leg": ("{s}UpLeg", (0.0, -0.405, 0.0)),
    "Foot": ("{s}Leg", (0.0, -0.405, 0.0)),
    "ToeBase": ("{s}Foot", (0.0, -0.06, 0.13)),
    "Shoulder": ("Spine2", (0.07, 0.15, 0.0)),
    "Arm": ("{s}Shoulder", (0.11, 0.02, 0.0)),
    "ForeArm": ("{s}Arm", (0.28, 0.0, 0.0)),
    "Hand": ("{s}ForeArm", (0.25, 0.0, 0.0)),
}
_MIDDLE: dict[str, tuple[str, tuple[float, float, float]]] = {
    "Spine": ("Hips", (0.0, 0.11, 0.0)),
    "Spine1": ("Spine", (0.0, 0.13, 0.0)),
    "Spine2": ("Spine1", (0.0, 0.06, 0.0)),
    "Neck": ("Spine2", (0.0, 0.22, 0.0)),
    "Head": ("Neck", (0.0, 0.09, 0.04)),
}
_TIPS = {"Head": (0.0, 0.17, 0.0), "ToeBase": (0.0, 0.0, 0.06), "Hand": (0.09, 0.0, 0.0)}

SMPL_NAMES = (
    "Hips", "LeftUpLeg", "RightUpLeg", "Spine", "LeftLeg", "RightLeg", "Spine1", "LeftFoot",
    "RightFoot", "Spine2", "LeftToeBase", "RightToeBase", "Neck", "LeftShoulder", "RightShoulder",
    "Head", "LeftArm", "RightArm", "LeftForeArm", "RightForeArm", "LeftHand", "RightHand",
)  # fmt: skip
"""SMPL's 22 joints (pelvis, left_hip, right_hip, spine1, ...) in its order, by our names."""

_FILE_ORDER = (
    "Hips", "LeftUpLeg", "LeftLeg", "LeftFoot", "LeftToeBase", "RightUpLeg", "RightLeg",
    "RightFoot", "RightToeBase", "Spine", "Spine1", "Spine2", "Neck", "Head", "LeftShoulder",
    "LeftArm", "LeftForeArm", "LeftHand", "RightShoulder", "RightArm", "RightForeArm", "RightHand",
)  # fmt: skip

REST_HEIGHT_M = 0.94
"""Height of the hips at rest with the toe joints on the floor, for a body of 1.70 m."""

_TURNS = ("Zrotation", "Xrotation", "Yrotation")
_MOVES = ("Xposition", "Yposition", "Zposition")


def humanoid_rig(order: str = "file", *, height_m: float = 1.70) -> Rig:
    """The default body.

    Args:
        order: ``"file"``, a limb after the other as a BVH file has them, or ``"smpl"``.
        height_m: Height of the body; bones are scaled by it over 1.70 m.

    Raises:
        UnisonoError: If the order is not known or the height not in 0.3 to 3 m.

    Example:
        >>> humanoid_rig().names[:3], humanoid_rig("smpl").names[:3]
        (['Hips', 'LeftUpLeg', 'LeftLeg'], ['Hips', 'LeftUpLeg', 'RightUpLeg'])
    """
    check_choice("order", order, ("file", "smpl"))
    check_range("height_m", height_m, 0.3, 3.0, closed=True)
    names = _FILE_ORDER if order == "file" else SMPL_NAMES
    scale = 100.0 * height_m / 1.70  # centimetres, which BVH readers expect
    joints, ends = [], []
    for number, name in enumerate(names):
        parent, offset = _bone(name)
        x, y, z = (round(scale * value, 6) for value in offset)
        channels = _TURNS if parent else (*_MOVES, *_TURNS)
        joints.append(Joint(name, names.index(parent) if parent else -1, (x, y, z), channels))
        tip = next((tip for word, tip in _TIPS.items() if name.endswith(word)), None)
        if tip is not None:
            side = -1.0 if name.startswith("Right") else 1.0
            ends.append(End(number, (side * scale * tip[0], scale * tip[1], scale * tip[2])))
    skeleton = Skeleton(tuple(joints), tuple(ends))
    pairs = tuple(
        (names.index(f"Left{part}"), names.index(f"Right{part}")) for part in ("UpLeg", "Shoulder")
    )
    feet = tuple(
        names.index(f"{s}{part}") for s in ("Left", "Right") for part in ("Foot", "ToeBase")
    )
    offsets = tuple(joint.offset for joint in joints)
    return Rig(skeleton, 0, offsets, (), "y", "cm", pairs, feet)


def _bone(name: str) -> tuple[str, tuple[float, float, float]]:
    """Parent and offset of a joint, in metres; no parent for the hips."""
    if name == "Hips":
        return "", (0.0, 0.0, 0.0)
    if name in _MIDDLE:
        return _MIDDLE[name]
    side = "Left" if name.startswith("Left") else "Right"
    parent, (x, y, z) = _SIDED[name.removeprefix(side)]
    return parent.format(s=side), (x if side == "Left" else -x, y, z)
