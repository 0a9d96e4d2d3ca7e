r"""Captions that mean the same: pairs that are no negatives of one another.

In a corpus many clips show the same, and pushing one's caption from the other's motion teaches
noise. Petrovich, Black & Varol (TMR, arXiv:2305.00976) leave out negatives whose texts a sentence
encoder finds alike; here likeness is the cosine of weighted bags of words, for which nothing is
downloaded,

.. math:: s_{ij} = \frac{u_i \cdot u_j}{|u_i| |u_j|}, \qquad
          u_{iw} = n_{iw} \ln \frac{N + 1}{N_w}

with :math:`n_{iw}` how often the word w is in text i and :math:`N_w` the number of the N texts of
the corpus that hold it: words that all captions share weigh little. Axes: ``n`` texts, ``w`` words.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from unisono.core.checks import check_axes, check_range

__all__ = ["alike_texts", "rarity", "text_likeness", "word_counts"]


def rarity(counts: Tensor) -> Tensor:
    """Weight of each word, ``(w,)``, from a corpus's counts ``(n, w)``.

    Example:
        >>> rarity(torch.tensor([[1, 1], [1, 0]])).round(decimals=3)
        tensor([0.4050, 1.0990])
    """
    check_axes(counts=(counts, "text word"))
    holding = (counts > 0).sum(dim=0).clamp(min=1)
    return torch.log((len(counts) + 1) / holding.to(torch.float32))


def text_likeness(counts: Tensor, weights: Tensor) -> Tensor:
    """Cosine of weighted bags of words, ``(n, n)``; a text without words is like none.

    Args:
        counts: How often each word is in each text, ``(n, w)``.
        weights: Of the words, ``(w,)``, as :func:`rarity` gives them.
    """
    check_axes(counts=(counts, "text word"), weights=(weights, "word"))
    bags = counts.to(torch.float32) * weights
    unit = bags / bags.norm(dim=1, keepdim=True).clamp(min=1e-12)
    likeness: Tensor = unit @ unit.T
    return likeness


def alike_texts(counts: Tensor, weights: Tensor, *, threshold: float = 0.8) -> Tensor:
    """Pairs of texts that are no negatives, ``(n, n)`` bool, False on the diagonal.

    Args:
        counts: ``(n, w)``.
        weights: ``(w,)``.
        threshold: Likeness above which two texts say the same, in (0, 1).
    """
    check_range("threshold", threshold, 0.0, 1.0)
    same = text_likeness(counts, weights) > threshold
    return same & ~torch.eye(len(counts), dtype=torch.bool, device=counts.device)


def word_counts(rows: Sequence[Sequence[int]], size: int) -> Tensor:
    """Counts ``(n, size)`` of the numbers in each row."""
    counts = torch.zeros(len(rows), size)
    for number, row in enumerate(rows):
        counts[number] = torch.bincount(torch.tensor(row, dtype=torch.long), minlength=size)
    return counts
