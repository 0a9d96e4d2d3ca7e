"""Images for the benchmarks of bridges, and the simple and specialised answers beside them."""

import argparse
import math
from typing import NamedTuple

import numpy as np
import torch
from _bridge_arms import Budget, Drawn
from torch import nn
from torch.nn import functional as F

from unisono.core.random import generator, numpy_generator
from unisono.evaluation.arrays import Array
from unisono.evaluation.pair_baselines import (
    Held,
    Neighbours,
    RidgePairs,
    bicubic,
    borrowed_residual,
    gaussian_residual,
    shown,
)
from unisono.simulators.pairs import Pairs, digit_pairs
from unisono.simulators.textures import (
    Spectrum,
    best_mean,
    conditional_draws,
    texture_pairs,
)

__all__ = ["SAMPLES", "Parts", "images", "simple_answers", "specialised", "with_residuals"]

SAMPLES = 8
TEXTURES = Spectrum(size=32, length=3.0)
TIMES = 4


class Parts(NamedTuple):
    """Training images, those held back for residuals, and unseen ones."""

    train: Pairs
    held: Pairs
    test: Pairs


def images(told: argparse.Namespace) -> Parts:
    """Pairs by part, for ``told.data`` (``"digits"`` or ``"textures"``)."""
    count = told.images + told.tested
    if told.data == "digits":
        pairs = digit_pairs(told.folder, count=count)
    else:
        rng = numpy_generator(5, "textures")
        made = texture_pairs(count, generator=rng, times=TIMES, spectrum=TEXTURES)
        names = np.arange(count).astype(str)
        pairs = Pairs(made.small, made.large, names, np.full(count, "texture"), {})
    order = numpy_generator(5, "benchmark", "parts").permutation(count)
    held = told.images // 5
    rows = np.split(order, [told.images - held, told.images])
    return Parts(*(pairs.rows(r) for r in rows))


class Specialised(nn.Module):
    """Convolutions on the small image, then sub-pixels (Shi et al., 1609.05158), on the bicubic."""

    def __init__(self, width: int, layers: int, times: int) -> None:
        super().__init__()
        inner = [nn.Conv2d(width, width, 3, padding=1) for _ in range(layers)]
        self.layers = nn.ModuleList([nn.Conv2d(1, width, 3, padding=1), *inner])
        self.head = nn.Conv2d(width, times**2, 3, padding=1)
        self.times = times

    def forward(self, small: torch.Tensor, large: torch.Tensor) -> torch.Tensor:
        """Sharpen ``large`` ``(n, 1, H, W)``, the bicubic image of ``small``."""
        y = small
        for layer in self.layers:
            y = F.silu(layer(y))
        out: torch.Tensor = large + F.pixel_shuffle(self.head(y), self.times)
        return out


def specialised(parts: Parts, budget: Budget, *, weights: int) -> Array:
    """Train the specialised network with about so many weights and answer the test images."""
    size = parts.train.target.shape[-2:]
    layers = 4
    width = max(8, round(math.sqrt(weights / (9 * layers))))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = Specialised(width, layers, size[0] // parts.train.source.shape[-1])

    def sides(some: Pairs) -> tuple[torch.Tensor, torch.Tensor]:
        large = torch.as_tensor(bicubic(some.source, size), dtype=torch.float32)
        return torch.as_tensor(some.source), large

    small, large = sides(parts.train)
    wanted = torch.as_tensor(parts.train.target)
    optimiser = torch.optim.AdamW(net.parameters(), budget.rate)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, budget.steps)
    draws = generator(0, "benchmark", "specialised")
    for _ in range(budget.steps):
        rows = torch.randint(len(small), (budget.batch,), generator=draws)
        loss = (net(small[rows], large[rows]) - wanted[rows]).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        falling.step()
    with torch.no_grad():
        found: torch.Tensor = net(*sides(parts.test))
    return found.numpy()


def simple_answers(parts: Parts) -> dict[str, Drawn]:
    """Bicubic, ridge and neighbours; on textures the best possible answer."""
    rng = numpy_generator(0, "benchmark", "simple")
    shape = parts.test.target.shape
    x, y, given = shown(parts.train.source), shown(parts.train.target), shown(parts.test.source)
    near = Neighbours(x, y, generator=rng).predict(given, samples=SAMPLES)
    found = {
        "bicubic": bicubic(parts.test.source, shape[-2:]),
        "ridge": RidgePairs(x, y, generator=rng).predict(given).reshape(shape),
    }
    rows = {name: Drawn(np.empty((0, *shape)), mean) for name, mean in found.items()}
    rows["neighbours"] = Drawn(near.samples.reshape(-1, *shape), near.mean.reshape(shape))
    if parts.test.label[0] == "texture":
        small = parts.test.source[:, 0].astype(np.float64)
        draws = conditional_draws(small, TEXTURES, samples=SAMPLES, generator=rng)
        rows["best"] = Drawn(draws[:, :, None], best_mean(small, TEXTURES)[:, None])
    return rows


def with_residuals(parts: Parts, held: Array, mean: Array) -> dict[str, Drawn]:
    """A regression with pixelwise Gaussian and with borrowed residuals."""
    residuals, shape = shown(parts.held.target) - shown(held), mean.shape
    rng = numpy_generator(0, "benchmark", "residuals")
    noisy = gaussian_residual(shown(mean), residuals, samples=SAMPLES, generator=rng)
    bank = Held(shown(parts.held.source), residuals)
    lent = borrowed_residual(shown(mean), shown(parts.test.source), bank, samples=SAMPLES)
    return {
        "regression + gaussian": Drawn(noisy.samples.reshape(-1, *shape), mean),
        "regression + borrowed": Drawn(lent.samples.reshape(-1, *shape), mean),
    }
