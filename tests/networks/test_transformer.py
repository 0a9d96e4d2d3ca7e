"""Mirrors src/unisono/networks/transformer.py."""

import torch

from unisono.networks.transformer import Block, Stack


def test_an_adaptive_block_starts_as_the_identity(generator: torch.Generator) -> None:
    block = Block(8, heads=2, feedforward=16, adaptive=True)
    x = torch.randn(2, 5, 8, generator=generator)
    mask = torch.ones(2, 5, dtype=torch.bool)
    assert torch.equal(block(x, mask, time=torch.randn(2, 8, generator=generator)), x)


def test_time_modulates_after_a_step(generator: torch.Generator) -> None:
    block = Block(8, heads=2, feedforward=16, adaptive=True)
    assert block.modulate is not None
    torch.nn.init.normal_(block.modulate.weight, generator=generator)
    x = torch.randn(1, 5, 8, generator=generator)
    mask = torch.ones(1, 5, dtype=torch.bool)
    first, second = (block(x, mask, time=torch.full((1, 8), value)) for value in (0.0, 1.0))
    assert not torch.allclose(first, second)


def test_padding_changes_nothing(generator: torch.Generator) -> None:
    stack = Stack(8, 2, heads=2, feedforward=16, cross=True).eval()
    x = torch.randn(1, 4, 8, generator=generator)
    memory = torch.randn(1, 3, 8, generator=generator)
    memories = stack.memories(memory, torch.ones(1, 3, dtype=torch.bool))
    short = stack(x, torch.ones(1, 4, dtype=torch.bool), memories=memories)
    padded = torch.cat([x, torch.full((1, 2, 8), 7.0)], dim=1)
    mask = torch.tensor([[True] * 4 + [False] * 2])
    long = stack(padded, mask, memories=memories)
    torch.testing.assert_close(long[:, :4], short)


def test_no_layers_is_the_norm(generator: torch.Generator) -> None:
    x = torch.randn(1, 4, 8, generator=generator)
    out = Stack(8, 0, heads=2, feedforward=16)(x, torch.ones(1, 4, dtype=torch.bool))
    torch.testing.assert_close(out.mean(dim=-1), torch.zeros(1, 4), atol=1e-5, rtol=0)
