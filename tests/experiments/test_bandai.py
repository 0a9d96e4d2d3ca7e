"""Mirrors src/unisono/experiments/bandai.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import ConfigError
from unisono.experiments.bandai import bandai_recordings

HEAD = """HIERARCHY
ROOT joint_Root
{
 OFFSET 0 0 0
 CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
%s}
MOTION
Frames: 3
Frame Time: 0.033333
%s
"""
POINTS = {
    "Hips": (0, 90, 0), "Chest": (0, 110, 0), "Neck": (0, 130, 0), "Head": (0, 150, 10),
    "UpperArm_L": (20, 130, 0), "LowerArm_L": (30, 110, 0), "Hand_L": (40, 90, 20),
    "UpperArm_R": (-20, 130, 0), "LowerArm_R": (-30, 110, 0), "Hand_R": (-40, 90, 20),
    "UpperLeg_L": (10, 90, 0), "LowerLeg_L": (10, 50, 0), "Foot_L": (10, 10, 0),
    "UpperLeg_R": (-10, 90, 0), "LowerLeg_R": (-10, 50, 0), "Foot_R": (-10, 10, 0),
}  # fmt: skip


def write_clip(folder: Path, *, yaw: float, name: str = "dataset-1_walk_tired_001") -> None:
    """A stiff body that stands with a heading and moves one centimetre a frame along z."""
    joints = "".join(
        f" JOINT {joint}\n {{\n  OFFSET {x} {y} {z}\n  CHANNELS 0\n"
        "  End Site\n  {\n   OFFSET 0 1 0\n  }\n }\n"
        for joint, (x, y, z) in POINTS.items()
    )
    frames = "\n".join(f"0 0 {k} 0 0 {yaw}" for k in range(3))
    (folder / f"{name}.bvh").write_text(HEAD % (joints, frames))


def test_the_heading_and_the_place_of_a_clip_do_not_matter(tmp_path: Path) -> None:
    for number, yaw in enumerate((0.0, 70.0)):
        write_clip(tmp_path, yaw=yaw, name=f"dataset-1_walk_tired_{number:03d}")
    first, turned = bandai_recordings(tmp_path)
    assert first.attrs["labels"] == {"content": "walk", "style": "tired"}
    body = [tree["body"]["data"].values for tree in (first, turned)]
    np.testing.assert_allclose(body[0], body[1], atol=1e-6)
    hips = first["body"]["data"].sel(channel=["Hips_x", "Hips_y", "Hips_z"]).values
    np.testing.assert_allclose(hips, np.tile([0.0, 0.9, -0.1], (3, 1)), atol=1e-6)
    hand = turned["sparse"]["data"].sel(channel=["Hand_L_x", "Hand_L_y", "Hand_L_z"]).values
    np.testing.assert_allclose(hand, np.tile([0.4, 0.9, 0.1], (3, 1)), atol=1e-6)
    speed = first["sparse"]["data"].sel(channel="Head_vz").values
    np.testing.assert_allclose(speed, 0.3, atol=1e-6)  # 1 cm a frame


def test_a_folder_without_clips_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no clips"):
        next(bandai_recordings(tmp_path))


@pytest.mark.slow
def test_real_clips_have_a_body_below_the_head(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("bandai") / "Bandai-Namco-Research-Motiondataset-1" / "data"
    tree = next(bandai_recordings(folder))
    height = float(tree["sparse"]["data"].sel(channel="Head_y").median())
    feet = tree["body"]["data"].sel(channel=["Foot_L_y", "Foot_R_y"])
    assert 1.2 < height < 2.0 and float(feet.median()) < 0.2
