r"""Second-order alignment: how latents vary together, not only where they are.

.. math:: S = \frac{1}{C - 1} \sum_{l=1}^{C} (z_l - \bar z)(z_l - \bar z)^\top, \qquad
          L_\mathrm{cov} = \frac{1}{N d^2} \sum_{n} \lVert S^X_n - S^Y_n \rVert_F^2

(local windows; Local Latent Manifold Alignment, 2503.12214), and the Kullback-Leibler divergence
of diagonal Gaussians fitted to two batches (latent realignment, 2410.14508).
Mind: equal zeros align perfectly. Keep a contrast or a normalisation beside these.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from unisono.alignment.objectives import weighted_mean
from unisono.core.checks import check_axes, check_range
from unisono.core.errors import ShapeError

__all__ = ["batch_gaussian_kl", "covariance_mismatch", "window_covariance"]


def window_covariance(values: Tensor) -> Tensor:
    """Return the covariance over frames of each window, ``(..., C, d)`` to ``(..., d, d)``.

    Raises:
        ShapeError: If a window has fewer than 2 frames.
    """
    _check_frames(values.shape[-2])
    centred = values - values.mean(dim=-2, keepdim=True)
    return centred.transpose(-1, -2) @ centred / (values.shape[-2] - 1)


def _check_frames(frames: int) -> None:
    if frames < 2:
        raise ShapeError(f"a covariance needs windows of at least 2 frames; got {frames}.")


def covariance_mismatch(
    x: Tensor, y: Tensor, *, valid: Tensor | None = None, weight: Tensor | None = None
) -> Tensor:
    """Return the mean squared difference of window covariances.

    Unchanged by adding a constant vector to a window; 0 where ``x`` equals ``y``.

    Args:
        x: Windows, ``(N, C, d)``.
        y: Windows paired with them, the same shape.
        valid: ``(N,)`` bool; None for all.
        weight: ``(N,)``; None for 1.
    """
    check_axes(x=(x, "window frame latent"), y=(y, "window frame latent"))
    frames, width = x.shape[-2:]
    if frames < width:
        squared = _squared_by_frames(x, y)
    else:
        squared = (window_covariance(x) - window_covariance(y)).square().sum(dim=(-1, -2))
    return weighted_mean(squared / width**2, valid, weight)


def _squared_by_frames(x: Tensor, y: Tensor) -> Tensor:
    r"""Return :math:`\lVert S^X - S^Y \rVert_F^2` of windows shorter than they are wide, ``(N,)``.

    With :math:`D = X - Y` and :math:`P = X + Y`, both centred, the difference of the covariances is
    the symmetric part of :math:`D^\top P / (C - 1)`; its norm needs only products of frames,

    .. math:: \tfrac12 \big[ \langle D D^\top, P P^\top \rangle
              + \langle P D^\top, (P D^\top)^\top \rangle \big] / (C - 1)^2,

    ``(C, C)`` each in place of ``(d, d)``, and exactly 0 where the windows are equal.
    """
    _check_frames(x.shape[-2])
    apart, both = (z - z.mean(dim=-2, keepdim=True) for z in (x - y, x + y))
    crossed = both @ apart.transpose(-1, -2)
    own = (apart @ apart.transpose(-1, -2)) * (both @ both.transpose(-1, -2))
    total = (own + crossed * crossed.transpose(-1, -2)).sum(dim=(-1, -2))
    return total / 2 / (x.shape[-2] - 1) ** 2


def batch_gaussian_kl(
    p: Tensor, q: Tensor, *, valid: Tensor | None = None, floor: float = 1e-4
) -> Tensor:
    r"""Return ``KL(P || Q)`` of diagonal Gaussians fitted to two batches, averaged over dimensions.

    .. math:: \tfrac12 \Big[ \ln\frac{v_q}{v_p} + \frac{v_p + (m_p - m_q)^2}{v_q} - 1 \Big]

    Variances have ``n - 1`` in the denominator and a floor.

    Args:
        p: The data's latents, ``(n, d)``.
        q: The latents made from them, ``(n, d)``.
        valid: ``(n,)`` bool; None for all. With fewer than 2 valid items the result is 0.
        floor: Smallest variance, in squared latent units, above 0.
    """
    items = check_axes(p=(p, "item latent"), q=(q, "item latent"))["item"]
    check_range("floor", floor, 0.0, torch.inf)
    if valid is None:
        valid = torch.ones(items, dtype=torch.bool, device=p.device)
    data, made = _moments(p, valid), _moments(q, valid)
    vp, vq = data.variance.clamp(min=floor), made.variance.clamp(min=floor)
    divergence = ((vq / vp).log() + (vp + (data.mean - made.mean).square()) / vq - 1).mean() / 2
    return torch.where(valid.sum() >= 2, divergence, torch.zeros_like(divergence))


class _Moments(NamedTuple):
    mean: Tensor
    variance: Tensor


def _moments(z: Tensor, valid: Tensor) -> _Moments:
    count = valid.sum()
    kept = torch.where(valid[:, None], z, torch.zeros_like(z))
    mean = kept.sum(dim=0) / count.clamp(min=1)
    apart = torch.where(valid[:, None], kept - mean, torch.zeros_like(z))
    return _Moments(mean, apart.square().sum(dim=0) / (count - 1).clamp(min=1))
