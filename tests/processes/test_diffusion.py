"""Mirrors src/unisono/processes/diffusion.py."""

import math

import pytest
import torch

from unisono.core.errors import UnisonoError
from unisono.processes.diffusion import SPACINGS, VP
from unisono.processes.schedules import ScaledLinear


def test_index_and_time_are_inverse() -> None:
    process = VP(steps=1000)
    index = torch.arange(1001)
    for dtype in (torch.float32, torch.float64):
        assert torch.equal(process.index(process.time(index).to(dtype)), index)


def test_a_float32_time_has_the_weights_of_its_index() -> None:
    process = VP("scaled_linear")
    exact = process.time(torch.arange(1001))
    rounded = process.weights(exact.float())
    for got, expected in zip(rounded, process.weights(exact), strict=True):
        assert torch.equal(got, expected.float())


def test_end_of_scaled_linear_leaks_signal() -> None:
    assert VP("scaled_linear").weights(torch.ones(())).target.item() == pytest.approx(
        0.0683, abs=5e-5
    )


def test_log_power_is_a_line_between_indices() -> None:
    process = VP("linear", steps=10)
    low, middle, high = (process.log_power_at(t) for t in (0.3, 0.34, 0.4))
    assert middle == pytest.approx(0.6 * low + 0.4 * high, rel=1e-12)


def test_noise_of_the_first_level_does_not_cancel() -> None:
    weights = VP(ScaledLinear(first=1e-9, last=1e-2)).weights(torch.tensor(0.001))
    assert weights.noise.item() == pytest.approx(math.sqrt(1e-9), rel=1e-6)


def test_training_times_cover_all_levels_but_the_clean_one(generator: torch.Generator) -> None:
    process = VP(steps=7)
    index = process.index(process.sample_t(500, generator=generator))
    assert sorted(set(index.tolist())) == list(range(1, 8))


def test_draw_returns_the_noise_it_used(generator: torch.Generator) -> None:
    process, target, t = VP(), torch.ones(3, 2), torch.tensor([0.1, 0.5, 1.0])
    point = process.draw(target, t, generator=generator)
    a, _, s = process.weights(t)
    torch.testing.assert_close(point.z, a[:, None] * target + s[:, None] * point.noise)


def test_spacings() -> None:
    process = VP(steps=1000)

    def indices(spacing: str) -> list[int]:
        return process.index(process.grid(5, spacing)).tolist()  # type: ignore[arg-type]

    assert indices("trailing") == [1000, 800, 600, 400, 200, 0]
    assert indices("leading") == [802, 602, 402, 202, 2, 1]
    assert indices("linspace") == [1000, 750, 500, 251, 1, 0]


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("steps", [1, 2, 7, 99])
def test_grids_fall_strictly_and_lie_on_indices(spacing: str, steps: int) -> None:
    process = VP(steps=100)
    grid = process.grid(steps, spacing)  # type: ignore[arg-type]
    assert grid.shape == (steps + 1,)
    assert (grid.diff() < 0).all()
    torch.testing.assert_close(process.time(process.index(grid)), grid)


def test_bad_settings_are_refused() -> None:
    with pytest.raises(UnisonoError, match="Did you mean 'scaled_linear'"):
        VP("scaledlinear")
    with pytest.raises(UnisonoError, match="steps must lie in"):
        VP(steps=0)
    with pytest.raises(UnisonoError, match=r"steps must lie in \[1, 100\]; got 101"):
        VP(steps=100).grid(101)
    with pytest.raises(UnisonoError, match=r"steps must lie in \[1, 99\]; got 100"):
        VP(steps=100).grid(100, "leading")
    assert len(VP(steps=100).grid(100)) == 101
    with pytest.raises(UnisonoError, match="spacing must be one of"):
        VP().grid(5, "even")  # type: ignore[arg-type]
    with pytest.raises(UnisonoError, match="t must lie in"):
        VP().index(torch.tensor(1.5))
