"""Toy data of every modality, and a short training, shared by the tests of the trained codecs."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from unisono.codecs.autoencoder import Autoencoder


def _disc(centres: Tensor, sizes: tuple[int, ...]) -> Tensor:
    """Solid balls of radius 0.3 in the unit cube of any number of axes, ``(B, *sizes)``."""
    lines = [(torch.arange(n) + 0.5) / n for n in sizes]
    grid = torch.stack(torch.meshgrid(*lines, indexing="ij"), dim=-1)
    gap = grid[None] - centres.reshape(-1, *[1] * len(sizes), len(sizes))
    return (gap.square().sum(-1).sqrt() < 0.3).float()


@pytest.fixture
def make_balls() -> Callable[..., Tensor]:
    """``make_balls(64, (16, 16), generator=g)``: one ball an item, at a random place."""

    def make(count: int, sizes: tuple[int, ...], *, generator: torch.Generator) -> Tensor:
        return _disc(0.3 + 0.4 * torch.rand(count, len(sizes), generator=generator), sizes)

    return make


@pytest.fixture
def make_waves() -> Callable[..., Tensor]:
    """``make_waves(64, 30, 3, generator=g)``: sinusoids of random phase and size, with units."""

    def make(count: int, length: int, channels: int, *, generator: torch.Generator) -> Tensor:
        phase = 6.28 * torch.rand(count, 1, 1, generator=generator)
        size = 0.5 + torch.rand(count, 1, 1, generator=generator)
        t = torch.arange(length)[:, None] / length
        waves = size * torch.sin(6.28 * t * (1 + torch.arange(channels)) + phase)
        return waves * 10.0 ** torch.arange(channels) + 5.0

    return make


def train(
    codec: Autoencoder, data: Tensor, mask: Tensor, *, steps: int, rate: float = 4e-3
) -> None:
    draws = torch.Generator().manual_seed(1)
    codec.fit(data, mask)
    optimiser = torch.optim.Adam(codec.parameters(), 4e-3)
    for _ in range(steps):
        rows = torch.randint(len(data), (16,), generator=draws)
        loss = codec.loss(data[rows], mask[rows], generator=draws).total
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    codec.eval()


@pytest.fixture
def unexplained() -> Callable[..., float]:
    """``unexplained(codec, train, test, steps=150)``: error on unseen items over that of the mean.

    The codec is trained on the first; both errors are mean squares on the second.
    """

    def measure(codec: Autoencoder, seen: Tensor, unseen: Tensor, *, steps: int) -> float:
        train(codec, seen, torch.ones_like(seen, dtype=torch.bool), steps=steps)
        with torch.no_grad():
            latents = codec.encode(unseen, torch.ones_like(unseen, dtype=torch.bool))
            error = (codec.decode(latents) - unseen).square()
        mean = (seen.mean(dim=0) - unseen).square()
        scale = codec.scale.square()
        return float((error / scale).mean() / (mean / scale).mean())

    return measure
