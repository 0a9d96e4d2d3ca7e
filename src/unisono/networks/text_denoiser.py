r"""A denoiser of a few latent tokens that are told by a text, and how long they shall last.

``pooled``: one token of the text stands beside the latents and one of the time (MLD, Chen et al.,
2212.04048). ``sequence``: all words are looked at by cross-attention, and time modulates the
blocks. A text that is dropped (for guidance) becomes one learned token.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from unisono.core.checks import check_range
from unisono.networks.attention import KeyValues
from unisono.networks.conditioning import TransformerSize
from unisono.networks.embeddings import TimeEmbedding, sinusoid
from unisono.networks.skip_stack import SkipStack

__all__ = ["Spoken", "TextDenoiser", "TextDenoiserShape", "Told"]


@dataclass(frozen=True)
class TextDenoiserShape:
    """What it denoises, and how the text enters.

    Args:
        tokens: Latent tokens ``K``.
        latent: Width of a latent token.
        text: Width of the text's codes.
        layers: Blocks, odd.
        enter: Where the text enters, see the module's docstring.
        length: Whether it is told how many frames are wanted.
    """

    tokens: int
    latent: int
    text: int
    layers: int = 5
    enter: Literal["pooled", "sequence"] = "sequence"
    length: bool = True

    def __post_init__(self) -> None:
        for name in ("tokens", "latent", "text"):
            check_range(name, getattr(self, name), 1, 65536, closed=True)


class Spoken(NamedTuple):
    """What is said of each item.

    Attributes:
        sequence: Codes of the words, ``(B, T, c)``.
        mask: ``(B, T)``, True where a word is.
        pooled: One code of the whole text, ``(B, c)``.
        frames: How many frames are wanted, ``(B,)``.
    """

    sequence: Tensor
    mask: Tensor
    pooled: Tensor
    frames: Tensor

    def repeated(self, samples: int) -> "Spoken":
        """Each item ``samples`` times in a row."""
        return Spoken(*(part.repeat_interleave(samples, dim=0) for part in self))


class Told(NamedTuple):
    """A text as the network has taken it in, reused over the steps of a solver.

    Attributes:
        tokens: Tokens that stand beside the latents, ``(B, M, d)``.
        layers: For each block, keys and values of the words; empty where none are looked at.
    """

    tokens: Tensor
    layers: list[KeyValues]


class TextDenoiser(nn.Module):
    """The network; see the module's docstring.

    Args:
        shape: What it denoises.
        size: Width, heads, feed-forward, dropout.
    """

    def __init__(self, shape: TextDenoiserShape, size: TransformerSize) -> None:
        super().__init__()
        self.shape, width = shape, size.width
        looks = shape.enter == "sequence"
        self.time = TimeEmbedding(width)
        self.enter = nn.Linear(shape.latent, width)
        self.place = nn.Parameter(0.02 * torch.randn(shape.tokens, width))
        self.pooled = nn.Linear(shape.text, width)
        self.words = nn.Linear(shape.text, width) if looks else None
        self.silent = nn.Parameter(0.02 * torch.randn(shape.text))
        self.lasting = nn.Linear(width, width) if shape.length else None
        self.stack = SkipStack(size, shape.layers, cross=looks, adaptive=looks)
        self.leave = nn.Linear(width, shape.latent)

    def prepare(self, said: Spoken, keep: Tensor | None = None) -> Told:
        """Take in what is said.

        Args:
            said: Texts and lengths.
            keep: ``(B,)`` bool, whose text is not dropped; all by default.
        """
        pooled, sequence, mask = said.pooled, said.sequence, said.mask
        if keep is not None:
            silent = self.silent.to(pooled.dtype)
            pooled = torch.where(keep[:, None], pooled, silent)
            sequence = torch.where(keep[:, None, None], sequence, silent)
            first = torch.zeros_like(mask)
            first[:, 0] = True
            mask = torch.where(keep[:, None], mask, first)
        tokens = self.pooled(pooled)[:, None]
        if self.lasting is not None:
            width = tokens.shape[-1]
            lasting = self.lasting(sinusoid(said.frames, width).to(tokens.dtype))
            tokens = torch.cat([tokens, lasting[:, None]], dim=1)
        if self.words is None:
            return Told(tokens, [])
        return Told(tokens, self.stack.memories(self.words(sequence), mask))

    def forward(self, z: Tensor, t: Tensor, told: Told) -> Tensor:
        """Predict from ``z_t`` ``(B, K, d)`` at ``t`` ``(B,)`` in [0, 1], like ``z``."""
        time = self.time(t)
        x = self.enter(z) + self.place
        beside = [told.tokens.to(x.dtype)]
        if self.words is None:
            beside.append(time[:, None].to(x.dtype))
        x = torch.cat([x, *beside], dim=1)
        everywhere = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
        inner = self.stack(x, everywhere, memories=told.layers or None, time=time)
        out: Tensor = self.leave(inner[:, : self.shape.tokens])
        return out.float()
