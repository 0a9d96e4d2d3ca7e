r"""Pre-norm transformer blocks: self-attention, optional cross-attention, feed-forward.

.. math:: x \leftarrow x + \gamma_1 \mathrm{SA}(m_1(x)), \quad
          x \leftarrow x + \mathrm{CA}(\mathrm{LN}(x), \mathrm{memory}), \quad
          x \leftarrow x + \gamma_2 \mathrm{FF}(m_2(x))

with :math:`m_i(x) = \mathrm{LN}(x)(1 + \beta_i) + \alpha_i`. In a plain block
:math:`\alpha = \beta = 0, \gamma = 1`; in an adaptive one they are a linear function of the time
embedding, zero at the start (adaLN-Zero, Peebles & Xie, 2212.09748, section 3.2). Cross-attention
is neither modulated nor gated.
"""

import torch
from torch import Tensor, nn

from unisono.networks.attention import Attention, KeyValues

__all__ = ["Block", "Stack"]


class Block(nn.Module):
    """One transformer block.

    Args:
        width: Model width ``d``.
        heads: Number of heads.
        feedforward: Width of the hidden layer of the feed-forward part.
        dropout: Dropout of each branch.
        cross: Whether there is cross-attention.
        adaptive: Whether the time embedding modulates the block.
    """

    def __init__(
        self,
        width: int,
        *,
        heads: int,
        feedforward: int,
        dropout: float = 0.0,
        cross: bool = False,
        adaptive: bool = False,
    ) -> None:
        super().__init__()
        self.attend = Attention(width, heads, dropout)
        self.cross = Attention(width, heads, dropout) if cross else None
        self.norm_self = nn.LayerNorm(width, elementwise_affine=not adaptive)
        self.norm_cross = nn.LayerNorm(width) if cross else None
        self.norm_feed = nn.LayerNorm(width, elementwise_affine=not adaptive)
        self.feed = nn.Sequential(
            nn.Linear(width, feedforward), nn.GELU(), nn.Linear(feedforward, width)
        )
        self.drop = nn.Dropout(dropout)
        self.modulate = nn.Linear(width, 6 * width) if adaptive else None
        if self.modulate is not None:
            nn.init.zeros_(self.modulate.weight)
            nn.init.zeros_(self.modulate.bias)

    def forward(
        self,
        x: Tensor,
        mask: Tensor,
        *,
        memory: KeyValues | None = None,
        time: Tensor | None = None,
    ) -> Tensor:
        """Transform ``x`` ``(B, L, d)`` with mask ``(B, L)``.

        Args:
            x: Tokens.
            mask: True where a token is real.
            memory: Projected memory of this block's cross-attention.
            time: Time embedding ``(B, d)``; needed by an adaptive block.
        """
        first: Tensor = self.norm_self(x)
        gate_self = shift = scale = gate_feed = None
        if self.modulate is not None and time is not None:
            parts = self.modulate(nn.functional.silu(time))[:, None, :].to(x.dtype).chunk(6, dim=-1)
            first = torch.addcmul(parts[0], first, 1 + parts[1])
            gate_self, shift, scale, gate_feed = parts[2:]
        x = _added(x, self.drop(self.attend.within(first, mask)), gate_self)
        if self.cross is not None and self.norm_cross is not None and memory is not None:
            x = x + self.drop(self.cross(self.norm_cross(x), memory))
        inner: Tensor = self.norm_feed(x)
        if shift is not None and scale is not None:
            inner = torch.addcmul(shift, inner, 1 + scale)
        return _added(x, self.drop(self.feed(inner)), gate_feed)


def _added(x: Tensor, branch: Tensor, gate: Tensor | None) -> Tensor:
    """The branch on top of ``x``, gated where there is a gate; in one pass over memory."""
    return x + branch if gate is None else torch.addcmul(x, gate, branch.to(x.dtype))


class Stack(nn.Module):
    """Blocks in a row, with a last layer norm.

    Args:
        width: Model width.
        layers: Number of blocks; may be 0, and the stack is then its last norm.
        heads: Number of heads.
        feedforward: Hidden width of the feed-forward parts.
        dropout: Dropout.
        cross: Whether the blocks have cross-attention.
        adaptive: Whether the time embedding modulates the blocks.
    """

    def __init__(
        self,
        width: int,
        layers: int,
        *,
        heads: int,
        feedforward: int,
        dropout: float = 0.0,
        cross: bool = False,
        adaptive: bool = False,
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            Block(
                width,
                heads=heads,
                feedforward=feedforward,
                dropout=dropout,
                cross=cross,
                adaptive=adaptive,
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)

    def memories(self, memory: Tensor, mask: Tensor) -> list[KeyValues]:
        """Project a memory ``(B, K, d)`` once for each block's cross-attention."""
        found = [b.cross for b in self.blocks if isinstance(b, Block)]
        return [cross.memory(memory, mask) for cross in found if cross is not None]

    def forward(
        self,
        x: Tensor,
        mask: Tensor,
        *,
        memories: list[KeyValues] | None = None,
        time: Tensor | None = None,
    ) -> Tensor:
        """Transform ``x`` ``(B, L, d)``; ``memories`` as :meth:`memories` returns them."""
        for i, block in enumerate(self.blocks):
            x = block(x, mask, memory=memories[i] if memories else None, time=time)
        out: Tensor = self.norm(x)
        return out
