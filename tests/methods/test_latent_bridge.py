"""Mirrors src/unisono/methods/latent_bridge.py."""

import pytest
import torch
from bridge_toys import settings

from unisono.core.contracts import Latents
from unisono.core.errors import ConfigError
from unisono.methods.latent_bridge import LatentBridge, make_bridge
from unisono.methods.lddbm_settings import BridgeLosses, BridgeSettings, resolve_lddbm
from unisono.networks.bridge_network import Tokens
from unisono.processes.bridge_base import BrownBase, VPBase

TOKENS = Tokens(2, (6,), (6,))


def latents(generator: torch.Generator, size: int = 64, tokens: int = 6) -> Latents:
    z = torch.randn(size, tokens, 2, generator=generator)
    return Latents(z, torch.ones(size, tokens, dtype=torch.bool))


def bridge(tokens: Tokens = TOKENS, **said: object) -> LatentBridge:
    torch.manual_seed(0)
    return LatentBridge(tokens, resolve_lddbm(settings(bridge=BridgeSettings(**said))))  # type: ignore[arg-type]


def test_an_untrained_residual_is_independent_noise_of_the_measured_spread(
    generator: torch.Generator,
) -> None:
    """The network starts at zero, where its linear estimate is exact for a Gaussian residual."""
    made, source = bridge(), latents(generator)
    target = Latents(0.25 * torch.randn(64, 6, 2, generator=generator), source.mask)
    made.terms(target, source, hold=True, generator=generator)
    made.eval()
    found = made.sample(source, source.mask, samples=40, steps=16, generator=generator)
    assert found.mean is not None
    assert (found.mean == 0).all()
    assert found.samples.std().item() == pytest.approx(0.25, rel=0.06)
    flat = found.samples.flatten(2).flatten(0, 1)
    off = torch.corrcoef(flat.T) - torch.eye(12)
    assert off.abs().max() < 0.1


@pytest.mark.parametrize("residual", ["bridge", "gaussian"])
def test_an_untrained_residual_has_the_covariance_that_was_measured(
    residual: str, generator: torch.Generator
) -> None:
    """Of whole answers where tokens stand on a grid; the network still starts at zero."""
    made = bridge(Tokens(2, (2, 3), (6,)), residual=residual)
    root = torch.randn(12, 12, generator=generator) * 0.3
    source = latents(generator, 256)
    for _ in range(60):
        z = (torch.randn(256, 12, generator=generator) @ root.T).view(256, 6, 2)
        parts = made.terms(Latents(z, source.mask), source, hold=True, generator=generator).parts
    assert parts["bridge"].item() == pytest.approx(1.0, abs=0.1)
    made.eval()
    found = made.sample(source, source.mask, samples=20, steps=16, generator=generator)
    cov = torch.cov(found.samples.flatten(2).flatten(0, 1).T)
    truth = root @ root.T
    assert (cov - truth).norm() < 0.1 * truth.norm()
    plain = bridge(Tokens(2, (2, 3), (6,)), residual=residual, colour=False)
    assert plain.colour is None


def test_tokens_that_are_not_real_bend_no_others(generator: torch.Generator) -> None:
    made = bridge(Tokens(2, (2, 3), (6,)))
    source = latents(generator)
    root = torch.randn(12, 12, generator=generator)
    for _ in range(20):
        z = (torch.randn(64, 12, generator=generator) @ root.T).view(64, 6, 2)
        made.terms(Latents(z, source.mask), source, hold=True, generator=generator)
    made.eval()
    mask = source.mask.clone()
    mask[:, 4:] = False
    losses = []
    for rubbish in (0.0, 1e6):
        target = Latents(torch.where(mask[..., None], z, rubbish), mask)
        g = torch.Generator().manual_seed(0)
        losses.append(made.terms(target, source, hold=True, generator=g).parts["bridge"])
    assert losses[0] == losses[1]


def test_the_bridge_loss_is_one_before_training_and_its_ends_are_measured(
    generator: torch.Generator,
) -> None:
    made, source = bridge(), latents(generator, 512)
    target = Latents(0.5 * source.z + 0.1, source.mask)
    parts = made.terms(target, source, hold=True, generator=generator).parts
    assert parts["mean"].item() == pytest.approx(0.26, rel=0.05)
    assert parts["bridge"].item() == pytest.approx(1.0, abs=0.1)
    straight = bridge(start="source")
    straight.terms(target, source, hold=True, generator=generator)
    assert [float(x) for x in straight.ends()] == pytest.approx([0.5, 1.0, 0.5], rel=0.05)


def test_guards_stop_gradients_where_latents_could_shrink(generator: torch.Generator) -> None:
    for hold in (True, False):
        made = bridge(start="source")
        z0 = latents(generator).z.requires_grad_(True)
        target = Latents(z0, torch.ones(64, 6, dtype=torch.bool))
        made.terms(target, latents(generator), hold=hold, generator=generator).parts[
            "bridge"
        ].backward()
        assert (z0.grad is None) is hold


def test_the_residual_bends_neither_regression_nor_source(generator: torch.Generator) -> None:
    made = bridge()
    zT = latents(generator).z.requires_grad_(True)
    source = Latents(zT, torch.ones(64, 6, dtype=torch.bool))
    found = made.terms(latents(generator), source, hold=True, generator=generator)
    found.parts["bridge"].backward(retain_graph=True)
    assert zT.grad is None
    assert made.regression is not None
    assert all(p.grad is None for p in made.regression.parameters())
    found.parts["mean"].backward()
    assert made.regression.leave.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("path", ["one_step", "at_source", "unrolled"])
@pytest.mark.parametrize("start", ["source", "zero"])
def test_every_predictive_path_has_a_gradient(
    path: str, start: str, generator: torch.Generator
) -> None:
    torch.manual_seed(0)
    chosen = settings(
        bridge=BridgeSettings(start=start),  # type: ignore[arg-type]
        losses=BridgeLosses(path=path, contrast=0.0),  # type: ignore[arg-type]
    )
    made = LatentBridge(TOKENS, resolve_lddbm(chosen))
    found = made.terms(latents(generator), latents(generator), hold=True, generator=generator)
    assert found.answer.shape == (64, 6, 2)
    (found.answer - 1).square().sum().backward()
    assert made.network.leave.weight.grad.abs().sum() > 0


def test_weights_of_the_loss(generator: torch.Generator) -> None:
    """Unweighted, the loss is the mean square of the estimate itself."""
    made, source = bridge(start="zero", weight="none"), latents(generator, 256)
    target = latents(generator, 256)
    seed = torch.Generator().manual_seed(5)
    loss = made.terms(target, source, hold=True, generator=seed).parts["bridge"]
    seed = torch.Generator().manual_seed(5)
    t = made.process_times(256, seed)
    z = made._drawn(target.z, torch.zeros_like(target.z), t, seed)
    memory = made.network.prepare(source)
    made.running.eval()
    apart = made.denoiser(memory, target.mask)(z, t) - target.z
    torch.testing.assert_close(loss, apart.square().mean(), rtol=1e-3, atol=1e-4)


def test_one_step_from_nothing_tells_sources_apart(generator: torch.Generator) -> None:
    made, source = bridge(start="zero", sampler="one_step"), latents(generator, 8)
    torch.nn.init.normal_(made.network.leave.weight)
    made.terms(latents(generator, 8), source, hold=True, generator=generator)
    found = made.sample(source, source.mask, samples=1, steps=1, generator=generator).samples[0]
    assert (found[1:] - found[0]).abs().amax(dim=(1, 2)).min() > 0.01


def test_other_numbers_of_tokens_meet_through_the_memory(generator: torch.Generator) -> None:
    tokens = Tokens(2, (6,), (9,))
    with pytest.raises(ConfigError, match="cannot start at a source of 9 tokens"):
        bridge(tokens, start="source")
    made, source = bridge(tokens), latents(generator, 8, 9)
    made.terms(latents(generator, 8), source, hold=True, generator=generator)
    mask = torch.ones(8, 6, dtype=torch.bool)
    found = made.sample(source, mask, samples=2, steps=2, generator=generator)
    assert found.samples.shape == (2, 8, 6, 2)


def test_bases_and_control() -> None:
    assert isinstance(make_bridge(BridgeSettings(base="vp")).base, VPBase)
    assert make_bridge(BridgeSettings(base="brownian", spread=2.0)).base == BrownBase(2.0)
    made = bridge(residual="gaussian")
    source = latents(torch.Generator().manual_seed(0))
    g = torch.Generator().manual_seed(1)
    found = made.sample(source, source.mask, samples=30, steps=1, generator=g)
    assert found.samples.std().item() == pytest.approx(float(made.spread()), rel=0.05)


def test_samples_are_widened_to_the_residual_of_new_pairs(generator: torch.Generator) -> None:
    made, source = bridge(), latents(generator, 200)
    target = Latents(0.2 * latents(generator, 200).z, source.mask)
    made.terms(target, source, hold=True, generator=generator)
    made.eval()
    assert made.calibrate(Latents(2 * target.z, target.mask), source) == pytest.approx(2, rel=0.02)
    found = made.sample(source, source.mask, samples=10, steps=16, generator=generator)
    assert found.samples.std().item() == pytest.approx(0.4, rel=0.06)
    assert "widen" in made.state_dict()
    straight = bridge(start="source")
    assert straight.calibrate(target, source) == 1.0


@pytest.mark.parametrize("residual", ["bridge", "gaussian"])
def test_balanced_samples_have_the_answer_as_their_mean(
    residual: str, generator: torch.Generator
) -> None:
    made, source = bridge(balanced=True, residual=residual), latents(generator)
    made.terms(latents(generator), source, hold=True, generator=generator)
    made.eval()
    found = made.sample(source, source.mask, samples=5, steps=8, generator=generator)
    assert found.mean is not None
    torch.testing.assert_close(found.samples.mean(dim=0), found.mean, atol=1e-4, rtol=0)
    one = made.sample(source, source.mask, samples=1, steps=8, generator=generator).samples
    assert one.std().item() == pytest.approx(found.samples.std().item(), rel=0.15)
