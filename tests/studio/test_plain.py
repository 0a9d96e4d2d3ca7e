"""Mirrors src/unisono/studio/plain.py."""

from pathlib import Path

import pytest

from unisono.studio.plain import told

ROOT = Path("/home/some body/lab")


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (f"{ROOT}/.studio/files/0123456789abcdef/An_a.c3d, header: no", "Anna's.c3d, header: no"),
        (f"{ROOT}/gait.un holds no 'x'.", "gait.un holds no 'x'."),
        (f"{ROOT} cannot be used", "the folder cannot be used"),
        ("see /usr/lib/python3/x.py, line 3", "see x.py, line 3"),
        (r"C:\Users\anna\x.c3d is bad", "x.c3d is bad"),
        ("in N/kg, N*m/kg or deg/s; 3/4 of it", "in N/kg, N*m/kg or deg/s; 3/4 of it"),
        ("two\nlines", "two lines"),
    ],
)
def test_no_path_is_told(said: str, wanted: str) -> None:
    assert told(said, ROOT, {"An_a.c3d": "Anna's.c3d"}) == wanted
