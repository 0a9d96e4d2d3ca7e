r"""Multi-head attention with masks and reusable keys and values.

.. math:: \mathrm{softmax}\!\left(\frac{Q K^\top}{\sqrt{d_h}} + M\right) V

(Vaswani et al., 1706.03762, eq. 1), ``M`` being minus infinity at masked keys. A row whose keys are
all masked attends to nothing and returns zeros, never NaN.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unisono.core.errors import ShapeError

__all__ = ["Attention", "KeyValues"]


class KeyValues(NamedTuple):
    """Projected keys and values of a memory, computed once and reused over solver steps.

    Attributes:
        keys: ``(B, heads, K, d_h)``.
        values: ``(B, heads, K, d_h)``.
        mask: ``(B, K)`` bool, True where a key is real.
    """

    keys: Tensor
    values: Tensor
    mask: Tensor


class Attention(nn.Module):
    """Attention of queries ``(B, Q, d)`` over a memory ``(B, K, d)``.

    Args:
        width: Model width ``d``.
        heads: Number of heads; divides ``width``.
        dropout: Dropout of attention weights while training.

    Raises:
        ShapeError: If ``heads`` does not divide ``width``.
    """

    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        if width % heads:
            raise ShapeError(f"width ({width}) must be a multiple of heads ({heads}).")
        self.heads, self.dropout = heads, dropout
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def _split(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        return x.view(batch, length, self.heads, width // self.heads).transpose(1, 2)

    def memory(self, memory: Tensor, mask: Tensor) -> KeyValues:
        """Project a memory ``(B, K, d)`` with mask ``(B, K)`` once."""
        keys, values = self.key_value(memory).chunk(2, dim=-1)
        return KeyValues(self._split(keys), self._split(values), mask)

    def forward(self, x: Tensor, memory: KeyValues) -> Tensor:
        """Attend from ``x`` ``(B, Q, d)`` to a projected memory; return ``(B, Q, d)``."""
        return self._attend(self._split(self.query(x)), memory)

    def within(self, x: Tensor, mask: Tensor) -> Tensor:
        """Attend from ``x`` ``(B, L, d)`` with mask ``(B, L)`` to itself; return ``(B, L, d)``.

        The same as attending to ``memory(x, mask)``, with one product for all three projections.
        """
        both = (self.query, self.key_value)
        weight, bias = (
            torch.cat([getattr(layer, k) for layer in both]) for k in ("weight", "bias")
        )
        query, keys, values = F.linear(x, weight, bias).chunk(3, dim=-1)
        memory = KeyValues(self._split(keys), self._split(values), mask)
        return self._attend(self._split(query), memory)

    def _attend(self, query: Tensor, memory: KeyValues) -> Tensor:
        some = memory.mask.any(dim=1)
        # A row without any valid key would give NaN: let it see all keys, then drop the result.
        allowed = (memory.mask | ~some[:, None])[:, None, None, :]
        dropout = self.dropout if self.training else 0.0
        # Gradients of the fused attention take torch ten times as long in bf16 on a CPU.
        plain = query.dtype == torch.bfloat16 and not query.is_cuda and query.requires_grad
        mix = _mix if plain else F.scaled_dot_product_attention
        mixed = mix(query, memory.keys, memory.values, attn_mask=allowed, dropout_p=dropout)
        joined: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return joined * some[:, None, None]


def _mix(
    query: Tensor, keys: Tensor, values: Tensor, *, attn_mask: Tensor, dropout_p: float
) -> Tensor:
    """Attention written out, ``(B, heads, Q, d_h)``; arguments as torch's own."""
    batch, heads, length, size = query.shape
    bias, beta = query.new_zeros(()), 0
    if not bool(attn_mask.all()):
        hidden = torch.zeros_like(attn_mask, dtype=query.dtype).masked_fill(~attn_mask, -torch.inf)
        bias, beta = hidden.expand(batch, heads, length, -1).flatten(0, 1), 1
    scores = torch.baddbmm(
        bias,
        query.flatten(0, 1),
        keys.flatten(0, 1).transpose(1, 2),
        beta=beta,
        alpha=1 / math.sqrt(size),
    )
    weights = F.dropout(scores.softmax(dim=-1), dropout_p)
    return torch.bmm(weights, values.flatten(0, 1)).view(batch, heads, length, size)
