r"""Numbers that show a collapse of latents before a loss does. None has a gradient.

- spread: mean over dimensions of the standard deviation over valid items; 0 is a point.
- effective rank: :math:`\exp(-\sum_k p_k \ln p_k)` with :math:`p_k` the singular values of the
  centred latents over their sum (Roy & Vetterli, EUSIPCO 2007); between 1 and ``d``.
- alignment and uniformity on the unit sphere (Wang & Isola, 2005.10242): mean squared distance of
  pairs, and :math:`\ln` of the mean of :math:`e^{-2 \lVert u_i - u_j \rVert^2}` over different
  items; both better when lower, uniformity 0 at a point.
- retrieval: share of anchors whose own partner scores highest; a tie of ``k`` counts ``1/k``.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from unisono.alignment.similarity import unit
from unisono.core.checks import check_axes

__all__ = ["Monitors", "Sphere", "effective_rank", "retrieval", "sphere", "spread"]


class Monitors(NamedTuple):
    """Monitors of an alignment, each a scalar without gradient; names are those of the logs.

    Attributes:
        std_x: Spread of the first latents, before any normalisation.
        std_y: Spread of the second.
        rank_x: Effective rank of the first.
        rank_y: Effective rank of the second.
        alignment: See :func:`sphere`.
        uniformity: See :func:`sphere`, mean of the two sides.
        retrieval: Window retrieval, mean of the two directions, in [0, 1].
        chance: What retrieval would be by chance.
        chance_loss: What the contrast would be if all scores were equal, in nats.
    """

    std_x: Tensor
    std_y: Tensor
    rank_x: Tensor
    rank_y: Tensor
    alignment: Tensor
    uniformity: Tensor
    retrieval: Tensor
    chance: Tensor
    chance_loss: Tensor


class Sphere(NamedTuple):
    """Alignment and uniformity of paired latents on the unit sphere."""

    alignment: Tensor
    uniformity: Tensor


@torch.no_grad()
def spread(z: Tensor, valid: Tensor) -> Tensor:
    """Return the mean over dimensions of the standard deviation over valid items.

    Args:
        z: ``(n, d)``.
        valid: ``(n,)`` bool; with fewer than 2 the spread is 0.
    """
    check_axes(z=(z, "item latent"), valid=(valid, "item"))
    kept = z[valid]
    return kept.std(dim=0).mean() if len(kept) > 1 else z.new_zeros(())


@torch.no_grad()
def effective_rank(z: Tensor, valid: Tensor) -> Tensor:
    """Return the effective rank of the centred latents; 0 where there is no spread.

    Args:
        z: ``(n, d)``.
        valid: ``(n,)`` bool.
    """
    check_axes(z=(z, "item latent"), valid=(valid, "item"))
    kept = z[valid].to(torch.float64)
    if len(kept) < 2:
        return z.new_zeros(())
    centred = kept - kept.mean(dim=0)
    singular = torch.linalg.eigvalsh(centred.T @ centred).clamp(min=0).sqrt()
    # The square root lifts rounding of the eigenvalues: what is below it is no dimension.
    singular = torch.where(singular > 1e-7 * singular.amax(), singular, 0.0)
    if singular.sum() == 0:
        return z.new_zeros(())
    share = singular / singular.sum()
    return (-torch.xlogy(share, share).sum()).exp().to(z.dtype)


@torch.no_grad()
def sphere(u: Tensor, v: Tensor, valid: Tensor) -> Sphere:
    """Return alignment of pairs and mean uniformity of the two sides; 0 with too few items.

    Args:
        u: ``(n, d)``.
        v: ``(n, d)``, paired by row.
        valid: ``(n,)`` bool.
    """
    check_axes(u=(u, "item latent"), v=(v, "item latent"), valid=(valid, "item"))
    u, v = unit(u[valid]), unit(v[valid])
    if len(u) < 2:
        return Sphere(u.new_zeros(()), u.new_zeros(()))
    alignment = (u - v).square().sum(dim=1).mean()
    return Sphere(alignment, (_uniformity(u) + _uniformity(v)) / 2)


def _uniformity(u: Tensor) -> Tensor:
    others = ~torch.eye(len(u), dtype=torch.bool, device=u.device)
    squared = u.square().sum(1)[:, None] + u.square().sum(1)[None, :] - 2 * u @ u.T
    return (-2 * squared[others].clamp(min=0)).exp().mean().log()


@torch.no_grad()
def retrieval(scores: Tensor, valid: Tensor) -> Tensor:
    """Return the share of valid rows whose diagonal is the highest valid score; 0 with none.

    Args:
        scores: ``(n, n)``.
        valid: ``(n,)`` bool.
    """
    check_axes(scores=(scores, "item item"), valid=(valid, "item"))
    kept = scores[valid][:, valid]
    if not len(kept):
        return scores.new_zeros(())
    own = kept.diagonal()[:, None]
    ties = (kept == own).sum(dim=1)
    best = (kept <= own).all(dim=1)
    return (best.to(scores.dtype) / ties).mean()
