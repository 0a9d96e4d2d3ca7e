"""Mirrors src/unisono/recordings/formats/bvh_skeleton.py."""

import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from unisono.core.errors import SchemaError
from unisono.recordings.formats.bvh_skeleton import End, Joint, Skeleton, joint_positions

SKELETON = Skeleton(
    (
        Joint("Hips", -1, (0.0, 90.0, 0.0), ("Xposition", "Zposition", "Yrotation", "Xrotation")),
        Joint("Knee", 0, (1.0, -45.0, 2.0), ("Zrotation", "Xrotation", "Yrotation")),
        Joint("Ankle", 1, (0.0, -40.0, 0.0), ()),
    ),
    (End(2, (0.0, 0.0, 15.0)), End(2, (0.0, 0.0, -5.0))),
)


def test_positions_against_scipy_rotations(rng: np.random.Generator) -> None:
    motion = rng.uniform(-170, 170, size=(5, 7))
    points = joint_positions(SKELETON, motion)
    for frame, row in zip(points, motion, strict=True):
        hips = np.array([row[0], 90.0, row[1]])  # y has no channel: its offset holds
        turn = Rotation.from_euler("YX", row[2:4], degrees=True)  # capitals: intrinsic
        knee = hips + turn.apply([1.0, -45.0, 2.0])
        turn = turn * Rotation.from_euler("ZXY", row[4:7], degrees=True)
        ankle = knee + turn.apply([0.0, -40.0, 0.0])
        ends = [ankle + turn.apply([0.0, 0.0, z]) for z in (15.0, -5.0)]
        np.testing.assert_allclose(frame, [hips, knee, ankle, *ends], atol=1e-10)


def test_bones_keep_their_length(rng: np.random.Generator) -> None:
    points = joint_positions(SKELETON, rng.normal(size=(20, 7)) * 90)
    lengths = np.linalg.norm(points[:, 1] - points[:, 0], axis=-1)
    np.testing.assert_allclose(lengths, np.linalg.norm([1, -45, 2]))


def test_names_and_round_trip_through_json() -> None:
    assert SKELETON.channel_names()[:3] == ["Hips_Xposition", "Hips_Zposition", "Hips_Yrotation"]
    assert SKELETON.point_names() == ["Hips", "Knee", "Ankle", "Ankle_end", "Ankle_end2"]
    assert Skeleton.from_dict(json.loads(json.dumps(SKELETON.to_dict()))) == SKELETON
    with pytest.raises(SchemaError, match="skeleton is not readable"):
        Skeleton.from_dict({"joints": [{"name": "a"}], "ends": []})
