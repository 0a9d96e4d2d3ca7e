"""Mirrors src/unisono/recordings/formats/text.py."""

from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import FileFormatError
from unisono.recordings.formats.text import (
    format_rows,
    load_bytes,
    load_text,
    parse_numbers,
    parse_rows,
)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("é".encode(), "é"),
        (b"\xef\xbb\xbftime", "time"),
        ("time".encode("utf-16"), "time"),
        (b"caf\xe9", "café"),
    ],
)
def test_encodings(tmp_path: Path, content: bytes, text: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    assert load_text(file) == text


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"ab\x00c")
    with pytest.raises(FileFormatError, match="byte 2 is zero"):
        load_text(file)
    file.write_bytes(b" \n")
    with pytest.raises(FileFormatError, match="is empty"):
        load_bytes(file)
    with pytest.raises(FileFormatError, match="No such file"):
        load_bytes(tmp_path / "absent.csv")
    with pytest.raises(FileFormatError, match="directory"):
        load_bytes(tmp_path)


def test_numbers_read_back_exactly(rng: np.random.Generator) -> None:
    values = rng.normal(size=(50, 4)) * 10.0 ** rng.integers(-300, 300, size=(50, 4))
    values[3, 2] = np.nan
    text = format_rows(values, blank="NaN")
    back = parse_rows("a", [s.split("\t") for s in text.splitlines()], list(range(50)), 4)
    np.testing.assert_array_equal(back, values)
    assert "\t\t" in format_rows(values, blank="")


def test_missing_values_and_words() -> None:
    assert np.isnan(parse_numbers(["", "NA", "-1.#IND", "nan", "-nan(ind)", " "])).all()
    with pytest.raises(FileFormatError, match=r"a, line 8, column 2: 'x' is not a number"):
        parse_rows("a", [["1", "2"], ["1", "x"]], [7, 8], 2)
    with pytest.raises(FileFormatError, match=r"a, line 8: 1 values where the header names 2"):
        parse_rows("a", [["1", "2"], ["1"]], [7, 8], 2)
