r"""Period of a sequence from its autocorrelation.

.. math:: r(k) = \frac{\sum_t m_t m_{t+k} \langle x_t, x_{t+k} \rangle}
                      {\sum_t m_t m_{t+k}} \Big/ r(0)

with ``m`` the mask and ``x`` centred per channel over valid frames. The period is the first local
maximum that reaches 0.85 of the highest one, refined by a parabola through its neighbours.
"""

import torch
from torch import Tensor

from unisono.core.checks import check_axes, check_range

__all__ = ["autocorrelation", "estimate_period"]

_NEARLY_HIGHEST = 0.85  # a later multiple of the period may peak a little higher than the first


def autocorrelation(x: Tensor, mask: Tensor) -> Tensor:
    """Return ``r`` at lags ``0 .. L - 1``, ``(B, L)``; 0 where no two valid frames are that far.

    Args:
        x: ``(B, L, D)``, channels of like scale.
        mask: ``(B, L)`` bool.
    """
    frames = check_axes(x=(x, "batch frame channel"), mask=(mask, "batch frame"))["frame"]
    real = mask.to(x.dtype)
    kept = torch.where(mask[..., None], x, torch.zeros_like(x))
    mean = kept.sum(dim=1, keepdim=True) / real.sum(dim=1).clamp(min=1)[:, None, None]
    centred = torch.where(mask[..., None], x - mean, torch.zeros_like(x))
    products, pairs = _self_products(centred, frames), _self_products(real[..., None], frames)
    some = pairs > 0.5  # a count, but for the rounding of the transform
    r = torch.where(some, products / torch.where(some, pairs, 1.0), 0.0)
    power = r[:, :1]
    return torch.where(power > 0, r / torch.where(power > 0, power, 1.0), 0.0)


def _self_products(x: Tensor, frames: int) -> Tensor:
    """Sum over ``t`` and channels of ``x_t x_{t+k}`` for every lag, by a zero-padded transform."""
    spectrum = torch.fft.rfft(x, n=2 * frames, dim=1)
    power = (spectrum.real.square() + spectrum.imag.square()).sum(dim=-1)
    products: Tensor = torch.fft.irfft(power, n=2 * frames, dim=1)
    return products[:, :frames]


def estimate_period(
    x: Tensor, mask: Tensor, *, shortest: int = 4, longest: int | None = None, least: float = 0.5
) -> Tensor:
    """Estimate the period of each sequence, in frames.

    Args:
        x: ``(B, L, D)``, normalised per channel.
        mask: ``(B, L)`` bool.
        shortest: Smallest lag considered, at least 2 frames.
        longest: Largest lag considered; None for two thirds of ``L``.
        least: Autocorrelation that a period must reach, in (0, 1).

    Returns:
        ``(B,)`` float64, infinite where no lag qualifies.

    Example:
        >>> t = torch.arange(100.0)
        >>> x = torch.sin(2 * torch.pi * t / 25)[None, :, None]
        >>> round(estimate_period(x, torch.ones(1, 100, dtype=torch.bool)).item())
        25
    """
    check_range("shortest", shortest, 2, 1_000_000, closed=True)
    check_range("least", least, 0.0, 1.0)
    r = autocorrelation(x.detach().to(torch.float64), mask)
    last = 2 * r.shape[1] // 3 if longest is None else longest
    last = min(last, r.shape[1] - 2)  # a peak needs a neighbour on either side
    none = torch.full((len(r),), torch.inf, dtype=r.dtype, device=r.device)
    if last < shortest:
        return none
    before, here, after = (r[:, shortest + k : last + 1 + k] for k in (-1, 0, 1))
    peak = (here >= before) & (here > after) & (here >= least)
    highest = torch.where(peak, here, 0.0).amax(dim=1, keepdim=True)
    first = (peak & (here >= _NEARLY_HIGHEST * highest)).to(torch.int8).argmax(dim=1, keepdim=True)
    a, b, c = (part.gather(1, first).squeeze(1) for part in (before, here, after))
    bend = a - 2 * b + c  # negative at a peak
    shift = torch.where(bend < 0, (a - c) / (2 * torch.where(bend < 0, bend, 1.0)), 0.0)
    return torch.where(peak.any(dim=1), shortest + first.squeeze(1) + shift, none)
