"""Mirrors src/unisono/recordings/formats/idx.py."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import FileFormatError
from unisono.recordings.formats.idx import read_idx


def write(path: Path, code: int, values: np.ndarray) -> Path:
    head = struct.pack(">HBB", 0, code, values.ndim) + struct.pack(
        f">{values.ndim}I", *values.shape
    )
    path.write_bytes(head + values.tobytes())
    return path


@pytest.mark.parametrize(("code", "kind"), [(8, "u1"), (11, ">i2"), (13, ">f4"), (14, ">f8")])
def test_arrays_of_every_type_return(code: int, kind: str, tmp_path: Path) -> None:
    values = (np.arange(24) * 10).astype(kind).reshape(2, 3, 4)
    found = read_idx(write(tmp_path / "a.idx", code, values))
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, values)


def test_gzipped_files_are_opened(tmp_path: Path) -> None:
    plain = write(tmp_path / "a", 8, np.arange(6, dtype="u1"))
    packed = tmp_path / "a.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    np.testing.assert_array_equal(read_idx(packed), np.arange(6))
    packed.write_bytes(packed.read_bytes()[:-9])
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_idx(packed)


@pytest.mark.parametrize(
    "content", [b"", b"\0", b"\0\0\x08\0", b"\1\0\x08\1\0\0\0\1a", b"\0\0\x07\1" * 3]
)
def test_what_is_no_idx_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(FileFormatError, match="header: it is no IDX file"):
        read_idx(tmp_path / "a")


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a", 8, np.arange(6, dtype="u1"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FileFormatError, match="promises 6 bytes"):
        read_idx(path)


def test_real_digits(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("mnist")
    images = read_idx(folder / "t10k-images-idx3-ubyte.gz")
    labels = read_idx(folder / "t10k-labels-idx1-ubyte.gz")
    assert images.shape == (10_000, 28, 28) and set(labels.tolist()) == set(range(10))
    assert (
        images[labels == 1].mean() < images[labels == 0].mean()
    )  # a one has less ink than a nought
