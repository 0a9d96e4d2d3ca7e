"""Mirrors src/unisono/methods/bridge_monitors.py."""

import pytest
import torch
from bridge_toys import fitted, method, pairs, settings

from unisono.core.contracts import Latents
from unisono.core.errors import UnisonoError
from unisono.methods.bridge_monitors import bridge_report, latent_monitors


def test_spread_and_rank_of_latents() -> None:
    z = torch.randn(500, 4, 3, generator=torch.Generator().manual_seed(0))
    flat = torch.stack([z[..., 0], 2 * z[..., 0], 0 * z[..., 0]], dim=-1)
    everyone = torch.ones(500, dtype=torch.bool)
    mask = torch.ones(500, 4, dtype=torch.bool)
    found = latent_monitors(Latents(0.1 * z, mask), Latents(flat, mask), everyone, everyone)
    assert float(found["target.std"]) == pytest.approx(0.1, rel=0.05)
    assert float(found["target.rank"]) == pytest.approx(3, rel=0.05)
    assert float(found["source.rank"]) == pytest.approx(1, abs=0.01)


def test_nobody_there_gives_no_figure() -> None:
    z = Latents(torch.zeros(3, 2, 2), torch.ones(3, 2, dtype=torch.bool))
    nobody = torch.zeros(3, dtype=torch.bool)
    assert latent_monitors(z, z, nobody, nobody) == {}


def test_the_report_of_a_trained_bridge(generator: torch.Generator) -> None:
    made = fitted(method(settings()), 80)
    found = bridge_report(made, pairs(100, 9), "x", samples=2, steps=4, generator=generator)
    assert found.reconstruction < 1e-10
    assert found.gap == found.answer - found.reconstruction
    assert found.both_swapped > 2 * found.answer  # the answer is about its own source
    assert found.start_swapped > 2 * found.answer  # which a regression carries
    assert found.source_std == pytest.approx(1, abs=0.1)


def test_a_single_pair_cannot_be_swapped(generator: torch.Generator) -> None:
    with pytest.raises(UnisonoError, match="at least two pairs"):
        bridge_report(method(settings()), pairs(1), "x", samples=1, steps=1, generator=generator)
