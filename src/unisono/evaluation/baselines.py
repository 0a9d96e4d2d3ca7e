r"""The simple methods that stand beside every model in its table.

All share one interface, :class:`Baseline`: fit on the training windows the model was fitted on,
predict the windows it is tested on. ``mean_curve`` knows nothing of the given side; ``knn`` copies
the nearest training windows; ``ridge`` (``ridge.py``) is linear; ``mlp`` (``mlp.py``) is a small
network; ``kernel`` (``kernel.py``) is kernel ridge regression on curves and their rates. Their
bands come from the same conformal code as the model's, on out-of-fold predictions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from unisono.evaluation.arrays import Array, mask_out, masked_mean
from unisono.evaluation.calibration import (
    LEVELS,
    Bands,
    BandTable,
    CalibrationOptions,
    fit_bands,
    point_bands,
)
from unisono.evaluation.crossval import out_of_fold, subject_folds
from unisono.evaluation.features import Given, Pairs, WholeWindow, thin
from unisono.evaluation.kernel import Kernel
from unisono.evaluation.mlp import Mlp
from unisono.evaluation.ridge import Ridge, folds_of

__all__ = [
    "BASELINES",
    "Baseline",
    "BaselineResult",
    "Knn",
    "MeanCurve",
    "baseline_bands",
    "run_baselines",
]

_NEIGHBOURS = (1, 2, 3, 5, 8, 13, 21, 34)
_MOST_WINDOWS = 8000


class Baseline(Protocol):
    """A simple method: windows in, windows out."""

    name: str

    def fit(self, pairs: Pairs, *, generator: np.random.Generator) -> "Baseline":
        """Fit on training windows and return itself."""
        ...

    def predict(self, given: Given) -> Array:
        """Return ``(n, L', D')`` in the target's unit."""
        ...


@dataclass(eq=False)
class MeanCurve:
    """The mean of the training windows, frame by frame, each subject counting once."""

    name: str = "mean_curve"

    def fit(self, pairs: Pairs, *, generator: np.random.Generator) -> "MeanCurve":  # noqa: ARG002
        """Average the wanted curves; the given side is not read, the generator not drawn from."""
        means = [
            masked_mean(pairs.want[rows], pairs.want_valid[rows], 0)
            for rows in (pairs.subjects == name for name in np.unique(pairs.subjects))
        ]
        stacked = np.stack(means)
        curve = masked_mean(stacked, np.isfinite(stacked), 0)
        flat = np.nan_to_num(masked_mean(pairs.want, pairs.want_valid, (0, 1)))
        self._curve = np.where(np.isfinite(curve), curve, flat)
        return self

    def predict(self, given: Given) -> Array:
        """Return the same curve for every window."""
        return np.broadcast_to(self._curve, (len(given.values), *self._curve.shape)).copy()


@dataclass(eq=False)
class Knn:
    """The mean of the nearest training windows, weighted by inverse distance.

    Distance is Euclidean between given windows in training spreads, known numbers beside them. The
    number of neighbours is chosen over the training subjects. A neighbour's missing samples do not
    count; where all are missing the training mean stands in.
    """

    name: str = "knn"

    def fit(self, pairs: Pairs, *, generator: np.random.Generator) -> "Knn":
        """Keep the training windows and choose the number of neighbours.

        Args:
            pairs: The training windows; of more than 8000 every so-manieth is kept.
            generator: Deals the subjects into folds.
        """
        pairs = thin(pairs, _MOST_WINDOWS)
        self._layout = WholeWindow(pairs, generator=generator)
        self._bank, self._pairs = self._layout.inputs(pairs.given), pairs
        self._mean = MeanCurve().fit(pairs, generator=generator)
        fold = folds_of(pairs.subjects, generator=generator)
        rows = self._layout.targets(pairs)
        errors = np.zeros(len(_NEIGHBOURS))
        for f in np.unique(fold):
            inside, outside = np.flatnonzero(fold != f), np.flatnonzero(fold == f)
            if inside.size == 0:
                continue
            order = _nearest(self._bank[outside], self._bank[inside], max(_NEIGHBOURS))
            for a, k in enumerate(_NEIGHBOURS):
                found = _average(rows.y[inside], rows.weight[inside], order, k)
                errors[a] += (rows.weight[outside] * (found - rows.y[outside]) ** 2).sum()
        self.neighbours = _NEIGHBOURS[int(np.argmin(errors))] if errors.any() else 1
        return self

    def predict(self, given: Given) -> Array:
        """Return ``(n, L', D')`` in the target's unit."""
        near = _nearest(self._layout.inputs(given), self._bank, self.neighbours)
        rows = self._layout.targets(self._pairs)
        return self._layout.outputs(
            _average(rows.y, rows.weight, near, self.neighbours), len(given.values)
        )


class _Near(NamedTuple):
    rows: npt.NDArray[np.intp]  # (n, k), nearest first
    weight: Array  # (n, k)


def _nearest(x: Array, bank: Array, k: int) -> _Near:
    squared = (x**2).sum(1)[:, None] - 2 * x @ bank.T + (bank**2).sum(1)
    k = min(k, len(bank))
    rows = np.argsort(squared, axis=1, kind="stable")[:, :k]
    distance = np.sqrt(np.maximum(np.take_along_axis(squared, rows, 1), 0.0))
    return _Near(rows, 1 / (distance + 1e-6))


def _average(y: Array, weight: Array, near: _Near, k: int) -> Array:
    """Weighted mean of the first ``k`` neighbours; 0 (the training mean) where none is valid."""
    top, bottom = np.zeros((len(near.rows), y.shape[1])), np.zeros((len(near.rows), y.shape[1]))
    for j in range(min(k, near.rows.shape[1])):
        share = near.weight[:, j, None] * weight[near.rows[:, j]]
        top += share * mask_out(y[near.rows[:, j]], weight[near.rows[:, j]] > 0)
        bottom += share
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), 0.0)


BASELINES: Mapping[str, Callable[[], Baseline]] = {
    "mean_curve": MeanCurve,
    "ridge": Ridge,
    "knn": Knn,
    "mlp": Mlp,
    "kernel": Kernel,
}
"""Makers of all baselines, by the names that reports use."""


def baseline_bands(
    make: Callable[[], Baseline],
    pairs: Pairs,
    *,
    channels: Sequence[str],
    generator: np.random.Generator,
    levels: Sequence[float] = LEVELS,
    folds: int = 5,
) -> BandTable:
    """Calibrate bands of constant width around a baseline, on out-of-fold training predictions.

    Args:
        make: Makes the baseline.
        pairs: The training windows, of at least two subjects.
        channels: Names of the wanted channels.
        generator: Deals folds and draws whatever the baseline draws.
        levels: Nominal levels.
        folds: Number of folds over subjects.

    Raises:
        ShapeError: If there is only one subject.
    """
    fold = subject_folds(list(pairs.subjects), folds, generator=generator)

    def predict(train: npt.NDArray[np.intp], test: npt.NDArray[np.intp]) -> Array:
        model = make().fit(pairs.rows(train), generator=generator)
        return model.predict(pairs.given.rows(test))

    centre = out_of_fold(fold, predict)
    return fit_bands(
        point_bands(centre, levels),
        pairs.want,
        pairs.want_valid,
        subjects=list(pairs.subjects),
        channels=channels,
        options=CalibrationOptions(),
    )


class BaselineResult(NamedTuple):
    """What a baseline says of the test windows.

    Attributes:
        mean: ``(n, L', D')`` in the target's unit.
        bands: Calibrated bands, or None where none were asked for.
    """

    mean: Array
    bands: Bands | None


def run_baselines(
    pairs: Pairs,
    test: Given,
    *,
    generator: np.random.Generator,
    names: Sequence[str] = tuple(BASELINES),
    banded: Sequence[str] = (),
    channels: Sequence[str] = (),
) -> dict[str, BaselineResult]:
    """Fit baselines on the training windows and predict the test windows.

    Args:
        pairs: The training windows.
        test: The given side of the test windows.
        generator: Draws for all of them, in the order of ``names``.
        names: Which baselines.
        banded: Which of them get bands too (each is then fitted six times instead of once).
        channels: Names of the wanted channels, for the bands.
    """
    results = {}
    for name in names:
        mean = BASELINES[name]().fit(pairs, generator=generator).predict(test)
        bands = None
        if name in banded:
            table = baseline_bands(BASELINES[name], pairs, channels=channels, generator=generator)
            bands = table.apply(point_bands(mean, table.levels))
        results[name] = BaselineResult(mean, bands)
    return results
