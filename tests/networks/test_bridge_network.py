"""Mirrors src/unisono/networks/bridge_network.py. Every backbone meets the same contract."""

import pytest
import torch
from torch import Tensor, nn

from unisono.core.contracts import Latents
from unisono.core.errors import ShapeError
from unisono.networks.bridge_network import BridgeNetwork, BridgeShape, Tokens
from unisono.networks.conditioning import TransformerSize
from unisono.networks.dit import DiT
from unisono.networks.unet import UNet

SIZE = TransformerSize(16, 2, 32, 0.0)
LIVE = BridgeShape(1, 2, zero_output=False)
BACKBONES = [BridgeNetwork, DiT, UNet]


def made(kind: type[nn.Module], tokens: Tokens, shape: BridgeShape = LIVE) -> nn.Module:
    torch.manual_seed(0)
    net = kind(tokens, SIZE, shape)
    for layer in net.modules():  # gates that start at zero would hide the paths behind them
        if isinstance(layer, nn.Linear) and float(layer.weight.detach().abs().sum()) == 0:
            nn.init.normal_(layer.weight, std=0.2)
    return net.eval()


def inputs(tokens: Tokens, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Latents]:
    n, k = (int(torch.tensor(sizes).prod()) for sizes in (tokens.target, tokens.source))
    x = torch.randn(3, n, tokens.width, generator=generator)
    source = torch.randn(3, k, tokens.width, generator=generator)
    mask = torch.ones(3, n, dtype=torch.bool)
    return (
        x,
        torch.tensor([-500.0, 0.0, 300.0]),
        mask,
        Latents(source, torch.ones(3, k, dtype=torch.bool)),
    )


@pytest.mark.parametrize("kind", BACKBONES)
@pytest.mark.parametrize(
    "tokens",
    [Tokens(4, (6,), (6,)), Tokens(4, (2, 3), (5,)), Tokens(4, (2, 2, 3), (3, 4))],
    ids=repr,
)
class TestEveryBackbone:
    def test_shape_and_every_way_in(
        self, kind: type[nn.Module], tokens: Tokens, generator: torch.Generator
    ) -> None:
        net = made(kind, tokens)
        x, noise, mask, source = inputs(tokens, generator)
        out = net(x, noise, mask, net.prepare(source))
        assert out.shape == x.shape
        others = {
            "state": net(x + 1, noise, mask, net.prepare(source)),
            "time": net(x, noise - 100, mask, net.prepare(source)),
            "memory": net(x, noise, mask, net.prepare(Latents(-source.z, source.mask))),
        }
        for way, other in others.items():
            assert (other - out).abs().max() > 1e-3, way

    def test_starts_at_zero(
        self, kind: type[nn.Module], tokens: Tokens, generator: torch.Generator
    ) -> None:
        net = kind(tokens, SIZE, BridgeShape(1, 1))
        x, noise, mask, source = inputs(tokens, generator)
        assert (net(x, noise, mask, net.prepare(source)) == 0).all()

    def test_every_parameter_learns(
        self, kind: type[nn.Module], tokens: Tokens, generator: torch.Generator
    ) -> None:
        net = made(kind, tokens)
        x, noise, mask, source = inputs(tokens, generator)
        (net(x, noise, mask, net.prepare(source)) * torch.randn_like(x)).sum().backward()
        # softmax over keys forgets their common bias
        dead = [
            name
            for name, p in net.named_parameters()
            if (p.grad is None or not p.grad.abs().sum() > 0) and "key_value.bias" not in name
        ]
        assert not dead


def test_what_is_masked_does_not_matter(generator: torch.Generator) -> None:
    tokens = Tokens(4, (6,), (5,))
    net = made(BridgeNetwork, tokens)
    x, noise, mask, source = inputs(tokens, generator)
    mask[:, 4:], source.mask[:, 3:] = False, False
    out = net(x, noise, mask, net.prepare(source))
    loud = Latents(torch.where(source.mask[..., None], source.z, 1e3), source.mask)
    other = net(torch.where(mask[..., None], x, -1e3), noise, mask, net.prepare(loud))
    torch.testing.assert_close(out[:, :4], other[:, :4])


def test_blank_tokens_start_equal_and_are_read(generator: torch.Generator) -> None:
    tokens = Tokens(4, (6,), (6,))
    net = made(BridgeNetwork, tokens)
    assert net.blank is not None
    assert (net.blank == net.blank[:1]).all()
    x, noise, mask, source = inputs(tokens, generator)
    before = net(x, noise, mask, net.prepare(source))
    with torch.no_grad():
        net.blank[2] += torch.randn(16, generator=generator)  # a constant would be normalised away
    assert (net(x, noise, mask, net.prepare(source)) - before)[:, 2].abs().max() > 1e-3
    plain = made(BridgeNetwork, tokens, BridgeShape(1, 1, blank=False, zero_output=False))
    assert plain(x, noise, mask, plain.prepare(source)).shape == x.shape


def test_a_repeated_memory_gives_the_same_rows(generator: torch.Generator) -> None:
    tokens = Tokens(4, (6,), (6,))
    net = made(BridgeNetwork, tokens)
    x, noise, mask, source = inputs(tokens, generator)
    once = net(x, noise, mask, net.prepare(source))
    twice = net(
        x.repeat(2, 1, 1), noise.repeat(2), mask.repeat(2, 1), net.prepare(source).repeated(2)
    )
    torch.testing.assert_close(twice, once.repeat(2, 1, 1))


def test_another_number_of_tokens_is_refused(generator: torch.Generator) -> None:
    net = made(BridgeNetwork, Tokens(4, (6,), (6,)))
    with pytest.raises(ShapeError, match="token=6"):
        net.prepare(Latents(torch.zeros(1, 7, 4), torch.ones(1, 7, dtype=torch.bool)))
