"""Mirrors src/unisono/api/reading.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.core.errors import ConfigError, FileFormatError
from unisono.recordings.formats.registry import write


@pytest.fixture
def folder(make_walk: Callable[..., xr.DataTree], tmp_path: Path) -> Path:
    for number in (1, 2):
        write(make_walk(f"w{number}", number), tmp_path / f"w{number}.npz")
    return tmp_path


def test_a_file_is_a_recording_and_a_folder_a_list(folder: Path) -> None:
    one = api.read(folder / "w1.npz")
    assert isinstance(one, xr.DataTree) and one.attrs["recording"] == "w1"
    many = api.read(folder)
    assert isinstance(many, list) and [t.attrs["recording"] for t in many] == ["w1", "w2"]
    assert api.list_files([folder, folder / "w1.npz"]) == [
        folder / "w1.npz", folder / "w2.npz", folder / "w1.npz",
    ]  # fmt: skip
    with pytest.raises(FileFormatError, match="absent"):
        api.read(folder / "absent.c3d")


def test_the_one_recording_of_a_file(folder: Path) -> None:
    (folder / "grf.csv").write_text("1,2,3\n4,5,6\n")
    (folder / "a.rows.toml").write_text(
        'rate_hz = 10\n[streams.grf]\nfile = "grf.csv"\nchannels = ["fz"]\nunit = "BW"\n'
        'kind = "force"\n'
    )
    with pytest.raises(ConfigError, match="holds 2 recordings"):
        api.read_one(folder / "a.rows.toml")
    assert len(api.describe(folder / "a.rows.toml")) == 2
    assert api.read_one(folder / "w2.npz").attrs["recording"] == "w2"


def test_columns_of_a_table_without_a_header(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("0.0,1,2\n0.1,3,4\n0.2,5,6\n")
    columns = api.parse_columns(["time=0", "grf=2"])
    tree = api.read_one(tmp_path / "a.csv", api.ReadOptions(columns=columns))
    np.testing.assert_array_equal(tree["grf"]["data"].values[:, 0], [2, 4, 6])


@pytest.mark.parametrize("word", ["grf", "grf=", "=N"])
def test_words_that_are_no_pair(word: str) -> None:
    with pytest.raises(ConfigError, match="--unit .* must look like NAME=VALUE"):
        api.parse_units([word])


def test_import_tells_its_progress(folder: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    report = api.import_files(
        [folder], tmp_path / "d.un", progress=lambda *state: told.append(state)
    )
    assert [e.recording for e in report.good] == ["w1", "w2"] and not report.bad
    assert told == [("files", 1, 2), ("files", 2, 2)]
