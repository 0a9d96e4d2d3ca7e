"""Mirrors src/unisono/networks/skip_stack.py."""

import pytest
import torch

from unisono.core.errors import ConfigError
from unisono.networks.conditioning import TransformerSize
from unisono.networks.skip_stack import SkipStack

SIZE = TransformerSize(8, 2, 16, 0.0)


def test_it_is_its_blocks_joined_across_the_middle() -> None:
    torch.manual_seed(0)
    stack = SkipStack(SIZE, 5)
    x, mask = torch.randn(2, 6, 8), torch.ones(2, 6, dtype=torch.bool)
    a = stack.blocks[0](x, mask)
    b = stack.blocks[1](a, mask)
    y = stack.blocks[2](b, mask)
    y = stack.blocks[3](stack.joins[0](torch.cat([y, b], dim=-1)), mask)
    y = stack.blocks[4](stack.joins[1](torch.cat([y, a], dim=-1)), mask)
    torch.testing.assert_close(stack(x, mask), stack.norm(y))


def test_what_is_masked_changes_nothing() -> None:
    torch.manual_seed(0)
    stack = SkipStack(SIZE, 3, cross=True, adaptive=True)
    x, memory = torch.randn(1, 6, 8), torch.randn(1, 4, 8)
    mask, seen = torch.ones(1, 6, dtype=torch.bool), torch.ones(1, 4, dtype=torch.bool)
    mask[0, 4:], seen[0, 2:] = False, False
    other, told = x.clone(), memory.clone()
    other[0, 4:], told[0, 2:] = 9.0, 9.0
    time = torch.randn(1, 8)

    def run(tokens: torch.Tensor, about: torch.Tensor) -> torch.Tensor:
        return stack(tokens, mask, memories=stack.memories(about, seen), time=time)[:, :4]

    torch.testing.assert_close(run(x, memory), run(other, told))


def test_an_even_number_of_layers_has_no_middle() -> None:
    with pytest.raises(ConfigError, match="odd"):
        SkipStack(SIZE, 4)
