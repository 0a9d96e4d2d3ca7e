"""Mirrors src/unisono/recordings/motion/rig.py."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from unisono.core.errors import SchemaError, UnisonoError
from unisono.recordings.formats.bvh import read_bvh
from unisono.recordings.motion.rig import Rig, RigHints, rig_of


def test_sides_feet_and_the_moving_root_are_found_in_real_files(
    shared_data: Callable[[str], Path],
) -> None:
    clip = next(iter(sorted(shared_data("bandai").rglob("*.bvh"))))
    rig = rig_of(read_bvh(clip))
    names = rig.names
    assert names[0] == "Hips" and rig.root == 1 and rig.up == "y"
    assert {names[left] for left, _ in rig.pairs} == {"Shoulder_L", "UpperLeg_L"}
    assert [names[foot] for foot in rig.feet] == ["Foot_L", "Toes_L", "Foot_R", "Toes_R"]
    assert Rig.from_dict(json.loads(json.dumps(rig.to_dict()))) == rig
    other = rig_of(read_bvh(shared_data("file_readers") / "bvh" / "bvh_example.bvh"))
    assert other.up == "z"
    with pytest.raises(SchemaError, match="another skeleton"):
        rig.check_same(other, "here")


ONE = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Tail
  {
    OFFSET 0 -50 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 -10 0
    }
  }
}
MOTION
Frames: 1
Frame Time: 0.05
0 90 0 0 0 0 0 0 0
"""


def test_a_skeleton_without_sides_has_a_rig_and_hints_fill_it(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(ONE)
    tree = read_bvh(tmp_path / "a.bvh")
    plain = rig_of(tree)
    assert (plain.pairs, plain.feet, plain.up) == ((), (), "y")
    told = rig_of(tree, RigHints(up="x", pairs=(("Hips", "Tail"),), feet=("Tail",)))
    assert (told.pairs, told.feet, told.up) == (((0, 1),), (1,), "x")
    with pytest.raises(SchemaError, match="no joint 'Tale'.*'Tail'"):
        rig_of(tree, RigHints(feet=("Tale",)))
    with pytest.raises(UnisonoError, match="up must be one of"):
        RigHints(up="w")
    with pytest.raises(SchemaError, match="rig is not readable"):
        Rig.from_dict({"skeleton": 3})


def test_what_has_no_rig_is_said(tmp_path: Path) -> None:
    head, rest = ONE.split("  JOINT Tail")
    lone = head + "}\n" + rest[rest.index("MOTION") :].replace(" 0 0 0\n", "\n")
    (tmp_path / "one.bvh").write_text(lone)
    with pytest.raises(SchemaError, match="single joint"):
        rig_of(read_bvh(tmp_path / "one.bvh"))
    still = ONE.replace("6 Xposition Yposition Zposition", "3").replace("0 90 0 0", "0")
    (tmp_path / "still.bvh").write_text(still)
    with pytest.raises(SchemaError, match="'Hips' has no three position channels"):
        rig_of(read_bvh(tmp_path / "still.bvh"))
