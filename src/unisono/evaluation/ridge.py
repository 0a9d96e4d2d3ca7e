r"""Ridge regression from given windows to wanted windows: on small real data, the one to beat.

.. math:: \min_W \lVert Y - XW \rVert^2 + \alpha\,\lVert W \rVert^2

(Hoerl & Kennard, 1970) with ``X`` and ``Y`` in either layout of ``features.py``. The layout and
:math:`\alpha` are chosen by cross-validation over the training subjects, so that the baseline is as
strong as a careful person would make it. Channels that are valid in different windows (a plate
stepped on by one foot only) are fitted each on its own windows.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.errors import UnisonoError
from unisono.evaluation.arrays import Array, groups_of
from unisono.evaluation.crossval import subject_folds
from unisono.evaluation.features import (
    Given,
    Layout,
    LocalFrames,
    Pairs,
    Rows,
    WholeWindow,
    thin,
)

__all__ = ["Ridge", "choose_layouts", "folds_of"]

_ALPHAS = np.logspace(-5, 3, 13)
"""Penalties, in units of the mean eigenvalue of ``X'X``."""

_MOST_WINDOWS = 4000
_FOLDS = 5


def folds_of(
    subjects: npt.NDArray[np.str_], *, generator: np.random.Generator
) -> npt.NDArray[np.intp]:
    """Folds over subjects; over blocks of neighbouring windows where there is only one subject."""
    if len(groups_of(subjects).names) > 1:
        return subject_folds(list(subjects), _FOLDS, generator=generator)
    return np.arange(len(subjects)) * min(_FOLDS, len(subjects)) // max(1, len(subjects))


def choose_layouts(pairs: Pairs, *, generator: np.random.Generator) -> list[Layout]:
    """Layouts that fit these windows: local frames only where both sides share their frames."""
    layouts: list[Layout] = [WholeWindow(pairs, generator=generator)]
    if pairs.given.values.shape[1] == pairs.want.shape[1] > 2:
        layouts.append(LocalFrames(pairs))
    return layouts


class _Solution(NamedTuple):
    x_mean: Array
    y_mean: Array
    coefficients: Array  # (alphas, p, q)


class _Fitted(NamedTuple):
    columns: npt.NDArray[np.intp]
    solution: _Solution


def _solve(x: Array, y: Array, alphas: Array) -> _Solution:
    x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
    centred = x - x_mean
    values, vectors = np.linalg.eigh(centred.T @ centred)
    values = np.maximum(values, 0.0)
    scale = values.mean() if values.mean() > 0 else 1.0
    projected = vectors.T @ (centred.T @ (y - y_mean))
    coefficients = np.stack(
        [vectors @ (projected / (values + alpha * scale)[:, None]) for alpha in alphas]
    )
    return _Solution(x_mean, y_mean, coefficients)


class _Block(NamedTuple):
    columns: npt.NDArray[np.intp]  # targets that are valid in the same rows
    rows: npt.NDArray[np.intp]


def _blocks(rows: Rows, channels: int) -> list[_Block]:
    """Group target columns by the rows in which their channel is valid at least half the time."""
    share = rows.weight.reshape(len(rows.weight), -1, channels).mean(axis=1) >= 0.5
    patterns, which = np.unique(share, axis=1, return_inverse=True)
    channel = np.arange(rows.y.shape[1]) % channels
    which = which.ravel()
    blocks = [
        _Block(np.flatnonzero(np.isin(channel, np.flatnonzero(which == k))), np.flatnonzero(row))
        for k, row in enumerate(patterns.T)
    ]
    return [block for block in blocks if block.rows.size >= 2]


class _Choice(NamedTuple):
    error: float  # weighted squared error over held-out rows, in spreads squared
    alphas: list[float]  # one a block


def _cross_validate(
    x: Array, rows: Rows, blocks: list[_Block], fold: npt.NDArray[np.intp]
) -> _Choice:
    total, weight, alphas = 0.0, 0.0, []
    for block in blocks:
        error = np.zeros(len(_ALPHAS))
        mine = fold[rows.window[block.rows]]
        for f in np.unique(mine):
            train, test = block.rows[mine != f], block.rows[mine == f]
            if train.size < 2:
                continue
            solution = _solve(x[train], rows.y[np.ix_(train, block.columns)], _ALPHAS)
            truth = rows.y[np.ix_(test, block.columns)]
            counts = rows.weight[np.ix_(test, block.columns)]
            weight += counts.sum()
            for a, coefficients in enumerate(solution.coefficients):
                found = (x[test] - solution.x_mean) @ coefficients + solution.y_mean
                error[a] += (counts * (found - truth) ** 2).sum()
        best = int(np.argmin(error)) if error.any() else len(_ALPHAS) // 2
        alphas.append(float(_ALPHAS[best]))
        total += error[best]
    return _Choice(total / max(weight, 1.0), alphas)


@dataclass(eq=False)
class Ridge:
    """Ridge regression with layout and penalty chosen over the training subjects.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(40, 6, 2))
        >>> given = Given(x, np.ones_like(x, bool))
        >>> who = np.repeat([str(k) for k in range(8)], 5)
        >>> pairs = Pairs(given, 2 * x[..., :1] + 1, np.ones((40, 6, 1), bool), who)
        >>> model = Ridge().fit(pairs, generator=rng)
        >>> bool(abs(model.predict(given) - pairs.want).max() < 0.05)
        True
    """

    name: str = "ridge"

    def fit(self, pairs: Pairs, *, generator: np.random.Generator) -> "Ridge":
        """Choose layout and penalty, then fit on all windows.

        Args:
            pairs: The training windows; of more than 4000 every so-manieth is used.
            generator: Deals the subjects into folds.

        Raises:
            UnisonoError: If no channel is valid in at least two windows.
        """
        pairs = thin(pairs, _MOST_WINDOWS)
        fold = folds_of(pairs.subjects, generator=generator)
        best: tuple[_Choice, Layout, Array, Rows, list[_Block]] | None = None
        for layout in choose_layouts(pairs, generator=generator):
            x, rows = layout.training_inputs(pairs.given), layout.targets(pairs)
            blocks = _blocks(rows, layout.channels)
            choice = _cross_validate(x, rows, blocks, fold)
            if blocks and (best is None or choice.error < best[0].error):
                best = (choice, layout, x, rows, blocks)
        if best is None:
            raise UnisonoError("ridge: no wanted channel is valid in two windows; check the masks.")
        choice, self.layout, x, rows, blocks = best
        self._fitted = [
            _Fitted(
                block.columns,
                _solve(x[block.rows], rows.y[np.ix_(block.rows, block.columns)], np.array([alpha])),
            )
            for block, alpha in zip(blocks, choice.alphas, strict=True)
        ]
        self._columns = rows.y.shape[1]
        return self

    def predict(self, given: Given) -> Array:
        """Return ``(n, L', D')`` in the target's unit."""
        x = self.layout.inputs(given)
        y = np.zeros((len(x), self._columns))
        for columns, solution in self._fitted:
            y[:, columns] = (x - solution.x_mean) @ solution.coefficients[0] + solution.y_mean
        return self.layout.outputs(y, len(given.values))
