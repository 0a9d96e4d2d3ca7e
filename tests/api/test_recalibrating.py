"""Mirrors src/unisono/api/recalibrating.py."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.api.recalibrating import recalibrate
from unisono.core.errors import ConfigError
from unisono.recordings.dataset import Dataset


def test_the_same_question_gives_the_same_tables(tiny_model: api.Model, walks: api.Dataset) -> None:
    again = recalibrate(replace(tiny_model, tables={}), walks)
    assert set(again.tables) == set(tiny_model.tables)
    for name, table in tiny_model.tables.items():
        np.testing.assert_allclose(again.tables[name].offsets, table.offsets, rtol=1e-3)


def test_other_people_calibrate_nothing(
    tiny_model: api.Model, make_walk: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    walk: xr.DataTree = make_walk("stranger", 77)  # type: ignore[operator]
    other = Dataset.create(tmp_path_factory.mktemp("other") / "other.un", [walk])
    with pytest.raises(ConfigError, match="holds nobody of this model's calibration part"):
        recalibrate(tiny_model, other)
