"""Mirrors src/unisono/recordings/signals/kinematic_events.py."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from unisono.core.errors import SchemaError, UnisonoError
from unisono.recordings.schema import events_of, make_stream
from unisono.recordings.signals.events import events_from_force
from unisono.recordings.signals.kinematic_events import KinematicRule, events_from_kinematics


class Errors(NamedTuple):
    """Kinematic minus true times in ms, and how many true events were not found."""

    ms: np.ndarray
    missed: int


def _errors(found: pd.DataFrame, truth: pd.DataFrame, name: str, sided: bool = True) -> Errors:
    mine = found[found["name"] == name]
    errors, missed = [], 0
    for row in truth[truth["name"] == name].itertuples():
        near = mine[mine["side"] == row.side] if sided else mine
        distance = near["time"].to_numpy() - row.time
        best = distance[np.argmin(np.abs(distance))] if len(distance) else np.inf
        if abs(best) < 0.1:
            errors.append(best * 1000)
        else:
            missed += 1
    return Errors(np.array(errors), missed)


@pytest.mark.parametrize(
    ("method", "name", "bias", "spread"),
    [
        ("vertical", "foot_strike", 3, 12),
        ("vertical", "foot_off", 4, 16),
        ("zeni", "foot_strike", 50, 12),  # early, by 45 ms
        ("zeni", "foot_off", 16, 12),  # late, by 11 ms
    ],
)
def test_children_against_their_force_plates(
    children: Callable[[str], list[xr.DataTree]], method: str, name: str, bias: int, spread: int
) -> None:
    errors, missed = [], 0
    for tree in children("Straight"):
        channels = {"right": "p1_fz", "left": "p2_fz"}  # whichever foot: sides are not compared
        truth = events_from_force(tree["plates"].to_dataset(), channels=channels).to_dataframe()
        rule = KinematicRule(method=method)
        found = events_from_kinematics(tree["markers"].to_dataset(), rule).to_dataframe()
        result = _errors(found, truth, name, sided=False)
        errors += result.ms.tolist()
        missed += result.missed
    assert len(errors) >= 21
    assert missed <= 1
    assert abs(np.mean(errors)) < bias
    assert np.std(errors) < spread


def test_children_against_the_events_of_their_files(
    children: Callable[[str], list[xr.DataTree]],
) -> None:
    errors, missed = [], 0
    for tree in children("Straight"):
        truth = events_of(tree).to_dataframe()
        end = float(tree["markers"].time[-1])
        inside = truth[truth["time"].between(0.1, end - 0.1)]
        found = events_from_kinematics(tree["markers"].to_dataset()).to_dataframe()
        for name in ("foot_strike", "foot_off"):
            result = _errors(found, inside, name)
            errors += result.ms.tolist()
            missed += result.missed
    assert len(errors) >= 45
    assert missed <= 2
    assert abs(np.mean(errors)) < 6
    assert np.std(errors) < 15


def test_children_who_turn(children: Callable[[str], list[xr.DataTree]]) -> None:
    errors = []
    for tree in children("Turn"):
        channels = {"right": "p1_fz", "left": "p2_fz"}
        truth = events_from_force(tree["plates"].to_dataset(), channels=channels).to_dataframe()
        found = events_from_kinematics(tree["markers"].to_dataset()).to_dataframe()
        errors += _errors(found, truth, "foot_strike", sided=False).ms.tolist()
    assert len(errors) >= 17
    assert np.median(np.abs(errors)) < 15


@pytest.mark.parametrize(("method", "limit"), [("vertical", 60), ("zeni", 60)])
def test_simulated_walking(walk: xr.DataTree, method: str, limit: float) -> None:
    truth = events_of(walk).to_dataframe()
    end = float(walk["markers"].time[-1])
    inside = truth[truth["time"].between(0.15, end - 0.15)]
    rule = KinematicRule(method=method)
    found = events_from_kinematics(walk["markers"].to_dataset(), rule).to_dataframe()
    assert set(found["how"]) == {"kinematics"}
    for name in ("foot_strike", "foot_off"):
        result = _errors(found, inside, name)
        assert result.missed == 0
        assert np.abs(result.ms).max() < limit
        assert len(found[found["name"] == name]) <= len(truth[truth["name"] == name]) + 2


def _walker(**more: object) -> xr.Dataset:
    """Heel, toe and pelvis of a crude walker along y, stride 1 s, y up to 4 s."""
    time = np.arange(400) / 100
    speed, swing = 1.0, 0.3 * np.cos(2 * np.pi * time)
    lift = 0.05 * np.clip(-np.sin(2 * np.pi * time), 0, None)
    paths = {
        "SACR": np.stack([0 * time, speed * time, 0 * time + 0.9], 1),
        "RHEE": np.stack([0 * time, speed * time + swing, lift], 1),
        "RTOE": np.stack([0 * time, speed * time + swing + 0.2, lift], 1),
    }
    return make_stream(np.concatenate(list(paths.values()), 1), time=time,
                       channels=[f"{n}_{a}" for n in paths for a in "xyz"], units="m",
                       kind="position", **more)  # fmt: skip


def test_zeni_is_the_extremum_of_heel_and_toe_before_the_pelvis() -> None:
    rule = KinematicRule(method="zeni")
    found = events_from_kinematics(_walker(), rule, up="z").to_dataframe()
    strikes = found.query("name == 'foot_strike'")["time"].to_numpy()
    offs = found.query("name == 'foot_off'")["time"].to_numpy()
    assert strikes == pytest.approx([1, 2, 3], abs=0.005)
    assert offs == pytest.approx([0.5, 1.5, 2.5, 3.5], abs=0.01)
    assert set(found["side"]) == {"right"}


def test_gaps_are_bridged_for_the_search_only_if_short() -> None:
    rule = KinematicRule(method="zeni")
    stream = _walker(frame={"up": "z"})
    whole = events_from_kinematics(stream, rule)["time"].values
    holed = stream.copy(deep=True)
    holed["valid"][195:205, :] = False
    assert np.abs(events_from_kinematics(holed, rule)["time"].values - whole).max() < 0.02
    holed["valid"][160:240, :] = False
    assert len(events_from_kinematics(holed, rule)["time"]) == len(whole) - 1


def test_an_irregular_clock_is_taken_at_its_word() -> None:
    stream = _walker(frame={"up": "z"})
    thinned = stream.isel(time=np.delete(np.arange(400), np.arange(50, 350, 7)))
    rule = KinematicRule(method="zeni")
    whole = events_from_kinematics(stream, rule)["time"].values
    assert np.abs(events_from_kinematics(thinned, rule)["time"].values - whole).max() < 0.01


def test_missing_markers_are_named() -> None:
    stream = _walker(frame={"up": "z"})
    no_toe = stream.sel(channel=[c for c in stream.channel.values if "TOE" not in c])
    with pytest.raises(SchemaError, match="no foot has a heel and a toe"):
        events_from_kinematics(no_toe)
    no_pelvis = stream.sel(channel=[c for c in stream.channel.values if "SACR" not in c])
    with pytest.raises(SchemaError, match="no pelvis marker for method='zeni'"):
        events_from_kinematics(no_pelvis, KinematicRule(method="zeni"))
    with pytest.raises(SchemaError, match="state it with up='z'"):
        events_from_kinematics(_walker())
    with pytest.raises(UnisonoError, match="method must be one of"):
        KinematicRule(method="guess")
