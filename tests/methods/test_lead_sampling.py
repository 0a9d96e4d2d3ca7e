"""Mirrors src/unisono/methods/lead_sampling.py; sampling itself is in test_lead.py."""

import pytest
import torch

from unisono.codecs.motion_geometry import joint_places
from unisono.core.errors import UnisonoError
from unisono.methods.lead_sampling import Asking, PlaceGoal, RowGoal
from unisono.recordings.motion.features import Layout

LAYOUT = Layout(3, 2, 20.0)


def test_energies_are_half_the_mean_squared_miss_of_what_counts() -> None:
    rows = torch.zeros(2, 4, LAYOUT.size, requires_grad=True)
    weight, wanted = torch.zeros(4, LAYOUT.size), torch.full((1, 4, LAYOUT.size), torch.nan)
    weight[1, 3], wanted[0, 1, 3] = 2.0, 6.0
    weight[2, 5], wanted[0, 2, 5] = 1.0, 0.0
    std = torch.full((LAYOUT.size,), 2.0)
    found = RowGoal(wanted, weight, std).energy(rows)
    torch.testing.assert_close(found.detach(), torch.full((2,), (2 * 9 + 0) / 3 / 2))
    (slope,) = torch.autograd.grad(found.sum(), rows)
    assert torch.isfinite(slope).all() and (slope[:, 1, 3] < 0).all()  # NaN that does not count


def test_places_are_missed_in_spreads() -> None:
    rows = torch.randn(1, 4, LAYOUT.size)
    places = joint_places(rows, LAYOUT)
    weight = torch.zeros(4, 3, 3)
    weight[-1, 2] = 1.0
    goal = PlaceGoal(places + 0.2, weight, LAYOUT, spread=0.1)
    torch.testing.assert_close(goal.energy(rows), torch.tensor([2.0]))
    exact = PlaceGoal(places, weight, LAYOUT).energy(rows)
    torch.testing.assert_close(exact, torch.zeros(1))


def test_what_cannot_be_asked() -> None:
    with pytest.raises(UnisonoError, match="steps"):
        Asking(0)
    with pytest.raises(UnisonoError, match="spring"):
        Asking(spring=0.0)
