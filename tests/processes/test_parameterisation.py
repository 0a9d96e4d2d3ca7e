"""Mirrors src/unisono/processes/parameterisation.py."""

import pytest
import torch

from unisono.core.errors import ConfigError, UnisonoError
from unisono.processes.diffusion import VP
from unisono.processes.flow import LinearFlow
from unisono.processes.parameterisation import (
    KINDS,
    Kind,
    NetworkDenoiser,
    loss_weight,
    min_snr_weight,
    target,
    to_parts,
    to_x0,
)
from unisono.processes.paths import Path, Scale, draw, scale_of

PATHS = [VP("scaled_linear"), VP("cosine"), LinearFlow()]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("process", PATHS, ids=repr)
def test_the_perfect_prediction_gives_back_both_parts(
    kind: Kind, process: Path, generator: torch.Generator
) -> None:
    x0 = torch.randn(6, 4, 3, dtype=torch.float64, generator=generator)
    t = torch.tensor([0.001, 0.1, 0.3, 0.5, 0.9, 0.99], dtype=torch.float64)
    scale = scale_of(process, t)
    point = draw(process, x0, t, generator=generator)
    prediction = target(kind, x0, point.noise, scale)
    parts = to_parts(kind, prediction, point.z, scale)
    torch.testing.assert_close(parts.x0, x0, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(parts.eps, point.noise, rtol=1e-9, atol=1e-9)


def test_textbook_forms_of_the_variance_preserving_case(generator: torch.Generator) -> None:
    x0, eps = torch.randn(2, 5, 2, dtype=torch.float64, generator=generator)
    power = torch.linspace(0.1, 0.9, 5, dtype=torch.float64)
    scale = Scale(power.sqrt(), (1 - power).sqrt())
    a, s = scale.signal[:, None], scale.noise[:, None]
    z = a * x0 + s * eps
    v = target("v", x0, eps, scale)
    torch.testing.assert_close(v, a * eps - s * x0)
    torch.testing.assert_close(to_x0("v", v, z, scale), a * z - s * v)
    torch.testing.assert_close(to_parts("v", v, z, scale).eps, s * z + a * v)
    torch.testing.assert_close(to_x0("eps", eps, z, scale), (z - s * eps) / a)
    torch.testing.assert_close(target("velocity", x0, eps, scale), eps - x0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("of", KINDS)
def test_loss_weights_turn_one_error_into_another(kind: Kind, of: Kind) -> None:
    """Move the prediction by 1 and see by how much the other quantity moves."""
    scale = scale_of(VP("scaled_linear"), torch.tensor([0.05, 0.4, 0.95], dtype=torch.float64))
    z, p = (
        torch.full((3, 1), 0.7, dtype=torch.float64),
        torch.full((3, 1), 0.2, dtype=torch.float64),
    )

    def as_other(prediction: torch.Tensor) -> torch.Tensor:
        return target(of, *to_parts(kind, prediction, z, scale), scale)

    moved = (as_other(p + 1) - as_other(p)).square().squeeze(1)
    torch.testing.assert_close(loss_weight(kind, of, scale), moved, rtol=1e-9, atol=1e-12)


def test_loss_weights_of_the_textbook() -> None:
    power = torch.tensor([0.2, 0.8], dtype=torch.float64)
    scale = Scale(power.sqrt(), (1 - power).sqrt())
    torch.testing.assert_close(loss_weight("eps", "x0", scale), (1 - power) / power)
    torch.testing.assert_close(loss_weight("eps", "v", scale), 1 / power)


def test_min_snr_weight() -> None:
    power = torch.tensor([0.1, 0.99], dtype=torch.float64)
    scale = Scale(power.sqrt(), (1 - power).sqrt())
    ratio = power / (1 - power)
    torch.testing.assert_close(
        min_snr_weight("x0", scale), torch.stack([ratio[0], torch.tensor(5.0).double()])
    )
    torch.testing.assert_close(min_snr_weight("eps", scale)[0], torch.tensor(1.0).double())
    torch.testing.assert_close(min_snr_weight("eps", scale)[1], 5 / ratio[1])


@pytest.mark.parametrize("kind", ["x0", "v", "velocity"])
def test_time_zero_is_finite(kind: Kind) -> None:
    z = torch.ones(1, 2)
    scale = scale_of(LinearFlow(), torch.zeros(1))
    assert torch.isfinite(to_x0(kind, z, z, scale)).all()
    assert torch.equal(to_x0("v", z * 5, z, scale), z)


def test_network_denoiser_reads_its_prediction(generator: torch.Generator) -> None:
    process = VP("cosine")
    x0, t = torch.randn(3, 4, 2, generator=generator), torch.tensor([0.1, 0.5, 0.9])
    point = process.draw(x0, t, generator=generator)
    v = target("v", x0, point.noise, scale_of(process, t))
    denoise = NetworkDenoiser(lambda z, time: v, process, "v")
    torch.testing.assert_close(denoise(point.z, t), x0, rtol=1e-4, atol=1e-5)


def test_impossible_and_unknown_kinds_are_refused() -> None:
    with pytest.raises(ConfigError, match="eps says nothing of the target"):
        NetworkDenoiser(lambda z, t: z, LinearFlow(), "eps")
    with pytest.raises(UnisonoError, match="kind must be one of"):
        NetworkDenoiser(lambda z, t: z, VP(), "noise")  # type: ignore[arg-type]
    NetworkDenoiser(lambda z, t: z, VP(), "eps")
