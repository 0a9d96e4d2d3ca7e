"""Mirrors src/unisono/recordings/window_streams.py."""

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import ConfigError, SchemaError, UnitError
from unisono.recordings.schema import make_stream
from unisono.recordings.signals.resampling import resample
from unisono.recordings.window_settings import Cut
from unisono.recordings.window_streams import (
    converted,
    is_turned,
    resampled,
    selected,
    turned_stream,
)


def forces(frames: int = 5) -> xr.Dataset:
    row = [30.0, 40.0, 700.0, 0.1, 20.0]
    return make_stream(
        [row] * frames, time=np.arange(frames) / 100,
        channels=["r_fx", "r_fy", "r_fz", "r_copx", "r_tz"], units=["N"] * 3 + ["m", "N*m"],
        kind="force", frame={"up": "z"},
    )  # fmt: skip


def test_selected_follows_the_patterns() -> None:
    cut = Cut(("grf",), rate_hz=1, length=1, channels={"grf": ("*_fz", "r_f?")})
    assert selected(forces(), "grf", cut).channel.values.tolist() == ["r_fz", "r_fx", "r_fy"]
    wrong = Cut(("grf",), rate_hz=1, length=1, channels={"grf": ("r_fw",)})
    with pytest.raises(ConfigError, match=r"stream 'grf' has no channel 'r_fw'.*Did you mean 'r_f"):
        selected(forces(), "grf", wrong)


def test_units_convert_what_measures_the_same() -> None:
    out = converted(forces(), "grf", {"grf": "N/kg", "grf/*_tz": "N*mm/kg", "imu": "g"}, 70.0)
    np.testing.assert_allclose(out.data.values[0], [30 / 70, 40 / 70, 10.0, 0.1, 20e3 / 70])
    assert out.unit.values.tolist() == ["N/kg"] * 3 + ["m", "N*mm/kg"]
    assert forces().unit.values.tolist()[0] == "N"


def test_units_that_do_not_convert() -> None:
    with pytest.raises(UnitError, match="needs the body mass"):
        converted(forces(), "grf", {"grf": "N/kg"}, None)
    with pytest.raises(UnitError, match="no channel that converts to deg"):
        converted(forces(), "grf", {"grf": "deg"}, 70)
    with pytest.raises(UnitError, match="m cannot be converted to N"):
        converted(forces(), "grf", {"grf/*cop*": "N"}, 70)


def test_heading_turns_laboratory_streams() -> None:
    cut = Cut(("grf", "angles"), rate_hz=1, length=1, heading="travel")
    assert is_turned(forces(), "grf", cut)
    assert not is_turned(forces().assign_attrs(kind="angle"), "angles", cut)
    named = Cut(("grf", "angles"), rate_hz=1, length=1, heading="travel", turned=("angles",))
    assert not is_turned(forces(), "grf", named)
    out = turned_stream(forces(), "grf", np.pi / 2)
    np.testing.assert_allclose(out.data.values[0, :3], [40, -30, 700], atol=1e-9)
    with pytest.raises(SchemaError, match="'knee' cannot be turned"):
        turned_stream(forces().isel(channel=[2]), "knee", 0.5)


@pytest.mark.parametrize(("rate", "points"), [(1000, 51), (100, 101), (200, 20)])
def test_looking_only_nearby_changes_nothing(
    rate: int, points: int, rng: np.random.Generator
) -> None:
    time = np.arange(20 * rate) / rate
    long = make_stream(
        rng.normal(size=(len(time), 2)), time=time, channels=["a", "b"], units="m", kind="feature"
    )
    times = np.linspace(9.87, 11.02, points)
    near = resampled(long, times)
    assert near is not None
    np.testing.assert_allclose(near.data.values, resample(long, times).data.values, atol=1e-9)


def test_outside_its_time_there_is_nothing() -> None:
    assert resampled(forces(), np.linspace(1.0, 2.0, 5)) is None
    partly = resampled(forces(), np.array([0.0, 0.03, 0.06]))
    assert partly is not None
    assert partly.valid.values.all(axis=1).tolist() == [True, True, False]
