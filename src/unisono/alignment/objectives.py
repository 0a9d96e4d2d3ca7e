r"""Contrastive objectives on scores. All in nats (natural logarithm).

Row ``i`` of a score matrix is an anchor, column ``i`` its positive. ``negatives`` says which
columns an anchor is pushed from; ``valid`` which items exist at all. An item that is not valid
changes nothing, and with no valid item every objective is exactly 0 with gradient 0.
"""

import torch
from torch import Tensor

from unisono.alignment.similarity import unit
from unisono.core.checks import check_axes

__all__ = [
    "cosine_distance",
    "generalised_info_nce",
    "one_way_info_nce",
    "symmetric_cross_entropy",
    "weighted_mean",
]


def weighted_mean(
    values: Tensor, valid: Tensor | None = None, weight: Tensor | None = None
) -> Tensor:
    """Return the sum of ``weight * values`` over valid items, over the NUMBER of valid items.

    A weight below 1 therefore lowers the result; it is not renormalised.

    Args:
        values: ``(n,)``.
        valid: ``(n,)`` bool; None for all.
        weight: ``(n,)``; None for 1.
    """
    if weight is not None:
        values = values * weight
    if valid is None:
        return values.sum() / max(values.numel(), 1)
    kept = torch.where(valid, values, torch.zeros_like(values))
    return kept.sum() / valid.sum().clamp(min=1)


def one_way_info_nce(
    scores: Tensor,
    *,
    negatives: Tensor | None = None,
    valid: Tensor | None = None,
    weight: Tensor | None = None,
) -> Tensor:
    r"""Return the cross-entropy of each anchor's positive among its negatives.

    .. math:: \frac1N \sum_i w_i \Big[ -S_{ii}
              + \ln\Big(e^{S_{ii}} + \sum_{j \in \mathrm{neg}(i)} e^{S_{ij}}\Big) \Big]

    (van den Oord, Li & Vinyals, 1807.03748.) With equal scores it is ``ln(1 + negatives)``.

    Args:
        scores: ``(n, n)``.
        negatives: ``(n, n)`` bool; None for all but the diagonal, which is never a negative.
        valid: ``(n,)`` bool; None for all.
        weight: ``(n,)`` weight of each anchor; None for 1.

    Raises:
        ShapeError: If the axes disagree.

    Example:
        >>> round(one_way_info_nce(torch.zeros(8, 8)).item(), 4)  # ln 8
        2.0794
    """
    _check_square(scores, negatives, valid, weight)
    own = torch.eye(len(scores), dtype=torch.bool, device=scores.device)
    pushed = ~own if negatives is None else negatives & ~own
    if valid is not None:
        pushed = pushed & valid[:, None] & valid[None, :]
        scores = torch.where(valid[:, None] & valid[None, :], scores, torch.zeros_like(scores))
    logits = scores.masked_fill(~(pushed | own), -torch.inf)
    return weighted_mean(torch.logsumexp(logits, dim=1) - scores.diagonal(), valid, weight)


def symmetric_cross_entropy(
    scores: Tensor,
    *,
    negatives: Tensor | None = None,
    valid: Tensor | None = None,
    weight: Tensor | None = None,
) -> Tensor:
    """Return the mean of :func:`one_way_info_nce` along rows and along columns.

    The loss of CLIP (Radford et al., 2103.00020) where no mask is given. Arguments as there;
    ``negatives[i, j]`` stands for the pair in both directions.
    """
    _check_square(scores, negatives, valid, weight)
    back = None if negatives is None else negatives.T
    there = one_way_info_nce(scores, negatives=negatives, valid=valid, weight=weight)
    return (there + one_way_info_nce(scores.T, negatives=back, valid=valid, weight=weight)) / 2


def generalised_info_nce(
    positive: Tensor, negative: Tensor, *, allowed: Tensor | None = None
) -> Tensor:
    r"""Return the generalised InfoNCE of CEBRA (Schneider, Lee & Mathis, Nature 2023).

    .. math:: \frac1N \sum_i \Big[ -\phi(x_i, y_i^+)
              + \ln \sum_{j=1}^{n} e^{\phi(x_i, y_j^-)} \Big]

    The positive is not in the denominator and there is no ``1/n`` in the logarithm, so equal
    scores give ``ln n``, and the value may be negative.

    Args:
        positive: Scores of anchors with their positive, ``(N,)``.
        negative: Scores of anchors with negatives, ``(N, n)``.
        allowed: ``(N, n)`` bool, which negatives an anchor may see; None for all. An anchor
            without any does not count.

    Raises:
        ShapeError: If the axes disagree.
    """
    check_axes(positive=(positive, "anchor"), negative=(negative, "anchor negative"))
    if allowed is None:
        return weighted_mean(torch.logsumexp(negative, dim=1) - positive)
    check_axes(negative=(negative, "anchor negative"), allowed=(allowed, "anchor negative"))
    some = allowed.any(dim=1)
    # A row without negatives keeps its scores, so that no gradient meets an empty sum.
    logits = negative.masked_fill(~(allowed | ~some[:, None]), -torch.inf)
    return weighted_mean(torch.logsumexp(logits, dim=1) - positive, some)


def cosine_distance(u: Tensor, v: Tensor, *, valid: Tensor | None = None) -> Tensor:
    """Return ``1 - mean cos(u_i, v_i)``, in [0, 2]; no negatives, so it can collapse.

    Args:
        u: ``(n, d)``.
        v: ``(n, d)``, paired by row.
        valid: ``(n,)`` bool; None for all.
    """
    check_axes(u=(u, "item latent"), v=(v, "item latent"))
    return weighted_mean(1 - (unit(u) * unit(v)).sum(dim=-1), valid)


def _check_square(
    scores: Tensor, negatives: Tensor | None, valid: Tensor | None, weight: Tensor | None
) -> None:
    axes = {"scores": (scores, "item item")}
    if negatives is not None:
        axes["negatives"] = (negatives, "item item")
    if valid is not None:
        axes["valid"] = (valid, "item")
    if weight is not None:
        axes["weight"] = (weight, "item")
    check_axes(**axes)
