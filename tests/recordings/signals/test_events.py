"""Mirrors src/unisono/recordings/signals/events.py."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import SchemaError, UnitError
from unisono.recordings.schema import events_of, make_events, make_stream
from unisono.recordings.signals.contacts import ContactRule
from unisono.recordings.signals.events import events_from_force, join_events, vertical_channels


def _grf(**more: object) -> xr.Dataset:
    time = np.arange(200) / 100
    right = 700 * np.clip(np.sin(2 * np.pi * time), 0, None)
    left = 700 * np.clip(-np.sin(2 * np.pi * time), 0, None)
    return make_stream(np.stack([right, 0 * right, left], 1), time=time,
                       channels=["r_fz", "r_fx", "l_fz"], units="N", kind="force",
                       **({"frame": {"up": "z"}} | more))  # fmt: skip


def test_strikes_and_offs_of_both_feet() -> None:
    found = events_from_force(_grf()).to_dataframe()
    late = np.arcsin(20 / 700) / (2 * np.pi)
    rows = {(n, s): g["time"].tolist() for (n, s), g in found.groupby(["name", "side"])}
    # The recording starts loaded on neither foot, and ends before the left foot's last off.
    assert rows["foot_strike", "right"] == pytest.approx([late, 1 + late], abs=1e-4)
    assert rows["foot_off", "right"] == pytest.approx([0.5 - late, 1.5 - late], abs=1e-4)
    assert rows["foot_strike", "left"] == pytest.approx([0.5 + late, 1.5 + late], abs=1e-4)
    assert rows["foot_off", "left"] == pytest.approx([1 - late], abs=1e-4)
    assert set(found["how"]) == {"force"}


def test_what_is_not_valid_makes_no_event() -> None:
    stream = _grf()
    stream.valid[:20, :] = False
    stream.valid[60:70, 2] = False
    found = events_from_force(stream).to_dataframe()
    assert found.query("side == 'right' and name == 'foot_strike'").shape[0] == 1
    assert found.query("side == 'left' and name == 'foot_off'").shape[0] == 1


def test_units_of_the_threshold() -> None:
    per_mass = _grf()
    per_mass["data"] = per_mass["data"] / 50
    per_mass["unit"] = ("channel", np.array(["N/kg"] * 3))
    with pytest.raises(UnitError, match="give mass_kg or another unit"):
        events_from_force(per_mass)
    found = events_from_force(per_mass, mass_kg=50.0)
    assert np.allclose(found["time"], events_from_force(_grf())["time"])
    own = events_from_force(per_mass, ContactRule(0.4, "N/kg"))
    assert np.allclose(own["time"], found["time"])


def test_which_channel_is_the_vertical_ground_reaction() -> None:
    def stream(*names: str, up: str = "z") -> xr.Dataset:
        return make_stream(np.zeros((1, len(names))), time=[0], channels=list(names), units="N",
                           kind="force", frame={"up": up})  # fmt: skip

    vicon = stream("RHipForce_z", "RGroundReactionForce_z", "LGroundReactionForce_z", "LHipForce_z")
    assert vertical_channels(vicon) == {
        "right": "RGroundReactionForce_z",
        "left": "LGroundReactionForce_z",
    }
    opensim = stream("ground_force_r_vy", "ground_force_l_vy", up="y")
    assert vertical_channels(opensim)["left"] == "ground_force_l_vy"
    with pytest.raises(SchemaError, match="assign plates to feet first"):
        vertical_channels(stream("p1_fz"))
    with pytest.raises(SchemaError, match="several vertical forces"):
        vertical_channels(stream("r_fz", "r_gz_fz"))
    with pytest.raises(SchemaError, match="state it with up='z'"):
        vertical_channels(stream("r_fz", up="unknown"))
    found = events_from_force(stream("p1_fz"), channels={"right": "p1_fz"})
    assert found.sizes["event"] == 0
    with pytest.raises(SchemaError, match="no channel 'q' for the right"):
        events_from_force(stream("p1_fz"), channels={"right": "q"})


def test_the_first_source_counts_where_two_tell_of_one_event() -> None:
    given = make_events([1.0], ["foot_strike"], ["left"], "given")
    found = make_events([1.03, 1.03, 2.0], ["foot_strike", "foot_off", "foot_strike"],
                        ["left"] * 3, "force")  # fmt: skip
    joined = join_events([given, found]).to_dataframe()
    assert joined["time"].tolist() == [1.0, 1.03, 2.0]
    assert joined["how"].tolist() == ["given", "force", "force"]
    assert join_events([]).sizes["event"] == 0


def test_simulated_walking_within_one_sample(walk: xr.DataTree) -> None:
    found = events_from_force(walk["grf"].to_dataset(), mass_kg=walk.attrs["mass_kg"])
    truth, found = events_of(walk).to_dataframe(), found.to_dataframe()
    for (name, side), group in truth.groupby(["name", "side"]):
        mine = found[(found["name"] == name) & (found["side"] == side)]["time"].to_numpy()
        assert len(mine) >= len(group) - 1
        for time in mine:
            assert np.abs(group["time"] - time).min() < 0.015


def test_childrens_given_events_within_milliseconds(
    children: Callable[[str], list[xr.DataTree]],
) -> None:
    """The files' events on a plate were set at a threshold too: 1 +- 4 ms apart from ours."""
    errors = []
    for tree in children("Straight"):
        plates = tree["plates"].to_dataset()
        found = events_from_force(plates, channels={"right": "p1_fz", "left": "p2_fz"})
        given = events_of(tree).to_dataframe()
        for name, time in zip(found["name"].values, found["time"].values, strict=True):
            distance = (time - given[given["name"] == name]["time"]).to_numpy()
            near = distance[np.abs(distance) < 0.1]
            errors += near.tolist()
    assert len(errors) >= 35
    assert abs(np.mean(errors)) < 0.003
    assert np.std(errors) < 0.006
    assert np.max(np.abs(errors)) < 0.012
