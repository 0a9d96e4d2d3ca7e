"""Mirrors src/unisono/processes/distillation.py. Oracle: the exact flow map of Gaussian data."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from unisono.core.contracts import Denoiser, Process
from unisono.processes.bridge import Bridge
from unisono.processes.bridge_base import VEBase
from unisono.processes.ddim import DDIM
from unisono.processes.diffusion import VP
from unisono.processes.distillation import (
    Jump,
    JumpDenoiser,
    Leap,
    draw_jump,
    jump_times,
    landing,
    leap,
    taught,
    walk,
)
from unisono.processes.flow import LinearFlow
from unisono.processes.flow_solvers import Euler, Midpoint
from unisono.processes.parameterisation import KINDS, Kind
from unisono.processes.paths import Path, scale_of
from unisono.processes.solvers import State, solve

MEAN, STD = 2.0, 0.3
PATHS: list[Path] = [LinearFlow(), VP("cosine", 100), VP("linear", 1000)]


def flow_map(path: Path, z: Tensor, jump: Jump) -> Tensor:
    """Where the probability flow of N(MEAN, STD^2) carries ``z``: quantiles stay quantiles."""
    ends = []
    for t in jump:
        scale = scale_of(path, torch.tensor(t, dtype=torch.float64))
        spread = (scale.signal**2 * STD**2 + scale.noise**2).sqrt()
        ends.append((scale.signal * MEAN, spread))
    (m0, s0), (m1, s1) = ends
    return m1 + s1 / s0 * (z - m0)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("jump", [Jump(1.0, 0.5), Jump(1.0, 0.0), Jump(0.5, 0.25), Jump(0.3, 0.0)])
def test_landing_is_what_leap_needs(path: Path, jump: Jump, generator: torch.Generator) -> None:
    z, end = torch.randn(2, 5, 3, generator=generator, dtype=torch.float64)
    x = landing(path, end, z, jump)
    torch.testing.assert_close(leap(path, x, z, jump), end)


def test_a_leap_is_the_step_of_euler_and_of_ddim(
    gaussian: Callable[[Process, float, float], Denoiser], generator: torch.Generator
) -> None:
    flow, vp = LinearFlow(), VP("cosine", 100)
    z = torch.randn(4, 3, generator=generator, dtype=torch.float64)
    for path, solver in ((flow, Euler(flow, 4)), (vp, DDIM(vp, 4))):
        denoise = gaussian(path, MEAN, STD)
        stepped = solver.step(denoise, State(z, 0.75, z), 0.5, generator=generator).z
        estimate = denoise(z, torch.full((4,), 0.75, dtype=torch.float64))
        torch.testing.assert_close(leap(path, estimate, z, Jump(0.75, 0.5)), stepped)


def test_a_bridge_leaps_from_its_source_too(generator: torch.Generator) -> None:
    bridge = Bridge(VEBase(3.0))
    z, end, source = torch.randn(3, 5, 2, generator=generator, dtype=torch.float64)
    jump = Jump(0.9, 0.4)
    x = landing(bridge, end, z, jump, source=source)
    torch.testing.assert_close(leap(bridge, x, z, jump, source=source), end)
    a, b, s = bridge.weights(torch.tensor(0.9, dtype=torch.float64))
    noise = torch.randn(5, 2, generator=generator, dtype=torch.float64)
    exact = a * x + b * source + s * noise  # with one noise throughout, the path itself
    a, b, s = bridge.weights(torch.tensor(0.4, dtype=torch.float64))
    there = a * x + b * source + s * noise
    torch.testing.assert_close(leap(bridge, x, exact, jump, source=source), there)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("steps", [1, 2, 4])
def test_a_perfect_student_keeps_the_distribution_in_any_number_of_steps(
    path: Path, steps: int, generator: torch.Generator
) -> None:
    def student(z: Tensor, times: Tensor) -> Tensor:
        jump = Jump(*times[0].tolist())
        return landing(path, flow_map(path, z, jump), z, jump)

    noise = torch.randn(500, 2, generator=generator, dtype=torch.float64)
    out = solve(Leap(path, steps), student, noise, generator=generator)
    assert out.evaluations == steps
    torch.testing.assert_close(out.z, flow_map(path, noise, Jump(1.0, 0.0)), rtol=1e-5, atol=1e-5)


def test_the_exact_denoiser_alone_narrows_in_two_leaps(
    gaussian: Callable[[Process, float, float], Denoiser], generator: torch.Generator
) -> None:
    """What distillation is for: without it two first-order steps lose half of the spread."""
    flow = LinearFlow()
    noise = torch.randn(4000, 1, generator=generator, dtype=torch.float64)
    out = solve(Euler(flow, 2), gaussian(flow, MEAN, STD), noise, generator=generator)
    assert out.z.std().item() < 0.6 * STD


@pytest.mark.parametrize("jump", [Jump(1.0, 0.5), Jump(0.5, 0.0)])
def test_the_teachers_walk_lands_where_the_flow_does(
    jump: Jump,
    gaussian: Callable[[Process, float, float], Denoiser],
    generator: torch.Generator,
) -> None:
    flow = LinearFlow()
    z = torch.randn(50, 2, generator=generator, dtype=torch.float64)
    solver, denoise = Midpoint(flow, 1), gaussian(flow, MEAN, STD)
    errors = []
    for substeps in (10, 20):
        state = State(z, jump.start, z)
        end = walk(solver, denoise, state, jump.end, substeps=substeps, generator=generator)
        errors.append((end - flow_map(flow, z, jump)).abs().max().item())
    assert errors[0] < 0.02
    assert errors[1] < errors[0] / 3  # second order


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_taught_is_read_back_as_the_estimate(
    kind: Kind, generator: torch.Generator
) -> None:
    path: Path = LinearFlow() if kind == "velocity" else VP("cosine", 100)
    z, x = torch.randn(2, 6, 4, generator=generator, dtype=torch.float64)
    prediction = taught(kind, x, z, path, 0.6)
    student = JumpDenoiser(lambda _z, _t: prediction, path, kind)
    torch.testing.assert_close(
        student(z, jump_times(z, Jump(0.6, 0.2)).double()), x, rtol=1e-5, atol=1e-5
    )


def test_every_jump_of_every_number_of_steps_is_drawn(generator: torch.Generator) -> None:
    drawn = [draw_jump(LinearFlow(), 3, generator=generator) for _ in range(1500)]
    third = 1 / 3
    expected = {
        (1.0, 0.0): third,
        (1.0, 0.5): third / 2,
        (0.5, 0.0): third / 2,
        (1.0, 0.667): third / 3,
        (0.667, 0.333): third / 3,
        (0.333, 0.0): third / 3,
    }
    counts: dict[tuple[float, float], float] = {}
    for jump in drawn:
        key = (round(jump.start, 3), round(jump.end, 3))
        counts[key] = counts.get(key, 0) + 1 / len(drawn)
    assert counts == pytest.approx(expected, abs=0.04)
