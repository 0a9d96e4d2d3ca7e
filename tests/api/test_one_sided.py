"""Mirrors src/unisono/api/one_sided.py."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.api.one_sided import keep_signs, on_its_side, signs_known, signs_of
from unisono.api.placing import Answer
from unisono.evaluation.calibration import point_bands


def test_sides_are_those_of_the_data_but_for_noise(rng: np.random.Generator) -> None:
    x = rng.normal(size=(20, 50, 5)).astype(np.float32)
    x[..., 0] = 700 * np.abs(x[..., 0]) + rng.normal(0, 1, (20, 50))  # a plate and its noise
    x[..., 1] = -np.abs(x[..., 1])
    x[..., 3] = 0.0
    x[..., 4] = np.abs(x[..., 4])
    mask = np.ones_like(x, dtype=bool)
    mask[..., 4] = False
    assert signs_of(x, mask) == [1, -1, 0, 0, 0]


def test_no_answer_gets_farther_from_a_truth_on_the_right_side(rng: np.random.Generator) -> None:
    truth = np.abs(rng.normal(size=(3, 40, 2)))
    mean = truth + rng.normal(size=truth.shape)
    samples = (truth + rng.normal(size=(4, *truth.shape))).astype(np.float32)
    answer = on_its_side(Answer(mean, samples, point_bands(mean)), [1, 1])
    assert (np.abs(answer.mean - truth) <= np.abs(mean - truth)).all()
    assert (np.abs(answer.samples - truth) <= np.abs(samples - truth)).all()
    assert (answer.mean >= 0).all() and (answer.samples >= 0).all()
    assert (answer.bands.lower <= answer.mean).all() and (answer.bands.upper >= answer.mean).all()
    np.testing.assert_array_equal(keep_signs(mean, []), mean)


def test_a_model_knows_the_sides_of_its_training_data(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree]
) -> None:
    assert signs_known(tiny_model, "grf") == [0, 0, 1, 0, 0, 1]
    assert signs_known(tiny_model, "angles") == []
    tree = make_walk("a", 11)
    raw = tiny_model.generate(tree, options=api.Sampling(samples=30, physics="none"))
    kept = tiny_model.generate(tree, options=api.Sampling(samples=30))
    low, high = (out.parts["grf"].samples[..., [2, 5]].min() for out in (raw, kept))
    assert low < 0 <= high
    np.testing.assert_array_equal(
        kept.parts["grf"].samples, keep_signs(raw.parts["grf"].samples, [0, 0, 1, 0, 0, 1])
    )
    assert kept.provenance["physics"] == {"option": "floor"}
    with pytest.raises(api.UnisonoError, match="physics"):
        api.Sampling(physics="all")  # type: ignore[arg-type]
