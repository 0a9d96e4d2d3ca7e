"""Mirrors src/unisono/api/row_results.py."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.api.row_results import save_rows
from unisono.core.errors import OutputError


def test_a_trial_a_row_is_read_back(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree], tmp_path: Path
) -> None:
    results = [tiny_model.generate(make_walk(f"t{n}", n), samples=2) for n in range(3)]
    written = save_rows(results, tmp_path / "grf.csv")
    assert [p.name for p in written] == ["grf.csv", "grf.rows.toml"]
    assert np.loadtxt(tmp_path / "grf.csv", delimiter=",").shape == (3, 6 * 150)
    back = api.read(tmp_path / "grf.rows.toml")
    assert isinstance(back, list) and len(back) == 3
    for tree, result in zip(back, results, strict=True):
        found = tree["grf"].to_dataset()
        np.testing.assert_allclose(found["data"].values, result.parts["grf"].mean, rtol=1e-6)
        assert found["unit"].values.tolist() == ["N/kg"] * 6
        assert found.attrs["rate_hz"] == 50.0
    with pytest.raises(OutputError, match="grf.csv exists"):
        save_rows(results, tmp_path / "grf.csv")
    with pytest.raises(OutputError, match=r"go to a .csv"):
        save_rows(results, tmp_path / "grf.mot")


def test_trials_of_different_lengths_are_refused(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree], tmp_path: Path
) -> None:
    trees = [make_walk("a", 1), make_walk("b", 2, seconds=2.0)]
    results = [tiny_model.generate(tree, samples=2) for tree in trees]
    with pytest.raises(OutputError, match="trials of one length"):
        save_rows(results, tmp_path / "grf.csv")


def test_a_stream_in_several_units_is_refused_before_anything_is_written(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree], tmp_path: Path
) -> None:
    result = tiny_model.generate(make_walk("a", 1), samples=2)
    part = replace(result.parts["grf"], units=(*result.parts["grf"].units[:5], "m"))
    with pytest.raises(OutputError, match="grf has channels in N/kg, m"):
        save_rows([replace(result, parts={"grf": part})], tmp_path / "grf.csv")
    assert not list(tmp_path.iterdir())


def test_results_of_windows_by_events_have_the_rate_of_their_clock(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree], tmp_path: Path
) -> None:
    result = tiny_model.generate(make_walk("a", 1), samples=2)
    attrs = {k: v for k, v in result.parts["grf"].attrs.items() if k != "rate_hz"}
    part = replace(result.parts["grf"], attrs=attrs)  # as place_windows makes them
    save_rows([replace(result, parts={"grf": part})] * 2, tmp_path / "grf.csv")
    for back in api.read(tmp_path / "grf.rows.toml"):
        assert back["grf"].attrs["rate_hz"] == 50.0
