"""Mirrors src/unisono/viewing/angle_body.py."""

import numpy as np
import pytest
import xarray as xr

from unisono.recordings.schema import make_recording, make_stream
from unisono.viewing.angle_body import AngleBody, body_from_angles, own_angle


def angles(channels: list[str], values: list[float], units: str = "deg") -> xr.DataTree:
    stream = make_stream(
        [values, values], time=[0.0, 0.1], channels=channels, units=units, kind="angle"
    )
    return make_recording({"ik": stream}, recording="a", subject="s", height_m=1.8)


def at(body: AngleBody, point: str) -> np.ndarray:
    return body.positions[0, body.points.index(point)]


OURS = ["r_hip_flexion", "l_hip_flexion", "r_knee_flexion", "l_knee_flexion", "pelvis_tilt"]
OPENSIM = ["hip_flexion_r", "hip_flexion_l", "knee_angle_r", "knee_angle_l", "pelvis_tilt"]
VICON = ["RHipAngles_x", "LHipAngles_x", "RKneeAngles_x", "LKneeAngles_x"]


def test_one_pose_in_three_spellings_and_two_units() -> None:
    pose = [30.0, -10.0, 40.0, 5.0, 0.0]
    ours = body_from_angles(angles(OURS, pose))
    opensim = body_from_angles(angles(OPENSIM, list(np.radians(pose)), "rad"))
    vicon = body_from_angles(angles(VICON, pose[:4]))
    assert ours is not None and opensim is not None and vicon is not None
    np.testing.assert_allclose(ours.positions, opensim.positions, atol=1e-12)
    np.testing.assert_allclose(ours.positions, vicon.positions, atol=1e-12)
    assert at(ours, "r_knee")[0] > 0.2 > 0 > at(ours, "l_knee")[0]  # flexion is forward
    assert ours.positions[..., 2].min() == pytest.approx(0)  # on the floor
    assert "lower foot" in " ".join(ours.notes)


def test_the_pelvis_tilts_the_other_way_in_opensim() -> None:
    ours = body_from_angles(angles(OURS, [0, 0, 0, 0, 20.0]))
    opensim = body_from_angles(angles(OPENSIM, [0, 0, 0, 0, -20.0]))
    assert ours is not None and opensim is not None
    np.testing.assert_allclose(ours.positions, opensim.positions, atol=1e-12)
    assert own_angle("lumbar_extension") == ("trunk_flexion", -1)


def test_the_place_of_the_pelvis_is_used() -> None:
    tree = angles(OPENSIM, [0, 0, 0, 0, 0])
    tree["root"] = xr.DataTree(
        make_stream(
            [[0.0, 1.0, 0.0], [1.5, 1.1, 0.5]], time=[0.0, 0.1], units="m", kind="position",
            channels=["pelvis_tx", "pelvis_ty", "pelvis_tz"],
        )
    )  # fmt: skip
    body = body_from_angles(tree)
    assert body is not None
    moved = body.positions[1] - body.positions[0]
    np.testing.assert_allclose(moved, np.tile([1.5, -0.5, 0.1], (len(moved), 1)))
    assert body.positions[0, :, 2].min() == pytest.approx(0)


def test_too_few_angles_are_no_body() -> None:
    assert body_from_angles(angles(["beta", "r_knee_flexion"], [1, 2])) is None
    assert body_from_angles(angles(OURS, [0.0] * 5, "m/s")) is None
