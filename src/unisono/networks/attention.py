r"""Multi-head attention with masks and reusable keys and values.

.. math:: \mathrm{softmax}\!\left(\frac{Q K^\top}{\sqrt{d_h}} + M\right) V

(Vaswani et al., 1706.03762, eq. 1), ``M`` being minus infinity at masked keys. A row whose keys are
all masked attends to nothing and returns zeros, never NaN.
"""

from typing import NamedTuple

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
        some = memory.mask.any(dim=1)
        # A row without any valid key would give NaN: let it see all keys, then drop the result.
        allowed = (memory.mask | ~some[:, None])[:, None, None, :]
        mixed = F.scaled_dot_product_attention(
            self._split(self.query(x)),
            memory.keys,
            memory.values,
            attn_mask=allowed,
            dropout_p=self.dropout if self.training else 0.0,
        )
        joined = mixed.transpose(1, 2).reshape(x.shape)
        out: Tensor = self.out(joined) * some[:, None, None]
        return out
