"""Mirrors src/unisono/recordings/motion/clips.py."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import SchemaError
from unisono.recordings.formats.bvh import read_bvh, write_bvh
from unisono.recordings.motion.clips import motion_of, recording_of, resampled
from unisono.recordings.motion.kinematics import placed
from unisono.recordings.stream_units import convert_stream

with warnings.catch_warnings():  # bvhio imports glm by a name that glm will drop one day
    warnings.simplefilter("ignore")
    import bvhio


def real_files(shared_data: Callable[[str], Path]) -> list[Path]:
    odd = sorted((shared_data("file_readers") / "bvh").glob("*.bvh"))
    small = [file for file in odd if file.stat().st_size < 200_000]  # seconds, not minutes
    return [*small, *sorted(shared_data("bandai").rglob("*.bvh"))[1::420]]


def in_metres(tree: xr.DataTree, names: list[str], up: str) -> np.ndarray:
    """Positions of joints with y up, from the reader's own forward kinematics, ``(f, j, 3)``."""
    node = tree["positions"].to_dataset()
    channels = [f"{name}_{axis}" for name in names for axis in "xyz"]
    values = node["data"].sel(channel=channels).values.reshape(node.sizes["time"], -1, 3) / 100
    return values if up == "y" else values[..., [1, 2, 0]]


def test_real_files_come_back_with_their_hierarchy_and_places(
    shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    for file in real_files(shared_data):
        tree = read_bvh(file)
        motion = motion_of(tree)
        rig = motion.rig
        truth = in_metres(tree, rig.names, rig.up)
        np.testing.assert_allclose(placed(motion).positions, truth, atol=1e-9)
        written = write_bvh(recording_of(motion, name="again"), tmp_path / file.name)
        again = read_bvh(written)
        assert again.attrs["source"]["skeleton"] == tree.attrs["source"]["skeleton"]
        points = [t["positions"]["data"].values for t in (tree, again)]
        np.testing.assert_allclose(points[1], points[0], atol=1e-6)  # cm: tips included
        assert np.isclose(again["angles"].attrs["rate_hz"], tree["angles"].attrs["rate_hz"])


def test_another_library_reads_what_is_written(
    shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    file = next(f for f in real_files(shared_data) if "bandai" in str(f).lower())
    tree = read_bvh(file)
    written = write_bvh(recording_of(motion_of(tree), name="x"), tmp_path / "x.bvh")
    root = bvhio.readAsHierarchy(str(written))
    root.loadPose(5)
    seen = np.array([list(joint.PositionWorld) for joint, _, _ in root.layout()])
    names = [joint.Name for joint, _, _ in root.layout()]
    truth = tree["positions"]["data"].isel(time=5)
    for name, place in zip(names, seen, strict=True):
        channels = [f"{name}_{axis}" for axis in "xyz"]
        np.testing.assert_allclose(place, truth.sel(channel=channels).values, atol=5e-3)


SPINE = """HIERARCHY
ROOT Base
{
  OFFSET 1 0 0
  CHANNELS 6 Xposition Yposition Zposition Yrotation Xrotation Zrotation
  JOINT Hips
  {
    OFFSET 0 90 0
    CHANNELS 6 Zposition Xposition Yposition Xrotation Zrotation Yrotation
    JOINT LeftLeg
    {
      OFFSET 10 -5 0
      CHANNELS 1 Xrotation
      End Site
      {
        OFFSET 0 -80 0
      }
    }
    JOINT RightLeg
    {
      OFFSET -10 -5 0
      CHANNELS 2 Zrotation Xrotation
      End Site
      {
        OFFSET 0 -80 0
      }
    }
  }
}
MOTION
Frames: 3
Frame Time: 0.05
5 0 7 90 0 0 1 2 90 10 20 30 40 50 60
6 0 7 80 5 0 2 2 91 11 21 31 41 51 61
7 1 9 70 9 2 3 2 92 12 22 32 42 52 62
"""


def test_a_root_that_moves_above_the_body_is_carried_by_the_body(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(SPINE)
    tree = read_bvh(tmp_path / "a.bvh")
    motion = motion_of(tree)
    assert motion.rig.names == ["Hips", "LeftLeg", "RightLeg"]
    again = recording_of(motion, name="a")
    truth, found = (t["positions"]["data"].values.reshape(3, -1, 3)[:, 1:] for t in (tree, again))
    np.testing.assert_allclose(found, truth, atol=1e-9)  # all but the root, which stands still now


def test_places_converted_to_metres_are_the_same_motion(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(SPINE)
    tree = read_bvh(tmp_path / "a.bvh")
    turned = tree.copy()
    for name in ("root_position", "joint_offsets"):
        turned[name] = xr.DataTree(convert_stream(tree[name].to_dataset(), "m"))
    found, wanted = motion_of(turned), motion_of(tree)
    np.testing.assert_allclose(found.root, wanted.root, atol=1e-12)
    np.testing.assert_allclose(found.rig.metres, wanted.rig.metres, atol=1e-12)


def test_another_rate_keeps_what_is_between_in_place(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(SPINE)
    motion = motion_of(read_bvh(tmp_path / "a.bvh"))
    fine = resampled(motion, 40.0)
    assert len(fine) == 5 and fine.rate_hz == 40.0
    np.testing.assert_allclose(fine.root[::2], motion.root, atol=1e-12)
    np.testing.assert_allclose(fine.rotations[::2], motion.rotations, atol=1e-12)
    np.testing.assert_allclose(fine.root[1], motion.root[:2].mean(axis=0))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("5 0 7 90", "nan 0 7 90"), "not valid"),
        (("CHANNELS 1 Xrotation", "CHANNELS 1 Xposition"), "moves .* against its parent"),
        (
            ("CHANNELS 2 Zrotation Xrotation", "CHANNELS 2 Zrotation Zrotation"),
            "appears twice|twice",
        ),
    ],
)
def test_what_cannot_be_a_motion_is_said_in_one_line(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    (tmp_path / "bad.bvh").write_text(SPINE.replace(*change))
    with pytest.raises(ValueError, match=message) as raised:
        motion_of(read_bvh(tmp_path / "bad.bvh"))
    assert "\n" not in str(raised.value)


def test_another_skeleton_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(SPINE)
    (tmp_path / "b.bvh").write_text(SPINE.replace("OFFSET 10 -5 0", "OFFSET 12 -5 0"))
    (tmp_path / "c.bvh").write_text(SPINE.replace("LeftLeg", "LeftThigh"))
    rig = motion_of(read_bvh(tmp_path / "a.bvh")).rig
    with pytest.raises(SchemaError, match=r"'LeftLeg' differs by 20\.0 mm"):
        motion_of(read_bvh(tmp_path / "b.bvh"), rig)
    with pytest.raises(SchemaError, match="'LeftThigh' is not the rig's"):
        motion_of(read_bvh(tmp_path / "c.bvh"), rig)
