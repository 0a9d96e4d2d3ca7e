r"""The deterministic part: a mean and a spread for every frame and channel.

.. math:: \mu = b + W_\mu g(\mathrm{memory}), \qquad \sigma = \exp(W_\sigma g(\mathrm{memory}))

``b`` is an optional linear start (see :mod:`unisono.networks.linear`). ``W_mu`` begins at zero, so
that before training the mean is exactly that start, or the mean curve where there is none.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from unisono.networks.conditioning import Memory, TransformerSize
from unisono.networks.sequence_denoiser import match_length

__all__ = ["MeanHead", "MeanSpread"]

_LOG_SPREAD = (-5.0, 2.0)
"""Bounds of the log spread, in units of the standardised target."""


class MeanSpread(NamedTuple):
    """Mean and spread of a target, each ``(B, L, D)``."""

    mean: Tensor
    spread: Tensor


class MeanHead(nn.Module):
    """Regress a target sequence from a memory.

    Args:
        channels: Channels ``D`` of the target.
        size: Sizes.
        layers: Self-attention blocks above the memory.
    """

    def __init__(self, channels: int, size: TransformerSize, layers: int) -> None:
        super().__init__()
        self.stack = size.stack(layers)
        self.mean = nn.Linear(size.width, channels)
        self.spread = nn.Linear(size.width, channels)
        for layer in (self.mean, self.spread):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, memory: Memory, length: int, start: Tensor | None = None) -> MeanSpread:
        """Return mean and spread at ``length`` frames; ``start`` ``(B, L, D)`` is added."""
        tokens = match_length(memory.tokens, memory.mask, length)
        everywhere = torch.ones(tokens.shape[:2], dtype=torch.bool, device=tokens.device)
        inner = self.stack(tokens, everywhere)
        mean = self.mean(inner)
        low, high = _LOG_SPREAD
        # The spread is fitted to the mean's errors; it must not bend the features of the mean.
        spread = torch.exp(self.spread(inner.detach()).clamp(low, high))
        return MeanSpread(mean if start is None else mean + start, spread)
