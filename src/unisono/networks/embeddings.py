r"""Sinusoidal embeddings of positions and of process time.

.. math:: e_{2i}(p) = \sin(p\, \omega_i), \quad e_{2i+1}(p) = \cos(p\, \omega_i), \quad
          \omega_i = 10^{-4 i / (d/2)}

(Vaswani et al., *Attention is all you need*, 1706.03762, section 3.5; sines first, then cosines.)
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from unisono.core.errors import ShapeError

__all__ = ["JumpEmbedding", "TimeEmbedding", "grid_sinusoid", "sinusoid"]


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


def grid_sinusoid(sizes: Sequence[int], width: int) -> Tensor:
    """Embed the cells of a grid, last axis fastest, ``(cells, width)``: a part an axis.

    Args:
        sizes: Cells along each axis.
        width: Even, and at least two an axis.

    Raises:
        ShapeError: If the width is odd or too small for the axes.

    Example:
        >>> grid_sinusoid((2, 3), 8).shape
        torch.Size([6, 8])
    """
    if width < 2 * len(sizes):
        raise ShapeError(f"width of an embedding of {len(sizes)} axes is too small: {width}.")
    part = width // (2 * len(sizes)) * 2
    widths = [part] * (len(sizes) - 1) + [width - part * (len(sizes) - 1)]
    lines = [sinusoid(torch.arange(n), w) for n, w in zip(sizes, widths, strict=True)]
    spread = [
        line.reshape([1] * i + [len(line)] + [1] * (len(sizes) - 1 - i) + [-1]).expand(*sizes, -1)
        for i, line in enumerate(lines)
    ]
    return torch.cat(spread, dim=-1).reshape(math.prod(sizes), width)


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


class JumpEmbedding(nn.Module):
    """Both ends of a jump of the process, ``e(t) + W e'(t, r)``; ``W`` starts at zero.

    At first it is the embedding of ``t`` alone, so that a student begins as its teacher.

    Args:
        width: Width ``d``.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.start = TimeEmbedding(width)
        self.reach = TimeEmbedding(width)
        self.leave = nn.Linear(width, width)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, times: Tensor) -> Tensor:
        """Embed ``(B, 2)``, from and until, as ``(B, d)``."""
        start, end = times.unbind(dim=-1)
        reach = self.leave(nn.functional.silu(self.reach(start - end)))
        out: Tensor = self.start(start) + reach
        return out
