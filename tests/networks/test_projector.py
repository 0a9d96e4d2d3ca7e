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


def test_every_token_counts_and_has_its_place() -> None:
    torch.manual_seed(0)
    projector = Projector(ProjectorShape(2, 3, 5), SIZE)
    z = torch.randn(1, 2, 3)
    assert (projector(z) - projector(z.flip(1))).abs().max() > 1e-4
    back = projector.back(torch.randn(1, 5))
    assert (back[:, 0] - back[:, 1]).abs().max() > 1e-4
