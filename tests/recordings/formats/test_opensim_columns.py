"""Mirrors src/unisono/recordings/formats/opensim_columns.py."""

import pytest

from unisono.recordings.formats.opensim_columns import classify, force_partner, is_force, is_point


@pytest.mark.parametrize(
    ("name", "stream", "unit"),
    [
        ("ground_force_vx", "grf", "N"),
        ("1_ground_force_vy", "grf", "N"),
        ("ground_force_1_vz", "grf", "N"),
        ("ground_force_r_px", "grf", "m"),
        ("1_ground_force_pz", "grf", "m"),
        ("ground_torque_x", "grf", "N*m"),
        ("1_ground_torque_y", "grf", "N*m"),
        ("ground_force_2_mz", "grf", "N*m"),
        ("ground_moment_l_x", "grf", "N*m"),
        ("knee_angle_r_moment", "moments", "N*m"),
        ("pelvis_ty_force", "moments", "N"),
        ("pelvis_tx", "root_position", "m"),
        ("hip_flexion_r", "angles", "angle"),
        ("pelvis_list", "angles", "angle"),
        ("pro_sup_l", "angles", "angle"),
        ("/jointset/hip_r/hip_flexion_r/value", "angles", "angle"),
        ("/jointset/hip_r/hip_flexion_r/speed", "angular_velocities", "angle/s"),
        ("/jointset/ground_pelvis/pelvis_tx/value", "root_position", "m"),
        ("/forceset/soleus_r/activation", "features", "1"),
        ("soleus_r", "features", "1"),
    ],
)
def test_names_of_opensim_files(name: str, stream: str, unit: str) -> None:
    column = classify(name)
    assert (column.stream, column.unit) == (stream, unit)


def test_title_and_file_decide_where_a_name_says_nothing() -> None:
    assert classify("mtp_r").stream == "features"
    assert classify("mtp_r", coordinates=True).stream == "angles"
    assert classify("knee_angle_r", title="Speeds").unit == "angle/s"
    assert classify("pelvis_tx", title="Accelerations").unit == "m/s^2"


def test_plates_are_recognised() -> None:
    assert is_force("1_ground_force_vx") and not is_force("hip_flexion_r")
    assert is_point("ground_force_1_pz") and not is_point("ground_force_1_vz")
    assert force_partner("1_ground_force_pz", "x") == "1_ground_force_vx"
