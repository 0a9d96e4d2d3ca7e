r"""A sequence as one vector: linear, self-attention, mean over the frames that exist, linear.

.. math:: e = W\,\frac{1}{\sum_l m_l} \sum_l m_l\, \mathrm{SA}(V x + p)_l
"""

import torch
from torch import Tensor, nn

from unisono.networks.conditioning import TransformerSize
from unisono.networks.embeddings import sinusoid

__all__ = ["PooledEncoder"]


class PooledEncoder(nn.Module):
    """See the module's docstring.

    Args:
        channels: Numbers a frame ``D``.
        out: Width of the vector ``e``.
        size: Width, heads, feed-forward, dropout.
        layers: Blocks.
    """

    def __init__(self, channels: int, out: int, size: TransformerSize, layers: int) -> None:
        super().__init__()
        self.enter = nn.Linear(channels, size.width)
        self.stack = size.stack(layers)
        self.leave = nn.Linear(size.width, out)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Vectors ``(B, e)`` of sequences ``(B, L, D)`` with mask ``(B, L)``."""
        tokens = self.enter(x * mask[..., None])
        frames = torch.arange(x.shape[1], device=x.device)
        tokens = tokens + sinusoid(frames, tokens.shape[-1]).to(tokens.dtype)
        there = mask[..., None].to(tokens.dtype)
        mean = (self.stack(tokens, mask) * there).sum(dim=1) / there.sum(dim=1).clamp_min(1)
        out: Tensor = self.leave(mean)
        return out
