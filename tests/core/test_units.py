"""Mirrors src/unisono/core/units.py."""

import numpy as np
import pytest

from unisono.core.errors import UnitError
from unisono.core.units import conversion_factor, convert, same_dimension, tidy_unit


@pytest.mark.parametrize(
    ("source", "target", "mass", "factor"),
    [
        ("mm", "m", None, 1e-3),
        ("deg", "rad", None, np.pi / 180),
        ("rad/s", "deg/s", None, 180 / np.pi),
        ("N*mm/kg", "N*m/kg", None, 1e-3),
        ("BW", "N/kg", None, 9.80665),
        ("N", "N/kg", 50.0, 1 / 50),
        ("N/kg", "N", 50.0, 50.0),
        ("N", "BW", 50.0, 1 / (50 * 9.80665)),
        ("N*mm", "N*m/kg", 80.0, 1e-3 / 80),
        ("W", "W/kg", 80.0, 1 / 80),
    ],
)
def test_factors(source: str, target: str, mass: float | None, factor: float) -> None:
    assert conversion_factor(source, target, mass_kg=mass) == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize(("a", "b"), [("deg", "1"), ("mm", "N"), ("N", "N*m"), ("deg/s", "Hz")])
def test_what_does_not_convert_is_refused(a: str, b: str) -> None:
    assert not same_dimension(a, b)
    with pytest.raises(UnitError, match="cannot be converted"):
        conversion_factor(a, b)


def test_mass_is_asked_for() -> None:
    with pytest.raises(UnitError, match="needs the body mass"):
        conversion_factor("N", "BW")


def test_an_unknown_unit_says_how_to_name_one() -> None:
    with pytest.raises(UnitError, match="unit 'furlong per moon' is not known"):
        tidy_unit("furlong per moon")


def test_dtype_is_kept_and_identity_does_not_copy() -> None:
    values = np.ones(3, dtype=np.float32)
    assert convert(values, "mm", "m").dtype == np.float32
    assert convert(values, "Newtons", "N") is values
