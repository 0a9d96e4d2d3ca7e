"""Mirrors src/unisono/recordings/formats/assembling.py."""

from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import FileFormatError
from unisono.core.files import digest_file
from unisono.recordings.formats.assembling import (
    apply_options,
    assemble,
    check_names,
    check_time,
)
from unisono.recordings.formats.options import DEFAULTS, ReadOptions
from unisono.recordings.schema import make_stream


def test_recording_carries_its_origin_and_what_is_stated(tmp_path: Path) -> None:
    file = tmp_path / "S07_walk.csv"
    file.write_bytes(b"some bytes")
    part = make_stream([[1.0]], time=[0], channels=["fz"], units="N", kind="force")
    options = ReadOptions(mass_kg=70, height_m=1.8, units={"grf": "BW"})
    tree = assemble(
        {"grf": part}, path=file, content=b"some bytes", reader="csv", options=options,
        source={"columns": ["fz"]},
    )  # fmt: skip
    assert tree.attrs["recording"] == "S07_walk"
    assert tree.attrs["source"]["digest"] == digest_file(file)
    assert tree.attrs["source"]["columns"] == ["fz"]
    assert (tree.attrs["mass_kg"], tree.attrs["height_m"]) == (70.0, 1.8)
    assert tree["grf"].unit.values.tolist() == ["BW"]
    assert apply_options(tree, ReadOptions(subject="Ann")).attrs["subject"] == "Ann"


def test_invalid_streams_name_the_file(tmp_path: Path) -> None:
    part = make_stream([[1.0, 2.0]], time=[0], channels=["a", "a"], units="N", kind="force")
    with pytest.raises(FileFormatError, match=r"a\.csv: recording 'a', stream 'grf': channel 'a'"):
        assemble(
            {"grf": part}, path=tmp_path / "a.csv", content=b"", reader="csv", options=DEFAULTS
        )


def test_names_and_time_are_checked() -> None:
    with pytest.raises(FileFormatError, match="'b' appears twice"):
        check_names("f", "header", ["a", "b", "b"])
    with pytest.raises(FileFormatError, match="column 2 has no name"):
        check_names("f", "header", ["a", " "])
    check_time("f", np.array([0.0, 0.1]), [5, 6])
    with pytest.raises(FileFormatError, match=r"line 7: time does not increase \(0.1 then 0.1\)"):
        check_time("f", np.array([0.0, 0.1, 0.1]), [5, 6, 7])
    with pytest.raises(FileFormatError, match="line 6: the time is nan"):
        check_time("f", np.array([0.0, np.nan]), [5, 6])
