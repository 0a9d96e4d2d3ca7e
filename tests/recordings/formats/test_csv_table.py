"""Mirrors src/unisono/recordings/formats/csv_table.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from unisono.core.errors import FileFormatError, UnitError
from unisono.recordings.formats.csv_table import read_csv, read_parquet, split_sheet, write_csv
from unisono.recordings.formats.options import ReadOptions
from unisono.recordings.schema import make_recording, make_stream, stream_names, streams

TABLE = "time [s],Fx [N],Fz [N],knee [deg]\n0,1,2,3\n0.01,4,,6\n"


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., xr.DataTree]:
    def text(content: str, options: ReadOptions = ReadOptions()) -> xr.DataTree:  # noqa: B008
        (tmp_path / "a.csv").write_text(content)
        return read_csv(tmp_path / "a.csv", options)

    return text


def test_columns_gather_by_what_they_measure(read: Callable[..., xr.DataTree]) -> None:
    tree = read(TABLE)
    assert stream_names(tree) == ["forces", "angles"]
    forces = tree["forces"].to_dataset()
    assert (forces.attrs["kind"], forces.attrs["rate_hz"]) == ("force", 100.0)
    assert forces.channel.values.tolist() == ["Fx", "Fz"]
    assert forces["valid"].values.tolist() == [[True, True], [True, False]]


@pytest.mark.parametrize(
    "text",
    [
        "time;Fx [N]\n0,0;1,5\n0,01;2,5\n",
        "time\tFx [N]\r\n0.0\t1.5\r\n0.01\t2.5\r\n",
        "# a remark\ntime Fx\n0.0 1.5\n0.01 2.5\n",
        "time,Fx [N],\n0.0,1.5,\n0.01,2.5,\n",
        '"time","Fx [N]"\n0.0,"1.5"\n0.01,2.5\n',
        "time [ms],Fx [N]\n0,1.5\n10,2.5\n",
    ],
)
def test_separators_commas_quotes_and_remarks(read: Callable[..., xr.DataTree], text: str) -> None:
    _, part = next(streams(read(text)))
    np.testing.assert_allclose(part["time"], [0, 0.01])
    np.testing.assert_allclose(part["data"].values[:, 0], [1.5, 2.5])


def test_numbers_agree_with_pandas(shared_data: Callable[[str], Path]) -> None:
    file = shared_data("rbds_raw") / "RBDS001runT25markers.txt"
    tree = read_csv(file, ReadOptions(units={"features": "mm"}))
    frame = pd.read_csv(file, sep="\t")
    np.testing.assert_allclose(tree["features"]["data"], frame.to_numpy()[:, 1:], rtol=1e-14)
    assert tree["features"].channel.values.tolist() == list(frame.columns[1:])
    assert tree["features"].attrs["kind"] == "position"


def test_column_map_and_rate_for_a_table_that_counts_samples(
    shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    file = shared_data("rbds_raw") / "RBDS001runT25forces.txt"
    doubtful = read_csv(file)["features"].attrs["history"]
    assert any("time steps by 1 s" in line for line in doubtful)
    options = ReadOptions(
        rate_hz=300,
        columns={"grf": ["Fx", "Fy", "Fz"], "cop": ["COPx", "COPz"]},
        units={"grf": "N", "cop": "mm"},
    )
    tree = read_csv(file, options)
    assert stream_names(tree) == ["grf", "cop"]
    assert (tree["cop"].attrs["kind"], tree["cop"].attrs["rate_hz"]) == ("position", 300.0)
    assert not [line for line in tree["grf"].attrs["history"] if line.startswith("doubt")]
    back = read_csv(write_csv(tree, tmp_path / "back.csv"))
    for name, part in streams(tree):
        np.testing.assert_array_equal(back[name]["data"], part["data"])
        np.testing.assert_array_equal(back[name]["unit"], part["unit"])


def test_a_column_named_as_time_keeps_the_unit_of_its_header(
    read: Callable[..., xr.DataTree],
) -> None:
    named = {"time": ["clock"], "grf": ["Fz"]}
    tree = read("clock [ms],Fz [N]\n0,1\n2.5,2\n", ReadOptions(columns=named))
    np.testing.assert_array_equal(tree["grf"]["time"], [0, 0.0025])


def test_table_without_a_header(read: Callable[..., xr.DataTree]) -> None:
    rows = "1,2,3\n4,5,6\n"
    with pytest.raises(FileFormatError, match=r"no header.*state columns="):
        read(rows)
    with pytest.raises(FileFormatError, match="no column of time; state rate_hz"):
        read(rows, ReadOptions(columns=["a", "b", "c"]))
    tree = read(rows, ReadOptions(columns=["a", "b", "c [N]"], rate_hz=50))
    assert stream_names(tree) == ["features", "forces"]
    assert "no unit is stated for a, b" in tree["features"].attrs["history"][-1]
    named = {"time": [0], "acc": [2]}
    tree = read(rows, ReadOptions(columns=named, units={"acc": "m/s^2"}))
    np.testing.assert_array_equal(tree["acc"]["time"], [1, 4])
    assert tree["acc"].attrs["kind"] == "acceleration"


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("time,Fx\n", {}, "no rows of numbers"),
        ("# nothing\n", {}, "there are no rows"),
        ("time,a,a\n0,1,2\n", {}, "'a' appears twice"),
        ("time,,a\n0,1,2\n", {}, "column 2 has no name"),
        ("time,a [foo]\n0,1\n", {}, "unit that is not known"),
        ("time,a\n0,1\n0,1\n", {}, "line 3: time does not increase"),
        ("time,a\n0,1\n1\n", {}, "line 3: 1 values where the header names 2 columns"),
        ("time,a\n0,1\n1,x\n", {}, "line 3, column 2: 'x' is not a number"),
        ("time,a\n,1\n1,2\n", {}, "line 2: the time is nan"),
        ("time\n0\n1\n", {}, "no column but time"),
        ("a,b\n0,1\n", {"columns": ["x"]}, "1 names are stated for 2 columns"),
        ("a,b\n0,1\n", {"columns": {"s": ["c"]}}, "there is no column 'c'"),
        ("a,b\n0,1\n", {"columns": {"s": [2]}}, "there is no column 2: the table has 2"),
    ],
)
def test_bad_tables(
    read: Callable[..., xr.DataTree], text: str, options: dict, message: str
) -> None:
    with pytest.raises(FileFormatError, match=message):
        read(text, ReadOptions(**options))


def test_contradictory_unit_is_refused(read: Callable[..., xr.DataTree]) -> None:
    with pytest.raises(UnitError, match="no channel of stream 'angles' can be in N"):
        read(TABLE, ReadOptions(units={"angles": "N"}))


def test_written_table_reads_back(tmp_path: Path, rng: np.random.Generator) -> None:
    time = np.arange(20) / 7
    valid = rng.random((20, 2)) > 0.2
    data = rng.normal(size=(20, 2))
    parts = {
        "emg": make_stream(data, time=time, channels=["a, b", "c"], units="mV", kind="emg",
                           valid=valid),
        "grf": make_stream(data, time=time, channels=["fx", "tz"], units=["N/kg", "N*m/kg"],
                           kind="force"),
    }  # fmt: skip
    tree = make_recording(parts, recording="r", subject="s")
    back = read_csv(write_csv(tree, tmp_path / "a.csv"))
    for name, part in streams(tree):
        other = back[name].to_dataset()
        assert other.attrs["kind"] == part.attrs["kind"]
        np.testing.assert_array_equal(other["time"], part["time"])
        np.testing.assert_array_equal(other["valid"], part["valid"])
        np.testing.assert_array_equal(other["unit"], part["unit"])
        kept = part["valid"].values
        np.testing.assert_array_equal(other["data"].values[kept], part["data"].values[kept])


def test_parquet(tmp_path: Path) -> None:
    frame = pd.DataFrame({"time [s]": [0, 0.1], "grf/fz [N]": [1, 2], "note": ["a", "b"]})
    frame.to_parquet(tmp_path / "a.parquet")
    tree = read_parquet(tmp_path / "a.parquet")
    assert tree["grf"]["data"].values.tolist() == [[1], [2]]
    frame[["note"]].to_parquet(tmp_path / "b.parquet")
    with pytest.raises(FileFormatError, match="2 rows of 0 columns of numbers"):
        read_parquet(tmp_path / "b.parquet")
    (tmp_path / "c.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:-20])
    with pytest.raises(FileFormatError, match="no sound Parquet file"):
        read_parquet(tmp_path / "c.parquet")


def test_the_name_of_a_single_column_may_have_blanks_before_its_unit() -> None:
    sheet = split_sheet("a.csv", "knee angle [deg]\n1\n2\n")
    assert sheet.names == ["knee angle [deg]"]
    assert sheet.values.tolist() == [[1.0], [2.0]]
    with pytest.raises(FileFormatError, match="2 columns and most lines have 1"):
        split_sheet("a.csv", "time fz\n1\n2\n")


def test_sheet_keeps_line_numbers() -> None:
    sheet = split_sheet("f", "# x\n\ntime,a\n0,1\n\n1,2\n")
    assert (sheet.names, sheet.lines) == (["time", "a"], [4, 6])


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\ntime [s];Fx [N]\n0,0;1,5\n0,01;2,5\n",
        "time,Fx\ns,N\n0.0,1.5\n0.01,2.5\n",
        "time\tFx\n[s]\t(N)\n0.0\t1.5\n0.01\t2.5\n",
        "time;Fx\nms;N\n0;1,5\n10;2,5\n",
        "time;Fx\n;N\n0;1,5\n0,01;2,5\n",
        "time;Fx [N]\n0,00;+1,5\n1E-02;2,5\n0,02;3\n0,03;4\n1;5\n",
    ],
)
def test_tables_as_excel_and_laboratories_write_them(
    read: Callable[..., xr.DataTree], text: str
) -> None:
    tree = read(text)
    assert stream_names(tree) == ["forces"]
    part = tree["forces"].to_dataset()
    assert part.channel.values.tolist() == ["Fx"] and part["unit"].values.tolist() == ["N"]
    np.testing.assert_allclose(part["time"][:2], [0, 0.01])
    np.testing.assert_allclose(part["data"].values[:2, 0], [1.5, 2.5])


def test_a_first_row_without_any_number_is_no_row_of_units(
    read: Callable[..., xr.DataTree],
) -> None:
    tree = read("a,b\nNA,-\n1,2\n", ReadOptions(rate_hz=10))
    assert tree["features"]["valid"].values.tolist() == [[False, False], [True, True]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "time [s];Fz [N]\n0,00;1.234,5\n0,01;2\n",
            r"line 2, column 2: the point of '1.234,5' may part thousands",
        ),
        ("time [s];Fz [N]\n0,00;1.234\n0,01;2\n", "line 2, column 2: the point of '1.234'"),
        (
            "Subject,Anna\nDate,today\ntime [s],Fx [N],Fz [N]\n0,1,2\n1,1,2\n",
            "header: the first line has 2 columns and most lines have 3; let the table begin",
        ),
        ("Fx,Fz\n1,2\n", r"no column of time; state rate_hz \(--rate-hz 100\)"),
        ("1,2\n3,4\n", r"state columns=.*--column"),
    ],
)
def test_what_is_told_of_tables_that_cannot_be_read(
    read: Callable[..., xr.DataTree], text: str, message: str
) -> None:
    with pytest.raises(FileFormatError, match=message):
        read(text)
