r"""Energy conservation between a generated signal and the true one.

Three readings of "energy": the mean square of each channel, the power in each frequency bin, and
the mechanical power of joints. The first two suit any normalised signal and have no unit; the
third needs moments and angles in physical units.

Masks are ``(B, L)``, or ``(B, L, D)`` where channels drop out one by one. Values that are not
valid are never read.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from unisono.alignment.objectives import weighted_mean
from unisono.core.checks import check_axes, check_range

__all__ = [
    "Joints",
    "mean_square_energy",
    "mechanical_power",
    "mechanical_power_error",
    "spectral_energy",
]


class Joints(NamedTuple):
    """Kinetics and kinematics of the same joints.

    Attributes:
        moment: ``(B, L, J)``, N*m/kg (or N*m).
        angle: ``(B, L, J)``, rad, positive in the direction of a positive moment.
    """

    moment: Tensor
    angle: Tensor


def _channel_mask(mask: Tensor, like: Tensor) -> Tensor:
    wide = mask[..., None].expand_as(like) if mask.ndim == like.ndim - 1 else mask
    check_axes(data=(like, "batch frame channel"), mask=(wide, "batch frame channel"))
    return wide


def _only(values: Tensor, mask: Tensor) -> Tensor:
    return torch.where(mask, values, torch.zeros_like(values))


def mean_square_energy(generated: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    r"""Return the squared difference of mean squares, averaged over items and channels.

    .. math:: \frac{1}{B D} \sum_{b,c} \Big( \overline{\hat x_{b,c}^2}
              - \overline{x_{b,c}^2} \Big)^2

    Args:
        generated: ``(B, L, D)``, in units of each channel's spread.
        truth: The same shape.
        mask: ``(B, L)`` or ``(B, L, D)`` bool.
    """
    check_axes(generated=(generated, "batch frame channel"), truth=(truth, "batch frame channel"))
    valid = _channel_mask(mask, truth)
    count = valid.sum(dim=1)
    made, true = (
        _only(x, valid).square().sum(dim=1) / count.clamp(min=1) for x in (generated, truth)
    )
    return weighted_mean((made - true).square().flatten(), (count > 0).flatten())


def spectral_energy(
    generated: Tensor, truth: Tensor, mask: Tensor, *, floor: float = 1e-3
) -> Tensor:
    r"""Return the mean squared difference of log power over frequency bins.

    .. math:: \Big( \ln\big(|\hat F_k|^2/L + \epsilon\big) - \ln\big(|F_k|^2/L + \epsilon\big)
              \Big)^2

    Frames that are not valid are 0 in both, so that a gap leaks alike into both spectra.

    Args:
        generated: ``(B, L, D)``, in units of each channel's spread.
        truth: The same shape.
        mask: ``(B, L)`` or ``(B, L, D)`` bool.
        floor: Power below which a bin is silence, above 0.
    """
    check_axes(generated=(generated, "batch frame channel"), truth=(truth, "batch frame channel"))
    check_range("floor", floor, 0.0, torch.inf)
    valid = _channel_mask(mask, truth)
    made, true = (_log_power(_only(x, valid), floor) for x in (generated, truth))
    error = (made - true).square().mean(dim=1)
    return weighted_mean(error.flatten(), valid.any(dim=1).flatten())


def _log_power(x: Tensor, floor: float) -> Tensor:
    spectrum = torch.fft.rfft(x, dim=1)
    power: Tensor = spectrum.real.square() + spectrum.imag.square()
    return (power / x.shape[1] + floor).log()


def mechanical_power(joints: Joints, rate_hz: float) -> Tensor:
    r"""Return :math:`\sum_j \tau_j \dot\theta_j` at the inner frames, ``(B, L - 2)``.

    In W/kg (or W); the rate of an angle is its central difference.

    Args:
        joints: Moments and angles.
        rate_hz: Frames per second.
    """
    check_axes(
        moment=(joints.moment, "batch frame joint"), angle=(joints.angle, "batch frame joint")
    )
    rate = (joints.angle[:, 2:] - joints.angle[:, :-2]) * (rate_hz / 2)
    return (joints.moment[:, 1:-1] * rate).sum(dim=-1)


def mechanical_power_error(
    generated: Joints, truth: Joints, mask: Tensor, *, rate_hz: float
) -> Tensor:
    """Return the mean squared error of mechanical power, in (W/kg)^2.

    Args:
        generated: Generated moments and angles (give the true ones for the side that is known).
        truth: True moments and angles.
        mask: ``(B, L)`` or ``(B, L, J)`` bool: where all joints, before and after too, are valid.
        rate_hz: Frames per second, above 0.
    """
    check_range("rate_hz", rate_hz, 0.0, torch.inf)
    whole = _channel_mask(mask, truth.moment).all(dim=-1)
    valid = whole[:, :-2] & whole[:, 1:-1] & whole[:, 2:]
    made, true = (
        mechanical_power(Joints(*(_only(x, whole[..., None]) for x in side)), rate_hz)
        for side in (generated, truth)
    )
    return weighted_mean((made - true).square().flatten(), valid.flatten())
