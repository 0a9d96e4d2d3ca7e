"""Mirrors src/unisono/alignment/second_order.py."""

import math

import numpy as np
import pytest
import torch

from unisono.alignment.second_order import (
    batch_gaussian_kl,
    covariance_mismatch,
    window_covariance,
)
from unisono.core.errors import ShapeError


def test_covariance_is_that_of_numpy(generator: torch.Generator) -> None:
    values = torch.randn(2, 3, 7, 4, dtype=torch.float64, generator=generator)
    got = window_covariance(values)
    for b in range(2):
        for m in range(3):
            np.testing.assert_allclose(got[b, m], np.cov(values[b, m].numpy().T), rtol=1e-10)


@pytest.mark.parametrize(("frames", "width"), [(6, 3), (4, 7), (2, 3), (5, 5)])
def test_mismatch_matches_the_definition(
    frames: int, width: int, generator: torch.Generator
) -> None:
    x, y = torch.randn(2, 5, frames, width, dtype=torch.float64, generator=generator)
    valid = torch.tensor([True, False, True, True, False])
    weight = torch.rand(5, dtype=torch.float64, generator=generator)
    expected = 0.0
    for n in (0, 2, 3):
        gap = np.cov(x[n].numpy().T) - np.cov(y[n].numpy().T)
        expected += weight[n].item() * (gap**2).sum() / width**2
    got = covariance_mismatch(x, y, valid=valid, weight=weight)
    assert got.item() == pytest.approx(expected / 3, rel=1e-10)


@pytest.mark.parametrize("frames", [2, 6])
def test_invariances(frames: int, generator: torch.Generator) -> None:
    x, y = torch.randn(2, 5, frames, 3, dtype=torch.float64, generator=generator)
    assert covariance_mismatch(x, x).item() == 0
    assert covariance_mismatch(x, x.flip(1)).item() == pytest.approx(0, abs=1e-12)
    shift = torch.randn(5, 1, 3, dtype=torch.float64, generator=generator)
    torch.testing.assert_close(covariance_mismatch(x + shift, y), covariance_mismatch(x, y))
    rotation, _ = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64, generator=generator))
    torch.testing.assert_close(
        covariance_mismatch(x @ rotation, y @ rotation), covariance_mismatch(x, y)
    )


def test_short_and_long_windows_have_the_same_gradient(generator: torch.Generator) -> None:
    x, y = torch.randn(2, 3, 4, 6, dtype=torch.float64, generator=generator)
    x.requires_grad_()
    short = torch.autograd.grad(covariance_mismatch(x, y), x)[0]
    gap = window_covariance(x) - window_covariance(y)
    torch.testing.assert_close(short, torch.autograd.grad(gap.square().mean(), x)[0])


def test_a_single_frame_is_refused() -> None:
    with pytest.raises(ShapeError, match="at least 2 frames; got 1"):
        window_covariance(torch.zeros(3, 1, 2))
    with pytest.raises(ShapeError, match="at least 2 frames; got 1"):
        covariance_mismatch(torch.zeros(3, 1, 2), torch.zeros(3, 1, 2))


def test_kl_matches_torch_distributions(generator: torch.Generator) -> None:
    p = torch.randn(50, 4, dtype=torch.float64, generator=generator)
    q = 0.7 * torch.randn(50, 4, dtype=torch.float64, generator=generator) + 0.2
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(
        normal(p.mean(0), p.std(0)), normal(q.mean(0), q.std(0))
    ).mean()
    torch.testing.assert_close(batch_gaussian_kl(p, q), expected)


def test_kl_reads_valid_items_only(generator: torch.Generator) -> None:
    p, q = torch.randn(2, 30, 4, dtype=torch.float64, generator=generator)
    valid = torch.arange(30) < 20
    p_bad, q_bad = p.clone(), q.clone()
    p_bad[20:], q_bad[20:] = torch.nan, torch.inf
    q_bad.requires_grad_()
    got = batch_gaussian_kl(p_bad, q_bad, valid=valid)
    torch.testing.assert_close(got, batch_gaussian_kl(p[:20], q[:20]))
    got.backward()
    assert q_bad.grad is not None
    assert torch.isfinite(q_bad.grad).all()


def test_kl_of_the_same_batch_is_zero_and_of_a_halved_spread_is_known() -> None:
    p = torch.randn(4000, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert batch_gaussian_kl(p, p).item() == pytest.approx(0, abs=1e-12)
    halved = p.mean(0) + (p - p.mean(0)) / 2
    assert batch_gaussian_kl(p, halved).item() == pytest.approx((math.log(0.25) + 4 - 1) / 2)


def test_kl_of_collapsed_or_missing_batches_is_finite() -> None:
    zeros = torch.zeros(5, 3, requires_grad=True)
    loss = batch_gaussian_kl(torch.ones(5, 3), zeros)
    loss.backward()
    assert torch.isfinite(loss)
    assert zeros.grad is not None
    assert torch.isfinite(zeros.grad).all()
    none = torch.zeros(5, dtype=torch.bool)
    assert batch_gaussian_kl(torch.ones(5, 3), zeros, valid=none).item() == 0
