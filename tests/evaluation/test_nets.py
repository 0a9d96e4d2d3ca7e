"""Mirrors src/unisono/evaluation/nets.py."""

import pytest
import torch
from torch import nn

from unisono.evaluation.nets import Forecaster, SeriesAutoencoder, seeded


def test_start_depends_on_the_generator_alone() -> None:
    before = torch.get_rng_state()
    nets = [
        seeded(lambda: SeriesAutoencoder(3, 8), generator=torch.Generator().manual_seed(s))
        for s in (0, 0, 1)
    ]
    assert torch.equal(before, torch.get_rng_state())
    values = [torch.cat([p.ravel() for p in net.parameters()]) for net in nets]
    assert torch.equal(values[0], values[1])
    assert not torch.equal(values[0], values[2])
    assert 0 < values[0].abs().max() <= 1 / 8**0.5


def test_unknown_parameters_are_refused(generator: torch.Generator) -> None:
    with pytest.raises(TypeError, match="LayerNorm"):
        seeded(lambda: nn.LayerNorm(3), generator=generator)


def test_autoencoder_does_not_read_masked_samples(generator: torch.Generator) -> None:
    net = seeded(lambda: SeriesAutoencoder(2, 8), generator=generator)
    data = torch.randn(4, 10, 2, generator=generator)
    mask = torch.ones(4, 10, 2)
    mask[:, 3:5] = 0
    other = torch.where(mask > 0, data, torch.full_like(data, 9.0))
    assert torch.equal(net.encode(data, mask), net.encode(other, mask))
    assert net(data, mask).shape == data.shape


def test_forecaster_is_causal(generator: torch.Generator) -> None:
    net = seeded(lambda: Forecaster(3, 1, 4), generator=generator)
    x = torch.rand(2, 9, 3, generator=generator)
    y = x.clone()
    y[:, 6:] += 1
    assert torch.equal(net(x)[:, :6], net(y)[:, :6])
    assert ((net(x) > 0) & (net(x) < 1)).all()
