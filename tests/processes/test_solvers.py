"""Mirrors src/unisono/processes/solvers.py. Every solver in SOLVERS meets the same contract."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from unisono.core.contracts import Denoiser
from unisono.processes.ddim import DDIM
from unisono.processes.ddpm import DDPM
from unisono.processes.diffusion import VP
from unisono.processes.flow import LinearFlow
from unisono.processes.flow_solvers import Euler, Heun, Midpoint
from unisono.processes.solvers import State, estimate_at, solve

# Solver, and how far mean and standard deviation may be from those of the data.
SOLVERS = [
    (DDPM(VP("cosine", steps=200)), 0.02),
    (DDPM(VP("linear", steps=200)), 0.02),
    (DDPM(VP("cosine"), steps=100), 0.03),
    (DDIM(VP("cosine"), steps=100), 0.02),
    (DDIM(VP("scaled_linear"), steps=250, spacing="linspace"), 0.02),
    (DDIM(VP("cosine"), steps=100, eta=1.0), 0.03),
    (DDIM(VP("cosine"), steps=100, eta=0.5), 0.02),
    (Euler(LinearFlow(), steps=100), 0.02),
    (Midpoint(LinearFlow(), steps=10), 0.002),
    (Heun(LinearFlow(), steps=20), 0.005),
]
each = pytest.mark.parametrize(("solver", "tolerance"), SOLVERS, ids=lambda v: f"{v}")
Oracle = Callable[..., Denoiser]
Walk = DDPM | DDIM | Euler | Midpoint | Heun


def normal(*shape: int) -> Tensor:
    """Draws whose mean is exactly 0 and standard deviation exactly 1."""
    z = torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return (z - z.mean()) / z.std()


@each
def test_gaussian_data_come_back(
    solver: Walk, tolerance: float, gaussian: Oracle, generator: torch.Generator
) -> None:
    """With the exact denoiser the samples have the mean and spread of the data."""
    denoise = gaussian(solver.process, 1.0, 0.5)
    z = solve(solver, denoise, normal(10_000, 1, 1), generator=generator).z
    sampling = 0.01 if isinstance(solver, DDPM) or getattr(solver, "eta", 0) else 0.0
    leak = 0.04 if solver.process == VP("scaled_linear") else 0.0  # the start holds a little data
    assert z.mean().item() == pytest.approx(1.0, abs=tolerance + sampling + leak)
    assert z.std().item() == pytest.approx(0.5, abs=tolerance + sampling)


@each
def test_a_known_point_is_found_exactly(
    solver: Walk, tolerance: float, generator: torch.Generator
) -> None:
    point = torch.randn(2, 3, 4, generator=generator)
    start = torch.randn(2, 3, 4, generator=generator)
    z = solve(solver, lambda z, t: point, start, generator=generator).z
    torch.testing.assert_close(z, point, atol=1e-5, rtol=1e-5)


@each
def test_solution_is_complete(solver: Walk, tolerance: float, generator: torch.Generator) -> None:
    start = torch.randn(2, 3, 4, generator=generator)
    seen: list[float] = []

    def denoise(z: Tensor, t: Tensor) -> Tensor:
        assert t.shape == (2,)
        assert t.dtype == torch.float32
        assert z.dtype == torch.float32
        seen.append(t[0].item())
        return 0.5 * z

    solution = solve(solver, denoise, start, generator=generator, trace=True)
    assert solution.evaluations == len(seen)
    assert solution.trajectory is not None
    assert solution.trajectory.shape == (*solution.times.shape, 2, 3, 4)
    assert torch.equal(solution.trajectory[0], start)
    assert torch.equal(solution.trajectory[-1], solution.z)
    assert solution.estimate.shape == start.shape
    assert seen == sorted(seen, reverse=True)
    assert min(seen) > 0
    assert seen[0] == 1.0


@each
def test_the_same_seed_gives_the_same_bits(solver: Walk, tolerance: float) -> None:
    start = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(3))
    first, second = (
        solve(solver, lambda z, t: 0.9 * z, start, generator=torch.Generator().manual_seed(5)).z
        for _ in range(2)
    )
    assert torch.equal(first, second)


@each
def test_any_trailing_axes(solver: Walk, tolerance: float, generator: torch.Generator) -> None:
    for shape in ((3,), (2, 5), (2, 3, 4, 5)):
        start = torch.randn(shape, generator=generator)
        assert solve(solver, lambda z, t: z, start, generator=generator).z.shape == shape


@each
def test_settings_are_hashable_and_compared(solver: Walk, tolerance: float) -> None:
    assert len({solver, solver}) == 1


def test_gradients_reach_through_the_walk(generator: torch.Generator) -> None:
    start = torch.randn(2, 3, generator=generator, requires_grad=True)
    solve(DDIM(VP(), steps=4), lambda z, t: 0.5 * z, start, generator=generator).z.sum().backward()
    assert start.grad is not None
    assert (start.grad != 0).all()


def test_a_solver_of_ones_own_can_use_source_and_history(generator: torch.Generator) -> None:
    """What bridges and multi-step solvers need is in the state."""
    seen: list[State] = []

    class Halving:
        def grid(self) -> Tensor:
            return torch.tensor([1.0, 0.5, 0.0], dtype=torch.float64)

        def step(
            self, denoise: Denoiser, state: State, until: float, *, generator: torch.Generator
        ) -> State:
            seen.append(state)
            estimate = estimate_at(denoise, state.z, state.t)
            return state.moved((estimate + state.source) / 2, until, estimate, state.t)

    start = torch.ones(1, 2)
    solution = solve(Halving(), lambda z, t: z * 0, start, generator=generator)
    assert solution.z.tolist() == [[0.5, 0.5]]
    assert solution.trajectory is None
    assert seen[0].estimate is None
    assert [state.t for state in seen] == [1.0, 0.5]
    assert seen[1].estimated_at == 1.0
    assert seen[1].source is start


def test_times_are_float64_where_latents_are(generator: torch.Generator) -> None:
    times: list[torch.dtype] = []

    def denoise(z: Tensor, t: Tensor) -> Tensor:
        times.append(t.dtype)
        return z

    for dtype in (torch.bfloat16, torch.float32, torch.float64):
        z = solve(DDIM(VP(), 1), denoise, torch.ones(1, dtype=dtype), generator=generator).z
        assert z.dtype == dtype
    assert times == [torch.float32, torch.float32, torch.float64]
