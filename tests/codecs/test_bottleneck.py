"""Mirrors src/unisono/codecs/bottleneck.py."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from unisono.codecs.bottleneck import Bottleneck
from unisono.codecs.token_grid import TokenGrid


def test_kl_is_that_of_torch(generator: torch.Generator) -> None:
    squeeze = Bottleneck(TokenGrid(3, 4, "kl"))
    features = torch.randn(2, 3, 8, generator=generator)
    mask = torch.tensor([[True, True, False], [True, True, True]])
    mean, log_variance = features.chunk(2, dim=-1)
    posterior = Normal(mean, (0.5 * log_variance).exp())
    expected = kl_divergence(posterior, Normal(torch.zeros(()), torch.ones(())))[mask].mean()
    out = squeeze(features, mask, None)
    torch.testing.assert_close(out.kl, expected)
    torch.testing.assert_close(out.z, mean)


def test_posterior_draws_have_its_spread(generator: torch.Generator) -> None:
    squeeze = Bottleneck(TokenGrid(1, 2, "kl"))
    features = torch.tensor([1.0, -1.0, 0.0, 2 * torch.tensor(0.1).log()]).expand(20000, 1, 4)
    z = squeeze(features, torch.ones(20000, 1, dtype=torch.bool), generator).z
    torch.testing.assert_close(z.mean(dim=(0, 1)), torch.tensor([1.0, -1.0]), atol=0.03, rtol=0)
    assert z[..., 0].std().item() == pytest.approx(1.0, rel=0.03)
    assert z[..., 1].std().item() == pytest.approx(0.1, rel=0.03)


def test_norm_cannot_shrink(generator: torch.Generator) -> None:
    squeeze = Bottleneck(TokenGrid(3, 16, "norm"))
    features = 1e-2 * torch.randn(2, 3, 16, generator=generator) + 4
    z = squeeze(features, torch.ones(2, 3, dtype=torch.bool), None).z
    torch.testing.assert_close(z.std(dim=-1, correction=0), torch.ones(2, 3), atol=0.06, rtol=0)
    torch.testing.assert_close(z.mean(dim=-1), torch.zeros(2, 3), atol=1e-4, rtol=0)


def test_none_is_the_identity(generator: torch.Generator) -> None:
    features = torch.randn(2, 3, 4, generator=generator)
    out = Bottleneck(TokenGrid(3, 4, "none"))(features, torch.ones(2, 3, dtype=torch.bool), None)
    assert torch.equal(out.z, features) and out.kl.item() == 0
