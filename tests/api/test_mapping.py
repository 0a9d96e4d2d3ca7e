"""A sealed map is the map that was trained; walks, lifts and pictures of frames come back."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.core.errors import ModelError, OutputError, ShapeError, UnisonoError


def test_a_loaded_map_is_the_same_map(
    tiny_map: api.MapModel, make_swing: Callable[..., xr.DataTree]
) -> None:
    again = api.load_map(tiny_map.folder)
    tree = make_swing(20)
    one, two = tiny_map.map.embed(tree), again.map.embed(tree)
    np.testing.assert_array_equal(one.points, two.points)
    assert again.request == tiny_map.request and again.report == tiny_map.report
    assert again.spreads["speed"].low == 1.0 and "dimensions" in repr(again)


def test_frames_with_gaps_are_left_out(
    tiny_map: api.MapModel, make_swing: Callable[..., xr.DataTree]
) -> None:
    tree = make_swing(20)
    tree["angles"]["valid"].values[10:12, 1] = False
    placed = tiny_map.map.embed(tree)
    assert placed.rows.tolist() == [*range(10), *range(12, 80)]
    tree["angles"]["valid"].values[:, 0] = False
    with pytest.raises(UnisonoError, match="fill its gaps"):
        tiny_map.map.embed(tree)


def test_the_bank_comes_back_exactly_and_its_frames_are_rendered(tiny_map: api.MapModel) -> None:
    chart = tiny_map.map
    frames = chart.render(chart.bank.coordinates[:7])
    assert frames.dims == ("point", "channel") and set(frames["stream"].values) == {"angles"}
    want = chart.frames(chart.bank.codes[:7])
    np.testing.assert_allclose(frames.values, want.values, atol=0.05)


@pytest.mark.parametrize("way", ["line", "arc", "spline", "along"])
def test_walks_go_from_the_first_point_to_the_last(tiny_map: api.MapModel, way: str) -> None:
    ends = tiny_map.map.bank.coordinates[[0, 4, 9]]
    walk = tiny_map.map.walk(ends, count=9, way=way)
    np.testing.assert_allclose(walk.points[[0, -1]], ends[[0, -1]], atol=1e-9)
    assert walk.points.shape == (9, 3) and (walk.confidence > 0).all()


def test_what_is_of_another_model_is_refused(
    tiny_map: api.MapModel, tiny_model: api.Model, swings: api.Dataset
) -> None:
    with pytest.raises(ShapeError, match="points of another model"):
        tiny_map.map.walk(np.zeros((2, 5)))
    with pytest.raises(UnisonoError, match="two points"):
        tiny_map.map.walk(np.zeros((1, 3)))
    with pytest.raises(UnisonoError, match="way must be one of"):
        tiny_map.map.walk(np.zeros((2, 3)), way="fly")
    with pytest.raises(ModelError, match="generates streams of a recording"):
        api.load_map(tiny_model.folder)
    with pytest.raises(OutputError, match="exists"):
        api.fit_map(swings, by=["time"], output=Path(tiny_map.folder))
