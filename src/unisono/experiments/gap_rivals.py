r"""Rivals for frames that were removed from a sequence: what a map must beat.

A **gap** of ``g`` frames has ``w`` known frames on either side. Each rival sees the codes of the
known frames and the **bank**: codes of all other frames, none of which was removed. It returns
codes for the gap, ``(g, w_z)``.

- ``mean frame``, ``copy`` (of the last known frame), ``line`` and ``spline`` in codes;
- ``spline + neighbours``: the spline's points replaced by means of the nearest codes;
- a curve through the known frames on some map (principal axes, a trained map, a random encoder),
  lifted by neighbours or kernel ridge: :class:`CurveAndLift`;
- ``analogue``: the bank's stretch whose surroundings are most alike, moved to fit at both ends;
- ``ridge``: linear regression from the surroundings to the gap, fitted on the bank's stretches;
- ``autoregression``: rolled out from the left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.errors import UnisonoError
from unisono.editing.bank import Bank
from unisono.editing.forecasting import AutoRegression
from unisono.editing.lift import KernelRidgeLift, Lift, NeighbourLift
from unisono.editing.walks import SplineWalk, lerp

__all__ = ["CodeRivals", "CurveAndLift", "Gap", "Stretches", "psnr"]

Array = npt.NDArray[np.float64]

_LAGS = 4
_PENALTY = 1e-3


class Gap(NamedTuple):
    """What is known about a gap.

    Attributes:
        left: Codes of the known frames before, ``(w, d)``.
        right: Codes of those after, ``(w, d)``.
        size: Frames that were removed.
    """

    left: Array
    right: Array
    size: int

    @property
    def known(self) -> Array:
        """All known frames in order, ``(2 w, d)``."""
        return np.concatenate([self.left, self.right])

    @property
    def at(self) -> Array:
        """Places of the known frames, the gap's being 0 .. size - 1."""
        count = len(self.left)
        return np.concatenate([np.arange(-count, 0), self.size + np.arange(len(self.right))])

    @property
    def inside(self) -> Array:
        """Places of the removed frames."""
        return np.arange(self.size, dtype=np.float64)


@dataclass(frozen=True)
class Stretches:
    """All stretches of the bank that look like a gap with its surroundings.

    Args:
        around: Known frames of each, flattened, ``(n, 2 w d)``.
        inner: What lies between, flattened, ``(n, g d)``.
    """

    around: Array
    inner: Array

    @classmethod
    def of(cls, sequences: Sequence[Array], *, size: int, context: int) -> "Stretches":
        """Cut them from the bank's sequences.

        Raises:
            UnisonoError: If no sequence is long enough.
        """
        around, inner, whole = [], [], size + 2 * context
        for values in sequences:
            count = len(values) - whole + 1
            if count < 1:
                continue
            windows = np.lib.stride_tricks.sliding_window_view(values, whole, axis=0)
            windows = windows.transpose(0, 2, 1)
            ends = np.concatenate([windows[:, :context], windows[:, -context:]], axis=1)
            around.append(ends.reshape(count, -1))
            inner.append(windows[:, context : context + size].reshape(count, -1))
        if not around:
            raise UnisonoError(f"no sequence of the bank has {whole} frames in a row.")
        return cls(np.concatenate(around), np.concatenate(inner))

    def ridge(self, gap: Gap) -> Array:
        """Regress the gap on its surroundings."""
        mean, slope, middle = self._regression
        return np.asarray(((gap.known.ravel() - mean) @ slope + middle).reshape(gap.size, -1))

    @cached_property
    def _regression(self) -> tuple[Array, Array, Array]:
        """Mean of the surroundings, slope, mean of the inside; fitted once."""
        mean, middle = self.around.mean(axis=0), self.inner.mean(axis=0)
        x, y = self.around - mean, self.inner - middle
        # as many unknowns as stretches or features, whichever are fewer
        dual = len(x) < x.shape[1]
        gram = x @ x.T if dual else x.T @ x
        gram[np.diag_indices(len(gram))] += _PENALTY * np.trace(gram) / len(gram)
        slope = x.T @ np.linalg.solve(gram, y) if dual else np.linalg.solve(gram, x.T @ y)
        return mean, np.asarray(slope), middle

    def analogue(self, gap: Gap, k: int = 5) -> Array:
        """The stretches with the most similar surroundings, shifted to meet both ends."""
        asked = gap.known.ravel()
        distance = np.linalg.norm(self.around - asked, axis=1)
        best = np.argsort(distance, kind="stable")[:k]
        weight = 1 / (distance[best] + 1e-8)
        weight = weight / weight.sum()
        width = gap.left.shape[1]
        inner = (weight @ self.inner[best]).reshape(gap.size, width)
        ends = (weight @ self.around[best]).reshape(-1, width)
        context = len(gap.left)
        first, last = gap.left[-1] - ends[context - 1], gap.right[0] - ends[context]
        share = (np.arange(gap.size) + 1) / (gap.size + 1)
        return np.asarray(inner + lerp(first, last, share))


class CodeRivals:
    """Rivals without a map.

    Args:
        bank: Codes of all frames that are left.
        stretches: The same cut into stretches.
        k: Neighbours.
    """

    def __init__(self, bank: Bank, stretches: Stretches, *, k: int = 5) -> None:
        self.stretches = stretches
        self.mean = bank.codes.mean(axis=0)
        self.lift = NeighbourLift(Bank(bank.codes, bank.codes), k=k)
        sequences = [bank.codes[bank.sequence == s] for s in np.unique(bank.sequence)]
        self.system = AutoRegression.fit(sequences, lags=_LAGS, ridge=1e-4)

    def answers(self, gap: Gap) -> dict[str, Array]:
        """What they say, by name, each ``(size, d)``."""
        share = (gap.inside + 1) / (gap.size + 1)
        spline = SplineWalk(gap.known, at=gap.at).at(gap.inside)
        return {
            "mean frame": np.tile(self.mean, (gap.size, 1)),
            "copy": np.tile(gap.left[-1], (gap.size, 1)),
            "line in codes": lerp(gap.left[-1], gap.right[0], share),
            "spline in codes": spline,
            "spline in codes + neighbours": self.lift.lift(spline).codes,
            "analogue": self.stretches.analogue(gap),
            "ridge": self.stretches.ridge(gap),
            "autoregression": self.system.forecast(gap.left, gap.size),
        }


class CurveAndLift:
    """A curve on a map through the known frames, lifted in two ways.

    Args:
        bank: Places and codes of the bank on the map.
        k: Neighbours.
    """

    def __init__(self, bank: Bank, *, k: int = 5) -> None:
        self.lifts: dict[str, Lift] = {
            "neighbours": NeighbourLift(bank, k=k),
            "kernel ridge": KernelRidgeLift(bank, k=k, most=1500),
        }

    def answers(self, gap: Gap, points: Array) -> dict[str, Array]:
        """Codes of the gap, by lift.

        Args:
            gap: The gap.
            points: The known frames on the map, ``(2 w, dims)``.
        """
        curve = SplineWalk(points, at=gap.at).at(gap.inside)
        return {name: lift.lift(curve).codes for name, lift in self.lifts.items()}


def psnr(error: float, span: float) -> float:
    """Peak signal-to-noise ratio in dB of a mean squared error, ``span`` being max - min.

    Example:
        >>> round(psnr(0.01, 1.0), 6)
        20.0
    """
    return float(10 * np.log10(span**2 / max(error, 1e-30)))
