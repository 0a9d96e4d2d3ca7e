r"""Encoding what is given: several streams with masks, and numbers known of the window.

Each given stream ``s`` enters frame by frame with its values *and* its mask, so that a missing
channel is a fact the network sees rather than a zero it misreads:

.. math:: h_l = \sum_s \sum_{|j| \le K/2} W_{s,j} [x_{s,l+j} \odot m_{s,l+j},\; m_{s,l+j}],
          \qquad u_l = V\,\mathrm{GELU}(h_l) + \sum_k (w_k c_k \mu_k + v_k \mu_k) + p_l

with ``K`` the length of the stem (a long one sees rates of change at once, which attention would
have to learn) and ``h`` as wide as the feed-forward parts; at ``K = 1`` each frame stands by
itself, ``h`` has the model's width and there is no ``V``. ``c_k`` are the known numbers
(standardised) and :math:`\mu_k` whether they are known. A stack of self-attention turns ``u`` into
the memory that decoders look at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from unisono.core.checks import check_range
from unisono.networks.embeddings import sinusoid
from unisono.networks.transformer import Stack

__all__ = ["ConditionEncoder", "Memory", "TransformerSize"]


@dataclass(frozen=True)
class TransformerSize:
    """Sizes shared by the transformers of a model.

    Args:
        width: Model width ``d``; even.
        heads: Attention heads.
        feedforward: Hidden width of the feed-forward parts.
        dropout: Dropout.
    """

    width: int = 128
    heads: int = 4
    feedforward: int = 512
    dropout: float = 0.1

    def __post_init__(self) -> None:
        check_range("width", self.width, 2, 8192, closed=True)
        check_range("heads", self.heads, 1, 128, closed=True)
        check_range("feedforward", self.feedforward, 1, 65536, closed=True)
        check_range("dropout", self.dropout, 0.0, 0.95, closed=True)

    def stack(self, layers: int, *, cross: bool = False, adaptive: bool = False) -> Stack:
        """A stack of this size."""
        return Stack(
            self.width,
            layers,
            heads=self.heads,
            feedforward=self.feedforward,
            dropout=self.dropout,
            cross=cross,
            adaptive=adaptive,
        )


class Memory(NamedTuple):
    """The encoded condition.

    Attributes:
        tokens: ``(B, K, d)``.
        mask: ``(B, K)`` bool, True where at least one given sample is valid.
    """

    tokens: Tensor
    mask: Tensor


class ConditionEncoder(nn.Module):
    """Encode given streams and known numbers into a memory.

    Args:
        widths: Channels of each stream that may be given, by name.
        known: Names of the numbers that may be known of a window.
        size: Sizes.
        layers: Self-attention blocks.
        stem: Frames that a token sees of the streams, odd.
    """

    def __init__(
        self,
        widths: Mapping[str, int],
        known: Sequence[str],
        size: TransformerSize,
        layers: int,
        stem: int = 1,
    ) -> None:
        super().__init__()
        check_range("stem", stem, 1, 999, closed=True)
        self.known = tuple(known)
        inner = size.feedforward if stem > 1 else size.width
        self.inputs = nn.ModuleDict(
            {name: nn.Conv1d(2 * d, inner, stem, padding="same") for name, d in widths.items()}
        )
        self.bend = nn.Linear(inner, size.width) if stem > 1 else None
        self.numbers = nn.Linear(2 * len(self.known), size.width) if self.known else None
        self.stack = size.stack(layers)
        self.width = size.width

    def forward(
        self, data: Mapping[str, Tensor], mask: Mapping[str, Tensor], known: Mapping[str, Tensor]
    ) -> Memory:
        """Encode standardised streams ``(B, L, D)`` with masks ``(B, L, D)``.

        A stream that is absent from ``data`` counts as missing. Known numbers are standardised,
        ``(B,)``, NaN where unknown.
        """
        parts, valid = [], []
        for name, layer in self.inputs.items():
            if name in data:
                here = mask[name].to(data[name].dtype)
                both = torch.cat([data[name] * here, here], dim=-1)
                parts.append(layer(both.transpose(1, 2)).transpose(1, 2))
                valid.append(mask[name].any(dim=-1))
        tokens = torch.stack(parts).sum(dim=0)
        if self.bend is not None:
            tokens = self.bend(nn.functional.gelu(tokens))
        if self.numbers is not None:
            batch = tokens.shape[0]
            blank = tokens.new_full((batch,), float("nan"))
            values = torch.stack([known.get(k, blank) for k in self.known], dim=-1)
            there = torch.isfinite(values)
            filled = torch.where(there, values, torch.zeros_like(values))
            numbers = torch.cat([filled, there.to(filled.dtype)], dim=-1).to(tokens.dtype)
            tokens = tokens + self.numbers(numbers)[:, None, :]
        length = torch.arange(tokens.shape[1], device=tokens.device)
        tokens = tokens + sinusoid(length, self.width).to(tokens.dtype)
        present = torch.stack(valid).any(dim=0)
        return Memory(self.stack(tokens, present), present)
