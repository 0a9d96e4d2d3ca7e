"""Mirrors src/unisono/core/freezing.py."""

import torch
from torch import nn

from unisono.core.freezing import freeze


def test_a_training_step_leaves_a_frozen_tree_unchanged(generator: torch.Generator) -> None:
    frozen = freeze(nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout(0.5)))
    head = nn.Linear(3, 1)
    before = {k: v.clone() for k, v in frozen.state_dict().items()}
    parameters = [p for p in [*frozen.parameters(), *head.parameters()] if p.requires_grad]
    optimiser = torch.optim.SGD(parameters, lr=1.0)
    x = torch.randn(8, 3, generator=generator)
    head(frozen(x)).sum().backward()
    optimiser.step()
    assert all(torch.equal(before[k], v) for k, v in frozen.state_dict().items())
    assert torch.equal(frozen(x), frozen(x))
