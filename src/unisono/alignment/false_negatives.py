r"""Negatives that are probably no negatives: windows that look alike for a good reason.

Gait repeats: a window one stride later shows the same phase, and pushing it away teaches the
latents a difference that the data do not have. Two tests find such pairs, by the clock and by the
signals themselves. Both return ``(n, n)`` bool, symmetric, False on the diagonal, for
:meth:`unisono.alignment.pairs.PairMasks.without`.
"""

import math

import torch
from torch import Tensor

from unisono.alignment.pairs import Items
from unisono.core.checks import check_axes, check_range

__all__ = ["correlated", "most_alike", "same_phase"]


def same_phase(items: Items, period: Tensor, *, tolerance: float) -> Tensor:
    r"""Find windows of one sequence that lie a whole number of periods apart.

    :math:`|\,|f_i - f_j| - kP\,| \le` tolerance for some whole ``k >= 1``.

    Args:
        items: The windows.
        period: Period of each sequence in frames, indexed by ``items.sequence``, ``(S,)``;
            infinite, NaN or not positive where there is none.
        tolerance: Frames; half a window is usual.
    """
    check_axes(period=(period, "sequence"))
    check_range("tolerance", tolerance, 0.0, math.inf, closed=True)
    own = period[items.sequence].to(torch.float64)
    has_period = torch.isfinite(own) & (own > 0)
    own = torch.where(has_period, own, 1.0)[:, None]
    apart = (items.frame[:, None] - items.frame[None, :]).abs().to(torch.float64)
    whole = (apart / own).round().clamp(min=1)
    same = (items.sequence[:, None] == items.sequence[None, :]) & has_period[:, None]
    return same & (apart > 0) & ((apart - whole * own).abs() <= tolerance)


def correlated(x: Tensor, y: Tensor, *, threshold: float = 0.95) -> Tensor:
    """Find windows whose signals correlate above a threshold in BOTH modalities.

    Pearson correlation of the flattened windows. A window without variance correlates with none.

    Args:
        x: Windows of the first signal, normalised per channel, ``(n, p)``.
        y: Windows of the second, ``(n, q)``.
        threshold: In (-1, 1).
    """
    check_axes(x=(x, "window p"), y=(y, "window q"))
    check_range("threshold", threshold, -1.0, 1.0)
    alike = (_correlation(x) > threshold) & (_correlation(y) > threshold)
    return alike & ~torch.eye(len(x), dtype=torch.bool, device=x.device)


def most_alike(x: Tensor, candidates: Tensor, *, share: float) -> Tensor:
    """Keep of each row's candidates the share whose signals are most alike: hard negatives.

    In gait these are windows of the same phase of other people: what is left to tell them apart is
    the person, not the moment.

    Args:
        x: Windows of a signal, normalised per channel, ``(n, p)``.
        candidates: ``(n, n)`` bool.
        share: Of each row's candidates, in (0, 1]; at least one is kept.

    Returns:
        ``(n, n)`` bool, symmetric: a pair that either row keeps is kept.
    """
    check_axes(x=(x, "window p"), candidates=(candidates, "window window"))
    check_range("share", share, 0.0, 1.0 + 1e-9)
    alike = _correlation(x).masked_fill(~candidates, -torch.inf)
    count = (share * candidates.sum(dim=1)).ceil().long().clamp(min=1)
    ordered = alike.sort(dim=1, descending=True).values
    least = ordered.gather(1, (count - 1)[:, None])
    kept = candidates & (alike >= least)
    return kept | (kept.T & candidates)


def _correlation(x: Tensor) -> Tensor:
    x = x.detach()
    centred = x - x.mean(dim=1, keepdim=True)
    length = centred.norm(dim=1)
    varied = length > 1e-6 * x.norm(dim=1)
    direction = centred / torch.where(varied, length, 1.0)[:, None]
    known = varied[:, None] & varied[None, :]
    return torch.where(known, direction @ direction.T, -torch.inf)
