r"""A distance of images as a small network sees them, for where no pretrained network is at hand.

:class:`FeatureNet` is trained HERE, on the training images alone and without labels: two disturbed
copies of an image (moved by up to two pixels, brighter or darker, with noise) should be nearer to
each other than to other images (InfoNCE; Chen et al., SimCLR, 2002.05709). Its distance has the
form of LPIPS with equal weights,

.. math:: d(x, y) = \tfrac1L \sum_l \mathrm{mean}_{hw}
          \bigl\| f_l(x) / |f_l(x)| - f_l(y) / |f_l(y)| \bigr\|^2 ,

unit-normalised features of ``L`` layers at each place. It is called ``feature distance`` wherever
it is shown, with the images it was trained on; it is not LPIPS (``lpips.py``) and its values
compare within one network only.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from unisono.alignment.objectives import symmetric_cross_entropy
from unisono.core.checks import check_range
from unisono.core.errors import ShapeError
from unisono.core.freezing import freeze
from unisono.evaluation.arrays import Array

__all__ = ["FeatureNet", "FeatureOptions", "layer_distance", "train_feature_net"]


@dataclass(frozen=True)
class FeatureOptions:
    """How the network is trained.

    Args:
        hidden: Channels of the first layer; the next ones have two and four times as many.
        steps: Optimiser steps.
        batch: Images a step.
        temperature: Of InfoNCE.
        shift: Largest move of a copy, pixels.
    """

    hidden: int = 16
    steps: int = 400
    batch: int = 64
    temperature: float = 0.2
    shift: int = 2

    def __post_init__(self) -> None:
        check_range("hidden", self.hidden, 1, 4096, closed=True)
        check_range("steps", self.steps, 0, math.inf, closed=True)
        check_range("batch", self.batch, 2, math.inf, closed=True)
        check_range("temperature", self.temperature, 0, math.inf)
        check_range("shift", self.shift, 0, 64, closed=True)


class FeatureNet(nn.Module):
    """Three strided convolutions, whose features are compared.

    Args:
        channels: Channels of the images.
        hidden: Channels of the first layer.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        widths = [channels, hidden, 2 * hidden, 4 * hidden]
        self.layers = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=1 if k == 0 else 2, padding=1)
            for k, (a, b) in enumerate(zip(widths, widths[1:], strict=False))
        )
        self.head = nn.Linear(widths[-1], widths[-1])
        self.register_buffer("centre", torch.zeros(()))
        self.register_buffer("spread", torch.ones(()))

    def forward(self, images: Tensor) -> list[Tensor]:
        """Features of every layer of images ``(n, C, H, W)``."""
        x, found = (images - self.centre) / self.spread, []
        for layer in self.layers:
            x = F.silu(layer(x))
            found.append(x)
        return found

    @torch.no_grad()
    def embed(self, images: Array) -> Array:
        """One vector an image, for distances of whole sets (Frechet); ``(n, 4 hidden)``."""
        rows = [
            self(_tensor(part))[-1].mean(dim=(2, 3))
            for part in np.array_split(images, math.ceil(len(images) / 256))
        ]
        return torch.cat(rows).double().numpy()

    @torch.no_grad()
    def distance(self, predicted: Array, truth: Array) -> Array:
        """Feature distance of each image from the truth, ``(n,)``.

        Args:
            predicted: ``(n, C, H, W)``.
            truth: The same shape.

        Raises:
            ShapeError: If the shapes differ.
        """
        if predicted.shape != truth.shape or truth.ndim != 4:
            raise ShapeError(
                "predicted and truth should both be (image, channel, height, width); got "
                f"{predicted.shape} and {truth.shape}."
            )
        parts = math.ceil(len(truth) / 256)
        rows = [
            layer_distance(self(_tensor(a)), self(_tensor(b)))
            for a, b in zip(
                np.array_split(predicted, parts), np.array_split(truth, parts), strict=True
            )
        ]
        return torch.cat(rows).double().numpy()


def _tensor(images: Array) -> Tensor:
    return torch.as_tensor(np.ascontiguousarray(images), dtype=torch.float32)


def layer_distance(one: list[Tensor], two: list[Tensor]) -> Tensor:
    """Mean over layers of the squared gap of unit features, averaged over places; ``(n,)``."""
    gaps = [
        (F.normalize(a, dim=1) - F.normalize(b, dim=1)).square().sum(dim=1).mean(dim=(1, 2))
        for a, b in zip(one, two, strict=True)
    ]
    return torch.stack(gaps).mean(dim=0)


def _disturbed(images: Tensor, options: FeatureOptions, generator: Generator) -> Tensor:
    """Each image moved, brightened and sprinkled with noise of its own; standard units."""
    count = len(images)
    if options.shift:
        moves = torch.randint(
            -options.shift, options.shift + 1, (count, 2), generator=generator
        ).tolist()
        images = torch.stack(
            [torch.roll(x, tuple(m), dims=(1, 2)) for x, m in zip(images, moves, strict=True)]
        )
    draw = torch.randn(count, 2, 1, 1, 1, generator=generator)
    noise = torch.randn(images.shape, generator=generator)
    return images * (1 + 0.2 * draw[:, 0]) + 0.2 * draw[:, 1] + 0.2 * noise


def train_feature_net(
    images: Array, *, generator: Generator, options: FeatureOptions | None = None
) -> FeatureNet:
    """Train a network on the TRAINING images and freeze it.

    Args:
        images: ``(n, C, H, W)``, at least two.
        generator: Start of the weights, order, and disturbances.
        options: How.

    Raises:
        ShapeError: If these are not at least two images.
    """
    if images.ndim != 4 or len(images) < 2:
        raise ShapeError(
            f"images should be (image, channel, height, width), at least 2; got {images.shape}."
        )
    options = options or FeatureOptions()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**31, (1,), generator=generator)))
        net = FeatureNet(images.shape[1], options.hidden)
    data = _tensor(images)
    net.centre.fill_(float(data.mean()))
    net.spread.fill_(max(float(data.std()), 1e-8))
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3)
    for _ in range(options.steps):
        rows = torch.randperm(len(data), generator=generator)[: options.batch]
        standard = (data[rows] - net.centre) / net.spread
        sides = [
            net(_disturbed(standard, options, generator) * net.spread + net.centre)[-1]
            for _ in range(2)
        ]
        one, two = (F.normalize(net.head(f.mean(dim=(2, 3))), dim=1) for f in sides)
        loss = symmetric_cross_entropy(one @ two.T / options.temperature)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return freeze(net)
