r"""A linear start for the mean: ridge regression from whole given windows to whole wanted windows.

With ``n`` windows, given curves flattened to ``X (n, P)`` and wanted curves to ``Y (n, Q)``, both
centred,

.. math:: W = (X^\top X + \lambda I)^{-1} X^\top Y = X^\top (X X^\top + \lambda I)^{-1} Y

(Hoerl & Kennard, 1970), the second form where ``n < P``. The penalty is chosen by cross-validation
over subjects. While training, each window is predicted by weights fitted **without its subject's
fold**: residuals of the final weights on their own training data would be too small, and a network
trained on them would learn nothing of how the start errs on a new person.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from unisono.core.checks import check_axes

__all__ = ["RidgeStart", "ridge_weights"]

_PENALTIES = tuple(float(10.0**k) for k in range(-1, 7))

_LEAST_VALID = 0.5
"""Share of a wanted window that must be valid for it to be fitted, as for a kernel start."""


class _Fit(NamedTuple):
    weight: Tensor
    bias: Tensor


def ridge_weights(x: Tensor, y: Tensor, penalty: float) -> tuple[Tensor, Tensor]:
    """Return ``(weight, bias)`` with ``y ~ x @ weight + bias``, bias not penalised.

    Args:
        x: ``(n, P)``.
        y: ``(n, Q)``.
        penalty: ``lambda`` above 0, in squared units of ``x``.
    """
    check_axes(x=(x, "n p"), y=(y, "n q"))
    x_mean, y_mean = x.mean(dim=0), y.mean(dim=0)
    xc, yc = x - x_mean, y - y_mean
    n, p = xc.shape
    if n < p:
        gram = xc @ xc.T + penalty * torch.eye(n, dtype=x.dtype)
        weight = xc.T @ torch.linalg.solve(gram, yc)
    else:
        gram = xc.T @ xc + penalty * torch.eye(p, dtype=x.dtype)
        weight = torch.linalg.solve(gram, xc.T @ yc)
    return weight, y_mean - x_mean @ weight


class RidgeStart(nn.Module):
    """Predict a wanted window ``(B, L, D_out)`` from a given one ``(B, L, D_in)``, linearly.

    Args:
        frames: Frames ``L`` of a window; fixed.
        given: Channels ``D_in``.
        want: Channels ``D_out``.
        folds: Folds of subjects for choosing the penalty and for training predictions.
    """

    weight: Tensor
    bias: Tensor
    fold_weight: Tensor
    fold_bias: Tensor
    fold_of: Tensor

    def __init__(self, frames: int, given: int, want: int, *, folds: int = 5) -> None:
        super().__init__()
        p, q = frames * given, frames * want
        self.frames, self.want, self.folds = frames, want, folds
        self.register_buffer("weight", torch.zeros(p, q))
        self.register_buffer("bias", torch.zeros(q))
        # Of use while training only: refitted by `fit`, never part of a sealed model.
        self.register_buffer("fold_weight", torch.zeros(0, p, q), persistent=False)
        self.register_buffer("fold_bias", torch.zeros(0, q), persistent=False)
        self.register_buffer("fold_of", torch.zeros(0, dtype=torch.int64), persistent=False)

    def fit(self, x: Tensor, y: Tensor, valid: Tensor, subject: Tensor) -> float:
        """Fit on standardised training windows; return the penalty chosen.

        Windows of which less than half of what is wanted is valid do not count: fitted, they would
        teach that what is not known is the mean.

        Args:
            x: ``(n, L, D_in)``, 0 where not valid.
            y: ``(n, L, D_out)``, 0 where not valid.
            valid: ``(n, L, D_out)`` bool.
            subject: Code of each window's subject, ``(n,)``.
        """
        axes = {"x": (x, "n l i"), "y": (y, "n l o"), "valid": (valid, "n l o")}
        check_axes(**axes, subject=(subject, "n"))
        known = valid.flatten(1).float().mean(dim=1) >= _LEAST_VALID
        known = known | ~known.any()  # where none is that whole, all are of use
        flat_x, flat_y = x[known].flatten(1).double(), y[known].flatten(1).double()
        people = torch.unique(subject[known])
        folds = min(self.folds, len(people))
        table = torch.zeros(int(subject.max()) + 1, dtype=torch.int64)
        table[people] = torch.arange(len(people)) % max(folds, 1)
        fold = table[subject[known]]
        best, penalty, kept = float("inf"), _PENALTIES[len(_PENALTIES) // 2], None
        for candidate in _PENALTIES if folds > 1 else ():
            fits = [
                _Fit(*ridge_weights(flat_x[fold != k], flat_y[fold != k], candidate))
                for k in range(folds)
            ]
            parts = [
                (flat_x[fold == k] @ f.weight + f.bias - flat_y[fold == k]).square().sum()
                for k, f in enumerate(fits)
            ]
            error = float(torch.stack(parts).sum())
            if error < best:
                best, penalty, kept = error, candidate, fits
        weight, bias = ridge_weights(flat_x, flat_y, penalty)
        self.weight.copy_(weight)
        self.bias.copy_(bias)
        if kept is not None:
            self.fold_weight = torch.stack([f.weight for f in kept]).to(self.weight.dtype)
            self.fold_bias = torch.stack([f.bias for f in kept]).to(self.bias.dtype)
            self.fold_of = table
        return penalty

    def forward(self, x: Tensor, subject: Tensor | None = None) -> Tensor:
        """Predict; with ``subject`` codes, by the weights that never saw that subject's fold."""
        flat = x.flatten(1)
        if subject is None or not len(self.fold_of):
            out = flat @ self.weight + self.bias
        else:
            fold = self.fold_of[subject]
            # One product a fold: gathering a weight matrix a row would cost far more memory.
            out = flat.new_zeros(len(flat), self.bias.shape[0])
            for k in range(len(self.fold_weight)):
                rows = fold == k
                out[rows] = flat[rows] @ self.fold_weight[k] + self.fold_bias[k]
        return out.view(len(x), self.frames, self.want)
