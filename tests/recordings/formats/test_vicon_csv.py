"""Mirrors src/unisono/recordings/formats/vicon_csv.py."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import FileFormatError
from unisono.recordings.dataset import Dataset
from unisono.recordings.formats.options import ReadOptions
from unisono.recordings.formats.registry import read_file
from unisono.recordings.formats.vicon_csv import read_vicon
from unisono.recordings.importing import import_files
from unisono.recordings.schema import events_of, stream_names
from unisono.recordings.signals.plates import find_plates

OUTPUTS = """Model Outputs
100
,,Ann:LKneeAngles,,,Ann:LKneeMoment,,,Ann:LKneePower,,,Ann:LGroundReactionForce,,,Ann:CoM,,
Frame,Sub Frame,X,Y,Z,X,Y,Z,X,Y,Z,X,Y,Z,X,Y,Z
,,deg,deg,deg,N.mm/kg,N.mm/kg,N.mm/kg,W/kg,W/kg,W/kg,N/kg,N/kg,N/kg,mm,mm,mm
11,0,1,2,3,400,5,6,7,8,9,0.1,0.2,9.8,1,2,900
12,0,1.5,,3,410,5,6,7,8,9,0.1,0.2,9.9,1,2,901
"""
MARKERS = """Trajectories
100
,,Ann:LASI,,,Ann:RASI,,
Frame,Sub Frame,X,Y,Z,X,Y,Z
,,mm,mm,mm,mm,mm,mm
11,0,1,2,3,,,
12,0,1,2,3,0,0,0
13,0,1,2,3,0,5,6
"""
DEVICES = """Devices
200
,,AMTI #1 - Force,,,AMTI #1 - Moment,,,AMTI #1 - CoP,,,AMTI #2 - Force,,,Analog,
Frame,Sub Frame,Fx,Fy,Fz,Mx,My,Mz,Cx,Cy,Cz,Fx,Fy,Fz,L_TibAnt,Sync
,,N,N,N,N.mm,N.mm,N.mm,mm,mm,mm,N,N,N,V,V
11,0,1,2,700,5,6,7,8,9,0,0,0,1,0.1,5
11,1,1,2,10,5,6,7,8,9,0,0,0,1,0.1,5
12,0,1,2,700,5,6,7,8,9,0,0,0,1,0.1,5
12,1,1,2,700,5,6,7,8,9,0,0,0,1,0.1,5
"""
EVENTS = """Events
100
Subject,Context,Name,Time (s),Description
Ann,Left,Foot Strike,0.12,The instant
Ann,Right,Foot Off,0.11,"Off, by toe"
Ann,General,Clap,9,Elsewhere
"""


def write(folder: Path, *blocks: str) -> Path:
    path = folder / "walk.csv"
    path.write_text("\n".join(blocks))
    return path


def names(stream: xr.DataTree) -> list[str]:
    return [str(name) for name in stream["channel"].values]


def doubts(stream: xr.DataTree) -> list[str]:
    return [line for line in stream.attrs["history"] if line.startswith("doubt")]


def test_all_blocks_on_one_clock(tmp_path: Path) -> None:
    tree = read_file(write(tmp_path, DEVICES, OUTPUTS, MARKERS, EVENTS))
    assert stream_names(tree) == [
        "plates", "emg", "analog", "angles", "moments", "powers", "model_forces", "positions",
        "markers",
    ]  # fmt: skip
    assert tree.attrs["subject"] == "Ann" and tree.attrs["source"]["reader"] == "vicon"
    assert tree.attrs["source"]["first_frame"] == 11
    np.testing.assert_allclose(tree["markers"].time, [0, 0.01, 0.02])
    np.testing.assert_allclose(tree["emg"].time, [0, 0.005, 0.01, 0.015])
    np.testing.assert_allclose(tree["angles"].time, [0, 0.01])
    assert [tree[name].attrs["rate_hz"] for name in ("emg", "angles")] == [200.0, 100.0]
    events = events_of(tree)
    np.testing.assert_allclose(events.time, [0.01, 0.02])
    assert events["name"].values.tolist() == ["foot_off", "foot_strike"]
    assert events["side"].values.tolist() == ["right", "left"]
    assert "1 of 3 events lie outside" in doubts(tree["plates"])[-1]


def test_model_outputs_are_named_as_those_of_c3d(tmp_path: Path) -> None:
    tree = read_file(write(tmp_path, OUTPUTS))
    assert {name: (tree[name].attrs["kind"], str(tree[name].unit.values[0]))
            for name in stream_names(tree)} == {
        "angles": ("angle", "deg"),
        "moments": ("moment", "N*mm/kg"),
        "powers": ("power", "W/kg"),
        "model_forces": ("force", "N/kg"),
        "positions": ("position", "mm"),
    }  # fmt: skip
    assert names(tree["angles"]) == ["LKneeAngles_x", "LKneeAngles_y", "LKneeAngles_z"]
    assert tree["angles"].valid.values.tolist() == [[True] * 3, [True, False, True]]
    assert tree["moments"].data.values[:, 0].tolist() == [400, 410]


def test_markers_not_seen_are_not_valid(tmp_path: Path) -> None:
    markers = read_file(write(tmp_path, MARKERS))["markers"]
    assert names(markers)[3:] == ["RASI_x", "RASI_y", "RASI_z"]
    assert markers.valid.values[:, 3:].tolist() == [[False] * 3, [False] * 3, [True] * 3]
    assert markers.valid.values[:, :3].all() and doubts(markers) == []


def test_velocities_beside_positions(tmp_path: Path) -> None:
    text = MARKERS.replace("X,Y,Z\n", "X',Y',Z'\n").replace("mm,mm\n", "mm,mm/s²\n")
    text = text.replace("mm,mm,mm/s²", "mm/s²,mm/s²,mm/s²").replace("RASI", "LASI")
    tree = read_file(write(tmp_path, text))
    assert stream_names(tree) == ["markers", "accelerations"]
    assert names(tree["accelerations"]) == ["LASI_x", "LASI_y", "LASI_z"]
    assert tree["accelerations"].unit.values[0] == "mm/s^2"


def test_plates_emg_and_analog(tmp_path: Path) -> None:
    tree = read_file(write(tmp_path, DEVICES))
    plates = tree["plates"]
    assert [plate.name for plate in find_plates(plates.to_dataset())] == ["p1", "p2"]
    assert plates.unit.values.tolist() == ["N"] * 3 + ["N*mm"] * 3 + ["mm"] * 3 + ["N"] * 3
    assert names(plates)[6:] == ["p1_copx", "p1_copy", "p1_copz", "p2_fx", "p2_fy", "p2_fz"]
    assert plates.valid.values[:, 6].tolist() == [True, False, True, True]  # 10 N at the second
    assert plates.valid.values[:, :6].all()
    assert plates.attrs["history"][0] == "p1 is 'AMTI #1', p2 is 'AMTI #2'"
    assert "--reverse plates" in doubts(plates)[0]
    assert (names(tree["emg"]), names(tree["analog"])) == (["L_TibAnt"], ["Sync"])


def test_a_second_block_of_devices(tmp_path: Path) -> None:
    tree = read_file(write(tmp_path, DEVICES, DEVICES.replace("AMTI", "Kistler")))
    assert stream_names(tree) == ["plates", "emg", "analog", "plates_2", "emg_2", "analog_2"]
    assert names(tree["plates_2"])[0] == "p3_fx"


def test_units_not_stated_or_not_known(tmp_path: Path) -> None:
    text = OUTPUTS.replace("deg,deg,deg", ",,").replace("W/kg,W/kg,W/kg", "?,?,?")
    tree = read_file(write(tmp_path, text))
    assert tree["angles"].unit.values[0] == "deg" and tree["powers"].unit.values[0] == "1"
    assert doubts(tree["angles"]) == [
        "doubt: no unit is stated for LKneeAngles_x, LKneeAngles_y, LKneeAngles_z; deg is assumed"
    ]
    assert "unit '?' is not known for LKneePower_x" in doubts(tree["powers"])[0]
    tree = read_file(
        write(tmp_path, MARKERS.replace("mm", "")), ReadOptions(units={"markers": "m"})
    )
    assert tree["markers"].unit.values[0] == "m" and len(doubts(tree["markers"])) == 1
    labels = ("LKneeAngles", "LKneeMoment", "LKneePower", "LGroundReactionForce")
    for label in labels:
        text = text.replace(label, f"What{labels.index(label)}")
    assert "scalars" in stream_names(read_file(write(tmp_path, text)))


def test_two_subjects_keep_their_prefix(tmp_path: Path) -> None:
    text = MARKERS.replace("Ann:RASI", "Ben:RASI")
    events = EVENTS.replace("Ann,Right", "Ben,Right")
    tree = read_file(write(tmp_path, text, events))
    assert tree.attrs["subject"] == "Ann+Ben"
    assert names(tree["markers"])[2:4] == ["Ann:LASI_z", "Ben:RASI_x"]
    assert "events are those of 2 subjects" in doubts(tree["markers"])[-1]
    assert read_file(write(tmp_path, text), ReadOptions(subject="Cem")).attrs["subject"] == "Cem"


def test_clocks_that_do_not_agree_are_told(tmp_path: Path) -> None:
    tree = read_file(write(tmp_path, MARKERS, DEVICES.replace("200\n", "300\n", 1)))
    assert "Trajectories 100, Devices 150" in doubts(tree["markers"])[0]


def test_repeated_names_are_numbered(tmp_path: Path) -> None:
    tree = read_file(write(tmp_path, MARKERS.replace("RASI", "LASI")))
    assert names(tree["markers"])[3] == "LASI_x_2"
    assert "repeated labels" in doubts(tree["markers"])[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (EVENTS, "it holds no trajectories, model outputs or devices"),
        (MARKERS.replace("12,0", "10,0"), r"line 7: time does not increase \(0 then -0.01\)"),
        (MARKERS.replace("13,0", "12,0"), "line 8: time does not increase"),
        (MARKERS[:-6], "line 8: 6 values where the header names 8 columns"),
        ("Trajectories\n100", "line 2: block 'Trajectories' has no line of names"),
    ],
)
def test_broken_files_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FileFormatError, match=message) as caught:
        read_file(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_frames_left_out_are_a_gap(tmp_path: Path) -> None:
    text = MARKERS.replace("12,0", "20,0").replace("13,0", "21,0")
    np.testing.assert_allclose(read_file(write(tmp_path, text))["markers"].time, [0, 0.09, 0.1])


def test_import_takes_them_as_any_csv(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    write(tmp_path / "lab", DEVICES, MARKERS)
    report = import_files([tmp_path / "lab"], tmp_path / "a.un")
    tree = Dataset.open(tmp_path / "a.un").load("walk")
    assert not report.bad and {"plates", "markers", "emg"} <= set(stream_names(tree))


def test_the_reader_alone(tmp_path: Path) -> None:
    assert stream_names(read_vicon(write(tmp_path, MARKERS))) == ["markers"]
