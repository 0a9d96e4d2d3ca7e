"""Mirrors src/unisono/networks/projector.py."""

import pytest
import torch

from unisono.networks.conditioning import TransformerSize
from unisono.networks.projector import Projector, ProjectorShape

SIZE = TransformerSize(16, 2, 32, 0.0)


@pytest.mark.parametrize("kind", ["transformer", "mlp"])
def test_it_can_learn_to_come_back(kind: str) -> None:
    torch.manual_seed(0)
    projector = Projector(ProjectorShape(2, 3, 5, kind, 1, free=4), SIZE)  # type: ignore[arg-type]
    z = torch.randn(64, 2, 3)
    assert projector(z).shape == (64, 9) and projector.aligned(projector(z)).shape == (64, 5)
    optimiser = torch.optim.Adam(projector.parameters(), lr=5e-3)
    before = (projector.back(projector(z)) - z).square().mean().item()
    for _ in range(150):
        optimiser.zero_grad()
        lost = (projector.back(projector(z)) - z).square().mean()
        lost.backward()
        optimiser.step()
    assert lost.item() < 0.9 * before


def test_free_numbers_hold_what_one_token_is_too_narrow_for() -> None:
    """Eight tokens of 8 numbers through a width of 16."""
    torch.manual_seed(0)
    z, size = torch.randn(128, 8, 8), TransformerSize(16, 2, 32, 0.0)
    left = {}
    for free in (0, 63):  # 63: shares that do not come out even
        projector = Projector(ProjectorShape(8, 8, 5, "transformer", 1, free=free), size)
        optimiser = torch.optim.Adam(projector.parameters(), lr=1e-2)
        for _ in range(120):
            optimiser.zero_grad()
            lost = (projector.back(projector(z)) - z).square().mean()
            lost.backward()
            optimiser.step()
        left[free] = lost.item()
    assert left[63] < 0.35 < 0.7 < left[0], left


def test_every_token_counts_and_has_its_place() -> None:
    torch.manual_seed(0)
    projector = Projector(ProjectorShape(2, 3, 5), SIZE)
    z = torch.randn(1, 2, 3)
    assert (projector(z) - projector(z.flip(1))).abs().max() > 1e-4
    back = projector.back(torch.randn(1, 5))
    assert (back[:, 0] - back[:, 1]).abs().max() > 1e-4
