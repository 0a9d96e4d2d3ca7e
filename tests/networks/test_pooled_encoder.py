"""Mirrors src/unisono/networks/pooled_encoder.py."""

import torch

from unisono.networks.conditioning import TransformerSize
from unisono.networks.pooled_encoder import PooledEncoder


def test_padding_changes_nothing_and_order_does() -> None:
    torch.manual_seed(0)
    net = PooledEncoder(3, 5, TransformerSize(8, 2, 16, 0.0), 1)
    x = torch.randn(2, 6, 3)
    whole = net(x, torch.ones(2, 6, dtype=torch.bool))
    assert whole.shape == (2, 5)
    longer = torch.cat([x, torch.full((2, 4, 3), 7.0)], dim=1)
    mask = torch.arange(10)[None].expand(2, -1) < 6
    torch.testing.assert_close(net(longer, mask), whole)
    turned = net(x.flip(1), torch.ones(2, 6, dtype=torch.bool))
    assert (turned - whole).abs().max() > 1e-3
