r"""A kernel start for the mean: kernel ridge regression on whole windows, with rates.

The mean of a Gaussian process (Rasmussen & Williams, 2006, ch. 2). With ``n`` training windows,
features ``phi (n, P)`` and wanted curves ``Y (n, Q)``,

.. math::

    f(x) = \bar Y + k(x)^\top (K + \lambda I)^{-1} (Y - \bar Y), \qquad
    k_{ij} = \exp\Bigl(-\frac{\lVert\phi_i - \phi_j\rVert^2}{2 r^2 m}\Bigr)
    \;\text{or}\; \langle\phi_i, \phi_j\rangle

with ``m`` the median squared distance of two training windows. The features are blocks: the given
curves; their rates (per second where the window's duration is known, since a force follows an
acceleration and not a shape); and the known numbers. Each block is centred and scaled to a mean
squared length of 1, so that five numbers count as much as five thousand samples.

Kernel, width ``r``, penalty and whether rates help are chosen for each wanted stream by
cross-validation over subjects. While training, a window is predicted without its subject's fold,
as in :mod:`unisono.networks.linear`. The given curves of the training windows are part of the
model: whoever seals it gives them away.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from unisono.core.checks import check_axes
from unisono.core.errors import ShapeError

__all__ = ["KernelChoice", "KernelData", "KernelStart", "solve_kernel", "window_rates"]

_WIDTHS = (0.0, 1.0, 2.0, 4.0)
"""Widths ``r``; 0 stands for the linear kernel."""

_PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
_SMOOTH = 2.0
"""Standard deviation of the Gaussian that smooths rates, frames."""

_MOST = 1000
"""Training windows that are kept, evenly spread: a kernel costs their square."""


class KernelChoice(NamedTuple):
    """What was chosen for one wanted stream.

    Attributes:
        rates: Whether rates are features.
        width: ``r``; 0 for the linear kernel.
        penalty: ``lambda``.
    """

    rates: bool
    width: float
    penalty: float


class KernelData(NamedTuple):
    """What the start sees of windows.

    Attributes:
        x: Standardised given curves, ``(n, L, D)``, 0 where not valid.
        numbers: Standardised known numbers, ``(n, K)``, 0 where not known.
        seconds: Duration of each window, ``(n,)``; None where unknown: rates are then a window's.
    """

    x: Tensor
    numbers: Tensor
    seconds: Tensor | None = None


def solve_kernel(gram: Tensor, y: Tensor, weight: Tensor, penalty: float) -> Tensor:
    """Coefficients ``(n, q)`` of kernel ridge regression; rows of weight 0 get 0.

    Args:
        gram: ``(n, n)``.
        y: Centred targets, ``(n, q)``.
        weight: 1 for a row that counts, 0 for one that does not, ``(n,)``.
        penalty: ``lambda``.
    """
    used = weight > 0
    eye = torch.eye(int(used.sum()), dtype=gram.dtype, device=gram.device)
    inner = gram[used][:, used] + penalty * eye
    found = gram.new_zeros(y.shape)
    found[used] = torch.linalg.solve(inner, y[used])
    return found


def window_rates(x: Tensor, seconds: Tensor | None) -> Tensor:
    """Smoothed derivative of curves ``(n, L, D)``, per second or per window."""
    reach = int(4 * _SMOOTH)
    at = torch.arange(-reach, reach + 1, dtype=x.dtype, device=x.device)
    bell = torch.exp(-0.5 * (at / _SMOOTH) ** 2)
    slope = torch.gradient(x, dim=1)[0] * (x.shape[1] - 1)
    flat = slope.transpose(1, 2).reshape(-1, 1, x.shape[1])
    padded = functional.pad(flat, (reach, reach), mode="replicate")
    smooth = functional.conv1d(padded, (bell / bell.sum())[None, None]).reshape(
        len(x), x.shape[2], x.shape[1]
    )
    out = smooth.transpose(1, 2)
    return out if seconds is None else out / seconds.clamp_min(1e-3)[:, None, None]


def _distances(a: Tensor, b: Tensor) -> Tensor:
    found = a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T
    return found.clamp_min(0.0)


class KernelStart(nn.Module):
    """Predict wanted windows ``(B, L, D_out)`` from given ones by kernel ridge regression.

    Args:
        frames: Frames ``L`` of a window; fixed.
        given: Channels ``D``.
        want: Channels of each wanted stream, in order.
        numbers: Known numbers ``K``.
        folds: Folds of subjects for choosing, and for training predictions.
    """

    curve: Tensor
    scale: Tensor
    bank: Tensor
    dual: Tensor
    mean: Tensor
    chosen: Tensor
    median: Tensor
    fold_dual: Tensor
    fold_mean: Tensor
    fold_of: Tensor

    def __init__(
        self, frames: int, given: int, want: Sequence[int], numbers: int, *, folds: int = 10
    ) -> None:
        super().__init__()
        self.frames, self.given, self.numbers, self.folds = frames, given, numbers, folds
        self.want = tuple(want)
        size, wide = 2 * frames * given + numbers, frames * sum(want)
        self.register_buffer("curve", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))
        self.register_buffer("bank", torch.zeros(0, size))
        self.register_buffer("dual", torch.zeros(0, wide))
        self.register_buffer("mean", torch.zeros(wide))
        # one row a wanted stream: rates, width, penalty
        self.register_buffer("chosen", torch.zeros(len(want), 3))
        self.register_buffer("median", torch.ones(2))  # without and with rates
        # Of use while training only, never part of a sealed model.
        self.register_buffer("fold_dual", torch.zeros(0, 0, wide), persistent=False)
        self.register_buffer("fold_mean", torch.zeros(0, wide), persistent=False)
        self.register_buffer("fold_of", torch.zeros(0, dtype=torch.int64), persistent=False)

    @property
    def choices(self) -> list[KernelChoice]:
        """What was chosen, stream by stream."""
        return [KernelChoice(bool(r), w, p) for r, w, p in self.chosen.tolist()]

    def fit(self, data: KernelData, y: Tensor, valid: Tensor, subject: Tensor) -> None:
        """Fit on training windows.

        Args:
            data: The given side.
            y: Standardised wanted curves, ``(n, L, D_out)``, 0 where not valid.
            valid: Their validity, ``(n, L, D_out)``.
            subject: Code of each window's subject, ``(n,)``.
        """
        check_axes(x=(data.x, "n l i"), y=(y, "n l o"), valid=(valid, "n l o"))
        kept = torch.linspace(0, len(y) - 1, min(len(y), _MOST)).round().long()
        seconds = None if data.seconds is None else data.seconds[kept]
        data = KernelData(data.x[kept], data.numbers[kept], seconds)
        y, valid = y[kept].double(), valid[kept]
        self._fit_features(data)
        self.bank = self._features(data)
        fold, folds = self._fold(subject, kept)
        parts = self._blocks()
        distances = [_distances(*[self._part(self.bank, bool(r)).double()] * 2) for r in (0, 1)]
        upper = torch.triu_indices(len(kept), len(kept), 1)
        self.median = torch.stack(
            [d[upper[0], upper[1]].median() if len(kept) > 1 else d.new_ones(()) for d in distances]
        ).to(self.median.dtype)
        wide, count = y.flatten(1).shape[1], len(kept)
        self.dual = self.bank.new_zeros(count, wide)
        fold_dual = self.bank.new_zeros(folds, count, wide)
        fold_mean = self.bank.new_zeros(folds, wide)
        for k, columns in enumerate(parts):
            target = y.flatten(1)[:, columns]
            good = valid.flatten(1)[:, columns]
            weight = (good.float().mean(dim=1) >= 0.5).double()
            self.chosen[k] = torch.tensor(self._choose(target, good, weight, fold))
            gram = self._kernel(self.bank, KernelChoice(*self.chosen[k].tolist())).double()
            for f in range(folds + 1):
                rows = weight * (fold != f) if f < folds else weight
                if not rows.any():
                    continue
                mean = target[rows > 0].mean(dim=0)
                dual = solve_kernel(gram, target - mean, rows, float(self.chosen[k, 2]))
                where = (fold_dual[f], fold_mean[f]) if f < folds else (self.dual, self.mean)
                where[0][:, columns] = dual.to(self.dual.dtype)
                where[1][columns] = mean.to(self.mean.dtype)
        self.fold_dual, self.fold_mean = fold_dual, fold_mean

    def forward(self, data: KernelData, subject: Tensor | None = None) -> Tensor:
        """Predict; with ``subject`` codes, without that subject's fold."""
        features = self._features(data)
        out = features.new_zeros(len(features), self.mean.shape[0])
        single = subject is None or not len(self.fold_mean)
        fold = torch.zeros(len(out), dtype=torch.int64, device=out.device)
        if not single:
            fold = self.fold_of[subject]
        for columns, choice in zip(self._blocks(), self.choices, strict=True):
            gram = self._kernel(features, choice)
            if single:
                out[:, columns] = gram @ self.dual[:, columns] + self.mean[columns]
                continue
            for f in range(len(self.fold_mean)):
                rows = fold == f
                found = gram[rows] @ self.fold_dual[f][:, columns] + self.fold_mean[f, columns]
                out[rows.nonzero(), columns] = found
        return out.view(len(out), self.frames, -1)

    def _fold(self, subject: Tensor, kept: Tensor) -> tuple[Tensor, int]:
        """Fold of each kept window, and how many folds there are (0 of one subject)."""
        people = torch.unique(subject)
        folds = min(self.folds, len(people))
        folds = folds if folds > 1 else 0
        table = torch.zeros(int(people.max()) + 1, dtype=torch.int64)
        table[people] = torch.arange(len(people)) % max(folds, 1)
        self.fold_of = table
        return table[subject[kept]], folds

    def _choose(
        self, y: Tensor, good: Tensor, weight: Tensor, fold: Tensor
    ) -> tuple[float, float, float]:
        """Rates, width and penalty with the least error over folds of subjects."""
        best, chosen = float("inf"), (1.0, 2.0, 0.03)
        for rates in (0.0, 1.0):
            for width in _WIDTHS:
                gram = self._kernel(self.bank, KernelChoice(bool(rates), width, 0.0)).double()
                for penalty in _PENALTIES:
                    error = _held_out_error(gram, (y, good, weight), fold, penalty)
                    if error < best:
                        best, chosen = error, (rates, width, penalty)
        return chosen

    def _blocks(self) -> list[Tensor]:
        """Columns of each wanted stream in a flattened window ``(L, D_out)``."""
        column = torch.arange(self.frames * sum(self.want)).view(self.frames, -1)
        return [part.flatten() for part in torch.split(column, list(self.want), dim=1)]

    def _raw(self, data: KernelData) -> Tensor:
        if data.x.shape[1:] != (self.frames, self.given):
            raise ShapeError(
                f"the kernel start was built for windows of (frame, channel) "
                f"{(self.frames, self.given)}; got {tuple(data.x.shape[1:])}."
            )
        rates = window_rates(data.x, data.seconds)
        return torch.cat([data.x.flatten(1), rates.flatten(1), data.numbers], dim=1)

    def _fit_features(self, data: KernelData) -> None:
        raw = self._raw(data).double()
        curve = raw.mean(dim=0)
        centred = raw - curve
        cut = self.frames * self.given
        channel = centred[:, cut : 2 * cut].reshape(-1, self.given).square().mean(dim=0).sqrt()
        spread = torch.ones_like(curve)
        spread[cut : 2 * cut] = channel.clamp_min(1e-6).repeat(self.frames)
        for block in (slice(0, cut), slice(cut, 2 * cut), slice(2 * cut, None)):
            length = (centred[:, block] / spread[block]).square().sum(dim=1).mean().sqrt()
            spread[block] *= length.clamp_min(1e-6)
        self.curve.copy_(curve)
        self.scale.copy_(1 / spread)

    def _features(self, data: KernelData) -> Tensor:
        return (self._raw(data) - self.curve) * self.scale

    def _part(self, features: Tensor, rates: bool) -> Tensor:
        """Features without the rates, if they are not wanted."""
        if rates:
            return features
        cut = self.frames * self.given
        return torch.cat([features[:, :cut], features[:, 2 * cut :]], dim=1)

    def _kernel(self, features: Tensor, choice: KernelChoice) -> Tensor:
        """Kernel between windows and the kept training windows, ``(B, n)``."""
        a, b = self._part(features, choice.rates), self._part(self.bank, choice.rates)
        if not choice.width:
            return a @ b.T
        size = 2 * choice.width**2 * self.median[int(choice.rates)]
        return torch.exp(-_distances(a, b) / size)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:  # noqa: ANN401 - torch's own signature
        """Take the number of training windows from what is loaded."""
        for name in ("bank", "dual"):
            saved = state_dict.get(prefix + name)
            if saved is not None:
                setattr(self, name, getattr(self, name).new_zeros(saved.shape))
        super()._load_from_state_dict(state_dict, prefix, *args)


def _held_out_error(
    gram: Tensor, target: tuple[Tensor, Tensor, Tensor], fold: Tensor, penalty: float
) -> float:
    """Squared error of valid samples, each predicted without its subject's fold."""
    y, good, weight = target
    total = 0.0
    for f in torch.unique(fold).tolist():
        rows, test = weight * (fold != f), (fold == f) & (weight > 0)
        if not rows.any() or not test.any():
            continue
        mean = y[rows > 0].mean(dim=0)
        found = gram[test] @ solve_kernel(gram, y - mean, rows, penalty) + mean
        total += float(((found - y[test]).square() * good[test]).sum())
    return total if total > 0 else float("inf")
