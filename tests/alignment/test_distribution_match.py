"""Mirrors src/unisono/alignment/distribution_match.py."""

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance

from unisono.alignment.distribution_match import sliced_wasserstein


def test_two_gaussians_apart(generator: torch.Generator) -> None:
    u = torch.randn(4000, 3, generator=generator, dtype=torch.float64)
    found = sliced_wasserstein(
        u, u + torch.tensor([3.0, 0.0, 4.0]), directions=4000, generator=generator
    )
    assert found.item() == pytest.approx(25 / 3, rel=0.05)


def test_one_dimension_is_the_transport_of_sorted_values(rng: np.random.Generator) -> None:
    u, v = rng.normal(size=50), 2 + 0.5 * rng.normal(size=50)
    g = torch.Generator().manual_seed(0)
    found = sliced_wasserstein(
        torch.from_numpy(u)[:, None], torch.from_numpy(v)[:, None], directions=1, generator=g
    )
    assert found.item() == pytest.approx(np.mean((np.sort(u) - np.sort(v)) ** 2))
    assert found.item() >= wasserstein_distance(u, v) ** 2


def test_order_does_not_matter_and_sizes_may_differ(generator: torch.Generator) -> None:
    u = torch.randn(300, 2, generator=generator)
    assert sliced_wasserstein(u, u[torch.randperm(300)], generator=generator).item() < 1e-10
    assert sliced_wasserstein(u, u[:150], generator=generator).item() < 0.05


def test_it_pulls_a_cloud_onto_another(generator: torch.Generator) -> None:
    aim = torch.randn(200, 2, generator=generator) * torch.tensor([2.0, 0.5]) + 1
    cloud = torch.randn(200, 2, generator=generator).requires_grad_(True)
    optimiser = torch.optim.Adam([cloud], lr=0.1)
    for _ in range(100):
        optimiser.zero_grad()
        sliced_wasserstein(cloud, aim, generator=generator).backward()
        optimiser.step()
    torch.testing.assert_close(cloud.mean(0), aim.mean(0), atol=0.1, rtol=0)
    torch.testing.assert_close(cloud.std(0), aim.std(0), atol=0.15, rtol=0)


def test_an_empty_side_is_nothing(generator: torch.Generator) -> None:
    u = torch.zeros(0, 2, requires_grad=True)
    found = sliced_wasserstein(u, torch.ones(3, 2), generator=generator)
    found.backward()
    assert found.item() == 0
