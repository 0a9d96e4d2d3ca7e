"""Mirrors src/unisono/networks/attention.py."""

import math

import pytest
import torch

from unisono.core.errors import ShapeError
from unisono.networks.attention import Attention


def slow(net: Attention, x: torch.Tensor, memory: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The definition as loops over batch, head and query."""
    keys, values = net.key_value(memory).chunk(2, dim=-1)
    query = net.query(x)
    size = x.shape[-1] // net.heads
    mixed = torch.zeros_like(x)
    for b in range(len(x)):
        for h in range(net.heads):
            part = slice(h * size, (h + 1) * size)
            for q in range(x.shape[1]):
                score = keys[b, :, part] @ query[b, q, part] / math.sqrt(size)
                weight = torch.softmax(score.masked_fill(~mask[b], -torch.inf), dim=0)
                mixed[b, q, part] = weight @ values[b, :, part]
    return net.out(mixed)


def test_matches_the_definition(generator: torch.Generator) -> None:
    net = Attention(8, 2).double()
    x = torch.randn(2, 3, 8, generator=generator, dtype=torch.float64)
    memory = torch.randn(2, 5, 8, generator=generator, dtype=torch.float64)
    mask = torch.tensor([[True] * 5, [True, False, True, False, False]])
    torch.testing.assert_close(net(x, net.memory(memory, mask)), slow(net, x, memory, mask))


def test_masked_memory_changes_nothing(generator: torch.Generator) -> None:
    net = Attention(8, 2)
    x, memory = torch.randn(2, 1, 4, 8, generator=generator)
    mask = torch.tensor([[True, True, False, False]])
    other = memory.clone()
    other[:, 2:] = 100.0
    assert torch.equal(net(x, net.memory(memory, mask)), net(x, net.memory(other, mask)))


def test_nothing_to_attend_to_gives_zeros_and_finite_gradients() -> None:
    net = Attention(8, 2)
    x = torch.randn(1, 4, 8, requires_grad=True)
    out = net(x, net.memory(x, torch.zeros(1, 4, dtype=torch.bool)))
    out.sum().backward()
    assert torch.equal(out, torch.zeros_like(out))
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ShapeError, match=r"width \(8\) must be a multiple of heads \(3\)"):
        Attention(8, 3)
