"""Mirrors src/unisono/recordings/windows.py."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from unisono.core.errors import SchemaError, UnitError
from unisono.recordings.schema import make_events, make_recording, make_stream
from unisono.recordings.signals.mirroring import mirror
from unisono.recordings.windows import KNOWN, Cut, cut_windows

Z_UP = {"up": "z", "forward": "unknown", "handedness": "right"}


def sines(time: np.ndarray, channels: list[str]) -> np.ndarray:
    """A slow sine a channel, so that resampling is all but exact."""
    frequency = 0.5 + 0.25 * np.arange(len(channels))
    return np.sin(2 * np.pi * frequency * time[:, None]) + np.arange(len(channels))


def walker(direction: float = 0.0, **known: object) -> xr.DataTree:
    """Two seconds at 1.2 m/s along ``direction``: braking, then propulsion; a plate from 0.5 s."""
    slow, fast = np.arange(201) / 100, 0.5 + np.arange(1001) / 1000
    angles = sines(slow, ["r_knee", "l_knee", "pelvis_list"])
    way = 1.2 * slow
    c, s = np.cos(direction), np.sin(direction)
    offsets = {"r_asis": -0.1, "l_asis": 0.1}
    markers = np.stack(
        [
            axis
            for left in offsets.values()
            for axis in (way * c - left * s, way * s + left * c, np.full_like(way, 0.9))
        ],
        axis=1,
    )
    fore = -80 * np.sin(2 * np.pi * (fast - 0.5))
    side = np.full_like(fore, 20.0)
    grf = np.stack([fore * c - side * s, fore * s + side * c, np.full_like(fore, 700)], axis=1)
    return make_recording(
        {
            "angles": make_stream(
                angles, time=slow, channels=["r_knee", "l_knee", "pelvis_list"], units="deg",
                kind="angle", filter={"type": "lowpass"},
            ),
            "markers": make_stream(
                markers, time=slow, channels=[f"{m}_{a}" for m in offsets for a in "xyz"],
                units="m", kind="position", frame=Z_UP,
            ),
            "grf": make_stream(
                grf, time=fast, channels=["r_fx", "r_fy", "r_fz"], units="N", kind="force",
                frame=Z_UP,
            ),
        },
        recording="walk", subject="S1", mass_kg=70.0,
        events=make_events(
            [0.3, 0.6, 0.9, 1.3, 1.4, 1.9],
            ["foot_strike", "foot_strike", "foot_off", "foot_off", "foot_strike", "foot_off"],
            ["left", "right", "left", "right", "left", "left"], "given",
        ), **known,
    )  # fmt: skip


def test_fixed_windows_hold_the_signal_at_the_true_times() -> None:
    cut = Cut(("angles", "grf"), rate_hz=50, length=20, stride=10, require=("angles",))
    batch = cut_windows(walker(), cut)
    assert len(batch) == 9
    assert batch.data["angles"].dtype == np.float32
    for row, start in enumerate(batch.table["start_s"]):
        times = start + np.arange(20) / 50
        expected = sines(times, ["r", "l", "p"])
        np.testing.assert_allclose(batch.data["angles"][row], expected, atol=2e-3)
        inside = (times >= 0.5 - 1e-9) & (times <= 1.5 + 1e-9)
        np.testing.assert_array_equal(batch.mask["grf"][row], np.repeat(inside[:, None], 3, 1))
        assert (batch.data["grf"][row][~inside] == 0).all()
    assert batch.streams["grf"].rate_hz == 50
    assert batch.streams["grf"].units == ("N", "N", "N")
    assert batch.streams["angles"].filter == {"type": "lowpass"}


def test_stance_windows_run_from_event_to_event() -> None:
    cut = Cut(("angles", "grf"), by=("foot_strike", "foot_off"), points=31)
    batch = cut_windows(walker(height_m=1.8, labels={"condition": "slow"}), cut)
    table = batch.table
    assert table["side"].tolist() == ["left", "left", "right"]
    np.testing.assert_allclose(table["duration_s"], [0.6, 0.5, 0.7])
    np.testing.assert_allclose(table["speed"], 1.2, atol=1e-6)
    assert table["condition"].tolist() == ["slow"] * 3
    assert table["height_m"].tolist() == [1.8] * 3
    for row in range(3):
        times = np.linspace(table["start_s"][row], table["stop_s"][row], 31)
        np.testing.assert_allclose(batch.data["angles"][row], sines(times, ["r"] * 3), atol=2e-3)
    assert batch.streams["angles"].rate_hz == 0
    assert not batch.mask["grf"][1, -1].any()  # the plate was left at 1.5 s
    assert set(KNOWN) <= set(table.columns)


@pytest.mark.parametrize("direction", [0.0, 1.0, np.pi / 2, np.pi, -2.0])
def test_in_a_heading_frame_every_direction_looks_the_same(direction: float) -> None:
    cut = Cut(
        ("grf",), by=("foot_strike", "foot_off"), points=21, side="right", heading="travel",
        units={"grf": "N/kg"},
    )  # fmt: skip
    batch = cut_windows(walker(direction), cut)
    times = np.linspace(0.6, 1.3, 21)
    fore = -80 * np.sin(2 * np.pi * (times - 0.5)) / 70
    expected = np.stack([fore, np.full(21, 20 / 70), np.full(21, 10)], axis=1)
    np.testing.assert_allclose(batch.data["grf"][0], expected, atol=2e-3)
    assert batch.streams["grf"].units == ("N/kg",) * 3
    assert batch.streams["grf"].frame["forward"] == "x"


def test_a_heading_needs_both_components_and_selection_comes_later() -> None:
    cut = Cut(
        ("grf",), rate_hz=100, length=40, heading="travel", channels={"grf": ("r_fx",)}
    )  # fmt: skip
    batch = cut_windows(walker(np.pi / 2), cut)
    expected = -80 * np.sin(2 * np.pi * np.arange(40) / 100)
    np.testing.assert_allclose(batch.data["grf"][0, :, 0], expected, atol=0.2)


def test_leg_views_of_a_mirrored_person_are_the_same() -> None:
    cut = Cut(("angles",), by=("foot_strike", "foot_off"), points=21, mirror=True, side="left")
    other = Cut(("angles",), by=("foot_strike", "foot_off"), points=21, mirror=True, side="right")
    left = cut_windows(walker(), cut)
    right = cut_windows(mirror(walker()), other)
    assert left.streams["angles"].channels == right.streams["angles"].channels
    assert set(left.streams["angles"].channels) == {"ipsi_knee", "contra_knee", "pelvis_list"}
    np.testing.assert_allclose(left.data["angles"], right.data["angles"], atol=1e-6)
    knee = left.streams["angles"].channels.index("ipsi_knee")
    times = np.linspace(0.3, 0.9, 21)
    expected = np.sin(2 * np.pi * 0.75 * times) + 1  # the left knee of the walker
    np.testing.assert_allclose(left.data["angles"][0, :, knee], expected, atol=2e-3)


def test_windows_with_too_little_of_a_required_stream_are_dropped() -> None:
    def starts(**settings: object) -> list[float]:
        cut = Cut(("angles", "grf"), rate_hz=50, length=25, stride=25, **settings)  # type: ignore[arg-type]
        return cut_windows(walker(), cut).table["start_s"].tolist()

    assert starts(require=("angles",)) == pytest.approx([0.0, 0.5, 1.0, 1.5])
    both = {"require": ("angles", "grf")}
    assert starts(**both, min_valid=0.9) == pytest.approx([0.5, 1.0])


def test_the_other_legs_channels_do_not_count() -> None:
    tree = walker()
    tree["angles"].valid.values[:, 1] = False  # the left knee is never seen
    strict = {"by": ("foot_strike", "foot_off"), "require": ("angles",), "min_valid": 1.0}
    assert cut_windows(tree, Cut(("angles",), **strict)).table["side"].tolist() == ["right"]  # type: ignore[arg-type]
    mirrored = cut_windows(tree, Cut(("angles",), mirror=True, **strict))  # type: ignore[arg-type]
    assert mirrored.table["side"].tolist() == ["right"]


def test_a_turned_stream_has_the_vertical_axis_of_the_markers() -> None:
    tree = walker(np.pi / 2)
    tree["grf"].attrs["frame"] = {"up": "unknown", "forward": "unknown", "handedness": "unknown"}
    by = ("foot_strike", "foot_off")
    named = Cut(("grf",), by=by, points=21, side="right", heading="travel", turned=("grf",))
    fore = -80 * np.sin(2 * np.pi * (np.linspace(0.6, 1.3, 21) - 0.5))
    np.testing.assert_allclose(cut_windows(tree, named).data["grf"][0, :, 0], fore, atol=0.2)
    with pytest.raises(SchemaError, match=r"'grf' cannot be turned: the vertical axis"):
        cut_windows(tree, Cut(("grf",), by=by, points=21, side="right", heading="travel"))


def test_a_gap_is_masked_and_zero() -> None:
    tree = walker()
    values = tree["angles"].data.values
    tree["angles"].valid.values[40:60, 1] = False
    values[40:60, 1] = np.nan
    batch = cut_windows(tree, Cut(("angles",), rate_hz=100, length=100))
    assert np.isfinite(batch.data["angles"]).all()
    np.testing.assert_array_equal(
        batch.mask["angles"][0, :, 1], ~np.isin(range(100), range(40, 60))
    )
    assert batch.mask["angles"][0, :, 0].all()
    assert (batch.data["angles"][~batch.mask["angles"]] == 0).all()


def test_labels_state_the_speed() -> None:
    cut = Cut(("angles",), rate_hz=50, length=50)
    assert cut_windows(walker(labels={"speed": 3.5}), cut).table["speed"].tolist() == [3.5, 3.5]
    standing = walker()
    standing["markers"].data.values[:] = standing["markers"].data.values[:1]
    assert cut_windows(standing, cut).table["speed"].isna().all()


def test_a_recording_without_the_events_gives_no_windows() -> None:
    batch = cut_windows(walker(), Cut(("angles",), by=("toe_touch", "foot_off")))
    assert len(batch) == 0
    assert isinstance(batch.table, pd.DataFrame)
    assert batch.data == {}


def test_what_cannot_be_cut_is_one_clear_line() -> None:
    both = Cut(("angles", "imu"), rate_hz=50, length=10, require=("imu",))
    with pytest.raises(SchemaError, match="recording 'walk' lacks the stream imu"):
        cut_windows(walker(), both)
    assert set(cut_windows(walker(), Cut(("angles", "imu"), rate_hz=50, length=10)).data) == {
        "angles"
    }
    weightless = walker()
    del weightless.attrs["mass_kg"]
    with pytest.raises(UnitError, match=r"recording 'walk': .*needs the body mass"):
        cut_windows(weightless, Cut(("grf",), rate_hz=50, length=10, units={"grf": "BW"}))
    late = walker()
    late["grf"] = late["grf"].to_dataset().assign_coords(time=late["grf"]["time"].values + 9)
    with pytest.raises(SchemaError, match=r"'grf' starts at 9.5 s, after stream 'angles' ends"):
        cut_windows(late, Cut(("angles", "grf"), rate_hz=50, length=10))
    image = xr.Dataset(
        {"data": (("y", "x"), np.eye(2)), "valid": (("y", "x"), np.ones((2, 2), dtype=bool))},
        attrs={"kind": "image"},
    )
    with pytest.raises(SchemaError, match="has no time to cut"):
        cut_windows(
            make_recording({"digit": image}, recording="i", subject="s"),
            Cut(("digit",), rate_hz=1, length=1),
        )


def test_a_channel_of_one_leg_keeps_its_name_in_the_windows_of_both() -> None:
    """The plate is the right foot's: ipsilateral in right windows, contralateral in left ones."""
    cut = Cut(("angles", "grf"), by=("foot_strike", "foot_off"), mirror=True, require=("angles",))
    batch = cut_windows(walker(), cut)
    names = batch.streams["grf"].channels
    assert {"ipsi_fz", "contra_fz"} <= set(names)
    column = {name: batch.mask["grf"][:, :, i] for i, name in enumerate(names)}
    right = batch.table["side"].to_numpy() == "right"
    assert right.any() and not right.all()
    assert column["ipsi_fz"][right].all() and not column["contra_fz"][right].any()
    assert not column["ipsi_fz"][~right].any() and column["contra_fz"][~right].any()
