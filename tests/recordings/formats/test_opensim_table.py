"""Mirrors src/unisono/recordings/formats/opensim_table.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import FileFormatError, OutputError, UnitError
from unisono.recordings.formats.opensim_table import LOADED, read_opensim, write_opensim
from unisono.recordings.formats.options import ReadOptions
from unisono.recordings.schema import make_recording, make_stream, streams

IK = "Coordinates\nversion=1\nnRows=2\nnColumns=3\ninDegrees=yes\nendheader\n"
TABLE = "time\tknee_angle_r\tpelvis_tx\n0\t10\t0.5\n0.01\t11\t0.6\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def text(content: str, name: str = "a.mot") -> Path:
        (tmp_path / name).write_text(content)
        return tmp_path / name

    return text


def test_degrees_radians_and_metres(write: Callable[..., Path]) -> None:
    tree = read_opensim(write(IK + TABLE))
    assert tree["angles"].unit.values.tolist() == ["deg"]
    assert tree["root_position"].unit.values.tolist() == ["m"]
    assert tree["root_position"].attrs["frame"]["up"] == "y"
    np.testing.assert_array_equal(tree["angles"]["data"], [[10], [11]])
    tree = read_opensim(write(IK.replace("=yes", "=no") + TABLE))
    assert tree["angles"].unit.values.tolist() == ["rad"]


def test_unit_of_angles_is_never_guessed(write: Callable[..., Path]) -> None:
    file = write(IK.replace("inDegrees=yes\n", "") + TABLE)
    with pytest.raises(FileFormatError, match="no inDegrees.*--unit angles=deg"):
        read_opensim(file)
    tree = read_opensim(file, ReadOptions(units={"angles": "deg"}))
    assert tree["angles"].unit.values.tolist() == ["deg"]


def test_irregular_time_is_kept(write: Callable[..., Path]) -> None:
    rows = TABLE.replace("0.01\t", "0.013\t") + "0.02\t1\t1\n"
    tree = read_opensim(write(IK.replace("nRows=2", "nRows=3") + rows))
    np.testing.assert_array_equal(tree["angles"].time, [0, 0.013, 0.02])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("hello\n", "no line says endheader"),
        (IK, "nothing follows the header"),
        (IK + "time\tknee\n", "no rows of numbers"),
        (IK + "time\n0\n", "no column but time"),
        (IK + TABLE.replace("time", "frame"), "line 7: the first column is 'frame'"),
        (IK + TABLE.replace("pelvis_tx", "knee_angle_r"), "'knee_angle_r' appears twice"),
        (IK + TABLE.replace("0.01", "0.00"), r"line 9: time does not increase \(0 then 0\)"),
        (IK + TABLE.replace("0.01", "x"), "line 9, column 1: 'x' is not a number"),
        (IK + TABLE.replace("\t0.6", ""), "line 9: 2 values where the header names 3"),
        (IK.replace("nRows=2", "nRows=9") + TABLE, "promises 9 rows, the file holds 2"),
        (IK.replace("nRows=2", "nRows=two") + TABLE, "number of rows is 'two'"),
        (IK.replace("=yes", "=maybe") + TABLE, "inDegrees is 'maybe'"),
    ],
)
def test_bad_files_name_place_and_remedy(
    write: Callable[..., Path], content: str, message: str
) -> None:
    with pytest.raises(FileFormatError, match=message) as caught:
        read_opensim(write(content))
    assert "\n" not in str(caught.value)


def test_more_rows_than_promised_is_a_doubt(write: Callable[..., Path]) -> None:
    tree = read_opensim(write(IK.replace("nRows=2", "nRows=1") + TABLE))
    assert "doubt: the header says 1 rows" in tree["angles"].attrs["history"][0]


def test_channel_of_nan_is_read_but_not_valid(write: Callable[..., Path]) -> None:
    tree = read_opensim(write(IK + TABLE.replace("10", "nan").replace("11", "-1.#IND")))
    assert not tree["angles"]["valid"].values.any()
    assert tree["root_position"]["valid"].values.all()


def test_centre_of_pressure_counts_only_under_load(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("predictsim3d") / "subject2" / "GRF"
    grf = read_opensim(folder / "GRF_gait_15.mot")["grf"].to_dataset()
    assert grf.attrs["rate_hz"] == 1000.0
    names = [f"1_ground_force_v{axis}" for axis in "xyz"]
    force = np.linalg.norm(grf["data"].sel(channel=names).values, axis=1)
    valid = grf["valid"].sel(channel="1_ground_force_px").values
    np.testing.assert_array_equal(valid, force >= LOADED["N"])
    assert grf["valid"].sel(channel=names).values.all()
    assert set(grf.unit.values) == {"N", "m", "N*m"}


FILES = [
    ("predictsim3d", "subject2/IK/IK_gait_15.mot"),
    ("predictsim3d", "subject2/GRF/GRF_gait_15.mot"),
    ("predictsim3d", "subject2/GRF/GRF_gait_25.mot"),
    ("predictsim3d", "subject2/ID/ID_gait_15.sto"),
    ("opencap_subjectA", "IK/walking3_ik.mot"),
    ("opencap_subjectA", "ID/DJ1_grf.mot"),
    ("camargo", "levelground_ccw_fast_01_01_ik.mot"),
]


@pytest.mark.parametrize(("archive", "name"), FILES)
def test_real_files_are_written_back_as_they_came(
    shared_data: Callable[[str], Path], tmp_path: Path, archive: str, name: str
) -> None:
    file = shared_data(archive) / name
    tree = read_opensim(file)
    copy = write_opensim(tree, tmp_path / file.name)
    back = read_opensim(copy)
    assert back.attrs["source"]["columns"] == tree.attrs["source"]["columns"]
    for stream, part in streams(tree):
        other = back[stream].to_dataset()
        np.testing.assert_array_equal(other.time, part.time)
        np.testing.assert_array_equal(other["valid"], part["valid"])
        valid = part["valid"].values
        np.testing.assert_array_equal(other["data"].values[valid], part["data"].values[valid])
        np.testing.assert_array_equal(other.unit, part.unit)


@pytest.mark.slow
@pytest.mark.parametrize(("archive", "name"), FILES)
def test_opensim_reads_what_is_written(
    shared_data: Callable[[str], Path], tmp_path: Path, archive: str, name: str
) -> None:
    opensim = pytest.importorskip("opensim", reason="the opensim package is the oracle here")
    file = shared_data(archive) / name
    tree = read_opensim(file)
    copy = write_opensim(tree, tmp_path / file.name)
    storage = opensim.Storage(str(copy))
    assert storage.isInDegrees() == (tree.attrs["source"]["in_degrees"] == "yes")
    table = opensim.TimeSeriesTable(str(copy))
    assert list(table.getColumnLabels()) == tree.attrs["source"]["columns"]
    np.testing.assert_array_equal(table.getIndependentColumn(), next(streams(tree))[1].time)
    for _, part in streams(tree):
        for channel in part.channel.values:
            valid = part["valid"].sel(channel=channel).values
            column = table.getDependentColumn(str(channel)).to_numpy()
            np.testing.assert_allclose(
                column[valid], part["data"].sel(channel=channel).values[valid], rtol=1e-14
            )


def test_writing_converts_to_si(tmp_path: Path) -> None:
    time = [0.0, 0.1]
    made = (
        ("angles", np.pi, "a", "rad", "angle"),
        ("deg", 90.0, "b", "deg", "angle"),
        ("m", 1000.0, "b_moment", "N*mm/kg", "moment"),
        ("root", 5.0, "p_tx", "mm", "position"),
    )
    parts = {
        stream: make_stream([[value], [0.0]], time=time, channels=[name], units=unit, kind=kind)
        for stream, value, name, unit, kind in made
    }
    tree = make_recording(parts, recording="r", subject="s", mass_kg=70.0)
    text = write_opensim(tree, tmp_path / "a.mot").read_text().splitlines()
    assert "inDegrees=yes" in text
    np.testing.assert_allclose(list(map(float, text[-2].split())), [0, 180, 90, 70, 0.005])
    del tree.attrs["mass_kg"]
    with pytest.raises(UnitError, match="needs the body mass"):
        write_opensim(tree, tmp_path / "a.mot")


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    part = make_stream([[1.0]], time=[0], channels=["a"], units="N", kind="force")
    tree = make_recording({"x": part, "y": part}, recording="r", subject="s")
    with pytest.raises(OutputError, match="two columns would be named 'a'"):
        write_opensim(tree, tmp_path / "a.sto")
    assert list(tmp_path.iterdir()) == []
