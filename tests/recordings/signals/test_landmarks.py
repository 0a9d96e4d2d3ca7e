"""Mirrors src/unisono/recordings/signals/landmarks.py."""

import numpy as np
import pytest

from unisono.core.errors import SchemaError, UnitError
from unisono.recordings.schema import make_stream
from unisono.recordings.signals.landmarks import (
    LANDMARKS,
    find_marker,
    marker_path,
    markers,
    up_axis,
)


def _markers(*names: str, unit: str = "mm", **more: object) -> object:
    channels = [f"{n}_{a}" for n in names for a in "xyz"]
    data = np.arange(2.0 * len(channels)).reshape(2, -1)
    return make_stream(data, time=[0, 1], channels=channels, units=unit, kind="position", **more)


@pytest.mark.parametrize(
    ("name", "landmark", "side"),
    [
        ("RHEE", "heel", "right"),
        ("L_calc", "heel", "left"),
        ("r_heel", "heel", "right"),
        ("R.Heel", "heel", "right"),
        ("Subject:LTOE", "toe", "left"),
        ("r_toe_study", "toe", "right"),
        ("r.ASIS", "asis", "right"),
        ("LASI", "asis", "left"),
        ("SACR", "sacrum", ""),
        ("L_ankle", "ankle", "left"),
    ],
)
def test_spellings_of_landmarks(name: str, landmark: str, side: str) -> None:
    stream = _markers("C7", name, "STRN")
    assert find_marker(stream, landmark, side).name == name
    assert find_marker(stream, landmark, "left" if side == "right" else "right") is None


def test_the_laboratorys_own_name_goes_first_and_must_exist() -> None:
    stream = _markers("RHEE", "RCAL")
    assert find_marker(stream, "heel", "right").name == "RHEE"
    assert find_marker(stream, "heel", "right", names={"right_heel": "RCAL"}).name == "RCAL"
    with pytest.raises(SchemaError, match="no marker 'X' for the right heel"):
        find_marker(stream, "heel", "right", names={"right_heel": "X"})


def test_paths_are_in_metres_with_holes_where_not_valid() -> None:
    stream = _markers("C7", "RHEE")
    stream.valid[1, 4] = False
    path = marker_path(stream, find_marker(stream, "heel", "right"))
    assert path[0].tolist() == [0.003, 0.004, 0.005]
    assert np.isnan(path[1]).tolist() == [False, True, False]
    with pytest.raises(UnitError):
        marker_path(_markers("RHEE", unit="deg"), markers(stream)[0])


def test_every_spelling_is_searched_as_it_is_compared() -> None:
    for words in LANDMARKS.values():
        assert all(w == w.lower() and not set(w) & set("_.- ") for w in words)


def test_the_vertical_axis_is_stated_or_asked_for() -> None:
    assert up_axis(_markers("a", frame={"up": "y"})) == "y"
    assert up_axis(_markers("a"), "z") == "z"
    with pytest.raises(SchemaError, match="state it with up='z'"):
        up_axis(_markers("a"))
