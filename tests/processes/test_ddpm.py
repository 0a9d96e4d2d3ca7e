"""Mirrors src/unisono/processes/ddpm.py."""

import pytest
import torch
from torch import Tensor

from unisono.core.errors import UnisonoError
from unisono.processes.ddim import DDIM
from unisono.processes.ddpm import DDPM
from unisono.processes.diffusion import VP
from unisono.processes.solvers import State, solve


def network(z: Tensor, t: Tensor) -> Tensor:
    """Some estimate of the target that is not linear in z."""
    return torch.tanh(z) * (1 - 0.3 * t.to(z.dtype).reshape(-1, *[1] * (z.ndim - 1)))


def test_one_step_is_the_textbook_posterior(generator: torch.Generator) -> None:
    """Ho et al., eq. 7, from the betas, for neighbouring levels; noise off by its own draw."""
    process, k = VP("linear"), 400
    betas = torch.linspace(1e-4, 2e-2, 1000, dtype=torch.float64)
    power = torch.cumprod(1 - betas, 0)
    beta, now, before = betas[k - 1], power[k - 1], power[k - 2]
    z = torch.randn(2, 3, dtype=torch.float64, generator=generator)
    x0 = torch.randn(2, 3, dtype=torch.float64, generator=generator)
    mean = before.sqrt() * beta / (1 - now) * x0 + (1 - beta).sqrt() * (1 - before) / (1 - now) * z
    spread = (beta * (1 - before) / (1 - now)).sqrt()

    noise = torch.randn(2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    got = DDPM(process).step(
        lambda z, t: x0,
        State(z, k / 1000, z),
        (k - 1) / 1000,
        generator=torch.Generator().manual_seed(4),
    )
    torch.testing.assert_close(got.z, mean + spread * noise, rtol=1e-9, atol=1e-9)


def test_last_step_adds_no_noise(generator: torch.Generator) -> None:
    z = torch.randn(2, 3, generator=generator)
    got = DDPM(VP(steps=10)).step(
        lambda z, t: torch.full_like(z, 2.0), State(z, 0.1, z), 0.0, generator=generator
    )
    torch.testing.assert_close(got.z, torch.full_like(z, 2.0))


def test_is_ddim_with_full_noise(generator: torch.Generator) -> None:
    process = VP("scaled_linear")
    start = torch.randn(4, 5, 2, dtype=torch.float64, generator=generator)
    ancestral, implicit = (
        solve(solver, network, start, generator=torch.Generator().manual_seed(9)).z
        for solver in (DDPM(process, 40), DDIM(process, 40, eta=1.0))
    )
    torch.testing.assert_close(ancestral, implicit, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("schedule", ["linear", "scaled_linear", "cosine"])
def test_agrees_with_diffusers_step_by_step(schedule: str) -> None:
    diffusers = pytest.importorskip("diffusers")
    ends = {"linear": (1e-4, 2e-2), "scaled_linear": (8.5e-4, 1.2e-2), "cosine": (1e-4, 2e-2)}
    theirs = diffusers.DDPMScheduler(
        beta_start=ends[schedule][0],
        beta_end=ends[schedule][1],
        beta_schedule="squaredcos_cap_v2" if schedule == "cosine" else schedule,
        prediction_type="sample",
        clip_sample=False,
        variance_type="fixed_small",
    )
    theirs.set_timesteps(1000)
    process = VP(schedule)
    solver, state_z = DDPM(process), torch.randn(2, 8, generator=torch.Generator().manual_seed(2))
    one, two = torch.Generator().manual_seed(6), torch.Generator().manual_seed(6)
    for i in [999, 998, 700, 500, 250, 100, 10, 2, 1]:
        k = i + 1
        estimate = network(state_z, torch.full((2,), k / 1000))
        expected = theirs.step(estimate, i, state_z, generator=one).prev_sample
        got = solver.step(
            network, State(state_z, k / 1000, state_z), (k - 1) / 1000, generator=two
        ).z
        torch.testing.assert_close(got, expected, rtol=2e-4, atol=2e-4)
        state_z = got


def test_all_levels_by_default() -> None:
    assert len(DDPM(VP(steps=30)).grid()) == 31
    with pytest.raises(UnisonoError, match="steps must lie in"):
        DDPM(VP(steps=30), steps=31)
