"""Mirrors src/unisono/evaluation/distribution.py: closed forms, SciPy's matrix root."""

import tracemalloc

import numpy as np
import pytest
import torch
from scipy import linalg

from unisono.core.errors import ShapeError
from unisono.evaluation.distribution import (
    ContextFid,
    EncoderOptions,
    SeriesEncoder,
    context_fid,
    fit_series_encoder,
    frechet_distance,
    frechet_gaussians,
)


def covariance(d: int, rng: np.random.Generator) -> np.ndarray:
    root = rng.normal(size=(d, d))
    return root @ root.T + 0.1 * np.eye(d)


def test_it_agrees_with_the_matrix_root(rng: np.random.Generator) -> None:
    m1, m2, c1, c2 = rng.normal(size=5), rng.normal(size=5), covariance(5, rng), covariance(5, rng)
    root = linalg.sqrtm(c1 @ c2).real
    expected = ((m1 - m2) ** 2).sum() + np.trace(c1 + c2 - 2 * root)
    assert np.isclose(frechet_gaussians(m1, c1, m2, c2), expected)


def test_closed_forms(rng: np.random.Generator) -> None:
    c = covariance(4, rng)
    zero = np.zeros(4)
    assert frechet_gaussians(zero, c, zero, c) < 1e-10
    assert np.isclose(frechet_gaussians(zero, c, zero, 9 * c), 4 * np.trace(c))  # (3 - 1)^2 tr C
    a, b = np.diag([1.0, 4.0, 0.0, 9.0]), np.diag([4.0, 1.0, 1.0, 0.0])
    expected = 1 + 1 + 1 + 9  # commuting: sum of (sqrt a - sqrt b)^2, singular ones included
    assert np.isclose(frechet_gaussians(zero, a, zero, b), expected)


def test_samples_approach_the_gaussians(rng: np.random.Generator) -> None:
    a = rng.normal(size=(40000, 3)) * [1, 2, 3]
    b = rng.normal(size=(40000, 3)) * [2, 2, 1] + [1, 0, 0]
    assert abs(frechet_distance(a, b) - (1 + 1 + 0 + 4)) < 0.15
    assert frechet_distance(a, a) < 1e-8
    assert np.isclose(frechet_distance(a[:, :1], b[:, :1]), 2.0, atol=0.1)


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ShapeError, match="needs more rows"):
        frechet_distance(np.zeros((4, 4)), np.zeros((9, 4)))


def waves(n: int, rng: np.random.Generator, *, rough: float = 0.0) -> np.ndarray:
    t = np.linspace(0, 2 * np.pi, 12)
    size, shift = rng.normal(1, 0.2, (n, 1)), rng.normal(0, 0.3, (n, 1))
    x = np.stack([size * np.sin(t + shift), size * np.cos(t + shift)], axis=-1)
    return 50 + 10 * (x + rough * rng.normal(size=x.shape))


def test_context_fid_ranks_real_above_wrong(rng: np.random.Generator) -> None:
    train, real, fresh = waves(120, rng), waves(60, rng), waves(60, rng)
    ones = np.ones_like(train, bool)
    encoder = fit_series_encoder(
        train,
        ones,
        generator=torch.Generator().manual_seed(0),
        options=EncoderOptions(width=10, steps=60, batch=24, rate=1e-2),
    )
    assert encoder.loss < 0.5

    def fid(generated: np.ndarray) -> ContextFid:
        return context_fid(encoder, real, ones[:60], generated, generator=rng)

    good = fid(fresh)
    assert (good.features, good.windows) == (10, 60)
    assert good.value < 5 * good.floor
    shuffled = rng.permuted(real, axis=1)
    frozen = np.broadcast_to(real.mean(axis=0), real.shape)
    for wrong in (real + 10, waves(60, rng, rough=0.7), shuffled, frozen):
        assert fid(wrong).value > 3 * max(good.value, good.floor)


def test_encoder_is_frozen_seeded_and_blind_to_gaps(rng: np.random.Generator) -> None:
    data = waves(20, rng)
    valid = rng.random(data.shape) > 0.2
    options = EncoderOptions(width=4, steps=3, batch=4)

    def features(x: np.ndarray) -> np.ndarray:
        encoder = fit_series_encoder(
            x, valid, generator=torch.Generator().manual_seed(2), options=options
        )
        assert not any(p.requires_grad for p in encoder.net.parameters())
        return encoder.features(x, valid)

    assert np.array_equal(features(data), features(np.where(valid, data, np.nan)))
    encoder = fit_series_encoder(
        data, valid, generator=torch.Generator().manual_seed(2), options=options
    )
    with pytest.raises(ShapeError, match="at least 8 windows"):
        context_fid(encoder, data[:4], valid[:4], data, generator=rng)


def test_many_training_windows_cost_no_square_of_them(rng: np.random.Generator) -> None:
    train = waves(3000, rng)
    ones = np.ones_like(train, bool)

    def fitted(count: int) -> SeriesEncoder:
        draws = torch.Generator().manual_seed(0)
        options = EncoderOptions(width=6, steps=2, batch=24)
        return fit_series_encoder(train[:count], ones[:count], generator=draws, options=options)

    fitted(30)  # whatever is imported or kept at first is not counted below
    tracemalloc.start()
    encoder = fitted(3000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6  # the square of the windows would be 72 MB
    features = encoder.features(train, ones)
    variance = features.var(axis=0)
    assert np.isclose(variance.sum(), 1) and (np.diff(variance) <= 1e-12).all()
    assert abs(np.cov(features, rowvar=False) - np.diag(variance)).max() < 1e-3


def test_fewer_generated_windows_than_real_ones_carry_fewer_features(
    rng: np.random.Generator,
) -> None:
    train, real = waves(60, rng), waves(120, rng)
    encoder = fit_series_encoder(
        train,
        np.ones_like(train, bool),
        generator=torch.Generator().manual_seed(0),
        options=EncoderOptions(width=16, steps=2, batch=24),
    )
    found = context_fid(encoder, real, np.ones_like(real, bool), waves(12, rng), generator=rng)
    assert (found.features, found.windows) == (2, 12)
