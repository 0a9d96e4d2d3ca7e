"""C3D files as a whole: real ones, small ones of every kind, and damaged ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unisono.core.errors import FileFormatError, UnisonoError
from unisono.recordings.formats.c3d import read_c3d
from unisono.recordings.formats.options import ReadOptions
from unisono.recordings.schema import stream_names, validate

Writer = Callable[..., Path]


def test_small_files_of_every_kind(examples_c3d: list[bytes], tmp_path: Path) -> None:
    for number, content in enumerate(examples_c3d):
        path = tmp_path / f"walk{number}.c3d"
        path.write_bytes(content)
        tree = read_c3d(path)
        validate(tree)
        assert tree.attrs["recording"] == f"walk{number}" and tree.attrs["subject"] == "HC002D"
        assert (tree.attrs["mass_kg"], tree.attrs["height_m"]) == (32.1, 1.45)
        assert tree.attrs["source"]["digest"].startswith("sha256:")
        assert ("markers" in tree.children) == (number != 6)


def test_real_files(shared_data: Callable[[str], Path]) -> None:
    masses = {}
    for path in sorted(shared_data("biomechzoo").rglob("*.c3d")):
        tree = read_c3d(path)
        validate(tree)
        masses[tree.attrs["subject"]] = tree.attrs["mass_kg"]
        assert tree.attrs["subject"] == path.parent.parent.name
        assert stream_names(tree) == [
            "markers", "angles", "model_forces", "moments", "powers", "scalars",
            "plates", "emg", "analog",
        ]  # fmt: skip
        assert tree["plates"].sizes["time"] == 10 * tree["markers"].sizes["time"]
    assert len(masses) == 11 and min(masses.values()) == 25.0 and max(masses.values()) == 59.9


def test_other_vendors(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("file_readers")
    gait = read_c3d(folder / "BMC_Gait.c3d")  # DEC integers, plates of type 4, labels twice
    assert gait["plates"].sizes == {"time": 4870, "channel": 24}
    assert "RKNE_2_x" in gait["markers"].channel.values
    serve = read_c3d(folder / "kinematics_tennis_serve.c3d")
    assert stream_names(serve) == ["markers"] and serve.attrs["subject"] == "Derrick"
    assert set(serve["markers"].unit.values) == {"m"}
    assert read_c3d(folder / "c3d_sample.c3d")["plates"].sizes["channel"] == 72


def test_what_the_user_states_wins(write_c3d: Writer) -> None:
    known = {("POINT", "UNITS"): ["mm"], ("SUBJECTS", "NAMES"): ["A"]}
    path = write_c3d(np.ones((3, 1, 3)), parameters=known)
    stated = ReadOptions(subject="B", mass_kg=70.0, units={"markers": "m"})
    tree = read_c3d(path, stated)
    assert (tree.attrs["subject"], tree.attrs["mass_kg"]) == ("B", 70.0)
    assert set(tree["markers"].unit.values) == {"m"}


@pytest.mark.parametrize(
    "content", [b"", b"x", b"\0" * 2000, b"\x02\x50" + b"\0" * 3000, b"time,fx\n0,1\n" * 200]
)
def test_not_a_c3d_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "walk.c3d"
    path.write_bytes(content)
    with pytest.raises(FileFormatError) as caught:
        read_c3d(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_absent_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.c3d", tmp_path):
        with pytest.raises(FileFormatError):
            read_c3d(path)


@settings(
    max_examples=300,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    number=st.integers(0, 6),
    edits=st.lists(
        st.tuples(
            st.one_of(st.floats(0, 0.03), st.floats(0, 1, exclude_max=True)),
            st.one_of(st.sampled_from([0, 1, 127, 128, 255]), st.integers(0, 255)),
        ),
        min_size=1,
        max_size=4,
    ),
    kept=st.one_of(st.just(1.0), st.floats(0, 1)),
)
def test_damaged_files_are_read_or_refused(
    number: int,
    edits: list[tuple[float, int]],
    kept: float,
    examples_c3d: list[bytes],
    tmp_path: Path,
) -> None:
    content = bytearray(examples_c3d[number])
    for place, value in edits:
        content[int(place * len(content))] = value
    path = tmp_path / "damaged.c3d"
    path.write_bytes(content[: int(kept * len(content))])
    try:
        validate(read_c3d(path))
    except UnisonoError as error:
        assert "\n" not in str(error)
