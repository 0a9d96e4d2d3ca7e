"""Mirrors src/unisono/alignment/energy.py."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from unisono.alignment.energy import (
    Joints,
    mean_square_energy,
    mechanical_power,
    mechanical_power_error,
    spectral_energy,
)
from unisono.core.errors import ShapeError, UnisonoError


@pytest.fixture
def pair(generator: torch.Generator) -> Tensor:
    return torch.randn(2, 3, 16, 4, dtype=torch.float64, generator=generator)


def whole(x: Tensor) -> Tensor:
    return torch.ones(x.shape[:2], dtype=torch.bool)


def test_mean_square_matches_the_loops(pair: Tensor, generator: torch.Generator) -> None:
    made, true = pair
    mask = torch.rand(3, 16, 4, generator=generator) > 0.3
    mask[1, :, 2] = False
    terms = []
    for b in range(3):
        for c in range(4):
            kept = mask[b, :, c]
            if kept.any():
                gap = made[b, kept, c].square().mean() - true[b, kept, c].square().mean()
                terms.append(gap.item() ** 2)
    got = mean_square_energy(made, true, mask).item()
    assert len(terms) == 11
    assert got == pytest.approx(sum(terms) / len(terms), rel=1e-10)


def test_a_frame_mask_is_that_of_all_channels(pair: Tensor, generator: torch.Generator) -> None:
    mask = torch.rand(3, 16, generator=generator) > 0.3
    wide = mask[..., None].expand(3, 16, 4)
    for loss in (mean_square_energy, spectral_energy):
        torch.testing.assert_close(loss(*pair, mask), loss(*pair, wide))


def test_spectral_matches_numpy(pair: Tensor) -> None:
    made, true = pair
    logs = [np.log(np.abs(np.fft.rfft(x.numpy(), axis=1)) ** 2 / 16 + 1e-3) for x in (made, true)]
    expected = np.mean((logs[0] - logs[1]) ** 2)
    assert spectral_energy(made, true, whole(made)).item() == pytest.approx(expected, rel=1e-10)


def test_spectral_ignores_phase_and_mean_square_ignores_order(pair: Tensor) -> None:
    made, true = pair
    mask = whole(made)
    assert spectral_energy(true.roll(5, dims=1), true, mask).item() == pytest.approx(0, abs=1e-12)
    order = torch.randperm(16, generator=torch.Generator().manual_seed(0))
    assert mean_square_energy(true[:, order], true, mask).item() == pytest.approx(0, abs=1e-12)
    assert spectral_energy(true[:, order], true, mask).item() > 0.1
    assert mean_square_energy(2 * true, true, mask).item() > 0.1


@pytest.mark.parametrize("loss", [mean_square_energy, spectral_energy])
def test_what_is_not_valid_is_never_read(loss: object, pair: Tensor) -> None:
    made, true = pair.clone()
    mask = whole(made)
    mask[:, 10:] = False
    expected = loss(made, true, mask)  # type: ignore[operator]
    made[:, 10:], true[:, 10:] = torch.nan, torch.nan
    made.requires_grad_()
    got = loss(made, true, mask)  # type: ignore[operator]
    torch.testing.assert_close(got, expected)
    got.backward()
    assert made.grad is not None
    assert torch.isfinite(made.grad).all()
    nothing = loss(made, true, torch.zeros_like(mask))  # type: ignore[operator]
    assert nothing.item() == 0


def test_mechanical_power_of_a_known_motion() -> None:
    """A spring-like moment on a swinging joint: P = -k A^2 w sin(wt) cos(wt)."""
    rate, stiffness, size, w = 1000.0, 3.0, 0.4, 2 * math.pi
    t = torch.arange(1001, dtype=torch.float64) / rate
    angle = size * torch.sin(w * t)
    joints = Joints((-stiffness * angle)[None, :, None], angle[None, :, None])
    expected = -stiffness * size**2 * w * torch.sin(w * t) * torch.cos(w * t)
    torch.testing.assert_close(
        mechanical_power(joints, rate)[0], expected[1:-1], rtol=1e-4, atol=1e-5
    )


def test_power_error_and_its_mask(pair: Tensor) -> None:
    made, true = Joints(pair[0], pair[1]), Joints(pair[1], pair[0])
    mask = whole(pair[0])
    mask[0, 7] = False
    gap = (mechanical_power(made, 100.0) - mechanical_power(true, 100.0)).square()
    kept = torch.ones(3, 14, dtype=torch.bool)
    kept[0, 5:8] = False  # inner frame k is frame k + 1, which needs k .. k + 2
    got = mechanical_power_error(made, true, mask, rate_hz=100.0)
    torch.testing.assert_close(got, gap[kept].mean())
    pair[0][0, 7] = torch.nan
    torch.testing.assert_close(mechanical_power_error(made, true, mask, rate_hz=100.0), got)


def test_bad_input_is_refused(pair: Tensor) -> None:
    with pytest.raises(ShapeError, match="truth has frame=15"):
        mean_square_energy(pair[0], pair[1][:, :15], whole(pair[0]))
    with pytest.raises(UnisonoError, match="rate_hz must lie in"):
        joints = Joints(*pair)
        mechanical_power_error(joints, joints, whole(pair[0]), rate_hz=0.0)
    with pytest.raises(UnisonoError, match="floor must lie in"):
        spectral_energy(*pair, whole(pair[0]), floor=0.0)
