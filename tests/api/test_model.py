"""Mirrors src/unisono/api/model.py: a sealed model opened again is the same model."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.core.errors import ModelError


def test_the_same_bits_after_opening_it_elsewhere(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree], tmp_path: Path
) -> None:
    shutil.copytree(tiny_model.folder, tmp_path / "moved")
    again = api.load(tmp_path / "moved")
    tree = make_walk("a", 11)
    one, other = (m.generate(tree, samples=3).parts["grf"] for m in (tiny_model, again))
    for name in ("mean", "samples", "lower", "upper"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert again.recipe == tiny_model.recipe and again.streams == tiny_model.streams
    assert not any(p.requires_grad for p in again.method.parameters())
    assert repr(again).startswith("Model(llma: angles -> grf")


def test_about(tiny_model: api.Model) -> None:
    about = tiny_model.about()
    assert (about["given"], about["want"]) == (["angles"], ["grf"])
    assert about["subjects"] == {"train": 2, "calibration": 2, "test": 2}


def test_options_reach_the_generation(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree]
) -> None:
    tree = make_walk("a", 11)
    out = tiny_model.generate(tree, samples=2, options=api.Sampling(samples=9, steps=1, seed=3))
    assert out.parts["grf"].samples.shape[0] == 2
    assert (out.provenance["steps"], out.provenance["seed"]) == (1, 3)


def test_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not a model folder"):
        api.load(tmp_path)
