"""A map places frames, walks between them and brings them back; strangers are refused."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.core.errors import ShapeError, UnisonoError


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


def test_points_and_ways_that_are_not_the_maps_are_refused(tiny_map: api.MapModel) -> None:
    with pytest.raises(ShapeError, match="points of another model"):
        tiny_map.map.walk(np.zeros((2, 5)))
    with pytest.raises(UnisonoError, match="two points"):
        tiny_map.map.walk(np.zeros((1, 3)))
    with pytest.raises(UnisonoError, match="way must be one of"):
        tiny_map.map.walk(np.zeros((2, 3)), way="fly")
