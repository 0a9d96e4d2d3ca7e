"""Mirrors src/unisono/recordings/formats/vicon_blocks.py."""

from collections.abc import Callable

import numpy as np
import pytest

from unisono.core.errors import FileFormatError
from unisono.recordings.formats.vicon_blocks import split_blocks

MARKERS = (
    "Trajectories\n100\n,,Ann:LASI,,,Ann:RASI,,\nFrame,Sub Frame,X,Y,Z,X,Y,Z\n"
    ",,mm,mm,mm,mm,mm,mm\n7,0,1,2,3,,,\n8,0,1.5,2,3,4,5,6\n"
)


def test_one_block() -> None:
    (table,), events, unread = split_blocks("a.csv", MARKERS)
    assert (table.kind, table.rate_hz, table.lines) == ("trajectories", 100.0, [6, 7])
    assert table.owners == ["Ann:LASI"] * 3 + ["Ann:RASI"] * 3
    assert table.components == ["X", "Y", "Z"] * 2 and table.units == ["mm"] * 6
    np.testing.assert_array_equal(table.frames, [[7, 0], [8, 0]])
    nan = np.nan
    np.testing.assert_array_equal(table.values, [[1, 2, 3, nan, nan, nan], [1.5, 2, 3, 4, 5, 6]])
    assert events == unread == []


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", ",,,,\n"),  # a spreadsheet fills all lines
        lambda text: "sep=;\n" + text.replace(",", ";").replace(".", ","),
        lambda text: text.replace(",", "\t"),
        lambda text: text.replace("100\n", "100,Hz\n").replace("Trajectories", "TRAJECTORIES"),
    ],
)
def test_other_spellings_hold_the_same_numbers(change: Callable[[str], str]) -> None:
    (table,) = split_blocks("a.csv", change(MARKERS)).tables
    (same,) = split_blocks("a.csv", MARKERS).tables
    assert table.owners == same.owners and table.units == same.units
    np.testing.assert_array_equal(table.values, same.values)


def test_blocks_are_parted_and_units_may_be_blank() -> None:
    outputs = MARKERS.replace("Trajectories", "Model Outputs").replace("mm", "")
    tables = split_blocks("a.csv", f"{MARKERS}\n\n{outputs}").tables
    assert [table.kind for table in tables] == ["trajectories", "outputs"]
    assert tables[1].units == [""] * 6 and tables[1].values.shape == (2, 6)


def test_what_is_not_read_is_told() -> None:
    empty = "".join(MARKERS.splitlines(True)[:5])
    joints = MARKERS.replace("Trajectories", "Joints")
    events = "Events\n100\nWho,What\nAnn,Foot Strike\n"
    found = split_blocks("a.csv", f"{joints}\n{empty}\n{events}")
    assert found.tables == found.events == []
    assert found.unread == [
        "block 'Joints' (line 1) is left out",
        "block 'Trajectories' (line 9) has no rows of numbers",
        "the events (line 17) have no columns 'Name' and 'Time (s)' and are left out",
    ]


def test_events_by_the_names_of_their_columns() -> None:
    text = 'Events\n100\nName,Time (s),Context,Description\nFoot Off,1.25,Left,"off, by toe"\n'
    (event,) = split_blocks("a.csv", text).events
    assert event == ("", "Left", "Foot Off", 1.25)
    (event,) = split_blocks("a.csv", "Events;\n100\nName;Time (s)\nFoot Off;1,25\n").events
    assert event.time == 1.25 and split_blocks("a.csv", "Events\n100\n").events == []


@pytest.mark.parametrize(
    ("old", "new", "place", "problem"),
    [
        ("Trajectories\n100\n", "", "line 1", "no block begins here"),
        (MARKERS, ",,,\n", "", "there are no rows"),
        ("100\n", "fast\n", "line 2", "block 'Trajectories' has no rate"),
        ("100\n", "0\n", "line 2", "has no rate in Hz"),
        ("100\n", "99999999999\n", "line 2", "has no rate in Hz"),
        (MARKERS[12:], "", "line 1", "has no rate in Hz"),
        (MARKERS[16:], "", "line 2", "no line of names above a line 'Frame,Sub Frame,...'"),
        (",,Ann:LASI,,,Ann:RASI,,\n", "", "line 4", "no line of names above"),
        ("Sub Frame", "Time", "line 4", "no line of names above"),
        (",,Ann:LASI", ",,", "line 3", "column 3 of block 'Trajectories' has no name"),
        ("X,Y,Z,X", "X,,Z,X", "line 4", "column 4 of block 'Trajectories' has no name"),
        ("3,4,5,6", "3,4", "line 7", "6 values where the header names 8 columns"),
        ("1.5", "1.5x", "line 7, column 3", "'1.5x' is not a number"),
        ("8,0", "8.5,0", "line 7", "the frame is 8.5"),
        ("8,0", "8,", "line 7", "the sub frame is nan"),
        ("8,0", "8,-1", "line 7", "the sub frame is -1"),
        ("8,0", "1e300,0", "line 7", r"the frame is 1e\+300"),
    ],
)
def test_damage_is_one_line(old: str, new: str, place: str, problem: str) -> None:
    assert old in MARKERS
    with pytest.raises(FileFormatError, match=problem) as caught:
        split_blocks("a.csv", MARKERS.replace(old, new))
    assert place in str(caught.value) and "\n" not in str(caught.value)
