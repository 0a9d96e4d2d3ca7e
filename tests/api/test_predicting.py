"""Mirrors src/unisono/api/predicting.py."""

import numpy as np
import pytest

from unisono import api
from unisono.api import predicting
from unisono.api.building import open_parts
from unisono.api.predicting import Drawing, concatenate, predict


def test_pieces_are_joined_in_order(tiny_model: api.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = open_parts(tiny_model.recipe)
    batch = parts.windows.batch(np.arange(10))
    drawing = Drawing(samples=4, steps=1, seed=0, levels=(0.5, 0.9), keep=2)
    whole = predict(tiny_model.method, batch, ["grf"], drawing)["grf"]
    assert whole.mean.shape == (10, 32, 6) and whole.samples.shape == (2, 10, 32, 6)
    assert whole.bands.lower.shape == (2, 10, 32, 6)
    monkeypatch.setattr(predicting, "_PIECE", 4)
    pieces = predict(tiny_model.method, batch, ["grf"], drawing)["grf"]
    np.testing.assert_allclose(pieces.mean, whole.mean, atol=1e-5)  # the mean needs no noise
    assert pieces.samples.shape == whole.samples.shape
    assert (pieces.bands.lower[1] <= pieces.bands.lower[0]).all()
    np.testing.assert_array_equal(concatenate([whole, whole]).mean[10:], whole.mean)
