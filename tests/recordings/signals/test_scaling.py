"""Mirrors src/unisono/recordings/signals/scaling.py."""

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import SchemaError, UnisonoError
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.signals.scaling import Body, body_of, scale, unscale

GRAVITY = 9.80665


def _stream() -> xr.Dataset:
    return make_stream(
        np.array([[700.0, 30.0, 200.0, 120.0, 5.0]]), time=[0],
        channels=["r_fz", "r_tz", "r_power", "r_copx", "r_knee"],
        units=["N", "N*m", "W", "mm", "deg"], kind="feature",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("to", "values", "units"),
    [
        ("mass", [10.0, 30 / 70, 200 / 70, 120.0, 5.0], ["N/kg", "N*m/kg", "W/kg", "mm", "deg"]),
        ("weight", [10 / GRAVITY, 30 / 70, 200 / 70, 120.0, 5.0],
         ["BW", "N*m/kg", "W/kg", "mm", "deg"]),
        ("body", [10 / GRAVITY, 30 / (70 * GRAVITY * 1.6),
                  200 / (70 * GRAVITY * np.sqrt(GRAVITY * 1.6)), 0.12 / 1.6, 5.0],
         ["1", "1", "1", "1", "deg"]),
    ],
)  # fmt: skip
def test_table_and_back(to: str, values: list[float], units: list[str]) -> None:
    body = Body(70.0, 1.6)
    new = scale(_stream(), body, to)
    assert new.data.values[0] == pytest.approx(values)
    assert new.unit.values.tolist() == units
    back = unscale(new, body)
    wanted = _stream().data.values[0] * ([1, 1, 1, 0.001, 1] if to == "body" else np.ones(5))
    assert back.data.values[0] == pytest.approx(wanted)
    assert "scaled_from" not in back.attrs
    assert len(back.attrs["history"]) >= 2


def test_people_of_different_size_and_same_gait_agree() -> None:
    small, large = Body(40.0, 1.4), Body(90.0, 1.9)
    for body, other in ((small, large), (large, small)):
        scaled = scale(_stream(), body, "body")
        there = unscale(scaled, other)
        ratio = there.data.values[0, 0] / 700
        assert ratio == pytest.approx(other.mass_kg / body.mass_kg)


def test_an_acceleration_is_no_force_per_mass() -> None:
    imu = make_stream([[9.8]], time=[0], channels=["acc_z"], units="m/s^2", kind="acceleration")
    for to in ("mass", "weight", "body"):
        assert scale(imu, Body(70.0, 1.7), to).unit.values.tolist() == ["m/s^2"]


def test_what_is_missing_is_asked_for() -> None:
    with pytest.raises(SchemaError, match="scaling a moment by the body needs height_m"):
        scale(_stream(), Body(70.0), "body")
    with pytest.raises(UnisonoError, match="mass_kg"):
        Body(0.1)
    with pytest.raises(UnisonoError, match="height_m"):
        Body(70.0, 170.0)
    with pytest.raises(UnisonoError, match="to must be one of mass, weight, body"):
        scale(_stream(), Body(70.0), "leg")
    tree = make_recording({"a": _stream()}, recording="r", subject="s", mass_kg=60.0)
    assert body_of(tree) == Body(60.0)
    tree.attrs.pop("mass_kg")
    with pytest.raises(SchemaError, match="does not know the body mass"):
        body_of(tree)
