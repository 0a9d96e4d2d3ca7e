"""Mirrors src/unisono/methods/lead_latents.py."""

import torch
from lead_toys import toy_batch, toy_corpus

from unisono.codecs.motion_vae import MotionVAE, MotionVAESettings
from unisono.methods.lead_latents import LatentCache, Scaler
from unisono.networks.conditioning import TransformerSize


def test_scaled_latents_have_spread_one_and_come_back() -> None:
    z = torch.randn(200, 2, 3) * torch.tensor([1.0, 5.0, 0.1]) + 4
    scaler = Scaler(2, 3, on=True)
    scaler.fit(z)
    there = scaler.there(z)
    torch.testing.assert_close(there.mean(dim=0), torch.zeros(2, 3), atol=1e-4, rtol=0)
    torch.testing.assert_close(there.std(dim=0), torch.ones(2, 3))
    torch.testing.assert_close(scaler.back(there), z)
    off = Scaler(2, 3, on=False)
    off.fit(z)
    torch.testing.assert_close(off.there(z), z)


def test_cached_latents_are_those_of_the_rows() -> None:
    corpus = toy_corpus(6)
    batch = toy_batch(corpus)
    settings = MotionVAESettings(tokens=2, width=4, layers=1)
    vae = MotionVAE(corpus.layout, settings, TransformerSize(8, 2, 16, 0.0)).eval()
    moved = type(batch)(
        batch.data, batch.mask, 3 * batch.index, batch.subject, batch.condition
    )  # rows 0, 3, 6, ...
    cache = LatentCache.of(vae, moved)
    truth = vae.posterior(batch.data["motion"], batch.mask["motion"].any(dim=-1))
    found = cache.of_rows(torch.tensor([9, 0]))
    torch.testing.assert_close(found.mean, truth.mean[[3, 0]])
    torch.testing.assert_close(found.std, truth.std[[3, 0]])
    with torch.autocast("cpu", dtype=torch.bfloat16):  # as where a run is resumed
        again = LatentCache.of(vae, moved)
    assert torch.equal(again.mean, cache.mean) and torch.equal(again.std, cache.std)
    spread = cache.spread_out().var(dim=0, correction=0)
    draws = truth.mean.var(dim=0, correction=0) + truth.std.square().mean(dim=0)
    torch.testing.assert_close(spread, draws)


def test_cached_latents_do_not_hang_on_the_mode_of_the_vae() -> None:
    corpus = toy_corpus(6)
    batch = toy_batch(corpus)
    settings = MotionVAESettings(tokens=2, width=4, layers=1)
    vae = MotionVAE(corpus.layout, settings, TransformerSize(8, 2, 16, 0.5)).train()
    while_training = LatentCache.of(vae, batch)
    assert vae.training and all(part.training for part in vae.modules())
    assert all(p.requires_grad for p in vae.parameters())
    torch.testing.assert_close(while_training.mean, LatentCache.of(vae.eval(), batch).mean)
