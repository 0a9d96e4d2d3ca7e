"""Mirrors src/unisono/recordings/formats/file_units.py."""

import pytest

from unisono.core.errors import UnitError
from unisono.core.units import tidy_unit
from unisono.recordings.formats.file_units import file_unit


@pytest.mark.parametrize(
    "unit",
    ["N", "Nmm", "N*m/kg", "(N*m)/kg", "m/s^2", "m/s²", "m s**-2", "deg", "°", "%", "g_0", "uV",
     "1/s", "", "none", "BW", "cmH2O", "mV**2/Hz", "percent", "µm"],
)  # fmt: skip
def test_units_of_laboratories(unit: str) -> None:
    assert file_unit(unit) == tidy_unit(unit)


@pytest.mark.parametrize(
    "text",
    ["m**9**9**9", "9**9**9", "m^123", "m**9 ** 9", "(", "kg/(", "'", "#", "\\", "[[", "m {", "1e5",
     "m" * 100_000, "(" * 40, ")(", "m/0", "m+s", "newtoons", "a if b else c", "m**m", "(m**9", "/",
     "*m", "**2", "11", "__import__('os')", "."],
)  # fmt: skip
def test_anything_else_is_one_error(text: str) -> None:
    with pytest.raises(UnitError) as caught:
        file_unit(text)
    assert len(str(caught.value)) < 200
