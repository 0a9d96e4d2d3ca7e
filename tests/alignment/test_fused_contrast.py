"""Mirrors src/unisono/alignment/fused_contrast.py."""

import pytest
import torch

from unisono.alignment.fused_contrast import distance_info_nce
from unisono.alignment.objectives import generalised_info_nce
from unisono.alignment.similarity import distance_scores
from unisono.core.errors import UnisonoError


def plain(points: torch.Tensor, count: int, temperature: float) -> torch.Tensor:
    """The same from the parts of the room."""
    near, mate, far = points[:count], points[count : 2 * count], points[2 * count :]
    pulled = -(near - mate).square().sum(dim=1) / temperature
    return generalised_info_nce(pulled, distance_scores(near, far, temperature=temperature))


@pytest.mark.parametrize("anchors", [7, 64, 150])  # less than one block, one, and some
@pytest.mark.parametrize("spread", [0.1, 1.0, 30.0])
def test_value_and_gradient_are_those_of_automatic_differentiation(
    generator: torch.Generator, spread: float, anchors: int
) -> None:
    points = torch.randn(2 * anchors + 11, 3, dtype=torch.float64, generator=generator) * spread + 5
    one, other = points.clone().requires_grad_(), points.clone().requires_grad_()
    got = distance_info_nce(one, anchors, temperature=1.3)
    expected = plain(other, anchors, 1.3)
    (3 * got).backward()
    (3 * expected).backward()
    assert got.item() == pytest.approx(expected.item(), rel=1e-12)
    assert one.grad is not None and other.grad is not None
    torch.testing.assert_close(one.grad, other.grad, rtol=1e-9, atol=1e-12)


def test_gradient_is_that_of_finite_differences(generator: torch.Generator) -> None:
    points = torch.randn(9, 2, dtype=torch.float64, generator=generator, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: distance_info_nce(p, 2, temperature=0.7), points)


def test_far_points_lose_no_digits_in_single_precision(generator: torch.Generator) -> None:
    points = torch.randn(30, 2, generator=generator) + 1000
    got = distance_info_nce(points, 10, temperature=1.0)
    exact = plain(points.double(), 10, 1.0)
    assert got.item() == pytest.approx(exact.item(), rel=1e-4)


def test_no_negative_is_refused() -> None:
    with pytest.raises(UnisonoError, match="anchors"):
        distance_info_nce(torch.zeros(4, 2), 2, temperature=1.0)
