"""Mirrors src/unisono/networks/dit.py; the contract is tested in test_bridge_network.py."""

import torch

from unisono.core.contracts import Latents
from unisono.networks.bridge_network import BridgeShape, Tokens
from unisono.networks.conditioning import TransformerSize
from unisono.networks.dit import DiT


def test_depth_is_that_of_encoder_and_decoder_together() -> None:
    net = DiT(Tokens(4, (6,), (6,)), TransformerSize(8, 2, 8, 0.0), BridgeShape(2, 3))
    assert len(net.stack.blocks) == 5


def test_a_longer_source_is_interpolated() -> None:
    net = DiT(Tokens(1, (3,), (5,)), TransformerSize(8, 2, 8, 0.0), BridgeShape(1, 1))
    line = torch.arange(5.0).view(1, 5, 1)
    memory = net.prepare(Latents(line, torch.ones(1, 5, dtype=torch.bool)))
    assert memory.tokens.flatten().tolist() == [0.0, 2.0, 4.0]
