"""Mirrors src/unisono/networks/unet.py; the contract is tested in test_bridge_network.py."""

import pytest
import torch

from unisono.core.contracts import Latents
from unisono.core.errors import ConfigError
from unisono.networks.bridge_network import BridgeShape, Tokens
from unisono.networks.conditioning import TransformerSize
from unisono.networks.unet import UNet

SIZE = TransformerSize(8, 2, 8, 0.0)


def test_a_shift_of_the_grid_shifts_the_answer() -> None:
    """Convolutions know no absolute place, but for the edges."""
    torch.manual_seed(0)
    net = UNet(Tokens(2, (32,), (32,)), SIZE, BridgeShape(0, 1, zero_output=False))
    x = torch.zeros(1, 32, 2)
    x[:, 10:14] = torch.randn(4, 2)
    ones = torch.ones(1, 32, dtype=torch.bool)
    memory = net.prepare(Latents(torch.zeros(1, 32, 2), ones))

    def answer(x: torch.Tensor) -> torch.Tensor:
        return net(x, torch.zeros(1), ones, memory)

    moved = answer(x.roll(4, dims=1)) - answer(torch.zeros_like(x))
    here = answer(x) - answer(torch.zeros_like(x))
    both = torch.stack([moved[:, 8:26].flatten(), here.roll(4, dims=1)[:, 8:26].flatten()])
    assert torch.corrcoef(both)[0, 1] > 0.97  # edges reach the statistics of the groups


def test_four_axes_are_refused() -> None:
    with pytest.raises(ConfigError, match="1 to 3 axes"):
        UNet(Tokens(2, (2, 2, 2, 2), (16,)), SIZE, BridgeShape())
