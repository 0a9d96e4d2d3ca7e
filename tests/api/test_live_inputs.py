"""Mirrors src/unisono/api/live_inputs.py. The oracle is the ordinary way in, for whole files."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.api.inputs import make_inputs
from unisono.api.live_inputs import LiveInputs, LiveSource, Piece, as_pieces, source_of
from unisono.core.errors import ConfigError

Walk = Callable[..., xr.DataTree]


@pytest.mark.parametrize("change", ["nothing", "order", "unit", "channel"])
def test_frames_are_those_of_the_file(tiny_model: api.Model, make_walk: Walk, change: str) -> None:
    tree = make_walk("a", 11, rate=50.0)
    node = tree["angles"].to_dataset()
    if change == "order":
        node = node.isel(channel=[3, 1, 5, 0, 4, 2])
    if change == "unit":
        node = node.assign(data=np.deg2rad(node["data"]))
        node = node.assign_coords(unit=("channel", ["rad"] * 6))
    if change == "channel":
        node = node.isel(channel=[0, 4])
    tree["angles"] = xr.DataTree(node)
    inputs = LiveInputs(tiny_model, tree)
    inputs.push(as_pieces(tree, tree, {}))
    got = inputs.take(last=True)["angles"]
    assert (inputs.origin, inputs.names, inputs.delay_s) == (0.0, ("angles",), 0.0)
    whole = make_inputs(tiny_model, tree)
    want, mask = whole.batch.data["angles"], whole.batch.mask["angles"]
    np.testing.assert_allclose(got.values[:32], want[0].numpy(), atol=1e-4)
    np.testing.assert_array_equal(got.valid[:32], mask[0].numpy())
    assert len(got.values) == len(whole.grid)
    assert [d for d in whole.doubts if "lacks" in d] == inputs.doubts


def test_frames_wait_for_every_stream_and_begin_with_the_last(
    tiny_model: api.Model, make_walk: Walk
) -> None:
    recipe = tiny_model.recipe
    data = replace(recipe.data, given=("angles", "grf"), want=("later",))
    model = replace(tiny_model, recipe=replace(recipe, data=data))
    tree = make_walk("a", 11, rate=50.0)
    inputs = LiveInputs(model, tree)
    pieces = as_pieces(tree, tree, {})
    angles, force = pieces["angles"], pieces["grf"]
    inputs.push({"angles": Piece(*(x[:40] for x in angles))})
    assert inputs.origin is None and inputs.take() == {}
    inputs.push({"grf": Piece(*(x[10:30] for x in force))})  # its first sample is at 0.2 s
    assert inputs.origin == pytest.approx(0.2)
    got = inputs.take()
    assert {k: len(v.values) for k, v in got.items()} == {"angles": 30, "grf": 20}
    np.testing.assert_allclose(got["angles"].values, angles.values[10:40], atol=1e-5)
    per_mass = force.values[10:30] / tree.attrs["mass_kg"]
    np.testing.assert_allclose(got["grf"].values, per_mass, atol=1e-5)


def test_a_source_without_a_recording(tiny_model: api.Model) -> None:
    tree = source_of(tiny_model, LiveSource(100.0, known={"mass_kg": 70.0}))
    assert tuple(tree["angles"]["channel"].values) == tiny_model.streams["angles"].channels
    assert tree.attrs["mass_kg"] == 70.0 and tree["angles"].attrs["rate_hz"] == 100.0
    with pytest.raises(ConfigError, match="Did you mean 'angles'"):
        source_of(tiny_model, LiveSource(100.0, units={"angels": "deg"}))
    pieces = as_pieces(tree, {"angles": np.full((3, 6), np.nan)}, {"angles": 10})
    assert isinstance(pieces["angles"], Piece) and not pieces["angles"].valid.any()
    np.testing.assert_allclose(pieces["angles"].time, [0.10, 0.11, 0.12])
