"""Mirrors src/unisono/core/units.py."""

import time

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


@pytest.mark.parametrize(("a", "b"), [("degC", "K"), ("degF", "degC"), ("1", "dB"), ("m", "degC")])
def test_units_that_no_factor_joins_are_kept_and_not_converted(a: str, b: str) -> None:
    assert tidy_unit(a) == a and conversion_factor(a, a) == 1.0
    assert same_dimension(b, b) and not same_dimension(a, b)
    with pytest.raises(UnitError, match=f"{a} to {b} is no factor"):
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


@pytest.mark.parametrize(
    "unit",
    ["N", "N*m/kg", "(N*m)/kg", "m/s^2", "m s**-2", "deg", "g_0", "uV", "1/s", "BW", "cmH2O",
     "mV**2/Hz", "percent", "µm", "mV/Hz**0.5", "m^2.s^-1", "kg*m^2/s^2"],
)  # fmt: skip
def test_units_of_laboratories_are_kept(unit: str) -> None:
    assert tidy_unit(unit) == unit


@pytest.mark.parametrize(
    "text",
    ["m**9**9**9", "9**9**9", "m^123", "m**9 ** 9", "(", "kg/(", "'", "#", "\\", "[[", "m {", "1e5",
     "m" * 100_000, "(" * 40, ")(", "m/0", "m+s", "newtoons", "a if b else c", "m**m", "(m**9", "/",
     "*m", "**2", "11", "__import__('os')", ".", "m**9**9", "((km^99)^99)^99",
     "m" * 60 + "!", "m**1**1", "m * " * 15 + "!", "1" * 60, "m^1.2.3"],
)  # fmt: skip
def test_what_is_not_written_as_a_unit_is_one_error_at_once(text: str) -> None:
    began = time.perf_counter()
    for call in (tidy_unit, lambda unit: conversion_factor(unit, "m")):
        with pytest.raises(UnitError) as caught:
            call(text)
        assert len(str(caught.value)) < 200 and "\n" not in str(caught.value)
    assert time.perf_counter() - began < 2.0
