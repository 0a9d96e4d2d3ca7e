"""Mirrors src/unisono/codecs/identity.py."""

import pytest
import torch

from unisono.codecs.identity import IdentityCodec
from unisono.core.contracts import Codec, Latents


def test_standardised_over_valid_samples_only(generator: torch.Generator) -> None:
    data = torch.randn(8, 20, 2, generator=generator) * torch.tensor([5.0, 0.1]) + 3.0
    mask = torch.rand(8, 20, 2, generator=generator) > 0.3
    spoiled = torch.where(mask, data, torch.full_like(data, 1e6))
    codec = IdentityCodec(2)
    codec.fit(spoiled, mask)
    for channel in range(2):
        valid = data[..., channel][mask[..., channel]]
        assert codec.mean[channel].item() == pytest.approx(valid.mean().item(), rel=1e-5)
        assert codec.std[channel].item() == pytest.approx(valid.std(correction=0).item(), rel=1e-5)


def test_round_trip_and_zero_where_missing(generator: torch.Generator) -> None:
    data = torch.randn(4, 6, 3, generator=generator) * 7 - 2
    mask = torch.ones(4, 6, 3, dtype=torch.bool)
    mask[:, :2, 1] = False
    codec = IdentityCodec(3)
    assert isinstance(codec, Codec)
    codec.fit(data, mask)
    latents = codec.encode(data, mask)
    assert not latents.z[:, :2, 1].any()
    back = codec.decode(Latents(latents.z, latents.mask))
    torch.testing.assert_close(back[mask], data[mask])


def test_a_constant_channel_stays_finite() -> None:
    codec = IdentityCodec(1)
    codec.fit(torch.full((2, 3, 1), 4.0), torch.ones(2, 3, 1, dtype=torch.bool))
    assert codec.std.item() == 1.0


def test_a_channel_without_any_sample_is_refused() -> None:
    mask = torch.ones(2, 3, 2, dtype=torch.bool)
    mask[..., 1] = False
    with pytest.raises(ValueError, match="channel 1 has no valid sample in the training part"):
        IdentityCodec(2).fit(torch.zeros(2, 3, 2), mask)
