"""Mirrors src/unisono/api/calibrating.py."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unisono import api
from unisono.api.building import open_parts
from unisono.api.calibrating import calibrate, drawing_of
from unisono.api.predicting import predict
from unisono.api.recipe import BandSettings
from unisono.training.loop import Hooks


def test_a_drawing_is_what_the_settings_say() -> None:
    drawing = drawing_of(BandSettings(samples=7, steps=3, levels=(0.5,)), 4)
    assert (drawing.samples, drawing.steps, drawing.seed, drawing.levels) == (7, 3, 4, (0.5,))


def test_bands_hold_what_they_promise_on_those_who_calibrated(
    tiny_model: api.Model, tmp_path: Path
) -> None:
    recipe = replace(tiny_model.recipe, bands=replace(tiny_model.recipe.bands, correction="none"))
    parts = open_parts(recipe)
    tables = calibrate(recipe, parts, tiny_model.method, tmp_path, hooks=lambda _: Hooks()).tables
    batch = parts.windows.batch(parts.rows["calibration"])
    found = predict(tiny_model.method, batch, ["grf"], drawing_of(recipe.bands, 0))["grf"]
    bands = tables["grf"].apply(found.bands)
    truth = batch.data["grf"].numpy()
    for k, level in enumerate(bands.levels):
        inside = (truth >= bands.lower[k]) & (truth <= bands.upper[k])
        # conformal by construction, up to ties
        assert inside.mean(axis=(0, 1)) == pytest.approx(np.full(6, level), abs=0.02)


def test_bands_may_be_left_raw(tiny_model: api.Model, tmp_path: Path) -> None:
    raw: Any = replace(tiny_model.recipe.bands, method="none")
    recipe = replace(tiny_model.recipe, bands=raw)
    parts = open_parts(recipe)
    found = calibrate(recipe, parts, tiny_model.method, tmp_path, hooks=lambda _: Hooks())
    assert found == ({}, {})


def test_conditions_of_one_person_calibrate_where_conditions_are_kept_apart(
    tiny_model: api.Model, tmp_path: Path
) -> None:
    """With people as units one person could not be held out, so that nothing would be corrected."""
    split = replace(tiny_model.recipe.split, by="recording", share_subjects=True)
    recipe = replace(tiny_model.recipe, split=split)
    parts = open_parts(recipe)
    rows = parts.rows["calibration"]
    assert parts.units[rows].tolist() == parts.windows.table["recording"].iloc[rows].tolist()
    tables = calibrate(recipe, parts, tiny_model.method, tmp_path, hooks=lambda _: Hooks()).tables
    assert tables["grf"].subjects == len(set(parts.units[rows]))
    assert tables["grf"].correction == "jackknife"
