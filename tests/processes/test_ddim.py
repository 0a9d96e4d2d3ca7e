"""Mirrors src/unisono/processes/ddim.py."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from unisono.core.contracts import Denoiser
from unisono.core.errors import UnisonoError
from unisono.processes.ddim import DDIM
from unisono.processes.diffusion import VP, Spacing
from unisono.processes.solvers import solve


def network(z: Tensor, t: Tensor) -> Tensor:
    """Some estimate of the target that is not linear in z."""
    return torch.tanh(z) * (1 - 0.3 * t.to(z.dtype).reshape(-1, *[1] * (z.ndim - 1)))


@pytest.mark.parametrize("eta", [0.0, 0.4, 1.0])
@pytest.mark.parametrize(
    ("spacing", "steps"),
    [*(("trailing", n) for n in (1, 4, 50, 1000)), *(("leading", n) for n in (1, 4, 50))],
)
def test_agrees_with_diffusers_step_by_step(eta: float, spacing: Spacing, steps: int) -> None:
    diffusers = pytest.importorskip("diffusers")
    leading = spacing == "leading"
    theirs = diffusers.DDIMScheduler(
        beta_start=8.5e-4,
        beta_end=1.2e-2,
        beta_schedule="scaled_linear",
        prediction_type="sample",
        clip_sample=False,
        set_alpha_to_one=not leading,
        steps_offset=1 if leading else 0,
        timestep_spacing=spacing,
    )
    theirs.set_timesteps(steps)
    start = torch.randn(2, 8, generator=torch.Generator().manual_seed(2))
    one, two = torch.Generator().manual_seed(6), torch.Generator().manual_seed(6)
    solution = solve(
        DDIM(VP("scaled_linear"), steps, eta, spacing), network, start, generator=two, trace=True
    )
    assert solution.trajectory is not None
    expected = start
    for i, ours in zip(theirs.timesteps, solution.trajectory[1:], strict=True):
        estimate = network(expected, (torch.full((2,), float(i)) + 1) / 1000)
        expected = theirs.step(estimate, i, expected, eta=eta, generator=one).prev_sample
        torch.testing.assert_close(ours, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("schedule", "steps", "std"),
    [("cosine", 20, 0.462), ("scaled_linear", 20, 0.434), ("cosine", 50, 0.4845)],
)
def test_few_steps_narrow_the_spread_by_a_known_amount(
    schedule: str,
    steps: int,
    std: float,
    gaussian: Callable[..., Denoiser],
    generator: torch.Generator,
) -> None:
    """The walk is linear in its start, so two starts give the exact spread (of 0.5)."""
    solver = DDIM(VP(schedule), steps)
    ends = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    low, high = solve(solver, gaussian(solver.process, 0.0, 0.5), ends, generator=generator).z
    assert (high - low).item() == pytest.approx(std, abs=1e-3)


def test_error_is_of_first_order(
    gaussian: Callable[..., Denoiser], generator: torch.Generator
) -> None:
    ends = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    errors = []
    for steps in (50, 100, 200):
        solver = DDIM(VP("cosine"), steps)
        low, high = solve(solver, gaussian(solver.process, 0.0, 0.5), ends, generator=generator).z
        errors.append(0.5 - (high - low).item())
    assert errors[0] / errors[1] == pytest.approx(2, abs=0.15)
    assert errors[1] / errors[2] == pytest.approx(2, abs=0.15)


def test_without_eta_no_noise_is_drawn(generator: torch.Generator) -> None:
    start = torch.randn(2, 3, generator=generator)
    before = generator.get_state()
    solve(DDIM(VP(), 5), network, start, generator=generator)
    assert torch.equal(before, generator.get_state())


def test_bad_settings_are_refused() -> None:
    with pytest.raises(UnisonoError, match="eta must lie in"):
        DDIM(VP(), eta=1.5)
    with pytest.raises(UnisonoError, match="steps must lie in"):
        DDIM(VP(steps=10), steps=11)
