r"""Several predictions of one thing, weighed into one: stacking with weights that stay convex.

With ``C`` candidate predictions :math:`z_c` of curves :math:`y`, each made for people that it was
not fitted on, the weights of a channel minimise

.. math:: \frac{1}{N}\sum_i (y_i - \textstyle\sum_c w_c z_{ci})^2
          + \kappa \sum_c (w_c - 1/C)^2, \qquad w_c \ge 0, \; \sum_c w_c = 1

with everything in spreads of the channel. (Wolpert, 1992; Breiman, "Stacked regressions", 1996, who
shows that non-negative weights are what makes it work.) The pull to equal weights decides between
candidates that the data do not tell apart.

Which candidate to believe may change along a movement (while one foot is in the air mechanics knows
more than while two share the load): weights are then fitted at a few **anchors**, each with the
frames around it weighed by a triangle that ends at the next anchor, and blended between them by the
same triangles, so that they stay convex at every frame.
"""

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor

from unisono.core.checks import check_axes

__all__ = ["anchors", "blended", "stack_weights", "staged_weights"]

_PULL = 0.03
"""``kappa``, in squared spreads."""

_SUM = 1e4
"""Weight of the sum being 1, against errors of about 1."""


def anchors(count: int, frames: int) -> Tensor:
    """Triangles around evenly spread anchors, ``(A, L)``; they sum to 1 at every frame.

    Args:
        count: Anchors ``A``; with one, its weight is 1 throughout.
        frames: Frames ``L``.

    Example:
        >>> anchors(3, 5).tolist()[1]
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    if count == 1:
        return torch.ones(1, frames)
    time = torch.linspace(0, count - 1, frames)
    return (1 - (time[None] - torch.arange(count)[:, None]).abs()).clamp_min(0.0)


def blended(candidates: Tensor, weights: Tensor) -> Tensor:
    """Candidates weighed into one, ``(n, L, D)``.

    Args:
        candidates: ``(C, n, L, D)``.
        weights: Weights of each window at each anchor, ``(n, A, C, D)``.
    """
    check_axes(candidates=(candidates, "c n l d"), weights=(weights, "n a c d"))
    out = torch.zeros_like(candidates[0])
    for k, share in enumerate(anchors(weights.shape[1], out.shape[1]).to(out)):
        part = torch.einsum("cnld,ncd->nld", candidates, weights[:, k])
        out = out + share[None, :, None] * part
    return out


def stack_weights(
    candidates: Tensor, y: Tensor, valid: Tensor, importance: Tensor | None = None
) -> Tensor:
    """Weights of candidates, channel by channel, ``(C, D)``.

    Args:
        candidates: ``(C, n, L, D)``, standardised, each out of sample.
        y: Truth, ``(n, L, D)``.
        valid: Its validity.
        importance: How much each frame counts, ``(L,)``; None for all alike.

    Example:
        >>> y = torch.randn(5, 6, 1, generator=torch.Generator().manual_seed(0))
        >>> z = torch.stack([y, torch.zeros_like(y)])
        >>> bool(stack_weights(z, y, torch.ones_like(y) > 0)[0, 0] > 0.9)
        True
    """
    check_axes(candidates=(candidates, "c n l d"), y=(y, "n l d"), valid=(valid, "n l d"))
    count, width = len(candidates), y.shape[-1]
    weights = torch.full((count, width), 1 / count, dtype=torch.float64)
    each = torch.ones(y.shape[1]) if importance is None else importance
    counts = np.broadcast_to(each.double().numpy(), y.shape[:2]).ravel()
    # channels first, so that each is one block of memory
    all_z = candidates.movedim(-1, 0).flatten(2).double().numpy()
    all_y = y.movedim(-1, 0).flatten(1).double().numpy()
    all_good = valid.movedim(-1, 0).flatten(1).numpy() & (counts > 0)
    for channel in range(width):
        good = all_good[channel]
        if not good.any():
            continue
        z, truth = all_z[channel][:, good], all_y[channel][good]
        share = counts[good] / counts[good].sum()
        size = float((z**2 @ share).max())
        spread = max(float(share @ (truth - share @ truth) ** 2), 1e-6 * size) or 1.0
        # the normal equations of the three terms, as the least squares that nnls solves
        pull, whole = _PULL * spread, _SUM * max(spread, size)
        inner = (z * share) @ z.T + pull * np.eye(count) + whole
        outer = z @ (share * truth) + pull / count + whole
        root = np.linalg.cholesky(inner)
        found = nnls(root.T, np.linalg.solve(root, outer))[0]
        weights[:, channel] = torch.from_numpy(found / found.sum())
    return weights.to(y.dtype)


def staged_weights(
    candidates: Tensor, y: Tensor, valid: Tensor, stages: int, *, every: int = 1
) -> Tensor:
    """Weights of candidates at several anchors, ``(A, C, D)``; see :func:`stack_weights`.

    Args:
        candidates: ``(C, n, L, D)``, standardised, each out of sample.
        y: Truth, ``(n, L, D)``.
        valid: Its validity.
        stages: Anchors ``A``.
        every: Only every so-manieth frame is looked at.
    """
    shares = anchors(stages, y.shape[1])[:, ::every]
    z, truth, good = candidates[:, :, ::every], y[:, ::every], valid[:, ::every]
    return torch.stack([stack_weights(z, truth, good, share) for share in shares])
