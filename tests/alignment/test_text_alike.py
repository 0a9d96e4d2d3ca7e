"""Mirrors src/unisono/alignment/text_alike.py."""

import math

import pytest
import torch

from unisono.alignment.text_alike import alike_texts, rarity, text_likeness, word_counts
from unisono.core.errors import UnisonoError

TEXTS = ["a person walks", "a person walks", "someone walks", "a person jumps high", ""]
WORDS = sorted({word for text in TEXTS for word in text.split()})


def counts() -> torch.Tensor:
    return word_counts([[WORDS.index(w) for w in text.split()] for text in TEXTS], len(WORDS))


def test_likeness_is_the_cosine_of_weighted_bags() -> None:
    found = text_likeness(counts(), rarity(counts()))
    bags = []
    for text in TEXTS:
        held = {w: sum(w in t.split() for t in TEXTS) for w in WORDS}
        bags.append([text.split().count(w) * math.log(6 / held[w]) for w in WORDS])
    for i, one in enumerate(bags):
        for j, other in enumerate(bags):
            sizes = math.hypot(*one) * math.hypot(*other)
            truth = sum(a * b for a, b in zip(one, other, strict=True)) / sizes if sizes else 0.0
            assert float(found[i, j]) == pytest.approx(truth, abs=1e-6)


def test_pairs_that_say_the_same() -> None:
    found = alike_texts(counts(), rarity(counts()), threshold=0.9)
    assert found.nonzero().tolist() == [[0, 1], [1, 0]]
    with pytest.raises(UnisonoError, match="threshold"):
        alike_texts(counts(), rarity(counts()), threshold=1.0)
