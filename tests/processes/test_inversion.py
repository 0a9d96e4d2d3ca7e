"""Mirrors src/unisono/processes/inversion.py."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from unisono.core.contracts import Denoiser
from unisono.core.errors import UnisonoError
from unisono.processes.ddim import DDIM
from unisono.processes.diffusion import SPACINGS, VP, Spacing
from unisono.processes.inversion import DDIMInversion
from unisono.processes.paths import expand, scale_of
from unisono.processes.solvers import solve

PROCESS = VP("scaled_linear")


def data() -> Tensor:
    z = torch.randn(500, 1, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return 1.0 + 0.3 * (z - z.mean()) / z.std(correction=0)


class RoundTrip(NamedTuple):
    noise: Tensor
    error: float


def round_trip(
    denoise: Denoiser, steps: int, iterations: int, spacing: Spacing = "linspace"
) -> RoundTrip:
    g = torch.Generator().manual_seed(0)
    up = solve(DDIMInversion(PROCESS, steps, iterations, spacing), denoise, data(), generator=g)
    down = solve(DDIM(PROCESS, steps, spacing=spacing), denoise, up.z, generator=g)
    return RoundTrip(up.z, (down.z - data()).square().mean().sqrt().item())


@pytest.mark.parametrize(
    ("steps", "error", "std"),
    [
        (10, 0.162, 0.66),
        (25, 0.088, 0.83),
        (50, 0.050, 0.90),
        (100, 0.027, 0.93),
        (250, 0.012, 0.98),
        pytest.param(1000, 0.0031, 1.00, marks=pytest.mark.slow),
    ],
)
def test_naive_error_table(
    steps: int, error: float, std: float, gaussian: Callable[..., Denoiser]
) -> None:
    """Known errors on N(1, 0.3^2) with the exact denoiser (themselves a draw: hence 3 %)."""
    noise, got = round_trip(gaussian(PROCESS, 1.0, 0.3), steps, 0)
    assert got == pytest.approx(error, rel=0.03)
    assert noise.std().item() == pytest.approx(std, rel=0.03)


@pytest.mark.parametrize(
    ("steps", "error"), [(10, 5e-4), (25, 3e-7), (50, 2e-10), (100, 2e-13), (250, 1e-14)]
)
def test_fixed_point_error_table(
    steps: int, error: float, gaussian: Callable[..., Denoiser]
) -> None:
    assert round_trip(gaussian(PROCESS, 1.0, 0.3), steps, 10).error < error


@pytest.mark.parametrize("spacing", SPACINGS)
def test_fixed_point_inverts_every_grid(
    spacing: Spacing, gaussian: Callable[..., Denoiser]
) -> None:
    assert round_trip(gaussian(PROCESS, 1.0, 0.3), 50, 30, spacing).error < 1e-9


def test_fixed_point_inverts_a_denoiser_that_is_not_linear() -> None:
    """The exact denoiser of two Gaussians, N(-1, 0.3^2) and N(1, 0.3^2), equally likely."""

    def denoise(z: Tensor, t: Tensor) -> Tensor:
        signal, noise = (expand(part, z) for part in scale_of(PROCESS, t))
        variance = signal**2 * 0.09 + noise**2
        sign = torch.tanh(signal * z / variance)  # E[which Gaussian | z]
        gain = signal * 0.09 / variance
        return gain * z + (1 - gain * signal) * sign

    assert round_trip(denoise, 100, 0).error > 1e-3
    assert round_trip(denoise, 100, 30).error < 1e-9


def test_cost(gaussian: Callable[..., Denoiser], generator: torch.Generator) -> None:
    denoise = gaussian(PROCESS, 1.0, 0.3)
    for iterations, calls in ((0, 20), (3, 60)):
        inversion = DDIMInversion(PROCESS, 20, iterations)
        assert solve(inversion, denoise, data(), generator=generator).evaluations == calls


def test_grid_rises_and_settings_are_checked() -> None:
    assert (DDIMInversion(PROCESS, 10).grid().diff() > 0).all()
    with pytest.raises(UnisonoError, match="iterations must lie in"):
        DDIMInversion(PROCESS, 10, iterations=-1)
