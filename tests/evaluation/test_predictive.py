"""Mirrors src/unisono/evaluation/predictive.py."""

import numpy as np
import pytest
import torch

from unisono.evaluation.predictive import PredictiveOptions, predictive_score, training_range


def waves(n: int, rng: np.random.Generator) -> np.ndarray:
    t = np.arange(16) * 0.6
    shift = rng.uniform(0, 2 * np.pi, (n, 1))
    return 100 * np.stack([np.sin(t + shift), np.cos(t + shift), np.sin(t + shift + 1)], axis=-1)


@pytest.mark.parametrize("outputs", ["last", "all"])
def test_real_data_teach_more_than_noise(outputs: str, rng: np.random.Generator) -> None:
    train, test = waves(80, rng), waves(40, rng)
    ones = np.ones_like(test, bool)
    scale = training_range(train, np.ones_like(train, bool))
    options = PredictiveOptions(steps=200, batch=32, outputs=outputs, rate=2e-2)

    def score(learn: np.ndarray) -> float:
        return predictive_score(
            learn,
            test,
            ones,
            scale=scale,
            generator=torch.Generator().manual_seed(0),
            options=options,
        )

    real = score(train)
    noise = score(rng.uniform(-100, 100, size=train.shape))
    assert real < 0.7 * noise
    assert real == score(train)


def test_range_ignores_what_is_not_valid() -> None:
    data = np.array([[[1.0, 5.0], [99.0, 5.0], [3.0, 5.0]]])
    valid = np.array([[[True, True], [False, True], [True, True]]])
    low, high = training_range(data, valid)
    assert low.tolist() == [1.0, 5.0]
    assert high.tolist() == [3.0, 6.0]  # a constant channel keeps a range to divide by


def test_gaps_in_the_test_part_do_not_count(rng: np.random.Generator) -> None:
    train, test = waves(20, rng)[..., :1], waves(10, rng)[..., :1]
    valid = rng.random(test.shape) > 0.3
    scale = training_range(train, np.ones_like(train, bool))
    found = [
        predictive_score(
            train,
            x,
            valid,
            scale=scale,
            generator=torch.Generator().manual_seed(0),
            options=PredictiveOptions(steps=5, batch=8),
        )
        for x in (test, np.where(valid, test, np.nan))
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("outputs", ["last", "all"])
def test_a_channel_without_a_range_counts_as_missing(
    outputs: str, rng: np.random.Generator
) -> None:
    train, test = waves(20, rng), waves(10, rng)
    options = PredictiveOptions(steps=5, batch=8, outputs=outputs)

    def score(unseen: int) -> float:
        known = np.ones_like(train, bool)
        known[..., unseen] = False
        scale = training_range(train, known)
        assert np.isnan([scale.low[unseen], scale.high[unseen]]).all()
        draws = torch.Generator().manual_seed(0)
        valid = np.ones_like(test, bool)
        return predictive_score(train, test, valid, scale=scale, generator=draws, options=options)

    assert np.isfinite(score(0))
    assert bool(np.isnan(score(2))) is (outputs == "last")  # nothing is left to say
