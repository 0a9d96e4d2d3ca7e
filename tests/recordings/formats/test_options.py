"""Mirrors src/unisono/recordings/formats/options.py."""

import pytest
import xarray as xr

from unisono.core.errors import ConfigError, UnitError
from unisono.recordings.formats.options import DEFAULTS, ReadOptions, relabel_units
from unisono.recordings.schema import make_recording, make_stream


@pytest.fixture
def tree() -> xr.DataTree:
    grf = make_stream(
        [[700.0, 0.1, 3.0]], time=[0], channels=["fz", "px", "tz"], units=["N", "m", "N*m"],
        kind="force",
    )  # fmt: skip
    angles = make_stream([[1.0]], time=[0], channels=["knee"], units="rad", kind="angle")
    return make_recording({"grf": grf, "angles": angles}, recording="walk", subject="A")


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("N/kg", ["N/kg", "m", "N*m"]),
        ("BW", ["BW", "m", "N*m"]),
        ("mm", ["N", "mm", "N*m"]),
        ("N*mm/kg", ["N", "m", "N*mm/kg"]),
    ],
)
def test_stream_unit_goes_to_what_it_measures(
    tree: xr.DataTree, unit: str, expected: list[str]
) -> None:
    changed = relabel_units(tree, {"grf": unit})
    assert changed["grf"].unit.values.tolist() == expected
    assert changed["grf"]["data"].values.tolist() == [[700.0, 0.1, 3.0]]
    assert "by the user" in changed["grf"].attrs["history"][-1]


def test_channel_unit_needs_no_kinship(tree: xr.DataTree) -> None:
    changed = relabel_units(tree, {"grf/tz": "V", "knee": "deg"})
    assert changed["grf"].unit.values.tolist() == ["N", "m", "V"]
    assert changed["angles"].unit.values.tolist() == ["deg"]


def test_unit_that_fits_nothing_is_refused(tree: xr.DataTree) -> None:
    with pytest.raises(UnitError, match="no channel of stream 'angles' can be in N: its units"):
        relabel_units(tree, {"angles": "N"})
    with pytest.raises(UnitError, match="no such stream or channel.*Did you mean 'angles'"):
        relabel_units(tree, {"angels": "deg"})


def test_options_of_a_folder_pass_over_what_a_file_lacks(tree: xr.DataTree) -> None:
    changed = relabel_units(tree, {"emg": "mV", "angles": "deg"}, skip_absent=True)
    assert changed["angles"].unit.values.tolist() == ["deg"]


def test_same_unit_leaves_no_history(tree: xr.DataTree) -> None:
    assert relabel_units(tree, {"angles": "rad"})["angles"].attrs["history"] == []


@pytest.mark.parametrize(
    "wrong", [{"rate_hz": 0.0}, {"mass_kg": 700.0}, {"height_m": 178.0}, {"columns": "time"}]
)
def test_values_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(ConfigError):
        ReadOptions(**wrong)


def test_unknown_unit_is_refused_at_once() -> None:
    with pytest.raises(UnitError, match="'newtoons' is not known"):
        ReadOptions(units={"grf": "newtoons"})
    assert ReadOptions() == DEFAULTS
