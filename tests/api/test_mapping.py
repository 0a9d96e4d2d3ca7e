"""A sealed map is the map that was trained, and another kind of model is none."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.core.errors import ConfigError, ModelError, OutputError


def test_a_loaded_map_is_the_same_map(
    tiny_map: api.MapModel, make_swing: Callable[..., xr.DataTree]
) -> None:
    again = api.load_map(tiny_map.folder)
    tree = make_swing(20)
    one, two = tiny_map.map.embed(tree), again.map.embed(tree)
    np.testing.assert_array_equal(one.points, two.points)
    assert again.request == tiny_map.request and again.report == tiny_map.report
    assert again.spreads["speed"].low == 1.0 and "dimensions" in repr(again)


def test_what_is_of_another_model_is_refused(
    tiny_map: api.MapModel, tiny_model: api.Model, swings: api.Dataset
) -> None:
    with pytest.raises(ModelError, match="generates streams of a recording"):
        api.load_map(tiny_model.folder)
    with pytest.raises(OutputError, match="exists"):
        api.fit_map(swings, by=["time"], output=Path(tiny_map.folder))
    with pytest.raises(ConfigError, match="diffusion must lie"):
        api.MapRequest((), diffusion=-1)


def test_a_stopped_run_of_another_model_is_not_thrown_away(
    swings: api.Dataset, tmp_path: Path
) -> None:
    kept = tmp_path / "model.run" / "recipe.toml"
    kept.parent.mkdir()
    kept.write_text('method = "llma"\n')
    with pytest.raises(OutputError, match=r"model\.run holds a run of unisono train"):
        api.fit_map(swings, by=["time"], output=tmp_path / "model")
    assert kept.exists()
