"""The residual starts as nothing, and takes off some of what the mean of neighbours leaves."""

import numpy as np
import pytest
import torch

from unisono.core.errors import UnisonoError
from unisono.editing.bank import Bank
from unisono.editing.learned_lift import LearnedLift, ResidualSettings
from unisono.editing.lift import NeighbourLift


def sparse_map(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """A coarse map whose codes bend between its places."""
    points = np.random.default_rng(seed).uniform(-1, 1, size=(count, 2))
    x, y = points.T
    return points, np.stack([np.sin(3 * x), np.cos(3 * y), x * y, x**2, y**3], axis=1)


@pytest.mark.slow
def test_it_beats_the_plain_lift_on_new_points(generator: torch.Generator) -> None:
    bank = Bank(*sparse_map(0, 300))
    points, truth = sparse_map(1, 400)
    plain = NeighbourLift(bank, k=5).lift(points)
    learned = LearnedLift(bank, generator=generator).lift(points)
    assert np.abs(learned.codes - truth).mean() < 0.8 * np.abs(plain.codes - truth).mean()
    np.testing.assert_array_equal(learned.confidence, plain.confidence)


def test_the_same_seed_gives_the_same_lift() -> None:
    bank = Bank(*sparse_map(0, 60))
    short = ResidualSettings(steps=20, axes=3)
    lifts = [LearnedLift(bank, short, generator=torch.Generator().manual_seed(1)) for _ in "ab"]
    points = sparse_map(1, 5)[0]
    np.testing.assert_array_equal(lifts[0].lift(points).codes, lifts[1].lift(points).codes)


def test_neighbours_in_time_are_left_out_in_training(generator: torch.Generator) -> None:
    time = np.arange(50.0)
    bank = Bank(time[:, None], time[:, None])
    lift = LearnedLift(bank, ResidualSettings(k=2, apart=3, steps=1), generator=generator)
    # places 3 away on either side: their mean is the place itself, away from the ends
    np.testing.assert_allclose(lift._left_out()[10:40, 0], time[10:40], atol=1e-6)
    near = lift._left_out()[0, 0]
    assert 3 <= near <= 4


def test_bad_settings_are_refused() -> None:
    with pytest.raises(UnisonoError, match="steps must lie"):
        ResidualSettings(steps=0)
