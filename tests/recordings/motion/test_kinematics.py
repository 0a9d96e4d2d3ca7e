"""Mirrors src/unisono/recordings/motion/kinematics.py."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from unisono.core.errors import ShapeError
from unisono.recordings.formats.bvh_skeleton import Joint, Skeleton
from unisono.recordings.motion.kinematics import Motion, fitted_rotations, placed
from unisono.recordings.motion.rig import Rig

TURNS = ("Zrotation", "Xrotation", "Yrotation")
OFFSETS = ((0.0, 0.0, 0.0), (1.0, -1.0, 0.0), (-1.0, -1.0, 0.0), (0.0, 2.0, 0.0), (0.0, -4.0, 0.5))


def rig() -> Rig:
    """A root with two hips and a head, and a shank under the first hip; metres."""
    parents = (-1, 0, 0, 0, 1)
    places = ("Xposition", "Yposition", "Zposition")
    joints = tuple(
        Joint(name, parent, offset, (places if parent < 0 else ()) + TURNS)
        for name, parent, offset in zip("abcde", parents, OFFSETS, strict=True)
    )
    return Rig(Skeleton(joints), 0, OFFSETS, (), "y", "m", ((1, 2),), (4,))


def test_a_rotation_turns_the_bones_that_begin_at_its_joint(rng: np.random.Generator) -> None:
    turns = np.stack([np.eye(3)] * 5)[None]
    turns[0, 1] = Rotation.from_euler("X", 90, degrees=True).as_matrix()  # the left hip
    found = placed(Motion(rig(), turns, np.array([[0.0, 5.0, 0.0]]), 30.0)).positions[0]
    np.testing.assert_allclose(found[1], [1, 4, 0])  # stays
    np.testing.assert_allclose(found[4], [1, 4 - 0.5, -4])  # the shank swings
    np.testing.assert_allclose(found[[2, 3]], [[-1, 4, 0], [0, 7, 0]])


def test_places_give_rotations_that_give_the_places(rng: np.random.Generator) -> None:
    turns = Rotation.random(35, rng=rng).as_matrix().reshape(7, 5, 3, 3)
    motion = Motion(rig(), turns, rng.normal(size=(7, 3)), 30.0)
    where = placed(motion).positions
    fitted = fitted_rotations(motion.rig, where)
    np.testing.assert_allclose(fitted[:, 0], turns[:, 0], atol=1e-9)  # three bones fix the root
    again = placed(Motion(motion.rig, fitted, motion.root, 30.0)).positions
    np.testing.assert_allclose(again, where, atol=1e-9)
    with pytest.raises(ShapeError, match="positions should be"):
        fitted_rotations(motion.rig, where[:, :3])


def test_sizes_that_disagree_are_refused() -> None:
    with pytest.raises(ShapeError, match="needs frames"):
        Motion(rig(), np.zeros((2, 4, 3, 3)), np.zeros((2, 3)), 30.0)
