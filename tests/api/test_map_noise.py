"""Edits through noise: exact without a move, towards the label with one, and plainly refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.api.map_noise import STEPS
from unisono.core.errors import ModelError, UnisonoError

Make = Callable[..., xr.DataTree]


@pytest.fixture(scope="module")
def deep_map(swings: api.Dataset, tmp_path_factory: pytest.TempPathFactory) -> api.MapModel:
    """The tiny map with a diffusion below it."""
    words = ["steps=250", "codes=5", "hidden=[32]", "negatives=128"]
    return api.fit_map(
        swings,
        by=["time", "speed"],
        output=tmp_path_factory.mktemp("deep") / "map",
        request=api.MapRequest((), controls=False, diffusion=300),
        settings=api.map_settings(dims=3, settings=words),
    )


def radius(tree: xr.DataTree) -> float:
    values = tree["angles"]["data"].values
    return float(np.hypot(values[:, 0], values[:, 1]).mean())


@pytest.mark.slow
def test_the_way_to_noise_and_back_is_exact_on_a_trained_model(
    deep_map: api.MapModel, make_swing: Make
) -> None:
    tree = make_swing(12)
    edited = api.edit(deep_map, tree, api.Edit(toward=("speed", 1.8), share=0.0, through="noise"))
    assert STEPS == 50
    assert edited.round_trip is not None and edited.round_trip < 1e-4
    assert f"relative error {edited.round_trip:.1e}" in edited.summary()
    assert edited.report()["round_trip_error"] == edited.round_trip
    np.testing.assert_array_equal(edited.recording["angles"]["data"], tree["angles"]["data"])


def test_noise_of_the_bank_is_noise(deep_map: api.MapModel) -> None:
    assert deep_map.carrier is not None
    noise = deep_map.carrier.noise.numpy()
    assert noise.shape == deep_map.map.bank.codes.shape
    assert 0.6 < noise.std() < 1.4 and abs(noise.mean()) < 0.3


def test_a_slow_swing_becomes_a_fast_one_through_noise(
    deep_map: api.MapModel, make_swing: Make
) -> None:
    tree = make_swing(12)  # radius 10 at speed 1.0, 18 at 1.8
    edited = api.edit(deep_map, tree, api.Edit(toward=("speed", 1.8), through="noise"))
    assert 14 < radius(edited.recording) < 22
    half = api.edit(deep_map, tree, api.Edit(toward=("speed", 1.8), share=0.5, through="noise"))
    assert radius(tree) + 1 < radius(half.recording) < radius(edited.recording)


def test_frames_between_instants_are_not_read(deep_map: api.MapModel, make_swing: Make) -> None:
    how = api.Edit(between=(0.5, 0.8), through="noise")
    tree = make_swing(12)
    edited = api.edit(deep_map, tree, how)
    time = tree["angles"]["time"].values
    inside = (time > 0.5) & (time < 0.8)
    before, after = (t["angles"]["data"].values for t in (tree, edited.recording))
    np.testing.assert_array_equal(after[~inside], before[~inside])
    blank = make_swing(12)
    blank["angles"]["data"].values[inside] = 0.0
    again = api.edit(deep_map, blank, how).recording["angles"]["data"].values
    np.testing.assert_allclose(again[inside], after[inside], atol=0.05)  # the codes hold all


def test_without_a_diffusion_the_noise_is_refused(
    tiny_map: api.MapModel, make_swing: Make, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="no diffusion to go through; train the map with one"):
        api.edit(tiny_map, make_swing(12), api.Edit(toward=("speed", 1.8), through="noise"))
    with pytest.raises(UnisonoError, match="a forecast goes through codes"):
        api.Edit(forecast=3, through="noise")
    with pytest.raises(UnisonoError, match="through must be one of"):
        api.Edit(forecast=3, through="walls")
