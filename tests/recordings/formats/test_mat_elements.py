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
    assert sorted(found) == ["empty", "grid", "single", "small", "t"]
    for name, value in found.items():
        np.testing.assert_array_equal(value, theirs[name])
        assert value.dtype == theirs[name].dtype


def test_big_endian_and_short_elements() -> None:
    def element(kind: int, body: bytes) -> bytes:
        return struct.pack(">II", kind, len(body)) + body + bytes(-len(body) % 8)

    short = struct.pack(">HH4s", 1, 1, b"x")  # size and type share a word
    body = (
        element(6, struct.pack(">II", 6, 0))
        + element(5, struct.pack(">ii", 1, 3))
        + short
        + element(3, struct.pack(">hhh", -1, 2, 300))
    )
    content = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\x00MI" + element(14, body)
    found = load_mat("f", content)["x"]
    theirs = scipy.io.loadmat(io.BytesIO(content))["x"]
    np.testing.assert_array_equal(found, theirs)
    assert found.tolist() == [[-1, 2, 300]]


@pytest.mark.parametrize("packed", [False, True])
def test_every_cut_is_read_or_refused(packed: bool) -> None:
    content = encode(CONTENT, packed=packed)
    for end in range(0, len(content), 7):
        try:
            load_mat("f", content[:end])
        except FileFormatError:
            continue


def test_sizes_are_checked_before_memory_is_asked_for() -> None:
    content = bytearray(encode({"x": np.ones((4, 4))}, packed=False))
    claim = content[:]
    claim[132:136] = struct.pack("<I", 1 << 31)
    with pytest.raises(FileFormatError, match="claims 2147483648 bytes"):
        load_mat("f", bytes(claim))
    claim = content[:]
    at = 128 + 8 + 16 + 8
    claim[at : at + 8] = struct.pack("<ii", 1 << 20, 1 << 20)
    with pytest.raises(FileFormatError, match="16 numbers for the shape"):
        load_mat("f", bytes(claim))


def test_a_packed_bomb_is_cut_short() -> None:
    header = encode({"x": 1.0}, packed=False)[:128]
    bomb = zlib.compress(bytes(1 << 20))[:-400]
    body = header + struct.pack("<II", 15, len(bomb)) + bomb
    assert load_mat("f", body) == {}
    with pytest.raises(FileFormatError, match="it is damaged"):
        load_mat("f", header + struct.pack("<II", 15, 8) + b"notzlib!")
