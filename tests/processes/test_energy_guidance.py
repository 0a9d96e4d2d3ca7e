"""Mirrors src/unisono/processes/energy_guidance.py. Oracles: tilted normal distributions."""

import pytest
import torch

from unisono.processes.ddim import DDIM
from unisono.processes.diffusion import VP
from unisono.processes.energy_guidance import EnergyGuided
from unisono.processes.flow import LinearFlow
from unisono.processes.flow_solvers import Euler, Heun, Midpoint
from unisono.processes.paths import scale_of
from unisono.processes.solvers import solve

SPREAD, TILT, WEIGHT = 0.5, 0.6, 2.0


class Exact:
    """The exact denoiser of independent normal data of mean 0, which gradients go through."""

    def __init__(self, process: object) -> None:
        self.process = process

    def __call__(self, z: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        a, s = scale_of(self.process, t)  # type: ignore[arg-type]
        return (a * SPREAD**2 / (a**2 * SPREAD**2 + s**2))[:, None] * z


def tilt(x: torch.Tensor) -> torch.Tensor:
    return TILT * x[:, 0]


@pytest.mark.parametrize(
    "solver", [Midpoint(LinearFlow(), 60), Heun(LinearFlow(), 60), Euler(LinearFlow(), 400),
               DDIM(VP("cosine"), 500)], ids=lambda s: type(s).__name__,
)  # fmt: skip
def test_a_linear_energy_moves_the_mean_and_keeps_the_spread(
    solver: Midpoint, generator: torch.Generator
) -> None:
    """N(0, s^2) tilted by exp(-w c x) is N(-w c s^2, s^2), whatever the solver."""
    guided = EnergyGuided(Exact(solver.process), solver.process, tilt, WEIGHT, limit=1e9)
    ends = torch.tensor([[0.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    middle, high = solve(solver, guided, ends, generator=generator).z
    assert middle[0].item() == pytest.approx(-WEIGHT * TILT * SPREAD**2, abs=0.012)
    assert (high - middle)[0].item() == pytest.approx(SPREAD, abs=0.012)
    assert middle[1].item() == pytest.approx(0.0, abs=1e-9)  # the other axis is not touched


def test_a_quadratic_energy_pulls_to_its_minimum(generator: torch.Generator) -> None:
    def energy(x: torch.Tensor) -> torch.Tensor:
        return (x[:, 0] - 1).square() / 2

    noise = torch.randn(4000, 2, generator=generator)
    flow, means = LinearFlow(), []
    for through in (True, False):
        for weight in (0.0, 4.0, 40.0):
            guided = EnergyGuided(Exact(flow), flow, energy, weight, through=through)
            with torch.no_grad():
                x = solve(Midpoint(flow, 20), guided, noise, generator=generator).z
            means.append(x[:, 0].mean().item())
            assert abs(x[:, 1].mean().item()) < 0.03 and torch.isfinite(x).all()
            assert abs(x[:, 1].std().item() - SPREAD) < 0.02
    # the exact tilted mean is w s^2 / (1 + w s^2) = 0.5 at w = 4 and 0.91 at w = 40
    assert means[0] == pytest.approx(0, abs=0.03)
    assert means[1] == pytest.approx(0.72, abs=0.03)  # too hard, as the module says
    assert 0.9 < means[2] < 1.2  # a strong pull in few steps goes beyond the minimum
    assert means[3] < means[4] < means[5] + 0.2 < 1.4


def test_no_weight_is_the_denoiser_itself_and_no_gradient_leaks(
    generator: torch.Generator,
) -> None:
    flow = LinearFlow()
    z, t = torch.randn(3, 2, generator=generator), torch.tensor([0.1, 0.5, 1.0])
    plain = Exact(flow)(z, t)
    assert (EnergyGuided(Exact(flow), flow, tilt, 0.0)(z, t) == plain).all()
    for through in (True, False):
        with torch.no_grad():
            out = EnergyGuided(Exact(flow), flow, tilt, 1.0, through=through)(z, t)
        assert not out.requires_grad and torch.isfinite(out).all()
        assert (out[:2, 0] < plain[:2, 0]).all() and (out[:, 1] == plain[:, 1]).all()


def test_steps_are_limited() -> None:
    flow = LinearFlow()
    steep = EnergyGuided(Exact(flow), flow, lambda x: 1e6 * x[:, 0], 1.0, limit=0.3)
    out = steep(torch.zeros(1, 2), torch.full((1,), 0.5))
    assert out[0, 0].item() == pytest.approx(-0.3)
    with pytest.raises(ValueError, match="weight"):
        EnergyGuided(Exact(flow), flow, tilt, -1.0)
