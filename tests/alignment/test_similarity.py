"""Mirrors src/unisono/alignment/similarity.py."""

import math

import pytest
import torch
from torch.nn import functional

from unisono.alignment.similarity import cosine_scores, distance_scores, unit
from unisono.core.errors import ShapeError, UnisonoError


def test_cosine_matches_the_definition(generator: torch.Generator) -> None:
    u = torch.randn(5, 3, dtype=torch.float64, generator=generator)
    v = torch.randn(4, 3, dtype=torch.float64, generator=generator)
    expected = functional.cosine_similarity(u[:, None], v[None], dim=-1) / 0.1
    torch.testing.assert_close(cosine_scores(u, v, temperature=0.1), expected)


def test_distance_matches_the_definition_far_from_the_origin(generator: torch.Generator) -> None:
    u = torch.randn(5, 3, generator=generator) + 1000.0
    v = torch.randn(4, 3, generator=generator) + 1000.0
    expected = -((u[:, None] - v[None]) ** 2).sum(-1) / 1.12
    torch.testing.assert_close(
        distance_scores(u, v, temperature=1.12), expected, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("scores", [cosine_scores, distance_scores])
def test_gradients_match_finite_differences(scores: object, generator: torch.Generator) -> None:
    u = torch.randn(3, 2, dtype=torch.float64, generator=generator, requires_grad=True)
    v = torch.randn(4, 2, dtype=torch.float64, generator=generator, requires_grad=True)
    assert torch.autograd.gradcheck(lambda a, b: scores(a, b, temperature=0.7), (u, v))  # type: ignore[operator]


def test_a_vector_without_direction_is_zero_with_finite_gradient() -> None:
    z = torch.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    assert unit(z).tolist() == [[0.0, 0.0], [pytest.approx(0.6), pytest.approx(0.8)]]
    unit(z).sum().backward()
    assert z.grad is not None
    assert torch.isfinite(z.grad).all()


def test_small_vectors_keep_their_direction() -> None:
    small = unit(torch.tensor([3e-5, 4e-5]))
    assert math.isclose(small[0].item(), 0.6, rel_tol=1e-5)


def test_bad_input_is_refused() -> None:
    with pytest.raises(UnisonoError, match="temperature must lie in"):
        cosine_scores(torch.zeros(1, 2), torch.zeros(1, 2), temperature=0.0)
    with pytest.raises(ShapeError, match="v has latent=3, but u has latent=2"):
        distance_scores(torch.zeros(1, 2), torch.zeros(1, 3), temperature=1.0)
