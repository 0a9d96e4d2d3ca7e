"""Mirrors src/unisono/recordings/schema.py."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import SchemaError, UnitError
from unisono.recordings.schema import (
    add_history,
    events_of,
    make_events,
    make_recording,
    make_stream,
    stream_names,
    validate,
)


def stream(**options: Any) -> xr.Dataset:  # noqa: ANN401
    given: dict[str, Any] = {
        "time": [0.0, 0.01, 0.02],
        "channels": ["fx", "fz"],
        "units": "N",
        "kind": "force",
    }
    return make_stream(np.ones((3, 2)), **(given | options))


def test_a_stream_holds_data_mask_units_and_what_is_known() -> None:
    node = stream(units=["N", "N/kg"], frame={"up": "z"})
    assert node["data"].dims == node["valid"].dims == ("time", "channel")
    assert node["unit"].values.tolist() == ["N", "N/kg"]
    assert node.attrs["rate_hz"] == 100.0
    assert node.attrs["frame"] == {"up": "z", "forward": "unknown", "handedness": "unknown"}


def test_what_is_not_finite_is_not_valid() -> None:
    node = make_stream([[np.nan], [1.0]], time=[0, 1], channels=["a"], units="m", kind="position")
    assert node["valid"].values.tolist() == [[False], [True]]


def test_float32_is_kept_and_everything_else_becomes_float64() -> None:
    options = {"time": [0.0], "channels": ["a"], "units": "1", "kind": "feature"}
    assert make_stream(np.ones((1, 1), np.float32), **options)["data"].dtype == np.float32
    assert make_stream(np.ones((1, 1), np.int16), **options)["data"].dtype == np.float64


def test_a_stream_is_what_xarray_makes_of_the_same_arrays() -> None:
    names, time = ["r_fz", "l_longer_name"], np.array([0.0, 0.5])
    ours = make_stream(np.eye(2), time=time, channels=names, units="N", kind="force")
    plain = xr.Dataset(
        {"data": (("time", "channel"), np.eye(2)), "valid": (("time", "channel"), np.eye(2) < 2)},
        coords={"time": time, "channel": names, "unit": ("channel", ["N", "N"])},
        attrs=ours.attrs,
    )
    xr.testing.assert_identical(ours, plain)
    assert ours["channel"].dtype == plain["channel"].dtype
    assert ours.sel(channel="l_longer_name", time=0.5)["data"] == 1
    xr.align(ours, plain, join="exact")  # raises where labels are not taken for the same


def test_what_is_unknown_is_absent() -> None:
    tree = make_recording({"grf": stream()}, recording="a", subject="s", mass_kg=None)
    assert "mass_kg" not in tree.attrs
    assert not len(events_of(tree)["time"])
    assert stream_names(tree) == ["grf"]


def test_events_are_a_node_and_no_stream() -> None:
    events = make_events([0.5], ["foot_strike"], ["left"], "given")
    tree = make_recording({"grf": stream()}, recording="a", subject="s", events=events)
    assert stream_names(tree) == ["grf"]
    assert events_of(tree)["side"].values.tolist() == ["left"]


def test_history_grows_and_the_stream_is_left_alone() -> None:
    node = stream()
    assert add_history(node, "filtered").attrs["history"] == ["filtered"]
    assert node.attrs["history"] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"time": [0.0, 0.02, 0.01]}, r"time does not increase at sample 2 \(0\.02 s then 0\.01 s"),
        ({"time": [0.0, 0.01, 0.01]}, "time does not increase"),
        ({"channels": ["fx", "fx"]}, "channel 'fx' appears twice; rename one"),
        ({"kind": "forse"}, "kind 'forse' is not known Did you mean 'force'"),
        ({"time": [0.0, 0.01]}, "2 time stamps and 2 channels"),
        ({"units": ["N"]}, "1 units for 2 channels"),
        ({"colour": "red"}, "no attribute 'colour'"),
    ],
)
def test_what_breaks_the_schema_is_one_line(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError, match=message) as caught:
        make_recording({"grf": stream(**options)}, recording="a", subject="s")
    assert "\n" not in str(caught.value)


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(UnitError, match="unit 'furlongs per' is not known"):
        stream(units="furlongs per")


def test_bodies_and_versions_out_of_range_are_refused() -> None:
    with pytest.raises(SchemaError, match=r"mass_kg is 700, outside 1\.0 to 500\.0"):
        make_recording({"grf": stream()}, recording="a", subject="s", mass_kg=700)
    tree = make_recording({"grf": stream()}, recording="a", subject="s")
    tree.attrs["schema"] = 99
    with pytest.raises(SchemaError, match="has schema 99, newer than 1; update unisono"):
        validate(tree)


def test_a_recording_without_streams_or_name_is_refused() -> None:
    with pytest.raises(SchemaError, match="has no stream"):
        make_recording({}, recording="a", subject="s")
    tree = make_recording({"grf": stream()}, recording="a", subject="s")
    del tree.attrs["subject"]
    with pytest.raises(SchemaError, match="lacks the attribute 'subject'"):
        validate(tree)
