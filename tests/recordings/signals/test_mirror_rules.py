"""Mirrors src/unisono/recordings/signals/mirror_rules.py."""

import numpy as np
import pytest

from unisono.core.errors import SchemaError
from unisono.recordings.schema import make_stream
from unisono.recordings.signals.mirror_rules import MirrorRule, needs_lateral, signs


def _sign(name: str, unit: str, kind: str, lateral: str, up: str = "z") -> float:
    names = [name, *(["LUMP"] if name != "LUMP" else [])]
    stream = make_stream(np.zeros((1, 2)), time=[0], channels=names, units=[unit, "1"],
                         kind=kind, frame={"up": up})  # fmt: skip
    return signs(stream, lateral)[0]


@pytest.mark.parametrize(
    ("name", "unit", "kind", "lateral", "sign"),
    [
        # this project's simulated gait: x forward, y left, z up
        ("r_hip_adduction", "deg", "angle", "y", 1),
        ("pelvis_tilt", "deg", "angle", "y", 1),
        ("pelvis_list", "deg", "angle", "y", -1),
        ("pelvis_rotation", "deg/s", "angular_rate", "y", -1),
        ("trunk_lateral_bending", "deg", "angle", "y", -1),
        ("r_fx", "N", "force", "y", 1),
        ("r_fy", "N", "force", "y", -1),
        ("r_fz", "N/kg", "force", "y", 1),
        ("r_copy", "m", "force", "y", -1),
        ("r_tz", "N*m", "force", "y", -1),
        ("r_thigh_acc_y", "m/s^2", "acceleration", "y", -1),
        ("r_thigh_gyro_y", "rad/s", "acceleration", "y", 1),
        ("pelvis_gyro_x", "rad/s", "acceleration", "y", -1),
        ("r_hip_flexion", "N*m/kg", "moment", "y", 1),
        ("r_knee", "W/kg", "power", "y", 1),
        ("r_vastus_lateralis", "1", "emg", "y", 1),
        ("p1_mx", "N*m", "force", "x", 1),
        ("p1_my", "N*m", "force", "x", -1),
        # Plug-in Gait, laboratory walked along y
        ("RKneeAngles_y", "deg", "angle", "x", 1),
        ("LPelvisAngles_z", "deg", "angle", "x", 1),
        ("PelvisAngles_z", "deg", "angle", "x", -1),
        ("RKneeMoment_y", "N*mm", "moment", "x", 1),
        ("RGroundReactionForce_x", "N", "force", "x", -1),
        ("RGroundReactionMoment_x", "N*mm", "moment", "x", 1),
        ("RGroundReactionMoment_z", "N*mm", "moment", "x", -1),
        ("RNormalisedGRF_y", "N", "force", "y", 1),
        ("RHipForce_y", "N", "force", "x", -1),
        ("RHipForce_x", "N", "force", "x", 1),
        ("RHipPower_z", "W", "power", "x", 1),
        ("C7_x", "mm", "position", "x", -1),
        # BVH: x lateral
        ("LeftArm_Xrotation", "deg", "angle", "x", 1),
        ("LeftArm_Yrotation", "deg", "angle", "x", -1),
        ("Hips_Xposition", "cm", "position", "x", -1),
    ],
)
def test_table_of_signs(name: str, unit: str, kind: str, lateral: str, sign: int) -> None:
    assert _sign(name, unit, kind, lateral) == sign


@pytest.mark.parametrize(
    ("name", "unit", "kind", "sign"),
    [
        ("1_ground_force_vz", "N", "force", -1),
        ("ground_force_pz", "m", "force", -1),
        ("ground_force_1_my", "N*m", "force", -1),
        ("ground_torque_y", "N*m", "force", -1),
        ("ground_torque_z", "N*m", "force", 1),
        ("ground_force_vx", "N", "force", 1),
        ("pelvis_tz", "m", "position", -1),
        ("pelvis_tx", "m", "position", 1),
        ("pelvis_tz_force", "N", "moment", -1),
        ("pelvis_ty_force", "N", "moment", 1),
        ("lumbar_bending", "deg", "angle", -1),
        ("lumbar_extension_moment", "N*m", "moment", 1),
        ("hip_rotation_r_moment", "N*m", "moment", 1),
        ("knee_angle_l", "rad", "angle", 1),
    ],
)
def test_opensim_signs_need_no_lateral_axis(name: str, unit: str, kind: str, sign: int) -> None:
    for up in ("y", "unknown"):
        assert _sign(name, unit, kind, "", up) == sign


def test_opensim_names_in_another_frame_follow_the_frame() -> None:
    assert _sign("ground_force_vz", "N", "force", "y", "z") == 1
    assert _sign("ground_force_vy", "N", "force", "y", "z") == -1


def test_an_unknown_lateral_axis_is_asked_for() -> None:
    stream = make_stream([[0.0]], time=[0], channels=["r_fy"], units="N", kind="force")
    assert needs_lateral(stream)
    with pytest.raises(SchemaError, match="state it with lateral='y'"):
        signs(stream, "")
    angles = make_stream([[0.0]], time=[0], channels=["r_knee"], units="deg", kind="angle")
    assert not needs_lateral(angles)
    assert signs(angles, "") == [1.0]


def test_own_rules_go_first_and_wrong_signs_are_refused() -> None:
    angles = make_stream([[0.0]], time=[0], channels=["trunk_sideways"], units="deg", kind="angle")
    assert signs(angles, "") == [1.0]
    assert signs(angles, "", [MirrorRule(("trunk_side*",), "flip")]) == [-1.0]
    with pytest.raises(ValueError, match="sign must be one of"):
        MirrorRule(("a",), "turn")
