"""Mirrors src/unisono/api/live_bands.py."""

from dataclasses import replace

import numpy as np
import pytest

from unisono import api
from unisono.api.building import open_parts
from unisono.api.live_bands import live_frames, spread_bands, window_ends
from unisono.core.random import generator
from unisono.evaluation.calibration import BandTable


def test_raw_bands_hold_a_normal_distribution(rng: np.random.Generator) -> None:
    mean, spread = np.full((1, 1, 3), 5.0), np.array([[[0.5, 1.0, 2.0]]])
    bands = spread_bands(mean, spread, [0.9, 0.5])
    x = mean + spread * rng.normal(size=(20_000, 1, 3))
    assert bands.levels == (0.5, 0.9)
    for k, level in enumerate(bands.levels):
        held = (x >= bands.lower[k]) & (x <= bands.upper[k])
        assert held.mean(axis=(0, 1)) == pytest.approx(np.full(3, level), abs=0.015)


def test_ends_of_windows_are_what_one_pass_says(tiny_model: api.Model) -> None:
    parts = open_parts(tiny_model.recipe)
    batch = parts.windows.batch(parts.rows["calibration"])
    bands = window_ends(tiny_model.method, batch, tiny_model.recipe)["grf"]
    drawn = tiny_model.method.generate(
        batch, ["grf"], samples=0, steps=1, generator=generator(5, "other")
    )["grf"]
    assert drawn.spread is not None
    np.testing.assert_allclose(bands.centre, drawn.mean[:, -5:].numpy(), atol=1e-4)
    half = bands.upper[2] - bands.centre
    np.testing.assert_allclose(half, 1.6449 * drawn.spread[:, -5:].numpy(), rtol=1e-3)


def test_live_bands_hold_at_the_end_of_windows(tiny_model: api.Model) -> None:
    parts = open_parts(tiny_model.recipe)
    batch = parts.windows.batch(parts.rows["calibration"])
    raw = window_ends(tiny_model.method, batch, tiny_model.recipe)["grf"]
    table = BandTable.from_dict(tiny_model.sealed.extra["live"]["grf"])
    bands = table.apply(raw)
    truth = batch.data["grf"].numpy()[:, -5:]
    inside = (truth >= bands.lower[2]) & (truth <= bands.upper[2])
    assert 0.88 < inside.mean() <= 1.0  # those who calibrated, with the correction for few


def test_frames_of_a_hop(tiny_model: api.Model) -> None:
    recipe = tiny_model.recipe
    assert live_frames(recipe) == 5 and live_frames(recipe, 1e-6) == 1
    assert live_frames(recipe, 100.0) == recipe.cut.length
    slow = replace(recipe, windows={**recipe.windows, "rate_hz": 20.0})
    assert live_frames(slow) == 2
