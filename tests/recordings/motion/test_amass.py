"""Mirrors src/unisono/recordings/motion/amass.py."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from unisono.core.errors import FileFormatError
from unisono.recordings.motion.amass import read_amass
from unisono.recordings.motion.humanoid import SMPL_NAMES, humanoid_rig
from unisono.recordings.motion.kinematics import placed


def made(path: Path, rng: np.random.Generator, **other: Any) -> Path:  # noqa: ANN401
    arrays = {
        "poses": rng.normal(0, 0.4, size=(7, 156)),
        "trans": rng.normal(size=(7, 3)),
        "betas": np.zeros(16),
        "mocap_framerate": np.array(120.0),
    } | other
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


def test_places_are_those_of_a_slow_chain(tmp_path: Path, rng: np.random.Generator) -> None:
    """SMPL's own recursion in its z-up world, joint by joint in its order."""
    file = made(tmp_path / "a.npz", rng)
    motion = read_amass(file)
    assert motion.rig == humanoid_rig() and motion.rate_hz == 120.0
    with np.load(file) as held:
        poses, trans = held["poses"], held["trans"]
    rig = humanoid_rig("smpl")
    found = placed(motion).positions
    for frame in range(7):
        turns, at = [], []
        for joint, parent in enumerate(rig.parents):
            own = Rotation.from_rotvec(poses[frame, 3 * joint : 3 * joint + 3]).as_matrix()
            turns.append(own if parent < 0 else turns[parent] @ own)
            at.append(
                trans[frame] if parent < 0 else at[parent] + turns[parent] @ rig.metres[joint]
            )
            x, y, z = at[-1]
            here = found[frame, motion.rig.names.index(SMPL_NAMES[joint])]
            np.testing.assert_allclose(here, [x, z, -y], atol=1e-9)


def test_an_upright_body_stands_upright(tmp_path: Path, rng: np.random.Generator) -> None:
    poses = np.zeros((3, 66))
    poses[:, 0] = np.pi / 2  # SMPL stands along y; AMASS turns it up
    file = made(tmp_path / "a.npz", rng, poses=poses, trans=np.tile([0.0, 0.0, 0.94], (3, 1)))
    at = placed(read_amass(file, height_m=1.7)).positions[0]
    names = humanoid_rig().names
    assert at[names.index("Head"), 1] > 1.5 and abs(at[names.index("LeftToeBase"), 1]) < 1e-9


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"poses": None}, "poses: it is absent"),
        ({"mocap_framerate": None}, "mocap_framerate: it is absent"),
        ({"trans": np.zeros((6, 3))}, "shapes"),
        ({"poses": np.full((7, 156), np.nan)}, "not finite"),
        ({"mocap_framerate": np.array(0.0)}, "it is 0"),
        ({"poses": np.array([{}], dtype=object)}, "not readable"),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path, rng: np.random.Generator, other: dict[str, Any], said: str
) -> None:
    with pytest.raises(FileFormatError, match=said):
        read_amass(made(tmp_path / "a.npz", rng, **other))


def test_damaged_and_absent_files(tmp_path: Path, rng: np.random.Generator) -> None:
    (tmp_path / "b.npz").write_bytes(made(tmp_path / "a.npz", rng).read_bytes()[:900])
    for name in ("b.npz", "c.npz"):
        with pytest.raises(FileFormatError, match="not readable"):
            read_amass(tmp_path / name)
