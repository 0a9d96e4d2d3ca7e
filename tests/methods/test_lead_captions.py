"""Mirrors src/unisono/methods/lead_captions.py."""

import torch
from lead_toys import toy_batch, toy_corpus

from unisono.methods.lead_captions import drawn_captions, word_bags


def test_all_captions_that_exist_are_drawn_alike(generator: torch.Generator) -> None:
    batch = toy_batch(toy_corpus(6))
    batch.mask["text"][0, 1] = False  # the first clip has one caption only
    seen = torch.zeros(6)
    for _ in range(200):
        ids, mask = drawn_captions(batch, generator=generator)
        assert mask.any(dim=1).all()
        second = batch.data["text"][:, 1, : ids.shape[1]]
        seen += (ids == second).all(dim=1)
    assert seen[0] == 0
    assert (seen[1:] > 70).all() and (seen[1:] < 130).all()  # 100, within 4 spreads


def test_bags_count_what_is_real() -> None:
    ids = torch.tensor([[[1, 2, 3], [3, 4, 0]], [[1, 2, 0], [0, 0, 0]]])
    mask = torch.tensor([[[1, 1, 1], [1, 1, 0]], [[1, 1, 0], [1, 0, 0]]]).bool()
    truth = torch.tensor([[0.0, 1, 1, 2, 1], [1, 1, 1, 0, 0]])
    torch.testing.assert_close(word_bags(ids, mask, 5), truth)
