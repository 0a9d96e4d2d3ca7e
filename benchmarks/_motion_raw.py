"""A rival without latents: diffusion of the rows themselves (after MDM: Tevet et al., 2209.14916).

The network is that of the latent arms with a row a token: a transformer of the same width and depth
that is told the pooled text and the time as tokens, predicts the clean rows at cosine noise, drops
the text in a tenth of the cases and is guided by 2.5. The text encoder is the arms' own, frozen.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from _motion_arms import Rows, Task, asked_of, cut
from torch import Generator, nn

from unisono.api.motion_model import MotionModel
from unisono.api.motion_windows import MotionWindows
from unisono.core.contracts import Batch, Draws, Loss, Phase
from unisono.core.freezing import freeze
from unisono.core.random import derive_seed, generator
from unisono.methods.lead_captions import drawn_captions
from unisono.networks.text_denoiser import TextDenoiser, TextDenoiserShape
from unisono.processes.ddim import DDIM
from unisono.processes.diffusion import VP
from unisono.processes.guidance import Guided, keep_condition
from unisono.processes.parameterisation import NetworkDenoiser
from unisono.processes.paths import mix
from unisono.processes.solvers import solve
from unisono.recordings.sampler import EpochSampler
from unisono.training.data import Source
from unisono.training.loop import train
from unisono.training.settings import TrainingSettings

__all__ = ["RawMotion", "raw_answers", "trained_raw"]

_GUIDANCE = 2.5


class RawMotion(nn.Module):
    """The rival, for the one training loop.

    Args:
        model: A latent arm, whose text encoder and standardisation it uses.
        steps: Optimiser steps.
    """

    def __init__(self, model: MotionModel, steps: int) -> None:
        super().__init__()
        method = model.method
        self.steps, self.layout, self.frames = steps, model.layout, method.frames
        self.latent = [method]  # in a list: none of its weights are this module's
        self.process = VP("cosine")
        shape = TextDenoiserShape(
            method.frames, self.layout.size, int(method.text.width),  # type: ignore[arg-type]
            method.settings.diffusion.layers, "pooled",
        )  # fmt: skip
        self.denoiser = TextDenoiser(shape, method.settings.size)

    @property
    def phases(self) -> Sequence[Phase]:
        return (Phase("raw", self.steps, ("denoiser",)),)

    def groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        return {"denoiser": list(self.denoiser.parameters())}

    def prepare(self, windows: Batch) -> None:
        """Nothing."""

    def loss(self, batch: Batch, *, phase: Phase, step: int, generator: Generator) -> Loss:
        """Mean square of what is missed of the clean rows."""
        mask = batch.mask["motion"].any(dim=-1)
        clean = self.latent[0].vae.standardised(batch.data["motion"], mask)
        ids, words = drawn_captions(batch, generator=generator)
        with torch.no_grad():
            said = self.latent[0].said(ids, words, mask.sum(dim=1))
        keep = keep_condition(len(clean), 0.1, generator=generator)
        t = self.process.sample_t(len(clean), generator=generator)
        noise = torch.randn(clean.shape, generator=generator)
        z = mix(self.process.weights(t), clean, noise, noise)
        missed = (self.denoiser(z, t, self.denoiser.prepare(said, keep)) - clean).square()
        total = missed[mask].mean()
        return Loss(total, {"raw": total.detach()})

    def generate(
        self, batch: Batch, want: Sequence[str], *, samples: int, steps: int, generator: Generator
    ) -> Mapping[str, Draws]:
        raise NotImplementedError("see raw_answers")


def trained_raw(folder: Path, model: MotionModel, task: Task, steps: int, seed: int) -> RawMotion:
    """Train the rival, or go on with it; frozen."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "raw"))
        rival = RawMotion(model, steps)
    learned = task.corpus.take(task.train)
    windows = MotionWindows(learned, model.encoder, rival.frames)
    rows = np.arange(len(windows))
    settings = TrainingSettings(
        batch_size=32, learning_rate=1e-3, warmup_steps=50, ema_decay=0.995, device="cpu",
        checkpoint_every=max(50, steps // 8), seed=seed,
    )  # fmt: skip
    source = Source(windows, EpochSampler(rows, 32, seed), rows)
    train(rival, source, settings, folder, resume=(folder / "log.csv").exists())
    return freeze(rival)


def raw_answers(
    rival: RawMotion, model: MotionModel, task: Task, seed: int, steps: int
) -> list[Rows]:
    """One motion a caption."""
    found: list[Rows] = []
    g = generator(seed, "benchmark", "raw")
    vae = model.method.vae
    for said, mask in asked_of(model, task.captions, task.lengths):
        nobody = torch.zeros(len(mask), dtype=torch.bool)
        told, untold = rival.denoiser.prepare(said), rival.denoiser.prepare(said, nobody)
        denoise = Guided(
            NetworkDenoiser(
                lambda z, t, told=told: rival.denoiser(z, t, told), rival.process, "x0"
            ),
            NetworkDenoiser(
                lambda z, t, told=untold: rival.denoiser(z, t, told), rival.process, "x0"
            ),
            _GUIDANCE,
        )
        noise = torch.randn((*mask.shape, rival.layout.size), generator=g)
        with torch.no_grad():
            z = solve(DDIM(rival.process, steps), denoise, noise, generator=g).z
        found += cut(z * vae.row_std + vae.row_mean, mask)
    return found
