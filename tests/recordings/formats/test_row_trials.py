"""Mirrors src/unisono/recordings/formats/row_trials.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import FileFormatError, OutputError
from unisono.recordings.formats.row_trials import read_row_trials, write_row_trials

LAYOUT = """
rate_hz = 100
table = "people.csv"
subject = "Sub"
mass_kg = "Mass"
height_cm = "Height"
labels = ["Speed", "Shoe"]
[streams.grf]
file = "grf.csv"
channels = ["fx", "fz"]
unit = "BW"
kind = "force"
"""


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text("Sub,Mass,Height,Speed,Shoe\n1,70,180,2.5,a\n2,NA,,3,b\n")
    (tmp_path / "grf.csv").write_text("1,2,3,10,20,30\n4,5,6,40,50,\n")
    (tmp_path / "a.rows.toml").write_text(LAYOUT)
    return tmp_path / "a.rows.toml"


def test_each_row_is_a_recording(layout: Path) -> None:
    first, second = read_row_trials(layout)
    assert first.attrs["recording"] == "a_0"
    assert (first.attrs["subject"], first.attrs["mass_kg"], first.attrs["height_m"]) == (
        "1", 70.0, 1.8,
    )  # fmt: skip
    assert first.attrs["labels"] == {"speed": 2.5, "shoe": "a"}
    assert first["grf"]["data"].values.tolist() == [[1, 10], [2, 20], [3, 30]]
    assert "mass_kg" not in second.attrs
    assert not second["grf"]["valid"].values[2, 1]


def test_interleaved_rows_and_writing_back(layout: Path, tmp_path: Path) -> None:
    layout.write_text(LAYOUT + 'order = "interleaved"\n')
    trees = read_row_trials(layout)
    assert trees[0]["grf"]["data"].values.tolist() == [[1, 2], [3, 10], [20, 30]]
    file = write_row_trials(trees, tmp_path / "b.csv", stream="grf", interleaved=True)
    assert file.read_text() == "1.0,2.0,3.0,10.0,20.0,30.0\n4.0,5.0,6.0,40.0,50.0,\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rate_hz = 100", "rate_hz = 0", "rate_hz: it is 0"),
        ("rate_hz = 100", "rate = 100", "rate_hz: Field required|rate: Unexpected"),
        ("rate_hz = 100", "rate_hz = ", "Invalid value"),
        ('"fx", "fz"', '"a", "b", "c", "d"', "6 columns do not divide among 4 channels"),
        ('["fx", "fz"]', "[]", "without channels"),
        ("grf.csv", "absent.csv", "absent.csv: No such file"),
        ('kind = "force"', 'kind = "force"\nother = 1', "other: Unexpected"),
        ('"Mass"', '"Mas"', "the table has no column 'Mas'.*Did you mean"),
        ('"Height"', '"Size"', "the table has no column 'Size'"),
        ('"Shoe"]', '"Shoes"]', "the table has no column 'Shoes'"),
        ('table = "people.csv"', "", "the table has no column 'Speed'; name one of a table"),
    ],
)
def test_bad_descriptions(layout: Path, old: str, new: str, message: str) -> None:
    layout.write_text(LAYOUT.replace(old, new))
    with pytest.raises(FileFormatError, match=message):
        read_row_trials(layout)


def test_rows_must_match(layout: Path) -> None:
    (layout.parent / "grf.csv").write_text("1,2\n")
    with pytest.raises(FileFormatError, match=r"numbers of rows differ: grf 1, people.csv 2"):
        read_row_trials(layout)


def test_running_on_slopes(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    folder = shared_data("alcantara") / "data"
    (tmp_path / "alcantara.rows.toml").write_text(f"""
rate_hz = 500
subject = "Sub"
table = "{folder}/Sub_Info_one_sub.csv"
mass_kg = "Mass"
height_cm = "Height"
labels = ["Speed", "Slope"]
[streams.accelerometer]
file = "{folder}/Accelerometer_one_sub.csv"
channels = ["vertical", "fore_aft"]
unit = "g_0"
kind = "acceleration"
[streams.grf]
file = "{folder}/GRF_one_sub.csv"
channels = ["fz"]
unit = "BW"
kind = "force"
""")
    trees = read_row_trials(tmp_path / "alcantara.rows.toml")
    assert len(trees) == 31
    assert trees[0].attrs["labels"] == {"speed": 2.5, "slope": 10.0}
    assert trees[0].attrs["mass_kg"] == 76.8
    assert len({tuple(tree.attrs["labels"].values()) for tree in trees}) == 15
    for tree in trees[:5]:
        # the vertical axis comes first: it moves with the vertical force, and its mean is gravity
        vertical, fore = tree["accelerometer"]["data"].values.T
        force = tree["grf"]["data"].values[:, 0]
        assert np.corrcoef(vertical, force)[0, 1] > 0.9 > np.corrcoef(fore, force)[0, 1]
        assert force.mean() == pytest.approx(1.0, abs=0.06)
    file = write_row_trials(trees, tmp_path / "grf.csv", stream="grf")
    theirs = np.loadtxt(folder / "GRF_one_sub.csv", delimiter=",")
    np.testing.assert_array_equal(np.loadtxt(file, delimiter=","), theirs)


def test_writing_needs_trials_of_one_length(layout: Path, tmp_path: Path) -> None:
    first, second = read_row_trials(layout)
    with pytest.raises(OutputError, match="has no 'acc'"):
        write_row_trials([first], tmp_path / "b.csv", stream="acc")
    shorter = first.isel(time=slice(0, 2))
    with pytest.raises(OutputError, match="trials of one length"):
        write_row_trials([shorter, second], tmp_path / "b.csv", stream="grf")
