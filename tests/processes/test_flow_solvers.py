"""Mirrors src/unisono/processes/flow_solvers.py."""

from collections.abc import Callable

import pytest
import torch

from unisono.core.contracts import Denoiser
from unisono.core.errors import UnisonoError
from unisono.processes.flow import LinearFlow
from unisono.processes.flow_solvers import Euler, Heun, Midpoint
from unisono.processes.solvers import State, solve

FLOW = LinearFlow()
Walk = Euler | Midpoint | Heun


def spread(solver: Walk, gaussian: Callable[..., Denoiser]) -> float:
    """The walk is linear in its start, so two starts give the exact spread (of 0.5)."""
    ends = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    g = torch.Generator().manual_seed(0)
    low, high = solve(solver, gaussian(FLOW, 0.0, 0.5), ends, generator=g).z
    return (high - low).item()


@pytest.mark.parametrize(
    ("solver", "evaluations", "std"),
    [
        (Euler(FLOW, 20), 20, 0.46425),
        (Midpoint(FLOW, 10), 20, 0.49988),
        (Heun(FLOW, 10), 19, 0.49081),
    ],
    ids=repr,
)
def test_spread_at_the_same_cost(
    solver: Walk, evaluations: int, std: float, gaussian: Callable[..., Denoiser]
) -> None:
    assert spread(solver, gaussian) == pytest.approx(std, abs=1e-5)
    g = torch.Generator().manual_seed(0)
    got = solve(solver, gaussian(FLOW, 0.0, 0.5), torch.zeros(1, 1), generator=g)
    assert got.evaluations == evaluations


@pytest.mark.parametrize(("kind", "order"), [(Euler, 1), (Midpoint, 2)])
def test_order_of_convergence(
    kind: type[Walk], order: int, gaussian: Callable[..., Denoiser]
) -> None:
    errors = [abs(0.5 - spread(kind(FLOW, steps), gaussian)) for steps in (40, 80, 160)]
    for coarse, fine in zip(errors, errors[1:], strict=False):
        assert coarse / fine >= 2**order * 0.9


def test_heun_is_better_than_euler_at_equal_cost(gaussian: Callable[..., Denoiser]) -> None:
    assert abs(0.5 - spread(Heun(FLOW, 10), gaussian)) < abs(
        0.5 - spread(Euler(FLOW, 20), gaussian)
    )


def test_estimates_carry_their_time(generator: torch.Generator) -> None:
    start = torch.ones(1, 1)

    def seen(solver: Walk) -> float:
        state = solver.step(
            lambda z, t: t[:, None],
            State(start, 1.0, start),
            0.5,
            generator=generator,
        )
        assert state.estimate.item() == state.estimated_at
        return state.estimated_at

    assert [seen(kind(FLOW, 2)) for kind in (Euler, Midpoint, Heun)] == [1.0, 0.75, 0.5]


def test_steps_are_checked() -> None:
    with pytest.raises(UnisonoError, match="steps must lie in"):
        Midpoint(FLOW, 0)
