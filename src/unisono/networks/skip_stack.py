r"""A transformer with skips across its middle, as U-nets have them.

With ``n`` blocks on either side of a middle one, the output :math:`h_i` of block ``i`` of the first
half is joined to the input of its mirror image in the second:

.. math:: x \leftarrow \mathrm{Block}_{n+1+i}\bigl(W_i [x, h_{n-1-i}]\bigr)

(Bao et al., "All are worth words: a ViT backbone for diffusion models", 2209.12152; for motion
Chen et al., "Executing your commands via motion diffusion in latent space", 2212.04048).
"""

import torch
from torch import Tensor, nn

from unisono.core.errors import ConfigError
from unisono.networks.attention import KeyValues
from unisono.networks.conditioning import TransformerSize
from unisono.networks.transformer import Stack

__all__ = ["SkipStack"]


class SkipStack(Stack):
    """Blocks with skips, and a last layer norm.

    Args:
        size: Width, heads, feed-forward, dropout.
        layers: Number of blocks, odd.
        cross: Whether the blocks have cross-attention.
        adaptive: Whether the time embedding modulates the blocks.

    Raises:
        ConfigError: If the number of layers is even.

    Example:
        >>> stack = SkipStack(TransformerSize(8, 2, 16, 0.0), 3)
        >>> stack(torch.zeros(1, 5, 8), torch.ones(1, 5, dtype=torch.bool)).shape
        torch.Size([1, 5, 8])
    """

    def __init__(
        self, size: TransformerSize, layers: int, *, cross: bool = False, adaptive: bool = False
    ) -> None:
        if layers < 1 or not layers % 2:
            raise ConfigError(f"a stack with skips needs an odd number of layers; got {layers}.")
        super().__init__(
            size.width,
            layers,
            heads=size.heads,
            feedforward=size.feedforward,
            dropout=size.dropout,
            cross=cross,
            adaptive=adaptive,
        )
        joins = [nn.Linear(2 * size.width, size.width) for _ in range(layers // 2)]
        self.joins = nn.ModuleList(joins)

    def forward(
        self,
        x: Tensor,
        mask: Tensor,
        *,
        memories: list[KeyValues] | None = None,
        time: Tensor | None = None,
    ) -> Tensor:
        """Transform ``x`` ``(B, L, d)`` with mask ``(B, L)``; see ``transformer.Stack``."""
        kept: list[Tensor] = []
        half = len(self.joins)
        for number, block in enumerate(self.blocks):
            if number > half:
                x = self.joins[number - half - 1](torch.cat([x, kept.pop()], dim=-1))
            x = block(x, mask, memory=memories[number] if memories else None, time=time)
            if number < half:
                kept.append(x)
        out: Tensor = self.norm(x)
        return out
