"""Mirrors src/unisono/recordings/formats/mat_elements.py."""

import io
import struct
import zlib

import numpy as np
import pytest
import scipy.io

from unisono.core.errors import FileFormatError
from unisono.recordings.formats.mat_elements import load_mat

CONTENT = {
    "t": np.arange(5) / 10,
    "grid": np.arange(24.0).reshape(2, 3, 4),
    "small": np.arange(6, dtype=np.int16).reshape(3, 2),
    "single": np.ones((2, 2), np.float32),
    "text": "abc",
    "nested": {"a": 1.0},
    "cell": np.array([1, "a"], dtype=object),
    "complex": np.ones(3) * 1j,
    "empty": np.zeros((0, 2)),
}


def encode(content: dict, *, packed: bool) -> bytes:
    stream = io.BytesIO()
    scipy.io.savemat(stream, content, do_compression=packed)
    return stream.getvalue()


@pytest.mark.parametrize("packed", [False, True])
def test_numbers_agree_with_scipy(packed: bool) -> None:
    content = encode(CONTENT, packed=packed)
    found = load_mat("f", content)
    theirs = scipy.io.loadmat(io.BytesIO(content))
    assert sorted(found) == ["grid", "single", "small", "t"]
    for name, value in found.items():
        np.testing.assert_array_equal(value, theirs[name])


def test_sizes_are_checked_before_memory_is_asked_for() -> None:
    content = bytearray(encode({"x": np.ones((4, 4))}, packed=False))
    claim = content[:]
    claim[132:136] = struct.pack("<I", 1 << 31)
    with pytest.raises(FileFormatError, match="claims 2147483648 bytes"):
        load_mat("f", bytes(claim))
    claim = content[:]
    at = 128 + 8 + 16 + 8
    claim[at : at + 8] = struct.pack("<ii", 1 << 20, 1 << 20)
    assert load_mat("f", bytes(claim)) == {}


def test_a_packed_bomb_is_cut_short() -> None:
    header = encode({"x": 1.0}, packed=False)[:128]
    bomb = zlib.compress(bytes(1 << 20))[:-400]
    body = header + struct.pack("<II", 15, len(bomb)) + bomb
    assert load_mat("f", body) == {}
    with pytest.raises(FileFormatError, match="it is damaged"):
        load_mat("f", header + struct.pack("<II", 15, 8) + b"notzlib!")
