"""Mirrors src/unisono/alignment/pairs.py. Every rule in RULES meets the same contract."""

import pytest
import torch

from unisono.alignment.pairs import (
    Discrete,
    Items,
    PairedBatch,
    PairMasks,
    PairRule,
    TimeOffset,
    WindowTime,
    draw_pairs,
)
from unisono.core.errors import ShapeError, UnisonoError

RULES = [
    PairedBatch(),
    WindowTime(),
    WindowTime(neg_within=False),
    WindowTime(neg_batch=False),
    TimeOffset(2),
    TimeOffset(2, exact=True),
    TimeOffset(2, prior=False),
    Discrete(),
    Discrete(prior=False),
]


@pytest.fixture
def items() -> Items:
    """Two sequences of four items, one of them not valid; label 1 thrice, one unknown."""
    return Items(
        sequence=torch.tensor([0, 0, 0, 0, 1, 1, 1, 1]),
        frame=torch.tensor([0, 1, 2, 3, 0, 1, 2, 3]),
        valid=torch.tensor([True, True, True, True, True, True, True, False]),
        label=torch.tensor([0, 1, 0, 1, 1, -1, -1, 1]),
    )


def pairs(mask: torch.Tensor) -> set[tuple[int, int]]:
    return {(i, j) for i, j in mask.nonzero().tolist()}


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_every_rule(rule: PairRule, items: Items) -> None:
    masks = rule.masks(items)
    for mask in masks:
        assert mask.shape == (8, 8)
        assert mask.dtype == torch.bool
        assert not mask[7].any()
        assert not mask[:, 7].any()
    if not getattr(rule, "prior", False):
        assert not (masks.positive & masks.negative).any()
        assert not masks.negative.diagonal().any()
    # Where an item stands in the batch does not matter.
    order = torch.tensor([3, 7, 1, 0, 5, 2, 6, 4])
    moved = rule.masks(Items(*(part[order] for part in items)))  # type: ignore[index]
    assert torch.equal(moved.positive, masks.positive[order][:, order])
    assert torch.equal(moved.negative, masks.negative[order][:, order])


def test_paired_batch(items: Items) -> None:
    masks = PairedBatch().masks(items)
    assert pairs(masks.positive) == {(i, i) for i in range(7)}
    assert pairs(masks.negative) == {(i, j) for i in range(7) for j in range(7) if i != j}


def test_window_time_switches(items: Items) -> None:
    within = WindowTime(neg_batch=False).masks(items).negative
    batch = WindowTime(neg_within=False).masks(items).negative
    assert pairs(within) == {
        (i, j) for i in range(7) for j in range(7) if i != j and i // 4 == j // 4
    }
    assert pairs(batch) == {(i, j) for i in range(7) for j in range(7) if i // 4 != j // 4}
    assert torch.equal(within | batch, WindowTime().masks(items).negative)
    assert not WindowTime(False, False).masks(items).negative.any()


def test_time_offset_stays_in_its_sequence(items: Items) -> None:
    exact = TimeOffset(2, exact=True).masks(items)
    assert pairs(exact.positive) == {(0, 2), (1, 3), (4, 6)}
    near = TimeOffset(1).masks(items)
    assert pairs(near.positive) == {
        (0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2), (4, 5), (5, 4), (5, 6), (6, 5)
    }  # fmt: skip
    assert near.negative.sum() == 49  # the prior holds everything valid
    strict = TimeOffset(1, prior=False).masks(items)
    assert strict.negative.sum() == 49 - 7 - 10


def test_discrete(items: Items) -> None:
    masks = Discrete().masks(items)
    assert pairs(masks.positive) == {
        (0, 2), (2, 0), (1, 3), (3, 1), (1, 4), (4, 1), (3, 4), (4, 3)
    }  # fmt: skip


def test_without_drops_negatives_only(items: Items) -> None:
    masks = PairedBatch().masks(items)
    fewer = masks.without(torch.ones(8, 8, dtype=torch.bool))
    assert not fewer.negative.any()
    assert torch.equal(fewer.positive, masks.positive)
    with pytest.raises(ShapeError, match="ignored has"):
        masks.without(torch.ones(3, 3, dtype=torch.bool))


def test_drawn_pairs_obey_the_masks(items: Items, generator: torch.Generator) -> None:
    masks = Discrete(prior=False).masks(items)
    drawn = draw_pairs(masks, anchors=400, negatives=60, generator=generator)
    assert masks.positive[drawn.anchor, drawn.positive].all()
    assert set(drawn.anchor.tolist()) == {0, 1, 2, 3, 4}
    assert drawn.allowed.shape == (400, 60)
    assert torch.equal(drawn.allowed, masks.negative[drawn.anchor][:, drawn.negative])
    ones = drawn.positive[drawn.anchor == 1]
    assert (ones == 3).float().mean().item() == pytest.approx(0.5, abs=0.15)


def test_nothing_to_draw_is_said(items: Items, generator: torch.Generator) -> None:
    none = torch.zeros(8, 8, dtype=torch.bool)
    with pytest.raises(UnisonoError, match="no item has a positive partner"):
        draw_pairs(PairMasks(none, ~none), anchors=2, negatives=2, generator=generator)
    with pytest.raises(UnisonoError, match="no item has a negative partner"):
        draw_pairs(PairMasks(~none, none), anchors=2, negatives=2, generator=generator)


def test_bad_settings_are_refused(items: Items) -> None:
    with pytest.raises(UnisonoError, match="offset must lie in"):
        TimeOffset(0)
    with pytest.raises(UnisonoError, match="need items with labels"):
        Discrete().masks(items._replace(label=None))
    with pytest.raises(ShapeError, match="frame has item=3"):
        PairedBatch().masks(items._replace(frame=torch.zeros(3)))
