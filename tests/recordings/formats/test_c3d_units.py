"""Unit spellings of files, and strings that only look like units."""

import pytest

from unisono.recordings.formats.c3d_units import as_unit, factor_to


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("mm", "mm"), ("Nmm", "N*mm"), ("N.mm", "N*mm"), ("V", "V"), ("mV", "mV"), ("uV", "uV"),
        ("µV", "uV"), ("deg/s", "deg/s"), ("m/s^2", "m/s^2"), ("m/s²", "m/s^2"), ("%", "percent"),
        ("°", "deg"), ("N\0", "N"),
    ],
)  # fmt: skip
def test_spellings(text: str, unit: str) -> None:
    assert as_unit(text) == unit


@pytest.mark.parametrize(
    "text", ["", "frobs", "9**9**9", "m^999999999", "()" * 99, "m" * 400, "import os", "\ufffd"]
)
def test_what_is_no_unit(text: str) -> None:
    assert as_unit(text) is None


def test_factors() -> None:
    assert factor_to("Nm", "N*mm") == 1000.0
    assert factor_to("N", "N") == 1.0
    assert factor_to("V", "N") is None and factor_to("frobs", "N") is None
