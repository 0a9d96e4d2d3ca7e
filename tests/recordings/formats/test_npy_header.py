"""Mirrors src/unisono/recordings/formats/npy_header.py."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import FileFormatError
from unisono.recordings.formats.npy_header import MAGIC, decode_npy, open_npz


def encode(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3)),
        np.array("text"),
        np.zeros((0, 3)),
    ],
)
def test_agrees_with_numpy(array: np.ndarray) -> None:
    content = encode(array)
    assert content.startswith(MAGIC)
    got = decode_npy("f", "", content)
    assert got.dtype == array.dtype
    np.testing.assert_array_equal(got, array)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"(2, 3)", b"(9, 9)", "claims shape"),
        (b"(2, 3), ", b"(10**9)," + b" ", "damaged|claims"),
        (b"(2, 3)", b"(-2,-3", "damaged"),
        (b"<f8", b"|O8", "damaged|Python objects"),
        (b"descr", b"desc(", "damaged"),
        (MAGIC, b"\x93NUMPX", "damaged"),
    ],
)
def test_false_claims_are_refused(old: bytes, new: bytes, message: str) -> None:
    content = encode(np.arange(6.0).reshape(2, 3))
    assert old in content
    with pytest.raises(FileFormatError, match=message):
        decode_npy("f", "", content.replace(old, new))


def test_objects_are_never_unpickled() -> None:
    with pytest.raises(FileFormatError, match="it holds Python objects"):
        decode_npy("f", "", encode(np.array([{}], dtype=object)))


def test_archives(tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.savez_compressed(stream, a=np.arange(3), b=np.eye(2))
    assert sorted(open_npz("f", stream.getvalue())) == ["a", "b"]
    with pytest.raises(FileFormatError, match="archive is damaged"):
        open_npz("f", stream.getvalue()[:-30])
    with pytest.raises(FileFormatError, match="holds no arrays"):
        empty = io.BytesIO()
        with zipfile.ZipFile(empty, "w") as archive:
            archive.writestr("a.txt", "x")
        open_npz("f", empty.getvalue())


def test_archive_cannot_claim_more_than_it_can_hold() -> None:
    stream = io.BytesIO()
    np.savez(stream, a=np.arange(3))
    content = bytearray(stream.getvalue())
    at = content.rindex(b"PK\x01\x02")  # size unpacked, in the central directory
    content[at + 24 : at + 28] = (2**31).to_bytes(4, "little")
    with pytest.raises(FileFormatError, match="claims to unpack to 2147483648 bytes"):
        open_npz("f", bytes(content))
