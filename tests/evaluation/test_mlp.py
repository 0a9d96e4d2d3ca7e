"""Mirrors src/unisono/evaluation/mlp.py."""

import numpy as np
import torch

from unisono.evaluation.features import Given, Pairs
from unisono.evaluation.mlp import Mlp
from unisono.evaluation.ridge import Ridge


def curved(rng: np.random.Generator) -> Pairs:
    x = rng.normal(size=(80, 12, 2))
    y = np.abs(x[..., :1]) * 2 - np.abs(x[..., 1:])  # nothing linear in it
    valid = rng.random(y.shape) > 0.1
    return Pairs(
        Given(x, np.ones_like(x, bool)),
        np.where(valid, y, np.nan),
        valid,
        np.repeat([str(k) for k in range(16)], 5),
    )


def test_it_learns_what_ridge_cannot(rng: np.random.Generator) -> None:
    pairs = curved(rng)
    train, test = pairs.rows(np.arange(60)), pairs.rows(np.arange(60, 80))

    def error(found: np.ndarray) -> float:
        return float(np.sqrt(np.nanmean((found - test.want) ** 2)))

    mlp = Mlp(hidden=64, steps=500).fit(train, generator=np.random.default_rng(1))
    ridge = Ridge().fit(train, generator=np.random.default_rng(1))
    assert error(mlp.predict(test.given)) < 0.5 * error(ridge.predict(test.given))
    assert mlp.layout.name == "local frames"


def test_same_seed_same_bits_and_the_global_generator_is_left_alone(
    rng: np.random.Generator,
) -> None:
    pairs = curved(rng)
    before = torch.get_rng_state()
    a, b = (
        Mlp(hidden=8, steps=20).fit(pairs, generator=np.random.default_rng(3)).predict(pairs.given)
        for _ in range(2)
    )
    assert np.array_equal(a, b)
    assert torch.equal(before, torch.get_rng_state())
