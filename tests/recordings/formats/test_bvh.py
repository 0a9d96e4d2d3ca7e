"""Mirrors src/unisono/recordings/formats/bvh.py."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import FileFormatError, OutputError
from unisono.recordings.formats.bvh import read_bvh, write_bvh
from unisono.recordings.formats.options import ReadOptions
from unisono.recordings.schema import make_recording, make_stream, streams
from unisono.recordings.stream_units import convert_stream

with warnings.catch_warnings():  # bvhio imports glm by a name that glm will drop one day
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    import bvhio

BVH = """HIERARCHY
ROOT Left Hips
{
  OFFSET 0 90 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Knee
  {
    OFFSET 0 -45 1.5
    CHANNELS 3 Yrotation Xrotation Zrotation
    End Site
    {
      OFFSET 0 -40 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.033333
0 90 1 0 0 0 0 90 0
0 91 2 10 20 30 1 2 3
"""


def read(tmp_path: Path, text: str) -> xr.DataTree:
    (tmp_path / "a.bvh").write_text(text)
    return read_bvh(tmp_path / "a.bvh")


def test_streams_units_and_positions(tmp_path: Path) -> None:
    tree = read(tmp_path, BVH)
    assert tree["angles"].channel.values.tolist()[3] == "Knee_Yrotation"
    assert tree["root_position"].channel.values.tolist()[0] == "Left Hips_Xposition"
    assert "BVH states no unit" in tree["root_position"].attrs["history"][0]
    positions = tree["positions"].to_dataset()
    assert set(positions.unit.values) == {"cm"}
    tip = positions["data"].sel(channel=[f"Knee_end_{a}" for a in "xyz"]).values[0]
    np.testing.assert_allclose(tip, [0, 45, 2.5 - 40], atol=1e-12)  # knee bent by 90 degrees
    assert positions.attrs["rate_hz"] == pytest.approx(30.0003, abs=1e-4)


def test_unit_is_stated_once_for_all_lengths(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(BVH)
    tree = read_bvh(tmp_path / "a.bvh", ReadOptions(units={"positions": "mm"}))
    assert set(tree["root_position"].unit.values) == {"mm"}
    assert tree["root_position"].attrs["history"] == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("HIERARCHY", "HIERARCH", "line 1: found 'HIERARCH' where HIERARCHY"),
        ("ROOT", "JOINT", "line 2: found 'JOINT' where ROOT"),
        ("-45", "x", "line 8: 'x' is not a number"),
        ("CHANNELS 3", "CHANNELS 300", "line 9: the number of channels is 300"),
        ("CHANNELS 3 Y", "CHANNELS 3 W", "line 9: the channel 'Wrotation' is not known"),
        ("Frames: 2", "Frames: 999999999", "the file is cut off"),
        ("Frames: 2", "Frames: 0", "the number of frames is 0"),
        ("0.033333", "0", "the frame time is 0 s"),
        ("JOINT Knee", "JOINT Left Hips", "'Left Hips_Yrotation' appears twice"),
        ("20 30 1", "20 x 1", "could not convert string to float: 'x'"),
    ],
)
def test_bad_files(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(FileFormatError, match=message):
        read(tmp_path, BVH.replace(old, new))


@pytest.mark.parametrize("line", range(len(BVH.splitlines()) - 1))
def test_every_cut_is_a_typed_error(tmp_path: Path, line: int) -> None:
    with pytest.raises(FileFormatError):
        read(tmp_path, "\n".join(BVH.splitlines()[:line]) + "\n")


def test_deep_skeletons_need_no_recursion(tmp_path: Path) -> None:
    deep = "".join(f"JOINT j{i} {{ OFFSET 0 1 0 CHANNELS 1 Xrotation\n" for i in range(1500))
    head = "HIERARCHY\nROOT r { OFFSET 0 0 0 CHANNELS 1 Xrotation\n" + deep + "}" * 1501
    tree = read(tmp_path, f"{head}\nMOTION\nFrames: 1\nFrame Time: 0.01\n{'0 ' * 1501}\n")
    assert float(tree["positions"]["data"].sel(channel="j1499_y").item()) == 1500.0
    back = read_bvh(write_bvh(tree, tmp_path / "b.bvh"))
    assert back.attrs["source"]["skeleton"] == tree.attrs["source"]["skeleton"]
    many = head.replace("JOINT j0 ", "".join(f"JOINT k{i} {{ OFFSET 0 1 0 CHANNELS 0\n" for i in
                                             range(900)) + "JOINT j0 ")  # fmt: skip
    with pytest.raises(FileFormatError, match="more than 2000 joints"):
        read(tmp_path, many)


def real_files(shared_data: Callable[[str], Path]) -> list[Path]:
    odd = sorted((shared_data("file_readers") / "bvh").glob("*.bvh"))
    return [*odd, *sorted(shared_data("bandai").rglob("*.bvh"))[::500]]


@pytest.mark.slow
def test_positions_agree_with_bvhio(shared_data: Callable[[str], Path]) -> None:
    for file in real_files(shared_data):
        tree = read_bvh(file)
        positions = tree["positions"].to_dataset()
        root = bvhio.readAsHierarchy(str(file))
        for frame in {0, positions.sizes["time"] // 2}:
            root.loadPose(frame)
            for joint, _, _ in root.layout():
                names = [f"{joint.Name}_{axis}" for axis in "xyz"]
                ours = positions["data"].sel(channel=names).values[frame]
                # bvhio computes in single precision
                np.testing.assert_allclose(ours, list(joint.PositionWorld), atol=3e-4)


def test_real_files_are_written_back(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    for file in real_files(shared_data):
        tree = read_bvh(file)
        back = read_bvh(write_bvh(tree, tmp_path / file.name))
        assert back.attrs["source"]["skeleton"] == tree.attrs["source"]["skeleton"]
        for name, part in streams(tree):
            np.testing.assert_array_equal(back[name]["data"], part["data"])
            np.testing.assert_array_equal(back[name]["time"], part["time"])
        bvhio.readAsBvh(str(tmp_path / file.name))


def test_converted_places_are_written_in_the_unit_of_the_skeleton(tmp_path: Path) -> None:
    tree = read(tmp_path, BVH)
    turned = tree.copy()
    for name in ("root_position", "positions"):
        turned[name] = xr.DataTree(convert_stream(tree[name].to_dataset(), "m"))
    back = read_bvh(write_bvh(turned, tmp_path / "b.bvh"))
    for name in ("root_position", "positions"):
        np.testing.assert_allclose(back[name]["data"], tree[name]["data"], atol=1e-12)


def test_radians_are_written_as_degrees_and_gaps_refused(tmp_path: Path) -> None:
    tree = read(tmp_path, BVH)
    angles = tree["angles"].to_dataset()
    radians = make_stream(
        np.deg2rad(angles["data"].values), time=angles.time, channels=angles.channel.values,
        units="rad", kind="angle",
    )  # fmt: skip
    turned = tree.copy()
    turned["angles"] = xr.DataTree(radians)
    back = read_bvh(write_bvh(turned, tmp_path / "b.bvh"))
    np.testing.assert_allclose(back["angles"]["data"], angles["data"], atol=1e-12)
    turned["angles"]["valid"].values[0, 3] = False
    with pytest.raises(OutputError, match="'Knee_Yrotation' has samples that are not valid"):
        write_bvh(turned, tmp_path / "c.bvh")
    bare = make_recording({"angles": radians}, recording="r", subject="s")
    with pytest.raises(OutputError, match="has no skeleton"):
        write_bvh(bare, tmp_path / "c.bvh")
    bare.attrs["source"] = tree.attrs["source"]
    with pytest.raises(OutputError, match="'Left Hips_Xposition' of the skeleton is in no stream"):
        write_bvh(bare, tmp_path / "c.bvh")
