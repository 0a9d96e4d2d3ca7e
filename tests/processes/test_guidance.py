"""Mirrors src/unisono/processes/guidance.py."""

import pytest
import torch
from torch import Tensor

from unisono.core.contracts import Denoiser
from unisono.core.errors import UnisonoError
from unisono.processes.ddim import DDIM
from unisono.processes.diffusion import VP
from unisono.processes.guidance import Guided, keep_condition
from unisono.processes.parameterisation import to_parts
from unisono.processes.paths import scale_of
from unisono.processes.solvers import solve


def test_mixing_targets_is_mixing_noises(generator: torch.Generator) -> None:
    z, with_c, without = torch.randn(3, 4, 5, 2, dtype=torch.float64, generator=generator)
    t = torch.tensor([0.05, 0.3, 0.6, 0.95], dtype=torch.float64)
    scale = scale_of(VP("scaled_linear"), t)
    guided = Guided(lambda z, t: with_c, lambda z, t: without, weight=7.5)(z, t)
    eps_c, eps_u = (to_parts("x0", x0, z, scale).eps for x0 in (with_c, without))
    expected = eps_u + 7.5 * (eps_c - eps_u)
    torch.testing.assert_close(to_parts("x0", guided, z, scale).eps, expected)


@pytest.mark.parametrize(("weight", "calls"), [(0.0, "u"), (1.0, "c"), (2.0, "uc")])
def test_only_what_is_needed_is_evaluated(weight: float, calls: str) -> None:
    seen = []

    def named(name: str, value: float) -> Denoiser:
        def denoise(z: Tensor, t: Tensor) -> Tensor:
            seen.append(name)
            return torch.full_like(z, value)

        return denoise

    guided = Guided(named("c", 3.0), named("u", 1.0), weight)
    assert guided(torch.zeros(1, 1), torch.ones(1)).item() == 1.0 + weight * 2.0
    assert "".join(seen) == calls


def test_solvers_take_it_as_any_denoiser(generator: torch.Generator) -> None:
    guided = Guided(lambda z, t: z * 0 + 1, lambda z, t: z * 0, weight=3.0)
    z = solve(DDIM(VP(), 5), guided, torch.randn(2, 3, generator=generator), generator=generator).z
    torch.testing.assert_close(z, torch.full_like(z, 3.0))


def test_share_of_dropped_conditions(generator: torch.Generator) -> None:
    kept = keep_condition(20_000, 0.1, generator=generator)
    assert kept.dtype == torch.bool
    assert kept.float().mean().item() == pytest.approx(0.9, abs=0.01)
    assert keep_condition(100, 0.0, generator=generator).all()
    assert not keep_condition(100, 1.0, generator=generator).any()
    with pytest.raises(UnisonoError, match="drop must lie in"):
        keep_condition(3, 1.1, generator=generator)
