r"""Several predictions of one thing, weighed into one: stacking with weights that stay convex.

With ``C`` candidate predictions :math:`z_c` of curves :math:`y`, each made for people that it was
not fitted on, the weights of a channel minimise

.. math:: \frac{1}{N}\sum_i (y_i - \textstyle\sum_c w_c z_{ci})^2
          + \kappa \sum_c (w_c - 1/C)^2, \qquad w_c \ge 0, \; \sum_c w_c = 1

with everything in spreads of the channel. (Wolpert, 1992; Breiman, "Stacked regressions", 1996, who
shows that non-negative weights are what makes it work.) The pull to equal weights decides between
candidates that the data do not tell apart.
"""

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor

from unisono.core.checks import check_axes

__all__ = ["stack_weights"]

_PULL = 0.03
"""``kappa``, in squared spreads."""

_SUM = 1e4
"""Weight of the sum being 1, against errors of about 1."""


def stack_weights(candidates: Tensor, y: Tensor, valid: Tensor) -> Tensor:
    """Weights of candidates, channel by channel, ``(C, D)``.

    Args:
        candidates: ``(C, n, L, D)``, standardised, each out of sample.
        y: Truth, ``(n, L, D)``.
        valid: Its validity.

    Example:
        >>> y = torch.randn(5, 6, 1, generator=torch.Generator().manual_seed(0))
        >>> z = torch.stack([y, torch.zeros_like(y)])
        >>> bool(stack_weights(z, y, torch.ones_like(y) > 0)[0, 0] > 0.9)
        True
    """
    check_axes(candidates=(candidates, "c n l d"), y=(y, "n l d"), valid=(valid, "n l d"))
    count, width = len(candidates), y.shape[-1]
    weights = torch.full((count, width), 1 / count, dtype=torch.float64)
    for channel in range(width):
        good = valid[..., channel]
        if not good.any():
            continue
        z = candidates[..., channel][:, good].double().numpy()
        truth = y[..., channel][good].double().numpy()
        spread = float(np.var(truth)) or 1.0
        # the normal equations of the three terms, as the least squares that nnls solves
        pull = _PULL * spread
        inner = z @ z.T / len(truth) + pull * np.eye(count) + _SUM * spread
        outer = z @ truth / len(truth) + pull / count + _SUM * spread
        root = np.linalg.cholesky(inner)
        found = nnls(root.T, np.linalg.solve(root, outer))[0]
        weights[:, channel] = torch.from_numpy(found / found.sum())
    return weights.to(y.dtype)
