"""Mirrors src/unisono/recordings/formats/trc.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import FileFormatError, OutputError, UnitError
from unisono.recordings.formats.trc import read_trc, write_trc
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.signals.rebuilding import with_streams
from unisono.recordings.signals.resampling import resample_to_rate

TRC = (
    "PathFileType\t4\t(X/Y/Z)\ta.trc\n"
    "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\t"
    "OrigNumFrames\n100\t100\t3\t2\tmm\t100\t1\t3\n"
    "Frame#\tTime\tLHEE\t\t\tRTOE\t\t\n\t\tX1\tY1\tZ1\tX2\tY2\tZ2\n\n"
    "7\t0.00\t1\t2\t3\t4\t5\t6\n8\t0.01\t1\t2\t3\t\t\t\n9\t0.02\t1\t2\t3\t4\t5\t6.5\n"
)


def read(tmp_path: Path, text: str) -> object:
    (tmp_path / "a.trc").write_text(text)
    return read_trc(tmp_path / "a.trc")


def test_markers_gaps_and_unit(tmp_path: Path) -> None:
    tree = read(tmp_path, TRC)
    markers = tree["markers"].to_dataset()
    assert markers.channel.values.tolist() == [f"{m}_{a}" for m in ("LHEE", "RTOE") for a in "xyz"]
    assert markers["valid"].values.tolist()[1] == [True] * 3 + [False] * 3
    assert markers["data"].values[2, 5] == 6.5
    assert set(markers.unit.values) == {"mm"}
    assert tree.attrs["source"]["first_frame"] == 7


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("PathFileType", "Path", FileFormatError, "does not begin with PathFileType"),
        ("\tmm\t", "\tfoo\t", UnitError, "'foo' is not known"),
        ("\tmm\t", "\tN\t", FileFormatError, "the unit 'N' is no length"),
        ("\tmm\t", "\t\t", FileFormatError, "gives no unit"),
        ("RTOE", "LHEE", FileFormatError, "'LHEE' appears twice"),
        ("0.02", "0.01", FileFormatError, "line 9: time does not increase"),
        ("\t6.5", "", FileFormatError, "line 9: 7 values where the header names 8"),
        ("\t3\t2\tmm", "\t30\t2\tmm", FileFormatError, "NumFrames is 30, the file holds 3"),
        ("\t3\t2\tmm", "\tx\t2\tmm", FileFormatError, "NumFrames is 'x'"),
        ("Units", "Unit", FileFormatError, "Units is missing"),
    ],
)
def test_bad_files(
    tmp_path: Path, old: str, new: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        read(tmp_path, TRC.replace(old, new))


def test_doubtful_header_is_noted(tmp_path: Path) -> None:
    text = TRC.replace("\n100\t100\t3\t2", "\n60\t60\t2\t2")
    history = read(tmp_path, text)["markers"].attrs["history"]
    assert any("NumFrames 2, the file holds 3" in line for line in history)
    assert any("60 Hz, the time stamps 100 Hz" in line for line in history)


@pytest.mark.parametrize("name", ["walking2.trc", "DJ1.trc"])
def test_real_files_are_written_back(
    shared_data: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    tree = read_trc(shared_data("opencap_subjectA") / "MarkerData" / name)
    back = read_trc(write_trc(tree, tmp_path / name))
    for part in ("data", "valid", "time", "unit", "channel"):
        np.testing.assert_array_equal(back["markers"][part], tree["markers"][part])


def test_the_rate_written_is_that_of_the_time_stamps(tmp_path: Path) -> None:
    tree = read(tmp_path, TRC)
    slower = resample_to_rate(tree["markers"].to_dataset(), 50.0)
    other = with_streams(tree, {"markers": slower})
    lines = write_trc(other, tmp_path / "b.trc").read_text().splitlines()
    header = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    assert (header["DataRate"], header["CameraRate"], header["OrigDataRate"]) == ("50", "50", "100")
    assert not read_trc(tmp_path / "b.trc")["markers"].attrs["history"]


@pytest.mark.slow
def test_opensim_reads_what_is_written(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    opensim = pytest.importorskip("opensim", reason="the opensim package is the oracle here")
    tree = read_trc(shared_data("opencap_subjectA") / "MarkerData" / "walking2.trc")
    file = write_trc(tree, tmp_path / "a.trc")
    table = opensim.TimeSeriesTableVec3(str(file))
    markers = tree["markers"].to_dataset()
    assert table.getTableMetaDataString("Units") == "m"
    for label in list(table.getColumnLabels())[:5]:
        column = table.getDependentColumn(label)
        theirs = [[column[i][k] for k in range(3)] for i in range(0, column.size(), 9)]
        ours = markers["data"].sel(channel=[f"{label}_{axis}" for axis in "xyz"]).values[::9]
        np.testing.assert_allclose(theirs, ours, rtol=1e-14)


def test_only_whole_markers_are_written(tmp_path: Path) -> None:
    def tree(names: list[str], units: str = "mm") -> object:
        data = np.zeros((2, len(names)))
        part = make_stream(data, time=[0, 1], channels=names, units=units, kind="position")
        return make_recording({"markers": part}, recording="r", subject="s")

    with pytest.raises(OutputError, match="'A_z' is missing"):
        write_trc(tree(["A_x", "A_y"]), tmp_path / "a.trc")
    with pytest.raises(OutputError, match="positions only"):
        write_trc(tree(["A_x", "A_y", "A_z"], "N"), tmp_path / "a.trc")
    mixed = tree(["A_x", "A_y", "A_z"], ["mm", "m", "mm"])
    mixed["markers"]["data"].values[:] = 1.0
    back = read_trc(write_trc(mixed, tmp_path / "a.trc"))
    np.testing.assert_allclose(back["markers"]["data"].values[0], [1, 1000, 1])
