"""Mirrors src/unisono/viewing/sticks.py."""

from unisono.viewing.sticks import find_lines


def test_the_set_with_most_lines_is_taken() -> None:
    plug_in = [f"{s}{m}" for s in "LR" for m in ("ASI", "KNE", "ANK", "HEE", "TOE", "FEO")]
    lines = find_lines(plug_in)
    assert {line.side for line in lines} == {"left", "right", ""}
    assert ("LKNE", "LANK", "left") in lines
    assert ("LASI", "RASI", "") in lines
    assert not any("FEO" in line.start for line in lines)


def test_a_missing_marker_is_stepped_over() -> None:
    assert find_lines(["r_asis", "r_ankle", "r_toe"])[:2] == [
        ("r_asis", "r_ankle", "right"),
        ("r_ankle", "r_toe", "right"),
    ]


def test_an_unknown_set_has_no_lines() -> None:
    assert find_lines(["M001", "M002"]) == []
