"""Mirrors src/unisono/networks/lever_features.py. Oracles: a parabola, a rotation by hand."""

import sys
from pathlib import Path

import torch

from unisono.networks.lever_features import (
    accelerations,
    features_of,
    filled,
    fit_scaling,
    scaled,
    valid_spread,
)
from unisono.networks.lever_geometry import body_of

sys.path.insert(0, str(Path(__file__).parent))
from lever_world import landmarks, world  # noqa: E402 - found by the line above


def test_accelerations_of_parabolas_are_exact_to_the_ends() -> None:
    time = torch.linspace(0, 0.8, 41)
    x = torch.stack([4 * time**2 - time, 100 + 0 * time, 5 - 9.81 / 2 * time**2], -1)
    found = accelerations(x[None], torch.tensor([0.8]))
    expected = torch.tensor([8.0, 0.0, -9.81]).expand(1, 41, 3)
    torch.testing.assert_close(found, expected, atol=2e-3, rtol=1e-3)


def test_where_in_the_laboratory_changes_nothing(generator: torch.Generator) -> None:
    found, at = world(generator), landmarks()
    numbers = torch.randn(len(found.x), 2, generator=generator)
    moved = found.x.clone()
    moved[..., 1:] += torch.tensor([3.0, -1.0, 0.0]).repeat(moved.shape[-1] // 3)
    sides = [features_of(x, numbers, found.seconds, at, body_of(x, at)) for x in (found.x, moved)]
    for view, blocks in sides[0].items():
        for mine, other in zip(blocks, sides[1][view], strict=True):
            torch.testing.assert_close(mine.values, other.values, atol=2e-3, rtol=1e-3)


def test_blocks_are_scaled_to_count_alike(generator: torch.Generator) -> None:
    found, at = world(generator), landmarks()
    numbers = 50 * torch.randn(len(found.x), 2, generator=generator)
    views = features_of(found.x, numbers, found.seconds, at, body_of(found.x, at))
    for blocks in views.values():
        out = scaled(blocks, fit_scaling(blocks))
        lengths = out.square().sum(dim=1).mean()
        torch.testing.assert_close(lengths, torch.tensor(float(len(blocks))), atol=1e-2, rtol=0.0)
        assert not out.mean(dim=0).abs().max() > 1e-3


def test_what_is_not_valid_is_the_nearest_that_is_and_counts_for_no_spread() -> None:
    y = torch.tensor([1.0, 9.0, 9.0, 3.0])[None, :, None]
    valid = torch.tensor([True, False, False, True])[None, :, None]
    assert filled(y, valid).flatten().tolist() == [1.0, 1.0, 3.0, 3.0]
    assert torch.equal(filled(y, ~valid & valid), y)
    assert float(valid_spread(y, valid)) == 1.0
