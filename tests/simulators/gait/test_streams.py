"""Streams say what the trial says, in the units and axes they name."""

import numpy as np
import pytest
import xarray as xr

from unisono.recordings.schema import events_of
from unisono.simulators.gait.solver import GRAVITY
from unisono.simulators.gait.streams import COP_THRESHOLD, recording_of
from unisono.simulators.gait.trial import Trial


@pytest.fixture(scope="module")
def tree(walk: Trial) -> xr.DataTree:
    return recording_of(walk, "w")


def _of(tree: xr.DataTree, stream: str, channel: str) -> np.ndarray:
    values: np.ndarray = tree[stream]["data"].sel(channel=channel).values
    return values


def test_rates_are_the_derivatives_of_the_angles(walk: Trial, tree: xr.DataTree) -> None:
    angle, rate = (
        _of(tree, "angles", "l_knee_flexion"),
        _of(tree, "angular_rates", "l_knee_flexion"),
    )
    waves = np.fft.rfftfreq(len(angle), 0.01)
    slope = np.fft.irfft(np.fft.rfft(angle) * 2j * np.pi * waves, n=len(angle))
    np.testing.assert_allclose(slope, rate, atol=2.0)


def test_signs_are_those_of_people(tree: xr.DataTree) -> None:
    for side in "rl":
        assert _of(tree, "angles", f"{side}_knee_flexion").max() > 50
        assert 10 < _of(tree, "angles", f"{side}_hip_flexion").max() < 45
        assert _of(tree, "angles", f"{side}_ankle_dorsiflexion").min() < -8
        assert _of(tree, "moments", f"{side}_ankle_plantarflexion").max() > 1.2
        assert _of(tree, "moments", f"{side}_knee_extension").max() > 0.3
        assert _of(tree, "moments", f"{side}_hip_abduction").max() > 0.4
        assert _of(tree, "powers", f"{side}_ankle").max() > 1.0


def test_forces_act_on_the_body_and_their_place_is_known_only_under_load(
    walk: Trial, tree: xr.DataTree
) -> None:
    force = _of(tree, "grf", "r_fz")
    assert force.min() > -0.01
    valid = tree["grf"]["valid"].sel(channel="r_copx").values
    firm = force > COP_THRESHOLD * walk.subject.mass_kg * GRAVITY
    np.testing.assert_array_equal(valid, firm)
    assert np.isnan(_of(tree, "grf", "r_copx")[~firm]).all()


def test_the_body_travels_forward(walk: Trial, tree: xr.DataTree) -> None:
    x = _of(tree, "markers", "r_asis_x")
    speed = (x[-1] - x[0]) / (walk.time[-1] - walk.time[0])
    assert abs(speed - 1.3) < 0.05
    heel = _of(tree, "markers", "r_heel_z")
    assert 0.0 < heel.min() < 0.06


def test_a_loaded_foot_stays_where_it_is(tree: xr.DataTree) -> None:
    """While the foot is flat its ankle marker rests on one place of the floor."""
    x, force = _of(tree, "markers", "r_ankle_x"), _of(tree, "grf", "r_fz")
    still = np.abs(np.gradient(x)) / 0.01 < 0.05
    assert still[force > 100].mean() > 0.3


def test_imus_feel_gravity_on_average_and_the_pelvis_hardly_turns(tree: xr.DataTree) -> None:
    felt = np.stack([_of(tree, "imu", f"pelvis_acc_{a}") for a in "xyz"])
    assert abs(felt[2].mean() - GRAVITY) < 0.3
    turn = np.stack([_of(tree, "imu", f"pelvis_gyr_{a}") for a in "xyz"])
    assert np.abs(turn.mean(axis=1)).max() < 0.05
    shank = np.degrees(_of(tree, "imu", "r_shank_gyr_y"))
    assert shank.min() < -200  # swings forward: a negative turn about the left axis


def test_events_bound_the_contacts(walk: Trial, tree: xr.DataTree) -> None:
    events = events_of(tree)
    assert set(events["how"].values) == {"given"}
    strikes = events["time"].values[
        (events["name"].values == "foot_strike") & (events["side"].values == "right")
    ]
    assert len(strikes) == 3
    force = _of(tree, "grf", "r_fz")
    for t in strikes:
        k = round(t * 100)
        assert force[(k + 10) % len(force)] > 200
