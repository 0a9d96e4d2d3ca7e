"""The header: what it promises is held against the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unisono.core.errors import FileFormatError
from unisono.recordings.formats.c3d_header import parse_c3d

Writer = Callable[..., Path]
Maker = Callable[..., dict[tuple[str, str], Any]]


@pytest.fixture
def good(write_c3d: Writer, plate_c3d: Maker, marker_c3d: Maker) -> bytes:
    known = marker_c3d(3, outputs=False) | plate_c3d(2, 7, [0.0, 0, -40])
    analog = np.arange(70.0).reshape(10, 7)
    return write_c3d(
        np.ones((5, 3, 3)), analog=analog, samples=2, parameters=known, first=125
    ).read_bytes()


def test_layout(good: bytes) -> None:
    layout, parameters = parse_c3d(good, "walk.c3d")
    assert (layout.points, layout.channels, layout.samples, layout.frames) == (3, 7, 2, 5)
    assert (layout.first_frame, layout.rate_hz, layout.order) == (125, 100.0, "intel")
    assert layout.frame_items == 4 * 3 + 2 * 7 and layout.item_bytes == 4
    assert layout.start == 512 * (parameters.number("POINT", "DATA_START") - 1)


def put(content: bytes, word: int, value: int) -> bytes:
    return content[: 2 * word] + value.to_bytes(2, "little") + content[2 * word + 2 :]


@pytest.mark.parametrize(
    ("word", "value", "message"),
    [
        (0, 0x5102, "not a C3D file"),
        (0, 0x50FF, "past the end"),
        (1, 60000, "cut short"),
        (2, 15, "not a multiple of 2 samples"),
        (3, 4000, "no frames"),
        (4, 60000, "promises 59876 frames"),
        (9, 0, "not a multiple of 0 samples"),
    ],
)
def test_lies_of_the_header(good: bytes, word: int, value: int, message: str) -> None:
    with pytest.raises(FileFormatError, match=message) as caught:
        parse_c3d(put(good, word, value), "walk.c3d")
    assert str(caught.value).startswith("walk.c3d, ")


def test_data_start_is_taken_from_the_parameter_if_the_header_has_none(good: bytes) -> None:
    assert parse_c3d(put(good, 8, 0), "w")[0].start == parse_c3d(good, "w")[0].start


@pytest.mark.parametrize("length", [0, 100, 512, 700, 1500, -512])
def test_cut_short(good: bytes, length: int) -> None:
    with pytest.raises(FileFormatError):
        parse_c3d(good[:length], "walk.c3d")


def test_wrong_endianness_is_one_clear_error(good: bytes) -> None:
    swapped = good[:2] + np.frombuffer(good[2:24], "<u2").byteswap().tobytes() + good[24:]
    with pytest.raises(FileFormatError, match="byte order"):
        parse_c3d(swapped, "walk.c3d")


def test_bad_rate_and_scale(write_c3d: Writer) -> None:
    with pytest.raises(FileFormatError, match="frame rate"):
        parse_c3d(write_c3d(np.ones((2, 1, 3)), rate=0.0).read_bytes(), "walk.c3d")
    with pytest.raises(FileFormatError, match="scale"):
        parse_c3d(write_c3d(np.ones((2, 1, 3)), scale=0.0).read_bytes(), "walk.c3d")


def test_neither_points_nor_analog(write_c3d: Writer) -> None:
    with pytest.raises(FileFormatError, match="neither points nor analog"):
        parse_c3d(write_c3d(np.ones((2, 0, 3))).read_bytes(), "walk.c3d")


def test_more_than_65535_frames(write_c3d: Writer) -> None:
    frames = 70_000
    words = np.array([[1, 0], [frames & 0xFFFF, frames >> 16]])
    known = {
        ("TRIAL", "ACTUAL_START_FIELD"): words[0],
        ("TRIAL", "ACTUAL_END_FIELD"): words[1],
        ("POINT", "FRAMES"): np.int16(-1),
    }
    content = write_c3d(np.ones((frames, 1, 3)), scale=1.0, parameters=known).read_bytes()
    assert parse_c3d(put(content, 4, 65535), "walk.c3d")[0].frames == frames
    real = write_c3d(
        np.ones((frames, 1, 3)), scale=1.0, parameters={("POINT", "FRAMES"): np.float32(frames)}
    ).read_bytes()
    assert parse_c3d(put(real, 4, 65535), "walk.c3d")[0].frames == frames


def test_frames_counted_from_zero(write_c3d: Writer) -> None:
    layout, _ = parse_c3d(write_c3d(np.ones((5, 1, 3)), first=0).read_bytes(), "walk.c3d")
    assert (layout.frames, layout.first_frame) == (5, 1)
