"""Mirrors src/unisono/alignment/periods.py."""

import math

import pytest
import torch
from torch import Tensor

from unisono.alignment.periods import autocorrelation, estimate_period
from unisono.core.errors import UnisonoError


def everywhere(x: Tensor) -> Tensor:
    return torch.ones(x.shape[:2], dtype=torch.bool)


def test_autocorrelation_matches_the_loops(generator: torch.Generator) -> None:
    x = torch.randn(2, 12, 3, dtype=torch.float64, generator=generator)
    mask = torch.rand(2, 12, generator=generator) > 0.3
    got = autocorrelation(torch.where(mask[..., None], x, torch.nan), mask)
    for b in range(2):
        centred = x[b] - x[b][mask[b]].mean(dim=0)
        at_zero = 0.0
        for k in range(12):
            pairs = [(t, t + k) for t in range(12 - k) if mask[b, t] and mask[b, t + k]]
            total = sum(float(centred[s] @ centred[t]) for s, t in pairs)
            value = total / len(pairs) if pairs else 0.0
            at_zero = value if k == 0 else at_zero
            assert got[b, k].item() == pytest.approx(value / at_zero, abs=1e-9)


@pytest.mark.parametrize("period", [8.0, 17.0, 25.4, 40.0])
def test_period_of_a_noisy_oscillation(period: float, generator: torch.Generator) -> None:
    phase = 2 * math.pi * torch.arange(120.0) / period + torch.tensor([[0.0], [1.0]])
    x = torch.stack([phase.sin(), (2 * phase).cos() + phase.cos()], dim=-1)
    x = x + 0.2 * torch.randn(x.shape, generator=generator)
    found = estimate_period(x, everywhere(x))
    assert found.tolist() == pytest.approx([period, period], abs=0.5)


def test_a_masked_end_does_not_disturb() -> None:
    t = torch.arange(120.0)
    x = torch.sin(2 * math.pi * t / 20)[None, :, None].repeat(2, 1, 1)
    mask = everywhere(x)
    mask[1, 80:] = False
    x[1, 80:] = torch.nan
    assert estimate_period(x, mask).tolist() == pytest.approx([20.0, 20.0], abs=0.3)


def test_nothing_periodic_is_infinite(generator: torch.Generator) -> None:
    noise = torch.randn(1, 100, 2, generator=generator)
    ramp = torch.linspace(0, 1, 100)[None, :, None]
    flat = torch.ones(1, 100, 1)
    for x in (noise, ramp, flat, flat[:, :4]):
        assert estimate_period(x, everywhere(x)).tolist() == [math.inf]
    assert estimate_period(noise, ~everywhere(noise)).tolist() == [math.inf]


def test_range_of_lags_is_kept() -> None:
    x = torch.sin(2 * math.pi * torch.arange(100.0) / 10)[None, :, None]
    assert estimate_period(x, everywhere(x), shortest=15).item() == pytest.approx(20, abs=0.2)
    assert estimate_period(x, everywhere(x), longest=8).item() == math.inf
    with pytest.raises(UnisonoError, match="shortest must lie in"):
        estimate_period(x, everywhere(x), shortest=1)
