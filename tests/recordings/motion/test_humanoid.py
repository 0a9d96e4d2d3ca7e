"""Mirrors src/unisono/recordings/motion/humanoid.py."""

from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.recordings.formats.bvh import read_bvh, write_bvh
from unisono.recordings.motion.clips import motion_of, recording_of
from unisono.recordings.motion.features import Layout
from unisono.recordings.motion.humanoid import REST_HEIGHT_M, SMPL_NAMES, humanoid_rig
from unisono.recordings.motion.kinematics import Motion, placed
from unisono.recordings.motion.rig import rig_of

SMPL_PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19]


def random_motion(order: str, rng: np.random.Generator, frames: int = 6) -> Motion:
    from scipy.spatial.transform import Rotation

    turns = Rotation.from_rotvec(rng.normal(0, 0.4, size=(frames * 22, 3))).as_matrix()
    root = rng.normal(size=(frames, 3))
    return Motion(humanoid_rig(order), turns.reshape(frames, 22, 3, 3), root, 20.0)


def test_the_hierarchy_is_smpls() -> None:
    assert humanoid_rig("smpl").parents == SMPL_PARENTS
    file = humanoid_rig()
    by_name = {
        n: file.names[p] if p >= 0 else "" for n, p in zip(file.names, file.parents, strict=True)
    }
    assert by_name == {
        n: SMPL_NAMES[p] if p >= 0 else "" for n, p in zip(SMPL_NAMES, SMPL_PARENTS, strict=True)
    }
    assert Layout(22, len(file.feet), 20.0, "humanml3d").size == 263


@pytest.mark.parametrize("order", ["file", "smpl"])
def test_at_rest_it_stands_on_the_floor_and_is_symmetric(order: str) -> None:
    rig = humanoid_rig(order)
    still = np.tile(np.eye(3), (1, 22, 1, 1))
    where = placed(Motion(rig, still, np.array([[0.0, REST_HEIGHT_M, 0.0]]), 20.0)).positions[0]
    at = dict(zip(rig.names, where, strict=True))
    assert at["LeftToeBase"][1] == pytest.approx(0.0, abs=1e-9)
    for name in rig.names:
        if name.startswith("Left"):
            other = at[name.replace("Left", "Right")]
            np.testing.assert_allclose(at[name], other * [-1, 1, 1], atol=1e-9)
    assert at["LeftHand"][0] > 0.6 and 1.5 < at["Head"][1] < 1.6


@pytest.mark.parametrize("order", ["file", "smpl"])
def test_it_is_written_as_bvh_and_read_back(
    order: str, rng: np.random.Generator, tmp_path: Path
) -> None:
    motion = random_motion(order, rng)
    tree = read_bvh(write_bvh(recording_of(motion, name="x"), tmp_path / "x.bvh"))
    again = motion_of(tree)
    where = placed(again).positions
    truth = placed(motion).positions
    for number, name in enumerate(motion.rig.names):
        np.testing.assert_allclose(
            where[:, again.rig.names.index(name)], truth[:, number], atol=1e-6
        )
    found = rig_of(tree)
    rig = motion.rig
    assert [found.names[i] for i in found.feet] == [rig.names[i] for i in rig.feet]
    if order == "file":
        assert found.names == rig.names and found.up == "y"


def test_size_is_as_asked() -> None:
    np.testing.assert_allclose(humanoid_rig(height_m=0.85).metres, humanoid_rig().metres / 2)
    with pytest.raises(UnisonoError, match="height_m"):
        humanoid_rig(height_m=30.0)
    with pytest.raises(UnisonoError, match="order"):
        humanoid_rig("alphabet")
