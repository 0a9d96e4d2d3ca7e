"""Captions: what encodes them, one of each clip's drawn, and bags of their words."""

from typing import NamedTuple, Protocol

import torch
from torch import Generator, Tensor

from unisono.core.contracts import Batch
from unisono.core.distributed import draw_global

__all__ = ["DrawnCaptions", "TextTower", "drawn_captions", "word_bags"]


class TextTower(Protocol):
    """What the method asks of a text encoder, which is also a ``torch.nn.Module``."""

    @property
    def width(self) -> int:
        """Width of its codes."""
        ...

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings ``(B, T, e)`` of tokens ``(B, T)``."""
        ...

    def encode(self, embedded: Tensor, mask: Tensor) -> "Codes":
        """Codes of embeddings."""
        ...


class Codes(Protocol):
    """Codes of texts: of each word ``(B, T, c)``, and one of the whole ``(B, c)``."""

    sequence: Tensor
    pooled: Tensor


class DrawnCaptions(NamedTuple):
    """Tokens of one caption an item ``(B, T)``, and which are real."""

    ids: Tensor
    mask: Tensor


def drawn_captions(batch: Batch, *, generator: Generator) -> DrawnCaptions:
    """Draw one caption of each item, all alike.

    Args:
        batch: Its stream ``text`` holds tokens of all captions, ``(B, C, T)``, and its mask which
            are real; the first ``C'`` captions of an item exist, its others are empty.
        generator: Where the draw comes from.
    """
    ids, mask = batch.data["text"], batch.mask["text"]
    count = mask.any(dim=-1).sum(dim=1)
    chance = draw_global(lambda n: torch.rand(n, generator=generator, device=ids.device), len(ids))
    chosen = (chance * count).long().clamp_max(ids.shape[1] - 1)
    rows = torch.arange(len(ids), device=ids.device)
    mask = mask[rows, chosen]
    longest = max(1, int(mask.any(dim=0).sum()))
    return DrawnCaptions(ids[rows, chosen][:, :longest], mask[:, :longest])


def word_bags(ids: Tensor, mask: Tensor, size: int) -> Tensor:
    """How often each token is in the captions of each clip, ``(B, size)``.

    Clips of one meaning have bags much alike, whatever wording is drawn.

    Args:
        ids: Tokens of all captions of each clip, ``(B, C, T)``, below ``size``.
        mask: Which are real.
        size: Number of tokens.
    """
    bags = torch.zeros(len(ids), size, device=ids.device)
    return bags.scatter_add_(1, ids.flatten(1), mask.flatten(1).float())
