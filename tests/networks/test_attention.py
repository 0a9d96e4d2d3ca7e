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


def test_attending_to_itself_is_attending_to_its_own_memory(generator: torch.Generator) -> None:
    net = Attention(8, 2).double()
    x = torch.randn(2, 5, 8, generator=generator, dtype=torch.float64)
    mask = torch.tensor([[True] * 5, [True, False, True, False, False]])
    torch.testing.assert_close(net.within(x, mask), net(x, net.memory(x, mask)))


@pytest.mark.parametrize(
    "valid", [[[True] * 6] * 3, [[True] * 6, [True] * 2 + [False] * 4, [False] * 6]]
)
def test_bf16_with_gradients_is_the_same_attention(
    valid: list[list[bool]], generator: torch.Generator
) -> None:
    net = Attention(8, 2)
    x = torch.randn(3, 6, 8, generator=generator)
    pull, mask = torch.randn(3, 6, 8, generator=generator), torch.tensor(valid)
    exact = net.within(x, mask)
    wanted = torch.autograd.grad((exact * pull).sum(), list(net.parameters()))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded = net.within(x, mask)
    got = torch.autograd.grad((rounded * pull).sum(), list(net.parameters()))
    torch.testing.assert_close(rounded.float(), exact, rtol=0.03, atol=0.03)
    for rough, fine in zip(got, wanted, strict=True):
        torch.testing.assert_close(
            rough, fine, rtol=0.05, atol=0.05 * float(fine.abs().max() + 0.1)
        )


def test_bf16_gradients_drop_weights_while_training(generator: torch.Generator) -> None:
    net = Attention(8, 2, dropout=0.5)
    x, mask = torch.randn(2, 6, 8, generator=generator), torch.ones(2, 6, dtype=torch.bool)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert not torch.equal(net.within(x, mask), net.within(x, mask))
        net.eval()
        assert torch.equal(net.within(x, mask), net.within(x, mask))
