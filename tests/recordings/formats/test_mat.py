"""Mirrors src/unisono/recordings/formats/mat.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from unisono.core.errors import FileFormatError
from unisono.recordings.formats.mat import read_mat
from unisono.recordings.formats.options import ReadOptions


@pytest.mark.parametrize("name", ["KS", "KdV", "AC"])
def test_fields_with_time_second(shared_data: Callable[[str], Path], name: str) -> None:
    file = shared_data("pinns") / f"{name}.mat"
    tree = read_mat(file)
    theirs = scipy.io.loadmat(file)
    np.testing.assert_array_equal(tree["uu"]["data"], theirs["uu"].T)
    np.testing.assert_array_equal(tree["uu"]["time"], theirs["tt"].ravel())


def test_version_7_3_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "a.mat"
    file.write_bytes(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512) + b"\x89HDF\r\n\x1a\n")
    with pytest.raises(FileFormatError, match=r"version 7.3 \(HDF5\); save it .* '-v7'"):
        read_mat(file)


def test_rate_and_units_are_stated(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"grf": np.arange(12.0).reshape(6, 2)})
    with pytest.raises(FileFormatError, match="state rate_hz"):
        read_mat(tmp_path / "a.mat")
    tree = read_mat(tmp_path / "a.mat", ReadOptions(rate_hz=100, units={"grf": "N"}))
    assert tree["grf"].attrs["kind"] == "force"
    assert tree["grf"]["data"].values[1].tolist() == [2, 3]


def test_what_is_no_matlab_file(tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_bytes(b"x" * 300)
    with pytest.raises(FileFormatError, match="no MATLAB 5 to 7 file"):
        read_mat(tmp_path / "a.mat")
    scipy.io.savemat(tmp_path / "b.mat", {"who": "text"})
    with pytest.raises(FileFormatError, match="no array is"):
        read_mat(tmp_path / "b.mat")
