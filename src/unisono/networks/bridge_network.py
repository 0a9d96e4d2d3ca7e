r"""The bridge network: an encoder over the source's tokens, a decoder that writes on blank ones.

.. math:: m = \mathrm{Enc}(W z_T + p), \qquad
          u = \mathrm{Dec}\bigl([W c_{in} z_t + p,\; \mu_{1..N} + p] ;\; m,\; t\bigr), \qquad
          F = W_o\, \mathrm{ada}_t(u_{N+1..2N})

``W`` enters both ends, ``p`` are the places of the tokens, and the answer is read from ``N``
learned blank tokens rather than from the noisy ones. The source reaches the decoder by
cross-attention, time by modulation (adaLN-Zero, Peebles & Xie, 2212.09748). Source and target may
have different numbers of tokens.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from unisono.core.checks import check_axes, check_range
from unisono.core.contracts import Latents
from unisono.networks.attention import KeyValues
from unisono.networks.conditioning import TransformerSize
from unisono.networks.embeddings import grid_sinusoid, sinusoid

__all__ = [
    "Backbone",
    "BridgeNetwork",
    "BridgeShape",
    "NoiseEmbedding",
    "SourceMemory",
    "Tokens",
    "zeroed",
]


@dataclass(frozen=True)
class Tokens:
    """The latents that a network joins.

    Args:
        width: Width ``d`` of a token, the same at both ends.
        target: Sizes of the target's token grid; their product is ``N``.
        source: Sizes of the source's token grid.
    """

    width: int
    target: tuple[int, ...]
    source: tuple[int, ...]


@dataclass(frozen=True)
class BridgeShape:
    """How a bridge network is built.

    Args:
        encoder_layers: Blocks over the source.
        decoder_layers: Blocks over noisy and blank tokens.
        blank: Whether the answer is read from blank tokens (else from the noisy ones).
        zero_output: Whether the last layer starts at zero.
    """

    encoder_layers: int = 2
    decoder_layers: int = 2
    blank: bool = True
    zero_output: bool = True

    def __post_init__(self) -> None:
        check_range("encoder_layers", self.encoder_layers, 0, 64, closed=True)
        check_range("decoder_layers", self.decoder_layers, 1, 64, closed=True)


class SourceMemory(NamedTuple):
    """A source, encoded once and reused over the steps of a solver.

    Attributes:
        tokens: ``(B, K, w)``.
        mask: ``(B, K)`` bool.
        layers: Keys and values of every decoder block; empty where a network has none.
    """

    tokens: Tensor
    mask: Tensor
    layers: list[KeyValues]

    def repeated(self, times: int) -> "SourceMemory":
        """The same memory for several samples; rows of one sample stay together."""

        def again(x: Tensor) -> Tensor:
            return x.repeat(times, *([1] * (x.ndim - 1)))

        layers = [KeyValues(again(k), again(v), again(m)) for k, v, m in self.layers]
        return SourceMemory(again(self.tokens), again(self.mask), layers)


class Backbone(Protocol):
    """What every network of a bridge offers, whatever it is made of."""

    def prepare(self, source: Latents) -> SourceMemory:
        """Encode a source ``(B, K, d)``."""
        ...

    def __call__(self, x: Tensor, noise: Tensor, mask: Tensor, memory: SourceMemory) -> Tensor:
        """Return ``F`` ``(B, N, d)`` from ``c_in z_t``, ``c_noise`` ``(B,)``, and the mask."""
        ...


class NoiseEmbedding(nn.Module):
    """``c_noise`` to a vector: sinusoid, linear, SiLU, linear."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.net = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, noise: Tensor) -> Tensor:
        """Embed ``(B,)`` as ``(B, width)``."""
        out: Tensor = self.net(sinusoid(noise, self.width))
        return out


def zeroed(layer: nn.Linear, *, zero: bool) -> nn.Linear:
    """The layer, with weights and biases at zero if asked."""
    if zero:
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    return layer


class BridgeNetwork(nn.Module):
    """See the module's docstring.

    Args:
        tokens: What it joins.
        size: Width, heads, feed-forward, dropout.
        shape: Layers and kind.
    """

    place: Tensor
    source_place: Tensor

    def __init__(self, tokens: Tokens, size: TransformerSize, shape: BridgeShape) -> None:
        super().__init__()
        self.tokens, self.shape = tokens, shape
        width = size.width
        self.enter = nn.Linear(tokens.width, width)
        self.time = NoiseEmbedding(width)
        self.encoder = size.stack(shape.encoder_layers)
        self.decoder = size.stack(shape.decoder_layers, cross=True, adaptive=True)
        self.register_buffer("place", grid_sinusoid(tokens.target, width), persistent=False)
        self.register_buffer("source_place", grid_sinusoid(tokens.source, width), persistent=False)
        # blank tokens start equal: only their places tell them apart
        first = 0.02 * torch.randn(1, width)
        self.blank = nn.Parameter(first.repeat(len(self.place), 1)) if shape.blank else None
        self.modulate = zeroed(nn.Linear(width, 2 * width), zero=True)
        self.leave = zeroed(nn.Linear(width, tokens.width), zero=shape.zero_output)

    def prepare(self, source: Latents) -> SourceMemory:
        """Encode a source ``(B, K, d)`` with mask ``(B, K)``."""
        check_axes(z=(source.z, "batch token width"), place=(self.source_place, "token model"))
        entered = self.enter(source.z * source.mask[..., None]) + self.source_place
        encoded = self.encoder(entered, source.mask)
        layers = self.decoder.memories(encoded, source.mask)
        return SourceMemory(encoded, source.mask, layers)

    def forward(self, x: Tensor, noise: Tensor, mask: Tensor, memory: SourceMemory) -> Tensor:
        """Return ``F`` ``(B, N, d)``.

        Args:
            x: ``c_in z_t``, ``(B, N, d)``.
            noise: ``c_noise``, ``(B,)``.
            mask: ``(B, N)`` bool.
            memory: From :meth:`prepare`.
        """
        check_axes(x=(x, "batch token width"), place=(self.place, "token model"))
        time = self.time(noise)
        u = self.enter(x * mask[..., None]) + self.place
        seen = mask
        if self.blank is not None:
            blank = (self.blank + self.place).expand(len(x), -1, -1)
            u, seen = torch.cat([u, blank.to(u.dtype)], dim=1), torch.cat([mask, mask], dim=1)
        u = self.decoder(u, seen, memories=memory.layers, time=time)[:, -x.shape[1] :]
        shift, scale = self.modulate(nn.functional.silu(time))[:, None].chunk(2, dim=-1)
        out: Tensor = self.leave(torch.addcmul(shift, u, 1 + scale))
        return out
