"""Mirrors src/unisono/recordings/components.py."""

import numpy as np
import pytest

from unisono.recordings.components import split_axis, vector_nature, vectors
from unisono.recordings.schema import make_stream


@pytest.mark.parametrize(
    ("name", "stem", "axis"),
    [
        ("r_heel_x", "r_heel_", "x"),
        ("RKNE_z", "RKNE_", "z"),
        ("r_fy", "r_f", "y"),
        ("l_copx", "l_cop", "x"),
        ("r_tz", "r_t", "z"),
        ("p1_copy", "p1_cop", "y"),
        ("1_ground_force_vz", "1_ground_force_v", "z"),
        ("ground_torque_y", "ground_torque_", "y"),
        ("pelvis_tx", "pelvis_t", "x"),
        ("Hips_Zposition", "Hips_position", "z"),
        ("Fx1", "F1", "x"),
        ("arm_flex", "arm_flex", ""),
        ("gluteus_max", "gluteus_max", ""),
        ("hip_flexion_r", "hip_flexion_r", ""),
    ],
)
def test_axis_of_a_name(name: str, stem: str, axis: str) -> None:
    assert split_axis(name) == (stem, axis)


def test_nature_follows_the_unit_and_then_the_kind() -> None:
    assert vector_nature("BW", "force") == "polar"
    assert vector_nature("N*mm/kg", "moment") == "axial"
    assert vector_nature("deg/s", "acceleration") == "axial"  # a gyroscope in an IMU's stream
    assert vector_nature("1", "force") == "polar"
    assert vector_nature("1", "feature") == ""
    assert vector_nature("deg", "angle") == ""
    assert vector_nature("mm", "position") == "polar"
    assert vector_nature("mm", "feature") == ""  # a measure, such as an arch height
    assert vector_nature("m/s^2", "feature") == "polar"


def test_vectors_group_by_stem_and_dimension() -> None:
    names = ["r_fx", "r_fz", "r_copx", "r_copy", "r_tz", "note"]
    units = ["N", "N", "m", "m", "N*m", "1"]
    stream = make_stream(np.zeros((2, 6)), time=[0, 1], channels=names, units=units, kind="force")
    found = {v.stem: v for v in vectors(stream)}
    assert set(found) == {"r_f", "r_cop"}
    assert found["r_f"].columns == {"x": 0, "z": 1}
    assert found["r_cop"].nature == "polar"
