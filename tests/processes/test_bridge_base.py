"""Mirrors src/unisono/processes/bridge_base.py."""

import pytest
import torch

from unisono.core.errors import UnisonoError
from unisono.processes.bridge_base import BrownBase, NoiseBase, VEBase, VPBase

BASES = [VEBase(80.0), VEBase(3.0), VPBase(), BrownBase(), BrownBase(1.5, peak=8.0)]
each = pytest.mark.parametrize("base", BASES, ids=repr)


def times(base: NoiseBase) -> torch.Tensor:
    """Inside, and off the kink of a symmetric rate."""
    return torch.linspace(0.011, 0.987, 40, dtype=torch.float64) * base.end


@each
def test_drift_and_diffusion_are_the_derivatives(base: NoiseBase) -> None:
    tau = times(base).requires_grad_(True)
    log_signal, ratio = base.log_signal(tau), base.ratio(tau)
    # a constant has no graph to differentiate
    slope = torch.zeros_like(tau)
    if log_signal.requires_grad and not isinstance(base, VEBase | BrownBase):
        (slope,) = torch.autograd.grad(log_signal.sum(), tau)
    (growth,) = torch.autograd.grad(ratio.sum(), tau)
    torch.testing.assert_close(base.drift(tau), slope)
    torch.testing.assert_close(base.diffusion(tau), (2 * log_signal).exp() * growth)


@each
def test_noise_grows_from_nothing(base: NoiseBase) -> None:
    ratio = base.ratio(torch.linspace(0, 1, 101, dtype=torch.float64) * base.end)
    assert ratio[0] == 0
    assert (ratio.diff() > 0).all()


def test_the_symmetric_rate_is_the_same_from_either_end() -> None:
    base = BrownBase(1.5, peak=8.0)
    tau = torch.linspace(0, 1, 51, dtype=torch.float64)
    torch.testing.assert_close(base.ratio(tau) + base.ratio(1 - tau), torch.full_like(tau, 2.25))
    assert base.diffusion(torch.tensor(0.5)) / base.diffusion(torch.tensor(0.0)) == pytest.approx(
        64
    )


def test_a_plain_brownian_bridge() -> None:
    tau = torch.tensor(0.3, dtype=torch.float64)
    assert BrownBase(2.0).ratio(tau).item() == pytest.approx(1.2)


def test_bad_settings_are_refused() -> None:
    with pytest.raises(UnisonoError, match="largest"):
        VEBase(0.0)
    with pytest.raises(UnisonoError, match="least"):
        VEBase(1.0, least=2.0)
    with pytest.raises(UnisonoError, match="rate"):
        VPBase(rate=0.0)
    with pytest.raises(UnisonoError, match="peak"):
        BrownBase(peak=0.0)
