"""Which channels change sign when left and right are swapped.

Rules are tried in order; the first whose kind, side and pattern fit a channel decides. Patterns are
globs on the channel's name without its side (``sides.unsided``), upper and lower case alike.

| channels | frame | in the mirror |
|---|---|---|
| ``Hips_Zrotation`` (BVH) | local, lateral axis known | an axial vector: the other two axes flip |
| Plug-in Gait ``RKneeAngles_x``, ``LHipMoment_y``, ``RNormalisedGRF_x``, powers | anatomical | \
keep |
| Plug-in Gait ``RKneeForce_y`` (joint forces, segment axes) | y is lateral | y flips |
| OpenSim ``ground_force_vz``, ``pelvis_tz`` | y up, z right | z flips |
| OpenSim ``ground_torque_x``, ``ground_torque_y`` | y up, z right | x and y flip |
| ``pelvis_list``, ``pelvis_rotation``, ``trunk_lateral``, ``lumbar_bending`` | anatomical, no \
side | flip |
| ``r_hip_adduction``, ``knee_angle_l`` and all that has a side and is no vector | anatomical | \
keep |
| ``r_fy``, ``heel_y``, ``shank_acc_y`` (polar vectors by unit) | any with known lateral axis | \
lateral flips |
| ``r_tz``, ``p1_mx``, ``pelvis_gyro_z`` (axial vectors by unit) | the same | the other two flip |
| everything else (EMG, power, pressure, features) | | keep |

That Plug-in Gait's sided angles, moments and powers have one sign for both legs, that its pelvis
angles come once a side with opposite signs, and that its joint forces do not, was checked on
straight walking of eleven children (biomechZoo sample study), curve against curve.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import xarray as xr

from unisono.core.checks import check_choice
from unisono.core.errors import SchemaError
from unisono.recordings.components import split_axis, vector_nature
from unisono.recordings.sides import split_side

__all__ = ["MIRROR_RULES", "MirrorRule", "needs_lateral", "signs"]

_SIGNS = ("flip", "keep", "polar", "axial")
_ANGULAR = ("angle", "angular_velocity", "angular_rate", "moment", "feature")


@dataclass(frozen=True)
class MirrorRule:
    """How some channels behave in the mirror.

    Args:
        patterns: Globs on the channel's name without its side; the first to fit decides.
        sign: ``"flip"``, ``"keep"``, ``"polar"`` (flip the lateral component) or ``"axial"`` (flip
            the components that are not lateral).
        kinds: Kinds of stream it holds for; empty for all.
        sided: Whether it holds for channels with a side (True), without one (False) or both (None).
        up: Vertical axis it presumes; where the frame says another, the rule is passed over.
        lateral: Lateral axis of the channels' own frame; by default that of the stream.
        why: The convention behind it.

    Example:
        >>> MirrorRule(("trunk_t*",), "flip").fits("trunk_twist", "", "angle", "z")
        True
    """

    patterns: tuple[str, ...]
    sign: str
    kinds: tuple[str, ...] = ()
    sided: bool | None = None
    up: str = ""
    lateral: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        check_choice("sign", self.sign, _SIGNS)

    def fits(self, base: str, side: str, kind: str, up: str) -> bool:
        """Whether the rule speaks of a channel with this name (without side), side and kind."""
        if self.kinds and kind not in self.kinds:
            return False
        if self.sided is not None and self.sided != bool(side):
            return False
        if self.up and up not in (self.up, "unknown"):
            return False
        return any(fnmatchcase(base.lower(), pattern.lower()) for pattern in self.patterns)


_JOINTS = ("Ankle", "Knee", "Hip", "Waist", "Neck", "Shoulder", "Elbow", "Wrist")

MIRROR_RULES: tuple[MirrorRule, ...] = (
    MirrorRule(("*_[xyz]rotation",), "axial", why="BVH: Euler angles about local axes"),
    MirrorRule(("*GroundReactionMoment_[xyz]",), "axial", why="Plug-in Gait: laboratory axes"),
    MirrorRule(("*GroundReactionForce_[xyz]",), "polar", why="Plug-in Gait: laboratory axes"),
    MirrorRule(("*NormalisedGRF*",), "keep", why="Plug-in Gait: forward, towards the midline, up"),
    MirrorRule(
        tuple(f"{joint}Force_[xyz]" for joint in _JOINTS), "polar", lateral="y", sided=True,
        why="Plug-in Gait: segment axes, y is to the left on both sides",
    ),
    MirrorRule(
        ("*Angles_[xyz]", "*Angle_[xyz]", "*Moment_[xyz]", "*Power_[xyz]"), "keep", sided=True,
        why="Plug-in Gait: anatomical, one sign for both sides",
    ),
    MirrorRule(
        ("*Angles_[yz]", "*Ang_[yz]"), "flip", sided=False, kinds=("angle",),
        why="Plug-in Gait spelling of an angle without a side: y frontal, z transverse",
    ),
    MirrorRule(("*Angles_x", "*Ang_x", "*Power_[xyz]"), "keep", why="sagittal or without sign"),
    MirrorRule(
        ("*ground_force*_[vp]z", "*ground_force*_m[xy]", "*ground_torque*_[xy]",
         "*ground_moment*_m[xy]", "pelvis_tz*"), "flip", up="y", why="OpenSim ground: z is right",
    ),
    MirrorRule(
        ("*ground_force*_[vp][xy]", "*ground_force*_mz", "*ground_torque*_z",
         "*ground_moment*_mz", "pelvis_t[xy]", "pelvis_t[xy]_*"), "keep", up="y",
        why="OpenSim ground: x forward, y up",
    ),
    MirrorRule(
        ("*_list*", "*obliquity*", "*rotation*", "*bending*", "*lateral*", "*sway*", "*twist*",
         "*adduction*", "*abduction*", "*axial*", "*yaw*", "*roll"), "flip",
        kinds=_ANGULAR, sided=False, why="frontal or transverse angle of a part without a side",
    ),
)  # fmt: skip
"""The rules in force by default."""


def needs_lateral(stream: xr.Dataset, rules: Sequence[MirrorRule] = MIRROR_RULES) -> bool:
    """Whether any channel's sign depends on which axis of the stream's frame is lateral."""
    return any(sign in ("polar", "axial") for sign, _, _ in _decisions(stream, rules))


def signs(
    stream: xr.Dataset, lateral: str, rules: Sequence[MirrorRule] = MIRROR_RULES
) -> list[float]:
    """Factor of each channel in the mirror, 1 or -1.

    Args:
        stream: The stream.
        lateral: ``"x"``, ``"y"`` or ``"z"``; may be empty where :func:`needs_lateral` is False.
        rules: Rules, first fit decides.

    Raises:
        SchemaError: If the lateral axis is needed and empty.
    """
    factors = []
    for sign, axis, own in _decisions(stream, rules):
        across = own or lateral
        if sign in ("polar", "axial") and not across:
            raise SchemaError(
                f"the lateral axis of a {stream.attrs.get('kind')} stream is unknown; "
                "state it with lateral='y' (or x, z)."
            )
        flips = {"flip": True, "keep": False, "polar": axis == across, "axial": axis != across}
        factors.append(-1.0 if flips[sign] else 1.0)
    return factors


def _decisions(stream: xr.Dataset, rules: Sequence[MirrorRule]) -> list[tuple[str, str, str]]:
    """Sign, axis and own lateral axis of each channel."""
    kind = str(stream.attrs.get("kind", ""))
    up = str(stream.attrs.get("frame", {}).get("up", "unknown"))[-1:].lower()
    up = up if up in ("x", "y", "z") else "unknown"
    names = [str(c) for c in stream["channel"].values]
    among = set(names)
    natures: Mapping[str, str] = {
        str(u): vector_nature(str(u), kind) for u in set(stream["unit"].values)
    }
    found = []
    for name, unit in zip(names, stream["unit"].values, strict=True):
        side, base = split_side(name, among)
        axis = split_axis(name).axis
        rule = next((r for r in rules if r.fits(base, side, kind, up)), None)
        nature = natures[str(unit)] if axis else ""
        sign = rule.sign if rule else (nature or "keep")
        if sign in ("polar", "axial") and not axis:
            sign = "keep"
        own = rule.lateral if rule else ""
        found.append((sign, axis, own))
    return found
