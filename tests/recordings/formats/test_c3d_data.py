"""The data section against ezc3d, value by value, and against what was written."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from unisono.recordings.formats.c3d_data import C3DData, decode_data
from unisono.recordings.formats.c3d_header import parse_c3d

Writer = Callable[..., Path]


def decode(path: Path) -> C3DData:
    content = path.read_bytes()
    return decode_data(content, *parse_c3d(content, path))


def agrees_with_ezc3d(path: Path) -> None:
    import ezc3d

    ours, theirs = decode(path), ezc3d.c3d(str(path))["data"]
    points = theirs["points"][:3].transpose(2, 1, 0)
    assert_array_equal(ours.seen, ~np.isnan(points).any(axis=2))
    assert_allclose(ours.points, points, rtol=1e-6)
    if ours.analog.size:
        assert_allclose(ours.analog, theirs["analogs"][0].T, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("number", [0, 1, 2, 5])
def test_agrees_with_ezc3d(number: int, examples_c3d: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "trial.c3d"
    path.write_bytes(examples_c3d[number])
    agrees_with_ezc3d(path)


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["biomechzoo", "file_readers"])
def test_agrees_with_ezc3d_on_real_files(folder: str, shared_data: Callable[[str], Path]) -> None:
    paths = sorted(shared_data(folder).rglob("*.c3d"))
    assert len(paths) == {"biomechzoo": 30, "file_readers": 3}[folder]
    for path in paths:
        agrees_with_ezc3d(path)


@pytest.mark.parametrize("order", ["intel", "dec", "sgi"])
@pytest.mark.parametrize("scale", [-1.0, 0.5])
def test_every_order_and_format_reads_the_same(
    order: str, scale: float, write_c3d: Writer, rng: np.random.Generator
) -> None:
    points = rng.integers(-999, 999, (6, 3, 3)).astype(float)
    seen = rng.random((6, 3)) > 0.3
    analog = rng.integers(-2000, 2000, (24, 2)).astype(float)
    known = {
        ("ANALOG", "GEN_SCALE"): np.float32(0.5),
        ("ANALOG", "SCALE"): np.array([2.0, 0.25]),
        ("ANALOG", "OFFSET"): np.array([100, -7], np.int16),
    }
    found = decode(
        write_c3d(
            points, seen=seen, analog=analog, samples=4, parameters=known, order=order, scale=scale
        )
    )
    expected = np.where(seen[..., None], points * (scale if scale > 0 else 1), np.nan)
    assert_allclose(found.points, expected)
    assert_array_equal(found.seen, seen)
    assert_allclose(found.analog, (analog - [100, -7]) * [2.0, 0.25] * 0.5)


@pytest.mark.parametrize("order", ["intel", "sgi"])
def test_unsigned_analog(order: str, write_c3d: Writer) -> None:
    raw = np.array([[0], [32768], [65535]])
    known = {
        ("ANALOG", "FORMAT"): "UNSIGNED",
        ("ANALOG", "OFFSET"): np.array([-32768], np.int16),  # 32768 in 16 bits
        ("ANALOG", "SCALE"): np.array([2.0]),
    }
    path = write_c3d(
        np.ones((3, 1, 3)), analog=raw, samples=1, parameters=known, order=order, scale=1.0
    )
    assert decode(path).analog[:, 0].tolist() == [-65536.0, 0.0, 65534.0]


def test_lists_that_are_too_short_go_on_with_neutral_values(write_c3d: Writer) -> None:
    known = {("ANALOG", "SCALE"): np.array([2.0])}
    path = write_c3d(np.ones((2, 1, 3)), analog=np.ones((2, 3)), samples=1, parameters=known)
    assert decode(path).analog[0].tolist() == [2.0, 1.0, 1.0]


def test_numbers_that_are_none_become_nan(write_c3d: Writer) -> None:
    path = write_c3d(np.ones((3, 1, 3)), analog=np.ones((3, 2)), samples=1)
    content = bytearray(path.read_bytes())
    start = parse_c3d(bytes(content), path)[0].start
    signalling, infinite = (np.uint32(n).tobytes() for n in (0x7F800001, 0x7F800000))
    content[start : start + 4] = signalling  # x of the first frame; casting it would warn
    content[start + 16 : start + 24] = signalling + infinite  # both analog channels
    path.write_bytes(content)
    found = decode(path)
    with np.errstate(all="raise"):
        assert np.isnan(found.points.astype(float)[0, 0, 0])
        assert np.isnan(found.analog.astype(float)[0]).all()
    assert (found.points[1:] == 1).all() and (found.analog[1:] == 1).all()
