"""Mirrors src/unisono/recordings/formats/external_loads.py."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import OutputError
from unisono.recordings.formats.external_loads import (
    Load,
    find_loads,
    name_for_opensim,
    write_external_loads,
    write_forces,
)
from unisono.recordings.formats.opensim_table import read_opensim
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.signals.heading import to_heading

NAMES = ["fx", "fy", "fz", "copx", "copy", "tz"]
UNITS = ["N", "N", "N", "mm", "mm", "N*mm"]


def grf(up: str = "z") -> object:
    return make_stream(
        [[1.0, 2, 700, 100, 200, 3000, -1, -2, 0, 0, 0, 0]],
        time=[0],
        channels=[f"{side}_{name}" for side in "rl" for name in NAMES],
        units=UNITS * 2,
        kind="force",
        valid=[[True] * 9 + [False] * 3],
        frame={"up": up, "forward": "x", "handedness": "right"},
    )


def test_axes_turn_from_z_up_to_y_up() -> None:
    named = name_for_opensim(grf())
    value = {str(c): float(v) for c, v in zip(named.channel.values, named["data"][0], strict=True)}
    right = [value[f"ground_force_r_v{axis}"] for axis in "xyz"]
    assert right == [1, 700, -2]
    assert [value[f"ground_force_r_p{axis}"] for axis in "xyz"] == [100, 0, -200]
    assert [value[f"ground_torque_r_{axis}"] for axis in "xyz"] == [0, 3000, 0]
    assert named.attrs["frame"] == {"up": "y", "forward": "x", "handedness": "right"}
    turn = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
    assert np.linalg.det(turn) == 1  # a rotation: right-handed stays right-handed
    np.testing.assert_array_equal(turn @ [1, 2, 700], right)


def test_missing_force_component_is_not_zero() -> None:
    part = make_stream([[700.0]], time=[0], channels=["r_fz"], units="N", kind="force",
                       frame={"up": "z"})  # fmt: skip
    named = name_for_opensim(part)
    assert named["valid"].values.tolist() == [[False, True, False]]


def test_a_stream_in_a_heading_frame_and_of_mixed_units_is_named() -> None:
    turned = to_heading(grf(), 0.0)  # which remembers the laboratory's frame
    assert name_for_opensim(turned).attrs["frame"]["up"] == "y"
    mixed = make_stream([[1.0, 2.0, 0.7]], time=[0], channels=["r_fx", "r_fy", "r_fz"],
                        units=["N", "N", "kN"], kind="force", frame={"up": "z"})  # fmt: skip
    assert name_for_opensim(mixed).unit.values.tolist() == ["N", "kN", "N"]


def test_frame_must_be_known() -> None:
    with pytest.raises(OutputError, match="up axis is 'unknown'; state it"):
        name_for_opensim(grf("unknown"))


def test_forces_are_written_in_si_with_loads_beside(tmp_path: Path) -> None:
    tree = make_recording({"grf": grf()}, recording="w", subject="s")
    mot, xml = write_forces(tree, tmp_path / "w.mot")
    back = read_opensim(mot)["grf"].to_dataset()
    np.testing.assert_allclose(
        back["data"].sel(channel=[f"ground_force_r_p{a}" for a in "xyz"]).values, [[0.1, 0, -0.2]]
    )
    assert float(back["data"].sel(channel="ground_torque_r_y").item()) == 3.0
    assert float(back["data"].sel(channel="ground_force_l_px").item()) == 0.0  # under no load
    root = ET.parse(xml).getroot()
    assert root.find("ExternalLoads/datafile").text == "w.mot"
    said = [
        [force.find(tag).text for tag in ("applied_to_body", "force_identifier",
                                          "point_identifier", "torque_identifier")]
        for force in root.findall("ExternalLoads/objects/ExternalForce")
    ]  # fmt: skip
    assert said == [
        [f"calcn_{s}", f"ground_force_{s}_v", f"ground_force_{s}_p", f"ground_torque_{s}_"]
        for s in "rl"
    ]
    assert tree["grf"].channel.values[0] == "r_fx"  # the recording itself is left as it was


def test_loads_agree_with_the_laboratory_own_file(
    shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = shared_data("predictsim3d") / "subject2"
    tree = read_opensim(folder / "GRF" / "GRF_gait_15.mot")
    loads = find_loads(tree.attrs["source"]["columns"])
    theirs = ET.parse(folder / "ExternalLoads" / "External_Loads_gait_15.xml").getroot()
    expected = {
        tuple(force.find(f"{what}_identifier").text for what in ("force", "point", "torque"))
        for force in theirs.iter("ExternalForce")
    }
    assert {load[:3] for load in loads} == expected
    assert write_forces(tree, tmp_path / "a.mot") == [tmp_path / "a.mot"]  # feet not told by names
    feet = {"ground_force_v": "left", "1_ground_force_v": "right"}
    _, xml = write_forces(tree, tmp_path / "a.mot", feet=feet)
    bodies = {f.find("force_identifier").text: f.find("applied_to_body").text
              for f in ET.parse(xml).getroot().iter("ExternalForce")}  # fmt: skip
    assert bodies == {"ground_force_v": "calcn_l", "1_ground_force_v": "calcn_r"}


def test_torques_named_m_are_found(shared_data: Callable[[str], Path]) -> None:
    tree = read_opensim(shared_data("opencap_subjectA") / "ID" / "DJ1_grf.mot")
    loads = find_loads(tree.attrs["source"]["columns"])
    assert [load.torque for load in loads] == [f"ground_force_{i}_m" for i in (1, 2, 3)]


def test_unknown_foot_is_refused(tmp_path: Path) -> None:
    load = Load("ground_force_v", "ground_force_p", "ground_torque_", "")
    with pytest.raises(OutputError, match="which foot the force 'ground_force_v' acts on"):
        write_external_loads(tmp_path / "a.xml", tmp_path / "a.mot", [load])


@pytest.mark.slow
def test_opensim_opens_the_loads(tmp_path: Path) -> None:
    opensim = pytest.importorskip("opensim", reason="the opensim package is the oracle here")
    tree = make_recording({"grf": grf()}, recording="w", subject="s")
    _, xml = write_forces(tree, tmp_path / "w.mot")
    loads = opensim.ExternalLoads(str(xml), True)
    assert loads.getSize() == 2
    assert loads.getDataFileName().endswith("w.mot")
    assert loads.get(0).get_applied_to_body() == "calcn_r"
    assert loads.get(1).get_torque_identifier() == "ground_torque_l_"
