"""Mirrors src/unisono/networks/stacking.py. Oracle: the minimum found by brute force."""

import torch

from unisono.networks.stacking import anchors, blended, stack_weights, staged_weights


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


def test_triangles_share_every_frame() -> None:
    for count in (1, 2, 3, 5):
        found = anchors(count, 11)
        assert found.shape == (count, 11)
        torch.testing.assert_close(found.sum(dim=0), torch.ones(11))
    assert anchors(2, 3)[0].tolist() == [1.0, 0.5, 0.0]


def test_frames_that_count_more_decide(generator: torch.Generator) -> None:
    """Weighing a frame twice is having it twice."""
    y = torch.randn(25, 3, 1, generator=generator)
    candidates = torch.stack([y, y]) + torch.randn(2, 25, 3, 1, generator=generator)
    twice = [0, 1, 1, 2]
    expected = stack_weights(candidates[:, :, twice], y[:, twice], torch.ones(25, 4, 1) > 0)
    found = stack_weights(candidates, y, torch.ones(25, 3, 1) > 0, torch.tensor([1.0, 2.0, 1.0]))
    torch.testing.assert_close(found, expected)


def test_each_stage_believes_whoever_is_right_there(generator: torch.Generator) -> None:
    y = torch.randn(40, 21, 1, generator=generator)
    wrong = 2 * torch.randn(40, 21, 1, generator=generator)
    early = torch.where(torch.arange(21)[:, None] < 10, y, wrong)
    late = torch.where(torch.arange(21)[:, None] < 10, wrong, y)
    candidates, valid = torch.stack([early, late]), torch.ones_like(y) > 0
    found = staged_weights(candidates, y, valid, 3)
    assert found.shape == (3, 2, 1)
    assert found[0, 0] > 0.9
    assert found[2, 1] > 0.9
    mixed = blended(candidates, found.expand(40, 3, 2, 1))
    plain = blended(candidates, stack_weights(candidates, y, valid)[None, None].expand(40, 1, 2, 1))
    assert (mixed - y).square().mean() < 0.5 * (plain - y).square().mean()
    # by hand, at a frame between two anchors
    share = 0.5 * (found[0] + found[1])
    torch.testing.assert_close(mixed[:, 5], (candidates[:, :, 5] * share[:, None]).sum(dim=0))


def test_candidates_that_are_all_far_off_still_share(generator: torch.Generator) -> None:
    y = 1e-4 * torch.randn(10, 4, 1, generator=generator)
    far = 50 + torch.randn(3, 10, 4, 1, generator=generator)
    found = stack_weights(far, y, torch.ones_like(y) > 0)
    torch.testing.assert_close(found.sum(dim=0), torch.ones(1))
    assert torch.isfinite(found).all()
