"""Mirrors src/unisono/alignment/agreement.py."""

import pytest
import torch
from scipy import stats

from unisono.alignment.agreement import error_scores, pair_scores, shuffled_p
from unisono.core.contracts import Latents
from unisono.core.errors import ShapeError


def _latents(z: torch.Tensor) -> Latents:
    return Latents(z, torch.ones(z.shape[:2], dtype=torch.bool))


def _apart(size: int) -> torch.Tensor:
    return ~torch.eye(size, dtype=torch.bool)


def test_scores_are_the_cosines_of_a_slow_loop(generator: torch.Generator) -> None:
    x, y = (torch.randn(3, 10, 4, generator=generator) for _ in range(2))
    found = pair_scores(_latents(x), _latents(y), length=5)
    norm = torch.nn.functional.layer_norm
    for m, i, j in [(0, 0, 0), (1, 2, 1), (0, 1, 2)]:
        a, b = (norm(z[k, 5 * m : 5 * m + 5], (4,)).flatten() for z, k in ((x, i), (y, j)))
        want = torch.nn.functional.cosine_similarity(a, b, dim=0)
        torch.testing.assert_close(found.scores[m, i, j], want)
    assert found.start.tolist() == [0, 5]


def test_errors_are_those_of_a_slow_loop_over_what_is_valid(generator: torch.Generator) -> None:
    p, y = (torch.randn(3, 8, 2, generator=generator) for _ in range(2))
    valid = torch.rand(3, 8, 2, generator=generator) > 0.3
    valid[1, 4:] = False
    found = error_scores(p, torch.where(valid, y, torch.nan), valid, length=4)
    for m, i, j in [(0, 0, 0), (1, 0, 2), (0, 2, 1)]:
        rows = slice(4 * m, 4 * m + 4)
        want = -((p[i, rows] - y[j, rows])[valid[j, rows]] ** 2).mean()
        torch.testing.assert_close(found.scores[m, i, j].float(), want)
    assert found.valid[:, 1].tolist() == [True, False]


def test_without_a_bond_p_is_uniform(generator: torch.Generator) -> None:
    """Independent signals that share the place in the sequence, as trained latents do."""
    place = torch.randn(20, 8, generator=generator)
    x, y = (place + torch.randn(200, 20, 8, generator=generator) for _ in range(2))
    found = pair_scores(_latents(x), _latents(y), length=20)
    p = shuffled_p(found.scores, found.valid, _apart(200)).flatten().numpy()
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert abs((p <= 0.05).mean() - 0.05) < 0.04


def test_p_of_true_pairs_is_the_least_there_can_be(generator: torch.Generator) -> None:
    x = torch.randn(50, 10, 8, generator=generator)
    y = x + 0.5 * torch.randn(50, 10, 8, generator=generator)
    found = pair_scores(_latents(x), _latents(y), length=10)
    p = shuffled_p(found.scores, found.valid, _apart(50))
    torch.testing.assert_close(p, torch.full((1, 50), 1 / 50))


def test_what_is_not_valid_or_related_counts_for_nothing() -> None:
    scores = torch.tensor([[[0.5, 0.9, 0.1], [0.2, 0.8, 0.9], [0.0, 0.0, 0.0]]])
    valid = torch.tensor([[True, True, False]])
    p = shuffled_p(scores, valid, _apart(3))
    assert p[0, 0] == 1.0 and p[0, 1] == 0.5 and torch.isnan(p[0, 2])
    related = _apart(3)
    related[0, 1] = False
    assert torch.isnan(shuffled_p(scores, valid, related)[0, 0])  # nothing is left to compare with
    masked = Latents(torch.full((2, 6, 3), torch.nan), torch.zeros(2, 6, dtype=torch.bool))
    found = pair_scores(masked, masked, length=3)
    assert bool(torch.isfinite(found.scores).all()) and not bool(found.valid.any())


def test_two_clocks_are_refused(generator: torch.Generator) -> None:
    x, y = (torch.randn(2, frames, 4, generator=generator) for frames in (10, 12))
    with pytest.raises(ShapeError, match="one clock"):
        pair_scores(_latents(x), _latents(y), length=5)
