"""The loss is its formula, noise comes back as data, and a condition is heard."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from unisono.core.contracts import Batch
from unisono.core.errors import ConfigError, ModelError
from unisono.methods.conda_diffusion import ConDADiffusion, DiffusionSettings, ItemShape
from unisono.recordings.sampler import EpochSampler
from unisono.training.data import Source
from unisono.training.loop import train
from unisono.training.settings import TrainingSettings

SMALL = DiffusionSettings(codes=3, width=32, blocks=2, levels=200, steps=400)


class Waves:
    """A cycle of 8 channels in a plane, whose size is the condition."""

    def __init__(self, count: int = 240) -> None:
        phase = torch.arange(count) * 0.3
        self.size = torch.where(torch.arange(count) < count // 2, -1.0, 1.0)
        ring = torch.stack([phase.cos(), phase.sin()], dim=1) * (1.5 + self.size)[:, None]
        self.frames = ring @ torch.randn(2, 8, generator=torch.Generator().manual_seed(1)) + 3.0

    def batch(self, rows: np.ndarray) -> Batch:
        pick = torch.from_numpy(np.asarray(rows))
        none = torch.full((len(pick),), -1)
        half = (pick >= len(self.size) // 2).long()
        frames = self.frames[pick][:, None]
        return Batch({"frames": frames}, {}, pick, half, none, {"size": self.size[pick]})


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> ConDADiffusion:
    waves, rows = Waves(), np.arange(240)
    method = ConDADiffusion(SMALL, ItemShape((8,), ("size",)), places=240)
    settings = TrainingSettings(
        batch_size=96, learning_rate=1e-2, warmup_steps=10, ema_decay=0.98, precision="fp32",
        device="cpu", checkpoint_every=10_000,
    )  # fmt: skip
    folder: Path = tmp_path_factory.mktemp("diffusion")
    train(method, Source(waves, EpochSampler(rows, 96, 0), rows), settings, folder / "run")
    return method


def test_the_loss_is_the_published_one(trained: ConDADiffusion) -> None:
    batch = Waves().batch(np.arange(5))
    phase = trained.phases[0]
    g = torch.Generator().manual_seed(4)
    with torch.no_grad():
        got = trained.loss(batch, phase=phase, step=0, generator=g).total
    g = torch.Generator().manual_seed(4)  # the same draws, in the same order
    z0 = trained.encode(batch.data["frames"][:, 0])
    t = trained.process.sample_t(5, generator=g)
    noise = torch.randn(z0.shape, generator=g)
    power = trained.process.signal_power(t)[:, None, None]
    z = power.sqrt() * z0 + (1 - power).sqrt() * noise
    estimate = trained.denoiser(batch.known["size"][:, None])(z, t)
    # an error of x0 is sqrt(1 - A) times one of v
    want = ((estimate - z0) / (1 - power).sqrt()).square().mean()
    torch.testing.assert_close(got, want, rtol=1e-3, atol=1e-4)


def test_the_round_trip_is_exact_and_the_naive_one_is_not(trained: ConDADiffusion) -> None:
    batch = Waves().batch(np.arange(0, 240, 30))
    z0, known = trained.encode(batch.data["frames"][:, 0]), batch.known["size"][:, None]
    torch.testing.assert_close(trained.decode(z0), batch.data["frames"][:, 0], rtol=1e-3, atol=1e-3)

    def missed(iterations: int) -> float:
        noise = trained.invert(z0, known, steps=25, iterations=iterations)
        back = trained.sample(noise, known, steps=25)
        return float((back - z0).norm() / z0.norm())

    assert (exact := missed(10)) < 1e-4
    assert missed(0) > 10 * exact


def test_the_condition_is_heard(trained: ConDADiffusion) -> None:
    batch = Waves().batch(np.arange(0, 240, 4))
    g = torch.Generator().manual_seed(0)
    drawn = trained.generate(batch, ["frames"], samples=2, steps=20, generator=g)["frames"]
    seen = (drawn.samples[:, :, 0] - 3.0).square().mean(dim=(0, 2)).sqrt()
    large = batch.known["size"] > 0
    true = (Waves().frames - 3.0).square().mean(dim=1).sqrt()
    ratio = float(seen[large].mean() / seen[~large].mean())
    assert ratio == pytest.approx(float(true[120:].mean() / true[:120].mean()), rel=0.4)


@pytest.mark.parametrize("network", ["dit", "unet"])
def test_windows_of_streams_need_no_codec(network: str) -> None:
    how = dataclasses.replace(SMALL, codec="none", network=network)
    method = ConDADiffusion(how, ItemShape((6, 4)), places=9)
    frames = torch.randn(9, 6, 4, generator=torch.Generator().manual_seed(2)) * 5 + 1
    index = torch.arange(9)
    batch = Batch({"frames": frames}, {}, index, index, torch.full((9,), -1))
    method.prepare(batch)
    torch.testing.assert_close(method.decode(method.encode(frames)), frames)
    draws = torch.Generator().manual_seed(0)
    loss = method.loss(batch, phase=method.phases[-1], step=0, generator=draws)
    loss.total.backward()
    assert method.network.leave.weight.grad is not None
    made = method.generate(batch, ["frames"], samples=1, steps=3, generator=draws)["frames"]
    assert made.samples.shape == (1, 9, 6, 4)


def test_alignment_reaches_the_codec_and_the_diffusion_does_not() -> None:
    how = dataclasses.replace(
        SMALL, codec="image", network="unet", tokens=16, token_width=4, hidden=4, align=0.5, dims=2
    )
    method = ConDADiffusion(how, ItemShape((1, 8, 8)), places=20)
    frames = torch.randn(20, 1, 64, generator=torch.Generator().manual_seed(3))
    index = torch.arange(20)
    batch = Batch({"frames": frames}, {}, index, index // 10, torch.full((20,), -1))
    method.prepare(batch)
    assert [phase.name for phase in method.phases] == ["codec", "diffusion"]
    loss = method.loss(
        batch, phase=method.phases[-1], step=0, generator=torch.Generator().manual_seed(0)
    )
    assert set(loss.parts) >= {"diffusion", "contrast", "reconstruction"}
    with torch.device("meta"):  # stands for any device that is not where the training part lies
        again = method.loss(
            batch, phase=method.phases[-1], step=0, generator=torch.Generator().manual_seed(0)
        )
    assert torch.equal(again.total, loss.total)
    weights = method.groups()["codec"]
    alone = torch.autograd.grad(loss.total, weights, retain_graph=True, allow_unused=True)
    assert any(g is not None and float(g.abs().max()) > 0 for g in alone)
    plain = dataclasses.replace(how, align=0.0)
    other = ConDADiffusion(plain, ItemShape((1, 8, 8)), places=20)
    other.prepare(batch)
    loss = other.loss(
        batch, phase=other.phases[-1], step=0, generator=torch.Generator().manual_seed(0)
    )
    found = torch.autograd.grad(loss.total, other.groups()["codec"], allow_unused=True)
    assert all(g is None for g in found)


def test_what_does_not_fit_is_one_line(trained: ConDADiffusion) -> None:
    with pytest.raises(ConfigError, match="codec that is trained"):
        DiffusionSettings(align=1.0)
    with pytest.raises(ConfigError, match="takes items of 3 axes"):
        ConDADiffusion(DiffusionSettings(codec="image"), ItemShape((8,)), places=9)
    with pytest.raises(ModelError, match="takes 1 conditions"):
        trained.denoiser(torch.zeros(2, 3))
    batch = Waves().batch(np.arange(3))
    with pytest.raises(ModelError, match="conditioned on 'size'"):
        trained.prepare(Batch(batch.data, {}, batch.index, batch.subject, batch.condition))
