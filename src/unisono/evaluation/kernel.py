r"""Kernel ridge regression as a baseline: curves, their rates and what is known, window by window.

The same estimator that a model may start from (:mod:`unisono.networks.kernel`), with the same
choice of kernel over the training subjects: what a model owes to it alone, this row shows. Windows
of a laboratory differ in duration, and forces follow accelerations, so that rates are per second
where the duration is given (``Given.seconds``).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from unisono.core.errors import UnisonoError
from unisono.evaluation.arrays import Array, mask_out, masked_mean, masked_spread
from unisono.evaluation.features import Given, Pairs, thin
from unisono.networks.kernel import KernelData, KernelStart

__all__ = ["Kernel"]

_MOST_WINDOWS = 1000


@dataclass(eq=False)
class Kernel:
    """Kernel ridge regression with kernel, width, penalty and rates chosen over the subjects.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(40, 6, 2)).cumsum(1)
        >>> given = Given(x, np.ones_like(x, bool))
        >>> who = np.repeat([str(k) for k in range(8)], 5)
        >>> pairs = Pairs(given, 2 * x[..., :1] + 1, np.ones((40, 6, 1), bool), who)
        >>> found = Kernel().fit(pairs, generator=rng).predict(given)
        >>> bool(((found - pairs.want) ** 2).mean() < 0.02 * pairs.want.var())
        True
    """

    name: str = "kernel"

    def fit(self, pairs: Pairs, *, generator: np.random.Generator) -> "Kernel":  # noqa: ARG002
        """Choose and fit; nothing is drawn.

        Args:
            pairs: The training windows; of more than 1000 every so-manieth is used.
            generator: Not drawn from: folds are dealt in the order of the subjects.

        Raises:
            UnisonoError: If no wanted sample is valid.
        """
        pairs = thin(pairs, _MOST_WINDOWS)
        if not pairs.want_valid.any():
            raise UnisonoError("kernel: no wanted sample is valid; check the masks.")
        self._given = _scale(pairs.given.values, pairs.given.valid)
        self._want = _scale(pairs.want, pairs.want_valid)
        known = _known(pairs.given)
        self._known = _scale(known, np.isfinite(known))
        _, frames, channels = pairs.given.values.shape
        if pairs.want.shape[1] != frames:
            raise UnisonoError(
                f"kernel: given windows have {frames} frames and wanted ones "
                f"{pairs.want.shape[1]}; leave this baseline out."
            )
        self._start = KernelStart(frames, channels, (pairs.want.shape[2],), known.shape[1])
        subject = np.unique(pairs.subjects, return_inverse=True)[1]
        self._start.fit(
            self._data(pairs.given),
            _standard(pairs.want, pairs.want_valid, self._want),
            torch.from_numpy(pairs.want_valid),
            torch.from_numpy(subject.astype(np.int64)),
        )
        return self

    def predict(self, given: Given) -> Array:
        """Return ``(n, L', D')`` in the target's unit."""
        with torch.no_grad():
            out = self._start(self._data(given)).numpy().astype(np.float64)
        return np.asarray(out * self._want[1] + self._want[0])

    def _data(self, given: Given) -> KernelData:
        known = _known(given)
        seconds = None if given.seconds is None else torch.from_numpy(given.seconds).float()
        return KernelData(
            _standard(given.values, given.valid, self._given),
            _standard(known, np.isfinite(known), self._known),
            seconds,
        )


def _known(given: Given) -> Array:
    return np.zeros((len(given.values), 0)) if given.known is None else given.known


def _scale(values: Array, valid: np.ndarray) -> tuple[Array, Array]:
    """Mean and spread of the last axis, over all others."""
    axes = tuple(range(values.ndim - 1))
    spread = masked_spread(values, valid) if values.ndim == 3 else np.nanstd(values, axis=0)
    mean = np.nan_to_num(masked_mean(values, valid, axes))
    return mean, np.where(spread > 0, spread, 1.0)


def _standard(values: Array, valid: np.ndarray, scale: tuple[Array, Array]) -> Tensor:
    inner = np.where(valid, (mask_out(values, valid) - scale[0]) / scale[1], 0.0)
    return torch.from_numpy(inner).float()
