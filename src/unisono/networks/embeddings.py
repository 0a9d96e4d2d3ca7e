r"""Sinusoidal embeddings of positions and of process time.

.. math:: e_{2i}(p) = \sin(p\, \omega_i), \quad e_{2i+1}(p) = \cos(p\, \omega_i), \quad
          \omega_i = 10^{-4 i / (d/2)}

(Vaswani et al., *Attention is all you need*, 1706.03762, section 3.5; sines first, then cosines.)
"""

import math

import torch
from torch import Tensor, nn

from unisono.core.errors import ShapeError

__all__ = ["TimeEmbedding", "sinusoid"]


def sinusoid(positions: Tensor, width: int) -> Tensor:
    """Embed numbers of any shape ``(...)`` as ``(..., width)``; ``width`` is even.

    Raises:
        ShapeError: If ``width`` is odd.

    Example:
        >>> sinusoid(torch.zeros(1), 4)
        tensor([[0., 0., 1., 1.]])
    """
    if width % 2:
        raise ShapeError(f"width of a sinusoidal embedding must be even; got {width}.")
    half = width // 2
    exponent = torch.arange(half, dtype=torch.float32, device=positions.device) / max(half, 1)
    angle = positions.float()[..., None] * torch.exp(-math.log(10_000.0) * exponent)
    return torch.cat([torch.sin(angle), torch.cos(angle)], dim=-1)


class TimeEmbedding(nn.Module):
    """Process time in [0, 1] to a vector: sinusoid of ``1000 t``, linear, SiLU, linear."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.net = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, t: Tensor) -> Tensor:
        """Embed ``(B,)`` as ``(B, width)``."""
        out: Tensor = self.net(sinusoid(1000.0 * t, self.width))
        return out
