"""Mirrors src/unisono/alignment/objectives.py."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from unisono.alignment.objectives import (
    cosine_distance,
    generalised_info_nce,
    one_way_info_nce,
    symmetric_cross_entropy,
    weighted_mean,
)
from unisono.core.errors import ShapeError


def slow_one_way(scores: Tensor, negatives: Tensor, valid: Tensor, weight: Tensor) -> float:
    """The definition, written as loops."""
    total = count = 0.0
    for i in range(len(scores)):
        if not valid[i]:
            continue
        denominator = math.exp(scores[i, i])
        for j in range(len(scores)):
            if j != i and negatives[i, j] and valid[j]:
                denominator += math.exp(scores[i, j])
        total += weight[i].item() * (math.log(denominator) - scores[i, i].item())
        count += 1
    return total / max(count, 1)


@pytest.fixture
def scores(generator: torch.Generator) -> Tensor:
    return 3 * torch.randn(7, 7, dtype=torch.float64, generator=generator)


def test_one_way_matches_the_loops(scores: Tensor, generator: torch.Generator) -> None:
    negatives = torch.rand(7, 7, generator=generator) > 0.4
    valid = torch.tensor([True, True, False, True, True, False, True])
    weight = torch.rand(7, dtype=torch.float64, generator=generator)
    got = one_way_info_nce(scores, negatives=negatives, valid=valid, weight=weight)
    assert got.item() == pytest.approx(slow_one_way(scores, negatives, valid, weight), rel=1e-12)


def test_symmetric_matches_the_loops_in_both_directions(
    scores: Tensor, generator: torch.Generator
) -> None:
    negatives = torch.rand(7, 7, generator=generator) > 0.4
    valid, weight = torch.ones(7, dtype=torch.bool), torch.ones(7, dtype=torch.float64)
    expected = (
        slow_one_way(scores, negatives, valid, weight)
        + slow_one_way(scores.T, negatives.T, valid, weight)
    ) / 2
    got = symmetric_cross_entropy(scores, negatives=negatives)
    assert got.item() == pytest.approx(expected, rel=1e-12)


def test_symmetric_without_masks_is_clip(scores: Tensor) -> None:
    own = torch.arange(7)
    clip = (functional.cross_entropy(scores, own) + functional.cross_entropy(scores.T, own)) / 2
    torch.testing.assert_close(symmetric_cross_entropy(scores), clip)


def test_equal_scores_cost_the_logarithm() -> None:
    assert symmetric_cross_entropy(torch.full((9, 9), 2.5)).item() == pytest.approx(math.log(9))
    flat = torch.zeros(6, 512)
    assert generalised_info_nce(torch.zeros(6), flat).item() == pytest.approx(math.log(512))


def test_items_that_are_not_valid_change_nothing(scores: Tensor) -> None:
    valid = torch.tensor([True, True, True, True, True, False, False])
    poisoned = scores.clone()
    poisoned[5:], poisoned[:, 5:] = torch.nan, torch.inf
    poisoned.requires_grad_()
    got = symmetric_cross_entropy(poisoned, valid=valid)
    torch.testing.assert_close(got, symmetric_cross_entropy(scores[:5, :5]))
    got.backward()
    assert poisoned.grad is not None
    assert torch.isfinite(poisoned.grad).all()
    assert (poisoned.grad[5:] == 0).all()
    assert (poisoned.grad[:, 5:] == 0).all()


def test_nothing_valid_is_zero_with_zero_gradient(scores: Tensor) -> None:
    scores = scores.requires_grad_()
    loss = symmetric_cross_entropy(scores, valid=torch.zeros(7, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0
    assert scores.grad is not None
    assert (scores.grad == 0).all()


def test_no_negatives_is_exactly_zero(scores: Tensor) -> None:
    none = torch.zeros(7, 7, dtype=torch.bool)
    assert symmetric_cross_entropy(scores, negatives=none).item() == 0


def test_large_scores_do_not_overflow() -> None:
    scores = torch.eye(4) * 1e4
    assert symmetric_cross_entropy(scores).item() == 0
    assert symmetric_cross_entropy(-scores).item() == pytest.approx(1e4, rel=1e-3)


def test_generalised_matches_the_loops(generator: torch.Generator) -> None:
    positive = torch.randn(5, dtype=torch.float64, generator=generator)
    negative = torch.randn(5, 8, dtype=torch.float64, generator=generator)
    allowed = torch.rand(5, 8, generator=generator) > 0.5
    allowed[2] = False

    def slow(rows: list[int], kept: Tensor) -> float:
        terms = []
        for i in rows:
            total = sum(math.exp(negative[i, j]) for j in range(8) if kept[i, j])
            terms.append(math.log(total) - positive[i].item())
        return sum(terms) / len(terms)

    got = generalised_info_nce(positive, negative).item()
    assert got == pytest.approx(slow([0, 1, 2, 3, 4], torch.ones(5, 8)), rel=1e-12)
    got = generalised_info_nce(positive, negative, allowed=allowed).item()
    assert got == pytest.approx(slow([0, 1, 3, 4], allowed), rel=1e-12)


def test_generalised_with_nothing_allowed_has_zero_gradient() -> None:
    negative = torch.zeros(3, 4, requires_grad=True)
    none = torch.zeros(3, 4, dtype=torch.bool)
    generalised_info_nce(torch.zeros(3), negative, allowed=none).backward()
    assert negative.grad is not None
    assert (negative.grad == 0).all()


def test_cosine_distance() -> None:
    u = torch.tensor([[1.0, 0.0], [0.0, 2.0], [5.0, 5.0]])
    v = torch.tensor([[3.0, 0.0], [1.0, 0.0], [-1.0, -1.0]])
    assert cosine_distance(u, v).item() == pytest.approx((0 + 1 + 2) / 3)
    valid = torch.tensor([True, True, False])
    assert cosine_distance(u, v, valid=valid).item() == pytest.approx(0.5)


def test_weighted_mean_is_not_renormalised() -> None:
    values, weight = torch.tensor([2.0, 4.0, 9.0]), torch.tensor([0.5, 0.5, 1.0])
    valid = torch.tensor([True, True, False])
    assert weighted_mean(values, valid, weight).item() == pytest.approx(1.5)
    assert weighted_mean(values).item() == 5
    assert weighted_mean(torch.zeros(0)).item() == 0


def test_axes_are_checked() -> None:
    with pytest.raises(ShapeError, match="scores has item=3"):
        symmetric_cross_entropy(torch.zeros(2, 3))
    with pytest.raises(ShapeError, match="valid has item=3"):
        one_way_info_nce(torch.zeros(2, 2), valid=torch.ones(3, dtype=torch.bool))
