"""Mirrors src/unisono/networks/regression.py."""

import torch

from unisono.networks.conditioning import Memory, TransformerSize
from unisono.networks.regression import MeanHead

SIZE = TransformerSize(width=16, heads=2, feedforward=16, dropout=0.0)


def memory(generator: torch.Generator) -> Memory:
    return Memory(torch.randn(2, 6, 16, generator=generator), torch.ones(2, 6, dtype=torch.bool))


def test_before_training_the_mean_is_the_start_and_the_spread_is_one(
    generator: torch.Generator,
) -> None:
    head = MeanHead(3, SIZE, layers=1)
    start = torch.randn(2, 6, 3, generator=generator)
    out = head(memory(generator), 6, start)
    assert torch.equal(out.mean, start)
    assert torch.equal(out.spread, torch.ones(2, 6, 3))
    assert not head(memory(generator), 6).mean.any()


def test_the_spread_does_not_bend_the_features(generator: torch.Generator) -> None:
    head = MeanHead(3, SIZE, layers=1)
    head(memory(generator), 6).spread.sum().backward()
    assert all(p.grad is None for p in head.stack.parameters())
    assert head.spread.weight.grad is not None
