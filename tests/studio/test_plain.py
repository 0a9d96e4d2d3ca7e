"""Mirrors src/unisono/studio/plain.py."""

import errno
import sqlite3
from pathlib import Path

import pytest

from unisono.studio.plain import is_disk_full, told

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


def test_a_full_disk_is_known_by_whoever_meets_it(tmp_path: Path) -> None:
    assert is_disk_full(OSError(errno.EDQUOT, "quota")) and not is_disk_full(ValueError())
    with sqlite3.connect(tmp_path / "full.sqlite") as db:
        db.execute("create table t (x blob)")
        db.execute("pragma max_page_count = 3")
        with pytest.raises(sqlite3.OperationalError) as caught:
            db.execute("insert into t values (zeroblob(100000))")
    assert is_disk_full(caught.value)
    db.close()
    assert not is_disk_full(sqlite3.OperationalError("database is locked"))
