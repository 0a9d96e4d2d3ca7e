"""Mirrors src/unisono/recordings/stream_units.py."""

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import SchemaError, UnitError
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.stream_units import apply_units, convert_stream, relabel_stream, same_thing


def _grf(**units: str) -> xr.Dataset:
    said = {"r_fx": "N", "r_fz": "N", "r_copx": "mm", "r_tz": "N*mm"} | units
    return make_stream(np.array([[1.0, 10.0, 100.0, 1000.0]]), time=[0], channels=list(said),
                       units=list(said.values()), kind="force")  # fmt: skip


def test_units_that_measure_one_thing() -> None:
    assert same_thing("BW", "N")
    assert same_thing("N*mm/kg", "N*m")
    assert same_thing("W", "W/kg")
    assert not same_thing("deg", "1")
    assert not same_thing("N", "N*m")
    assert not same_thing("m/s^2", "m")


def test_declaring_changes_labels_and_no_number() -> None:
    new = relabel_stream(_grf(), "N/kg")
    assert new.unit.values.tolist() == ["N/kg", "N/kg", "mm", "N*mm"]
    assert np.array_equal(new.data.values, _grf().data.values)
    assert new.attrs["history"][-1] == "unit of 2 channels declared N/kg by the user, was N"
    assert relabel_stream(new, "Nm/kg").unit.values.tolist() == ["N/kg", "N/kg", "mm", "N*m/kg"]
    picked = relabel_stream(_grf(), "deg", ["r_cop*"])
    assert picked.unit.values.tolist() == ["N", "N", "deg", "N*mm"]


def test_a_stream_of_one_unit_is_declared_whole() -> None:
    angles = make_stream([[0.5, 1.0]], time=[0], channels=["a", "b"], units="1", kind="angle")
    assert set(relabel_stream(angles, "rad").unit.values) == {"rad"}


def test_declaring_by_stream_and_by_channel() -> None:
    tree = make_recording({"grf": _grf()}, recording="r", subject="s")
    new = apply_units(tree, {"grf": "N/kg", "grf/*_tz": "N*mm/kg"})
    assert new["grf"].unit.values.tolist() == ["N/kg", "N/kg", "mm", "N*mm/kg"]
    assert len(new["grf"].attrs["history"]) == 2
    assert tree["grf"].unit.values[0] == "N"
    with pytest.raises(SchemaError, match=r"no stream 'gfr'.* Did you mean 'grf'"):
        apply_units(tree, {"gfr": "N"})
    with pytest.raises(UnitError, match="has no channel that deg could measure"):
        apply_units(tree, {"grf": "deg"})
    with pytest.raises(UnitError, match="not known"):
        apply_units(tree, {"grf": "newtonmiles"})
    with pytest.raises(UnitError, match=r"no channel is named like x\*"):
        apply_units(tree, {"grf/x*": "N"})


def test_converting_takes_all_of_one_thing_and_nothing_else() -> None:
    new = convert_stream(_grf(r_fx="kN"), "N/kg", mass_kg=50.0)
    assert new.data.values[0].tolist() == pytest.approx([20.0, 0.2, 100.0, 1000.0])
    assert new.unit.values.tolist() == ["N/kg", "N/kg", "mm", "N*mm"]
    assert new.attrs["history"][-1] == "converted from N, kN to N/kg with 50 kg"
    back = convert_stream(new, "N", mass_kg=50.0)
    assert back.data.values[0, :2].tolist() == pytest.approx([1000.0, 10.0])
    same = convert_stream(_grf(), "N")
    assert same.attrs["history"] == []


def test_converting_needs_the_mass_only_where_it_matters() -> None:
    assert convert_stream(_grf(), "m").data.values[0, 2] == pytest.approx(0.1)
    with pytest.raises(UnitError, match="needs the body mass"):
        convert_stream(_grf(), "BW")
    with pytest.raises(UnitError, match=r"no channel that W could measure \(it has N, N\*mm, mm\)"):
        convert_stream(_grf(), "W")


def test_corners_of_plates_go_with_the_centre_of_pressure() -> None:
    corners = {"p1": [[0.0, 400.0, 0.0]] * 4}
    plates = _grf().assign_attrs(corners=corners)
    new = convert_stream(plates, "m")
    assert new.attrs["corners"]["p1"][0] == pytest.approx([0.0, 0.4, 0.0])
    assert convert_stream(plates, "kN").attrs["corners"] == corners == plates.attrs["corners"]


def test_precision_is_kept() -> None:
    stream = make_stream(np.ones((1, 1), np.float32), time=[0], channels=["a"], units="deg",
                         kind="angle")  # fmt: skip
    new = convert_stream(stream, "rad")
    assert new.data.dtype == np.float32
    assert new.data.item() == pytest.approx(np.pi / 180)
