"""Mirrors src/unisono/processes/flow.py."""

import pytest
import torch

from unisono.core.errors import UnisonoError
from unisono.processes.flow import LinearFlow


def test_path_is_straight(generator: torch.Generator) -> None:
    target, source = torch.randn(2, 4, 3, 2, dtype=torch.float64, generator=generator)
    flow = LinearFlow()
    for t in (0.0, 0.25, 1.0):
        time = torch.full((4,), t, dtype=torch.float64)
        z = flow.draw(target, time, generator=generator, source=source).z
        torch.testing.assert_close(z, (1 - t) * target + t * source)


def test_velocity_of_the_true_target_is_the_slope(generator: torch.Generator) -> None:
    target, source = torch.randn(2, 4, 3, 2, dtype=torch.float64, generator=generator)
    flow, t = LinearFlow(), 0.3
    time = torch.full((4,), t, dtype=torch.float64)
    z = flow.draw(target, time, generator=generator, source=source).z
    torch.testing.assert_close(flow.velocity(target, z, t), source - target)


def test_velocity_at_time_zero_is_refused() -> None:
    with pytest.raises(UnisonoError, match="t must lie in"):
        LinearFlow().velocity(torch.zeros(1), torch.zeros(1), 0.0)


def test_grid_is_even() -> None:
    assert LinearFlow().grid(4).tolist() == [1.0, 0.75, 0.5, 0.25, 0.0]
    with pytest.raises(UnisonoError, match="steps must lie in"):
        LinearFlow().grid(0)
