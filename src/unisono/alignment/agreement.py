r"""Do two signals belong together? A score for every window, and its p value against a shuffle.

The score is the cosine of the two latent windows that alignment trained to be alike, or minus the
mean square error of what was predicted of the other signal. What is a high score depends on the
model, so it is read against a null: the same window of one signal with windows of the other signal
that it does NOT belong to,

.. math:: p_i = \frac{1 + \#\{j : s_{ij} \ge s_{ii}\}}{1 + \#\{j\}}

If the signals have nothing to do with one another, the right partner is exchangeable with the wrong
ones, and ``p`` is uniform on :math:`\{1, \dots, n\}/n` (Phipson & Smyth, 2010, count the observed
pair in for that). Partners are compared at the SAME place in their sequence: latents also tell the
place, which would let any pair of the same place look better than a shuffled one.

Axes: ``n`` sequences of one clock, ``M`` windows in each.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from unisono.alignment.similarity import unit
from unisono.alignment.windows import cut, vectors
from unisono.core.checks import check_axes
from unisono.core.contracts import Latents
from unisono.core.errors import ShapeError

__all__ = ["PairScores", "error_scores", "pair_scores", "shuffled_p"]


class PairScores(NamedTuple):
    """Scores of every pair of sequences, window by window.

    Attributes:
        scores: ``(M, n, n)``: window ``m`` of sequence ``i`` of the first signal with window ``m``
            of sequence ``j`` of the second, a cosine; the diagonal holds the true pairs.
        valid: ``(M, n)`` bool, True where the window is valid in both signals.
        start: First frame of each window, ``(M,)``.
    """

    scores: Tensor
    valid: Tensor
    start: Tensor


@torch.no_grad()
def pair_scores(x: Latents, y: Latents, *, length: int) -> PairScores:
    """Score every sequence of one signal with every sequence of the other.

    Args:
        x: Latents of the first signal, ``z (n, L, d)``, ``mask (n, L)``.
        y: Latents of the second, the same shapes.
        length: Frames of a window; a sequence that is shorter makes one window.

    Raises:
        ShapeError: If the two sides differ in shape.
    """
    if x.z.shape != y.z.shape:
        raise ShapeError(
            f"x.z has shape {tuple(x.z.shape)}, but y.z has {tuple(y.z.shape)}; score pairs on one "
            "clock and one latent width."
        )
    length = min(length, x.z.shape[1])
    sides = []
    for side in (x, y):
        z = torch.where(side.mask[..., None], side.z, torch.zeros_like(side.z))
        sides.append(cut(functional.layer_norm(z, (z.shape[-1],)), side.mask, length=length))
    u, v = (unit(vectors(side.values)).transpose(0, 1) for side in sides)  # (M, n, C d)
    both = (sides[0].valid & sides[1].valid).T
    return PairScores(u @ v.transpose(1, 2), both, sides[0].start)


@torch.no_grad()
def error_scores(predicted: Tensor, truth: Tensor, valid: Tensor, *, length: int) -> PairScores:
    """Score pairs by minus the mean square error of a prediction, window by window.

    Args:
        predicted: What is predicted from each sequence of the first signal, ``(n, L, D)``.
        truth: The second signal, ``(n, L, D)``, in the same unit (training spreads, say).
        valid: ``(n, L, D)`` bool, where the truth is valid.
        length: Frames of a window; a sequence that is shorter makes one window.
    """
    check_axes(predicted=(predicted, "n l d"), truth=(truth, "n l d"), valid=(valid, "n l d"))
    length = min(length, truth.shape[1])
    everywhere = torch.ones_like(valid[..., 0])

    def windows(values: Tensor) -> Tensor:
        kept = torch.where(valid, values, 0.0) if values is truth else values
        return vectors(cut(kept.double(), everywhere, length=length).values).transpose(0, 1)

    p, y, there = windows(predicted), windows(truth), windows(valid.to(predicted.dtype))
    count = there.sum(dim=-1)  # (M, n)
    # (p - y)^2 summed over what is valid of y, for all pairs at once
    squared = p.square() @ there.mT - 2 * p @ y.mT + y.square().sum(dim=-1)[:, None]
    scores = -squared / count.clamp(min=1)[:, None]
    start = torch.arange(len(count), device=truth.device) * length
    return PairScores(scores, count > 0, start)


@torch.no_grad()
def shuffled_p(scores: Tensor, valid: Tensor, apart: Tensor) -> Tensor:
    """P value of every true pair against the wrong partners; see the module's docstring.

    Args:
        scores: ``(M, n, n)``, the true pairs on the diagonal.
        valid: ``(M, n)`` bool.
        apart: ``(n, n)`` bool: which sequences have nothing to do with one another (other people,
            or the same recording at another time).

    Returns:
        ``(M, n)``; NaN where the window is not valid or has no wrong partner. A tie counts against
        the pair.

    Example:
        >>> s = torch.eye(4)[None]
        >>> shuffled_p(s, torch.ones(1, 4, dtype=torch.bool), ~torch.eye(4, dtype=torch.bool))
        tensor([[0.2500, 0.2500, 0.2500, 0.2500]])
    """
    check_axes(scores=(scores, "m n n"), valid=(valid, "m n"), apart=(apart, "n n"))
    own = scores.diagonal(dim1=1, dim2=2)[..., None]
    wrong = apart & ~torch.eye(len(apart), dtype=torch.bool, device=apart.device)
    null = valid[:, None, :] & wrong
    count = null.sum(dim=-1)
    p = (1 + ((scores >= own) & null).sum(dim=-1)) / (1 + count)
    return torch.where(valid & (count > 0), p, torch.nan)
