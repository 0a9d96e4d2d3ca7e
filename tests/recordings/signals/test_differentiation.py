"""Mirrors src/unisono/recordings/signals/differentiation.py."""

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import UnisonoError
from unisono.core.units import tidy_unit
from unisono.recordings.schema import make_stream
from unisono.recordings.signals.differentiation import Derivative, derivative_unit, differentiate


def _stream(time: np.ndarray, x: np.ndarray, unit: str = "m", kind: str = "position") -> xr.Dataset:
    return make_stream(x[:, None], time=time, channels=["x"], units=unit, kind=kind)


TIME = np.arange(200) / 100


@pytest.mark.parametrize("method", ["savgol", "spline"])
@pytest.mark.parametrize("order", [1, 2])
def test_polynomials_are_exact_up_to_the_ends(method: str, order: int) -> None:
    curve = np.polynomial.Polynomial([1.0, -2.0, 0.5, 3.0])
    new = differentiate(_stream(TIME, curve(TIME)), Derivative(order, method))
    assert np.allclose(new.data.values[:, 0], curve.deriv(order)(TIME), atol=1e-6)
    assert new.valid.values.all()


@pytest.mark.parametrize(("method", "tolerance"), [("savgol", 0.01), ("spline", 1e-4)])
def test_sine_against_its_derivative(method: str, tolerance: float) -> None:
    omega = 2 * np.pi * 2
    new = differentiate(_stream(TIME, np.sin(omega * TIME)), Derivative(1, method))
    error = new.data.values[5:-5, 0] / omega - np.cos(omega * TIME)[5:-5]
    assert np.abs(error).max() < tolerance


def test_spline_takes_true_time_stamps(rng: np.random.Generator) -> None:
    time = TIME + rng.uniform(-0.3, 0.3, 200) / 100
    stream = _stream(time, np.sin(6 * time))
    new = differentiate(stream, Derivative(method="spline"))
    assert np.abs(new.data.values[5:-5, 0] - 6 * np.cos(6 * time)[5:-5]).max() < 1e-3
    with pytest.raises(UnisonoError, match="even clock"):
        differentiate(stream)


def test_first_sample_is_no_copied_zero() -> None:
    new = differentiate(_stream(TIME, 3 * TIME))
    assert new.data.values[0, 0] == pytest.approx(3)
    assert new.data.values[-1, 0] == pytest.approx(3)


def test_two_samples_between_gaps_have_no_window() -> None:
    x = np.arange(10.0)
    x[2] = np.nan
    stream = make_stream(x[:, None], time=np.arange(10) / 100, channels=["x"], units="m",
                         kind="position")  # fmt: skip
    found = differentiate(stream, Derivative(degree=1))
    assert found.valid.values[:, 0].tolist() == [False] * 3 + [True] * 7
    assert np.allclose(found.data.values[3:, 0], 100.0)


def test_gaps_are_not_crossed_and_short_runs_are_lost() -> None:
    x = 2 * TIME
    x[50:60] = np.nan
    x[62] = np.nan  # leaves samples 60 and 61, too few for degree 3
    x[60:62] += 100
    new = differentiate(_stream(TIME, x))
    assert np.allclose(new.data.values[new.valid.values], 2)
    assert np.flatnonzero(~new.valid.values[:, 0]).tolist() == list(range(50, 63))
    spline = differentiate(_stream(TIME, x), Derivative(method="spline"))
    assert np.allclose(spline.data.values[spline.valid.values], 2)


@pytest.mark.parametrize(
    ("kind", "unit", "order", "kind_then", "unit_then"),
    [
        ("position", "mm", 1, "velocity", "mm/s"),
        ("position", "m", 2, "acceleration", "m/s^2"),
        ("velocity", "m/s", 1, "acceleration", "m/s^2"),
        ("angle", "deg", 1, "angular_velocity", "deg/s"),
        ("angle", "deg", 2, "feature", "deg/s^2"),
        ("force", "N/kg", 1, "feature", "N/kg/s"),
    ],
)
def test_kind_and_unit_move_on(
    kind: str, unit: str, order: int, kind_then: str, unit_then: str
) -> None:
    new = differentiate(_stream(TIME, TIME, unit, kind), Derivative(order))
    assert new.attrs["kind"] == kind_then
    assert str(new.unit.values[0]) == unit_then
    assert tidy_unit(derivative_unit(unit, order)) == unit_then


def test_settings_out_of_range_are_refused() -> None:
    for wrong, message in (
        ({"order": 3}, "order"),
        ({"method": "central"}, "method must be one of"),
        ({"window_s": 0.0}, "window_s"),
        ({"order": 2, "degree": 1}, "degree"),
    ):
        with pytest.raises(UnisonoError, match=message):
            Derivative(**wrong)
    with pytest.raises(UnisonoError, match=r"holds 3 samples at 100 Hz, too few for degree 3"):
        differentiate(_stream(TIME, TIME), Derivative(window_s=0.02))
