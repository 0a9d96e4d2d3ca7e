"""The parameter section: values of every type and byte order, and damaged sections."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from unisono.core.errors import FileFormatError
from unisono.recordings.formats.c3d_parameters import decode_floats, parse_parameters

Writer = Callable[..., Path]


def slow_vax(raw: bytes) -> float:
    """One DEC F-float by its definition: sign, exponent excess 128, hidden bit, 0.1m fraction."""
    first, second = raw[0] | raw[1] << 8, raw[2] | raw[3] << 8
    exponent, fraction = first >> 7 & 0xFF, (first & 0x7F) << 16 | second
    if exponent == 0:
        return 0.0
    return (-1) ** (first >> 15) * (0.5 + fraction / 2**24) * 2.0 ** (exponent - 128)


def test_dec_reals_by_their_definition(rng: np.random.Generator) -> None:
    raw = rng.integers(0, 256, (500, 4), dtype=np.uint8)
    raw[:, 1] = raw[:, 1] & 0xBF | 0x20  # exponents that both formats hold
    expected = [slow_vax(bytes(row)) for row in raw]
    assert_allclose(decode_floats(raw.tobytes(), "dec"), expected, rtol=1e-7)
    assert decode_floats(bytes(4), "dec")[0] == 0.0


@pytest.mark.parametrize("order", ["intel", "dec", "sgi"])
def test_values_of_every_type(order: str, write_c3d: Writer) -> None:
    matrix = np.arange(6.0).reshape(2, 3) / 4
    path = write_c3d(
        np.zeros((2, 1, 3)),
        order=order,
        parameters={
            ("ODD", "Matrix"): matrix,
            ("ODD", "WHOLE"): np.array([-3, 300], np.int16),
            ("ODD", "TEXT"): "hello ",
            ("ODD", "LIST"): ["a", "bcd"],
            ("ODD", "LIST2"): ["e"],
            ("ODD", "LIST4"): ["not reached"],
            ("ODD", "EMPTY"): [],
        },
    )
    found = parse_parameters(path.read_bytes(), 512, path)
    assert found.order == order
    assert_allclose(found.numbers("ODD", "MATRIX"), matrix)
    assert found.numbers("ODD", "WHOLE").tolist() == [-3, 300]
    assert found.number("ODD", "WHOLE") == -3 and found.number("ODD", "NONE") is None
    assert found.text("ODD", "TEXT") == "hello"
    assert found.all_texts("ODD", "LIST") == ["a", "bcd", "e"]
    assert found.texts("ODD", "EMPTY") == [] and found.texts("ODD", "WHOLE") == []
    assert found.numbers("ODD", "TEXT").size == 0
    assert ("ODD", "WHOLE") in found and ("ODD", "whole") not in found


def test_whole_numbers_kept_as_reals(write_c3d: Writer) -> None:
    values = np.array([3.0, np.nan, np.inf, -1e30])
    path = write_c3d(np.zeros((2, 1, 3)), parameters={("ODD", "REAL"): values})
    found = parse_parameters(path.read_bytes(), 512, path)
    assert found.integers("ODD", "REAL").tolist() == [3, -1, -1, -(2**31)]
    assert found.integer("ODD", "REAL") == 3 and found.integer("ODD", "NONE") is None


def record(name: bytes, group: int, offset: int, rest: bytes = b"") -> bytes:
    return bytes([len(name), group & 0xFF]) + name + offset.to_bytes(2, "little") + rest


@pytest.mark.parametrize(
    ("records", "words"),
    [
        (record(b"A", 1, 0, bytes([3, 0])), "A"),  # no such type
        (record(b"A", 1, 0, bytes([4, 2, 255, 255])), "A"),  # more values than bytes
        (record(b"A", 1, 0, bytes([1, 9])), "A"),  # too many axes
        (record(b"A", 1, 8, bytes([2, 1, 9]) + bytes(40)), "A"),  # runs into the next record
        (record(b"POINT", -1, 3, b"\0"), "its end is missing"),  # never ends
        (bytes([100, 1]), "bounds"),  # name past the end
    ],
)
def test_records_that_leave_their_bounds(records: bytes, words: str) -> None:
    content = bytes(512) + bytes([1, 80, 1, 84]) + records
    with pytest.raises(FileFormatError, match=words) as caught:
        parse_parameters(content, 512, "walk.c3d")
    assert "\n" not in str(caught.value)


def test_unknown_processor_and_missing_section() -> None:
    with pytest.raises(FileFormatError, match="processor type is 7"):
        parse_parameters(bytes([1, 80, 1, 7]), 0, "walk.c3d")
    with pytest.raises(FileFormatError, match="past the end"):
        parse_parameters(bytes(600), 1024, "walk.c3d")


def test_first_axis_runs_fastest() -> None:
    raw = bytes(range(6))
    content = (
        bytes([1, 80, 1, 84])
        + record(b"G", -1, 3, b"\0")
        + record(b"P", 1, 0, bytes([1, 2, 2, 3]) + raw)
    )
    found = parse_parameters(content, 0, "walk.c3d").numbers("G", "P")
    assert found.tolist() == [[0, 2, 4], [1, 3, 5]] and math.prod(found.shape) == 6
