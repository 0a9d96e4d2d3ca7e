"""Mirrors src/unisono/recordings/formats/columns.py."""

import pytest

from unisono.core.errors import FileFormatError
from unisono.recordings.formats.columns import (
    Cell,
    header_cell,
    kind_of,
    parse_cell,
    time_scale,
)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("Fz", Cell("", "Fz", "")),
        ("Fz [N]", Cell("", "Fz", "N")),
        ("Fz[newton]", Cell("", "Fz", "N")),
        ("Fz (N)", Cell("", "Fz", "N")),
        ("Knee (left)", Cell("", "Knee (left)", "")),
        ("grf/Fz [N/kg]", Cell("grf", "Fz", "N/kg")),
        ("a [b] c", Cell("", "a [b] c", "")),
        ("", Cell("", "", "")),
    ],
)
def test_header_cells(text: str, cell: Cell) -> None:
    assert parse_cell("f", text) == cell


def test_square_brackets_must_hold_a_unit() -> None:
    with pytest.raises(FileFormatError, match=r"column 'Fz \[foo\]' has a unit that is not known"):
        parse_cell("f", "Fz [foo]")


def test_cells_written_are_read() -> None:
    for cell in (Cell("grf", "fz", "N"), Cell("a b", "c/d (e)", "N*m/kg"), Cell("x", "t", "1")):
        assert parse_cell("f", header_cell(*cell)) == cell


@pytest.mark.parametrize(
    ("stream", "unit", "expected"),
    [
        ("", "mm", ("positions", "position")),
        ("", "N*mm/kg", ("moments", "moment")),
        ("", "rad", ("angles", "angle")),
        ("", "V", ("features", "feature")),
        ("emg", "V", ("emg", "emg")),
        ("imu_gyro", "deg/s", ("imu_gyro", "angular_rate")),
        ("uu", "1", ("uu", "feature")),
    ],
)
def test_kind_follows_name_then_unit(stream: str, unit: str, expected: tuple[str, str]) -> None:
    assert kind_of(stream, [unit]) == expected


@pytest.mark.parametrize(
    ("unit", "kind"),
    [("mm/s^2", "acceleration"), ("N/kg", "force"), ("newton/kg", "force"), ("BW", "force")],
)
def test_accelerations_are_no_forces_by_mass(unit: str, kind: str) -> None:
    assert kind_of("", [unit]) == (f"{kind}s", kind)


def test_time_columns() -> None:
    assert time_scale(Cell("", "Time", "")) == 1.0
    assert time_scale(Cell("", "time_ms", "")) == 0.001
    assert time_scale(Cell("", "t", "min")) == 60.0
    assert time_scale(Cell("", "Time", "percent")) is None
    assert time_scale(Cell("", "tibia", "")) is None
