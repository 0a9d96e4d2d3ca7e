"""Mirrors src/unisono/alignment/false_negatives.py."""

import math

import numpy as np
import pytest
import torch

from unisono.alignment.false_negatives import correlated, most_alike, same_phase
from unisono.alignment.pairs import Items
from unisono.core.errors import UnisonoError


def windows_of(sequences: int, count: int, length: int) -> Items:
    return Items(
        torch.arange(sequences).repeat_interleave(count),
        (torch.arange(count) * length).repeat(sequences),
        torch.ones(sequences * count, dtype=torch.bool),
    )


def test_same_phase_matches_the_loops() -> None:
    items = windows_of(4, 9, 5)
    period = torch.tensor([20.0, 23.5, math.inf, math.nan], dtype=torch.float64)
    got = same_phase(items, period, tolerance=2.5)
    for i in range(36):
        for j in range(36):
            own = period[i // 9].item()
            apart = abs(i % 9 - j % 9) * 5
            expected = (
                i // 9 == j // 9
                and apart > 0
                and math.isfinite(own)
                and any(abs(apart - k * own) <= 2.5 for k in range(1, 20))
            )
            assert got[i, j].item() == expected, (i, j)


def test_one_period_apart_is_found_and_half_a_period_is_not() -> None:
    got = same_phase(windows_of(1, 8, 10), torch.tensor([40.0]), tolerance=5.0)
    assert got[0].tolist() == [False, False, False, False, True, False, False, False]


def test_correlated_needs_both_signals(generator: torch.Generator) -> None:
    x = torch.randn(6, 40, generator=generator)
    y = torch.randn(6, 30, generator=generator)
    x[1] = 3 * x[0] + 2
    y[1] = y[0] + 0.01
    x[2] = x[0]
    y[3] = y[0]
    assert correlated(x, y).nonzero().tolist() == [[0, 1], [1, 0]]


def test_correlation_is_that_of_numpy(generator: torch.Generator) -> None:
    x = torch.randn(8, 12, dtype=torch.float64, generator=generator)
    expected = np.corrcoef(x.numpy()) > 0.1
    np.fill_diagonal(expected, False)
    assert correlated(x, x, threshold=0.1).numpy().tolist() == expected.tolist()


def test_flat_windows_correlate_with_none() -> None:
    flat = torch.ones(3, 10) * torch.tensor([[0.0], [0.1], [7.3]])
    assert not correlated(flat, flat).any()


def test_bad_settings_are_refused() -> None:
    with pytest.raises(UnisonoError, match="threshold must lie in"):
        correlated(torch.zeros(2, 3), torch.zeros(2, 3), threshold=1.0)
    with pytest.raises(UnisonoError, match="tolerance must lie in"):
        same_phase(windows_of(1, 2, 5), torch.ones(1), tolerance=-1.0)


def test_hard_negatives_are_the_most_alike_of_each_row() -> None:
    angle = torch.tensor([0.0, 0.1, 1.0, 2.0, 3.0])
    x = torch.cos(angle[:, None] + torch.linspace(0, 6, 30)[None])
    others = ~torch.eye(5, dtype=torch.bool)
    kept = most_alike(x, others, share=0.25)  # one of four
    by_hand = torch.zeros(5, 5, dtype=torch.bool)
    scores = torch.tensor(np.corrcoef(x.numpy())).fill_diagonal_(-2)
    for row in range(5):
        best = int(scores[row].argmax())
        by_hand[row, best] = by_hand[best, row] = True
    assert torch.equal(kept, by_hand)
    assert torch.equal(most_alike(x, others, share=1.0), others)
    none = torch.zeros(5, 5, dtype=torch.bool)
    assert not most_alike(x, none, share=0.5).any()
