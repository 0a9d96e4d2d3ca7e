"""Mirrors src/unisono/api/inputs.py."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.api.inputs import make_inputs
from unisono.core.errors import ModelError
from unisono.recordings.window_settings import Cut


def test_windows_lie_on_the_common_clock(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree]
) -> None:
    tree = make_walk("a", 11, seconds=2.0)
    found = make_inputs(tiny_model, tree)
    assert found.timeline is not None and found.timeline.length == 32
    assert len(found.grid) == 100 and np.diff(found.grid) == pytest.approx(0.02)
    batch = found.batch
    assert batch.data["angles"].shape == (found.timeline.windows, 32, 6)
    # the second window begins half a window later and holds the recording there
    start = found.timeline.starts[1]
    truth = np.stack(
        [np.interp(found.grid, tree["angles"]["time"], tree["angles"]["data"][:, i])
         for i in range(6)], axis=1,
    )  # fmt: skip
    np.testing.assert_allclose(batch.data["angles"][1], truth[start : start + 32], atol=0.2)
    assert batch.mask["angles"].all() and found.doubts == []
    assert batch.known["mass_kg"].tolist() == [71.0] * found.timeline.windows
    assert batch.known["duration_s"].tolist() == pytest.approx([0.64] * found.timeline.windows)


def test_channels_are_put_in_the_models_order_and_missing_ones_masked(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree]
) -> None:
    tree = make_walk("a", 11)
    whole = make_inputs(tiny_model, tree).batch
    other = tree.copy()
    other["angles"] = xr.DataTree(tree["angles"].to_dataset().isel(channel=[4, 0]))
    found = make_inputs(tiny_model, other)
    assert found.batch.mask["angles"][0, 0].tolist() == [True, False, False, False, True, False]
    np.testing.assert_allclose(found.batch.data["angles"][..., 4], whole.data["angles"][..., 4])
    assert (found.batch.data["angles"][..., 1] == 0).all()


class Looks:
    """A model as far as events matter."""

    def __init__(self, model: api.Model, cut: Cut) -> None:
        self.cut = cut
        self.given, self.want = model.given, model.want
        self.streams, self.sealed, self.recipe = model.streams, model.sealed, model.recipe


def test_events_are_needed_and_found(
    tiny_model: api.Model,
    make_walk: Callable[..., xr.DataTree],
    make_walker: Callable[..., xr.DataTree],
) -> None:
    cut = Cut(("angles",), by=("foot_strike", "foot_off"), points=32)
    model: object = Looks(tiny_model, cut)
    found = make_inputs(model, make_walker("a", 1))
    assert found.timeline is None and len(found.grid) == 0
    assert set(found.table["side"]) == {"right", "left"}
    assert np.isnan(found.table["heading_rad"]).all()
    only = make_walk("a", 1)
    del only["grf"]
    with pytest.raises(ModelError, match="no event 'foot_strike'"):
        make_inputs(model, only)
    none = replace(cut, lasting_s=(2.0, 3.0))
    with pytest.raises(ModelError, match="no window from foot_strike to foot_off"):
        make_inputs(Looks(tiny_model, none), make_walker("a", 1))
