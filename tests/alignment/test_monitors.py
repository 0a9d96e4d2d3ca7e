"""Mirrors src/unisono/alignment/monitors.py."""

import math

import pytest
import torch

from unisono.alignment.monitors import effective_rank, retrieval, sphere, spread


def all_of(n: int) -> torch.Tensor:
    return torch.ones(n, dtype=torch.bool)


def test_spread_is_the_standard_deviation(generator: torch.Generator) -> None:
    z = 3 * torch.randn(5000, 4, generator=generator)
    assert spread(z, all_of(5000)).item() == pytest.approx(3, rel=0.03)
    z[10:] = torch.nan
    some = torch.arange(5000) < 10
    torch.testing.assert_close(spread(z, some), z[:10].std(dim=0).mean())
    assert spread(torch.ones(5, 2), all_of(5)).item() == 0
    assert spread(z, torch.zeros(5000, dtype=torch.bool)).item() == 0


def test_effective_rank_of_known_spectra() -> None:
    """Rows of an orthogonal design have equal singular values; scaling sets the spectrum."""
    basis, _ = torch.linalg.qr(
        torch.randn(40, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64) - 0.0
    )
    basis = basis - basis.mean(dim=0)
    basis, _ = torch.linalg.qr(basis)
    assert effective_rank(basis, all_of(40)).item() == pytest.approx(5, rel=1e-6)
    two = basis * torch.tensor([1.0, 1.0, 0, 0, 0], dtype=torch.float64)
    assert effective_rank(two, all_of(40)).item() == pytest.approx(2, rel=1e-6)
    uneven = basis * torch.tensor([3.0, 1.0, 0, 0, 0], dtype=torch.float64)
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert effective_rank(uneven, all_of(40)).item() == pytest.approx(math.exp(entropy), rel=1e-6)


def test_effective_rank_ignores_shift_scale_and_what_is_not_valid(
    generator: torch.Generator,
) -> None:
    z = torch.randn(50, 6, dtype=torch.float64, generator=generator)
    rank = effective_rank(z[:30], all_of(30))
    torch.testing.assert_close(effective_rank(7 * z[:30] + 3, all_of(30)), rank)
    z[30:] = torch.nan
    torch.testing.assert_close(effective_rank(z, torch.arange(50) < 30), rank)
    assert effective_rank(torch.ones(4, 3), all_of(4)).item() == 0
    assert effective_rank(torch.ones(1, 3), all_of(1)).item() == 0


def test_sphere_matches_the_loops(generator: torch.Generator) -> None:
    u, v = torch.randn(2, 6, 3, dtype=torch.float64, generator=generator)
    a, b = (x / x.norm(dim=1, keepdim=True) for x in (u, v))
    alignment = sum(float(((a[i] - b[i]) ** 2).sum()) for i in range(6)) / 6

    def uniformity(x: torch.Tensor) -> float:
        terms = [
            math.exp(-2 * float(((x[i] - x[j]) ** 2).sum()))
            for i in range(6)
            for j in range(6)
            if i != j
        ]
        return math.log(sum(terms) / len(terms))

    got = sphere(u, v, all_of(6))
    assert got.alignment.item() == pytest.approx(alignment)
    assert got.uniformity.item() == pytest.approx((uniformity(a) + uniformity(b)) / 2)


def test_a_collapsed_sphere_shows() -> None:
    same = torch.ones(5, 3)
    got = sphere(same, same, all_of(5))
    assert got.alignment.item() == pytest.approx(0)
    assert got.uniformity.item() == pytest.approx(0, abs=1e-6)
    assert sphere(same, same, torch.zeros(5, dtype=torch.bool)).uniformity.item() == 0


def test_retrieval() -> None:
    scores = torch.tensor([[3.0, 1.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 5.0]])
    assert retrieval(scores, all_of(3)).item() == pytest.approx(2 / 3)
    assert retrieval(scores, torch.tensor([False, True, True])).item() == 1
    assert retrieval(scores, torch.zeros(3, dtype=torch.bool)).item() == 0


def test_retrieval_of_equal_scores_is_chance() -> None:
    assert retrieval(torch.zeros(8, 8), all_of(8)).item() == pytest.approx(1 / 8)


def test_monitors_have_no_gradient(generator: torch.Generator) -> None:
    z = torch.randn(6, 3, generator=generator, requires_grad=True)
    assert not spread(z, all_of(6)).requires_grad
    assert not effective_rank(z, all_of(6)).requires_grad
    assert not sphere(z, z, all_of(6)).alignment.requires_grad
    assert not retrieval(z @ z.T, all_of(6)).requires_grad
