"""Mirrors src/unisono/networks/stacking.py. Oracle: the minimum found by brute force."""

import torch

from unisono.networks.stacking import stack_weights


def test_weights_are_convex_and_best(generator: torch.Generator) -> None:
    y = torch.randn(30, 5, 2, generator=generator)
    noise = torch.randn(2, 30, 5, 2, generator=generator)
    candidates = torch.stack([y + 0.3 * noise[0], y + 0.6 * noise[1]])
    found = stack_weights(candidates, y, torch.ones_like(y) > 0)
    torch.testing.assert_close(found.sum(dim=0), torch.ones(2), atol=1e-3, rtol=0.0)
    assert (found >= 0).all()
    grid = torch.linspace(0, 1, 1001)
    spread = y.var(dim=(0, 1), correction=0)
    for channel in range(2):
        both = candidates[..., channel]
        mixed = grid[:, None, None] * both[0] + (1 - grid)[:, None, None] * both[1]
        error = (mixed - y[..., channel]).square().mean(dim=(1, 2))
        pull = 2 * 0.03 * spread[channel] * (grid - 0.5).square()
        best = grid[(error + pull).argmin()]
        torch.testing.assert_close(found[0, channel], best, atol=5e-3, rtol=0.0)


def test_what_is_not_valid_does_not_count(generator: torch.Generator) -> None:
    y = torch.randn(20, 4, 1, generator=generator)
    good = torch.stack([y, torch.zeros_like(y)])
    valid = torch.rand(20, 4, 1, generator=generator) > 0.3
    spoiled = torch.where(valid, good, torch.full_like(good, 1e6))
    torch.testing.assert_close(
        stack_weights(spoiled, y, valid), stack_weights(good * valid, y, valid)
    )
    nothing = stack_weights(good, y, torch.zeros_like(valid))
    torch.testing.assert_close(nothing, torch.full((2, 1), 0.5))
