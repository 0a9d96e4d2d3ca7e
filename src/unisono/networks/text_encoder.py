r"""A small text encoder of our own, with learned words.

Token embeddings :math:`e_1..e_T` plus sinusoids of their positions go through pre-norm transformer
blocks; the sequence :math:`s_1..s_T` is their output, and the pooled code a linear map of the mean
over real tokens,

.. math:: p = W \frac{\sum_i m_i s_i}{\sum_i m_i} + b

The steps are apart (:meth:`~TextEncoder.tokenise`, :meth:`~TextEncoder.embed`,
:meth:`~TextEncoder.encode`), so that a frozen encoder still lets gradients reach the embeddings of
a learned word (textual inversion, Gal et al., arXiv:2208.01618).

Axes: ``B`` texts, ``T`` tokens, ``e`` width of embeddings, ``d`` width of codes; here ``e = d``.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from unisono.core.errors import ModelError, ShapeError
from unisono.networks.embeddings import sinusoid
from unisono.networks.text_tokens import TokenIds, WordTokens, padded_ids, words_of
from unisono.networks.transformer import Stack

__all__ = ["TextCodes", "TextEncoder", "check_learned"]


class TextCodes(NamedTuple):
    """What an encoder makes of texts.

    Attributes:
        sequence: ``(B, T, d)``.
        pooled: ``(B, d)``.
        mask: ``(B, T)`` bool, True where a token is real.
    """

    sequence: Tensor
    pooled: Tensor
    mask: Tensor


class TextEncoder(nn.Module):
    """Transformer over words.

    Args:
        tokens: The vocabulary.
        width: Width of embeddings and codes.
        layers: Transformer blocks.
        heads: Attention heads.
        dropout: Dropout.

    Raises:
        ShapeError: If the width is odd or no multiple of the heads.

    Example:
        >>> encoder = TextEncoder(WordTokens.fit(["a person walks"]), width=8, layers=1, heads=2)
        >>> encoder(["a person", "walks"]).pooled.shape
        torch.Size([2, 8])
    """

    def __init__(
        self,
        tokens: WordTokens,
        *,
        width: int = 128,
        layers: int = 2,
        heads: int = 4,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.tokens, self.width, self.embedding_width = tokens, width, width
        self.sizes = {"width": width, "layers": layers, "heads": heads, "dropout": dropout}
        self.table = nn.Embedding(len(tokens), width)
        nn.init.normal_(self.table.weight, std=width**-0.5)
        self.stack = Stack(width, layers, heads=heads, feedforward=4 * width, dropout=dropout)
        self.out = nn.Linear(width, width)
        self.words: dict[str, Tensor] = {}

    def to_config(self) -> dict[str, Any]:
        """Sizes and vocabulary, for JSON and TOML; weights are in the state."""
        return {**self.sizes, "tokens": self.tokens.to_dict()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "TextEncoder":
        """An encoder of the same sizes and vocabulary, with weights of its own.

        Raises:
            ModelError: If something is missing or not known.
        """
        sizes = {name: value for name, value in config.items() if name != "tokens"}
        try:
            return cls(WordTokens.from_dict(config["tokens"]), **sizes)
        except (KeyError, TypeError) as error:
            raise ModelError(f"the text encoder is not readable ({error}).") from error

    def tokenise(self, texts: Sequence[str]) -> TokenIds:
        """Texts as numbers; those of learned words follow the vocabulary."""
        learned, first = {}, len(self.tokens)
        for word, embeddings in self.words.items():
            check_learned(word, embeddings, self.embedding_width)
            learned[word] = range(first, first + len(embeddings))
            first += len(embeddings)
        ids, mask = padded_ids([self.tokens.encode(text, learned) for text in texts])
        device = self.table.weight.device
        return TokenIds(ids.to(device), mask.to(device))

    def unknown(self, text: str) -> list[str]:
        """Words of a text that the encoder does not know."""
        return self.tokens.unknown(text, self.words)

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings ``(..., e)`` of numbers ``(...)``, with gradients to learned words."""
        table = self.table.weight
        if self.words:
            learned = [word.to(table.device, table.dtype) for word in self.words.values()]
            table = torch.cat([table, *learned])
        return nn.functional.embedding(ids, table)

    def encode(self, embedded: Tensor, mask: Tensor) -> TextCodes:
        """Codes of embeddings ``(B, T, e)`` with mask ``(B, T)``."""
        places = torch.arange(embedded.shape[1], device=embedded.device)
        sequence = self.stack(embedded + sinusoid(places, self.width).to(embedded.dtype), mask)
        kept = mask[..., None].to(sequence.dtype)
        pooled = self.out((sequence * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1))
        return TextCodes(sequence, pooled, mask)

    def forward(self, texts: Sequence[str]) -> TextCodes:
        """Codes of texts."""
        ids, mask = self.tokenise(texts)
        return self.encode(self.embed(ids), mask)


def check_learned(word: str, embeddings: Tensor, width: int) -> None:
    """Refuse a learned word that is not one between asterisks, or has other embeddings.

    Raises:
        ShapeError: If its embeddings are not ``(k, width)`` with k of 1 or more.
        ModelError: If it is not written ``*word*`` in lower case.
    """
    if words_of(word) != [word] or not word.startswith("*"):
        raise ModelError(f"a learned word is one word between asterisks, '*limp*'; got {word!r}.")
    if embeddings.ndim != 2 or len(embeddings) < 1 or embeddings.shape[1] != width:
        raise ShapeError(
            f"the word {word!r} has embeddings of shape {tuple(embeddings.shape)}; this encoder "
            f"needs (tokens, {width}): it was learned with another model."
        )
