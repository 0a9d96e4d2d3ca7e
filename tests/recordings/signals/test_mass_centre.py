"""Mirrors src/unisono/recordings/signals/mass_centre.py."""

import numpy as np
import pytest
import xarray as xr

from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.signals.mass_centre import foot_speeds, mass_centre
from unisono.simulators.gait import random_subject, simulate


@pytest.fixture(scope="module")
def walk() -> xr.DataTree:
    rng = np.random.default_rng(5)
    return simulate(random_subject(rng, name="a"), speed=1.3, rng=rng)


def test_force_over_mass_is_the_acceleration(walk: xr.DataTree) -> None:
    """The oracle: the simulator's exact force, which obeys Newton with its own segments."""
    found = mass_centre(walk)
    assert found is not None and (found.how, found.up) == ("segments", "z")
    force = walk["grf"]["data"]
    total = np.stack(
        [force.sel(channel=[f"r_f{a}", f"l_f{a}"]).sum("channel").values for a in "xyz"], axis=1
    )
    truth = total / walk.attrs["mass_kg"] - [0, 0, 9.80665]
    error = np.sqrt(np.mean((found.acceleration - truth)[10:-10] ** 2, axis=0))
    assert (error < [0.3, 0.3, 0.5]).all(), error
    assert (error < 0.45 * truth.std(axis=0)).all(), (error, truth.std(axis=0))


def test_the_laboratorys_own_centre_comes_first(walk: xr.DataTree) -> None:
    time = np.arange(200) / 100
    place = np.stack([time**2, 0 * time, np.sin(4 * time)], axis=1)
    own = make_stream(
        1000 * place, time=time, channels=[f"CentreOfMass_{a}" for a in "xyz"], units="mm",
        kind="position", frame={"up": "z"},
    )  # fmt: skip
    found = mass_centre(make_recording({"markers": own}, recording="a", subject="s"))
    assert found is not None and found.how == "given"
    np.testing.assert_allclose(found.acceleration[:, 0], 2.0, atol=1e-6)
    np.testing.assert_allclose(found.acceleration[8:-8, 2], -16 * np.sin(4 * time)[8:-8], atol=0.1)


def test_gaps_stay_gaps_and_arms_may_be_missing(walk: xr.DataTree) -> None:
    node = walk["markers"].to_dataset().copy(deep=True)
    kept = [
        i for i, c in enumerate(node["channel"].values)
        if not any(part in str(c) for part in ("elbow", "wrist", "head", "c7"))
    ]  # fmt: skip
    node = node.isel(channel=kept)
    node["valid"][50:60, 0] = False
    found = mass_centre(walk.copy().assign({"markers": xr.DataTree(node)}))
    whole = mass_centre(walk)
    assert found is not None and whole is not None
    known = np.isfinite(found.acceleration).all(axis=1)
    np.testing.assert_array_equal(np.flatnonzero(~known), np.arange(50, 60))
    apart = (found.acceleration - whole.acceleration)[known]
    assert 0 < np.sqrt(np.mean(apart**2)) < 0.5


def test_no_trunk_no_answer(walk: xr.DataTree) -> None:
    node = walk["markers"].to_dataset()
    legs = [i for i, c in enumerate(node["channel"].values) if "shoulder" not in str(c)]
    other = walk.copy().assign({"markers": xr.DataTree(node.isel(channel=legs))})
    assert mass_centre(other) is None
    assert mass_centre(walk.filter(lambda n: n.name == "angles")) is None


def test_a_foot_that_moves_carries_nothing(walk: xr.DataTree) -> None:
    speeds = foot_speeds(walk)
    for side, letter in (("right", "r"), ("left", "l")):
        vertical = walk["grf"]["data"].sel(channel=f"{letter}_fz").values
        weight = walk.attrs["mass_kg"] * 9.80665
        moving = speeds[side] > 0.8
        assert moving.mean() > 0.25
        assert vertical[moving].max() < 0.05 * weight, vertical[moving].max() / weight
