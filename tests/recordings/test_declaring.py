"""Mirrors src/unisono/recordings/declaring.py."""

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import SchemaError, UnisonoError
from unisono.recordings.declaring import Declared, declare, reverse_forces, state_up, swap_sides
from unisono.recordings.schema import make_recording, make_stream


def _tree() -> xr.DataTree:
    grf = make_stream([[-500.0, -9.0, 0.1]], time=[0], channels=["r_fz", "r_tz", "r_copx"],
                      units=["N", "N*m", "m"], kind="force")  # fmt: skip
    knee = make_stream([[10.0]], time=[0], channels=["RKneeAngles_x"], units="deg", kind="angle")
    return make_recording({"grf": grf, "angles": knee}, recording="r", subject="s")


def test_everything_stated_is_applied_and_written_down() -> None:
    said = Declared(units={"grf": "N/kg"}, up="z", reverse=("grf",), mass_kg=60.0, height_m=1.7)
    tree = declare(_tree(), said)
    grf = tree["grf"]
    assert grf.data.values.tolist() == [[500.0, 9.0, 0.1]]
    assert grf.unit.values.tolist() == ["N/kg", "N*m", "m"]
    assert grf.attrs["frame"]["up"] == "z"
    assert grf.attrs["history"] == [
        "reversed: forces act on the body",
        "vertical axis declared z by the user, was unknown",
        "unit of 1 channels declared N/kg by the user, was N",
    ]
    assert (tree.attrs["mass_kg"], tree.attrs["height_m"]) == (60.0, 1.7)
    assert tree["angles"].attrs["frame"]["up"] == "unknown"  # an angle has no vertical axis
    assert _tree()["grf"].data.values[0, 0] == -500.0


def test_nothing_stated_changes_nothing() -> None:
    tree = declare(_tree(), Declared())
    assert tree["grf"].attrs["history"] == []
    assert "mass_kg" not in tree.attrs


def test_reversing_twice_returns_the_forces() -> None:
    grf = _tree()["grf"].to_dataset()
    assert np.array_equal(reverse_forces(reverse_forces(grf)).data.values, grf.data.values)
    with pytest.raises(SchemaError, match="an? angle stream holds no force"):
        reverse_forces(_tree()["angles"].to_dataset())
    with pytest.raises(SchemaError, match="no stream 'gfr' to reverse. Did you mean 'grf'"):
        declare(_tree(), Declared(reverse=("gfr",)))


def test_swapping_sides_renames_and_moves_no_number() -> None:
    names = ["RASI_x", "C7_x", "LASI_x", "LTOE_x"]
    markers = make_stream([[1.0, 2.0, 3.0, 4.0]], time=[0], channels=names, units="m",
                          kind="position")  # fmt: skip
    tree = make_recording({"markers": markers}, recording="r", subject="s")
    new = declare(tree, Declared(swap=("markers",)))["markers"].to_dataset()
    assert new["channel"].values.tolist() == ["LASI_x", "C7_x", "RASI_x", "RTOE_x"]
    assert new["data"].values.tolist() == [[1.0, 2.0, 3.0, 4.0]]
    assert new.attrs["history"] == ["left and right swapped by the user"]
    assert swap_sides(new)["channel"].values.tolist() == names
    with pytest.raises(SchemaError, match="no stream 'marker' to swap. Did you mean 'markers'"):
        declare(tree, Declared(swap=("marker",)))
    middle = make_stream([[1.0]], time=[0], channels=["C7_x"], units="m", kind="position")
    with pytest.raises(SchemaError, match="names no side to swap"):
        swap_sides(middle)
    both = make_stream([[1.0, 2.0]], time=[0], channels=["LASI", "r.ASI"], units="m",
                       kind="position")  # fmt: skip
    assert len(set(swap_sides(both)["channel"].values)) == 2


def test_stating_the_vertical_axis_forgets_a_forward_one_that_contradicts() -> None:
    grf = _tree()["grf"].to_dataset().assign_attrs(frame={"up": "y", "forward": "z"})
    new = state_up(grf, "z")
    assert new.attrs["frame"] == {"up": "z", "forward": "unknown"}
    assert state_up(new, "z") is new


@pytest.mark.parametrize("wrong", [{"up": "w"}, {"mass_kg": 0.0}, {"height_m": 170.0}])
def test_values_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(UnisonoError):
        Declared(**wrong)
