r"""Cross-validation over subjects: folds, out-of-fold predictions, and CV+ bands.

When subjects are few, none can be spared for calibration. Each fold's model predicts the subjects
it has not seen; their scores calibrate the final model (``calibration.fit_bands`` on out-of-fold
bands), or, where the fold models are kept, make the bands of CV+ (Barber, Candes, Ramdas &
Tibshirani, 1905.02928, with quantile scores),

.. math:: \left[\, Q^-_\ell\{lo_{f(i)}(x) - E_i\},\; Q^+_\ell\{hi_{f(i)}(x) + E_i\} \,\right]

with :math:`f(i)` the fold model that had not seen subject ``i``. CV+ guarantees
:math:`1 - 2(1-\ell)` and covers about :math:`\ell` in practice; with one subject a fold it is
jackknife+. It also pays for the instability of the model, which shared offsets do not.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_axes
from unisono.core.errors import ShapeError
from unisono.evaluation.arrays import Array, Mask, groups_of
from unisono.evaluation.calibration import Bands, nest

__all__ = ["CvPlus", "fit_cv_plus", "out_of_fold", "subject_folds"]


def subject_folds(
    subjects: Sequence[object], folds: int, *, generator: np.random.Generator
) -> npt.NDArray[np.intp]:
    """Deal subjects into folds of nearly equal numbers of subjects.

    Args:
        subjects: The subject of each window, ``(n,)``.
        folds: Number of folds; at most one a subject is made.
        generator: Shuffles the subjects.

    Returns:
        Fold of each window, ``(n,)``; all windows of a subject share one.

    Raises:
        ShapeError: If there is only one subject.

    Example:
        >>> fold = subject_folds(["a", "a", "b"], 5, generator=np.random.default_rng(0))
        >>> bool(fold[0] == fold[1] != fold[2])
        True
    """
    groups = groups_of(np.asarray([str(s) for s in subjects]))
    count = len(groups.names)
    if count < 2:
        raise ShapeError(f"folds over subjects need at least 2 subjects; got {count}.")
    of_subject = np.empty(count, dtype=np.intp)
    of_subject[generator.permutation(count)] = np.arange(count) % min(folds, count)
    return of_subject[groups.code]


def out_of_fold(
    fold: npt.NDArray[np.intp],
    predict: Callable[[npt.NDArray[np.intp], npt.NDArray[np.intp]], Array],
) -> Array:
    """Predict every window by a model fitted on the other folds.

    Args:
        fold: Fold of each window, ``(n,)``.
        predict: Given rows to fit on and rows to predict, returns predictions ``(rows, ...)``.

    Returns:
        ``(n, ...)`` in the order of the windows.
    """
    parts: list[Array] = []
    rows: list[npt.NDArray[np.intp]] = []
    for f in np.unique(fold):
        test = np.flatnonzero(fold == f)
        parts.append(predict(np.flatnonzero(fold != f), test))
        rows.append(test)
    order = np.argsort(np.concatenate(rows), kind="stable")
    return np.asarray(np.concatenate(parts)[order])


class CvPlus(NamedTuple):
    """Scores of held-out subjects, kept with the fold that had not seen them.

    Attributes:
        levels: Nominal levels.
        scores: ``(k, K, P, D)``: for each level and subject ``P`` quantiles of its scores, so that
            each subject counts once.
        fold: Fold of each subject, ``(K,)``.
    """

    levels: tuple[float, ...]
    scores: Array
    fold: npt.NDArray[np.intp]

    def apply(self, fold_bands: Sequence[Bands]) -> Bands:
        """Return CV+ bands from the raw bands of every fold model for the same windows.

        Raises:
            ShapeError: If there is not one entry a fold.
        """
        if len(fold_bands) != int(self.fold.max()) + 1:
            raise ShapeError(
                f"CV+ was fitted with {int(self.fold.max()) + 1} folds; got {len(fold_bands)}."
            )
        centre = np.mean([bands.centre for bands in fold_bands], axis=0)
        lower = np.empty((len(self.levels), *centre.shape))
        upper = np.empty_like(lower)
        for k, level in enumerate(self.levels):
            for w in range(len(centre)):  # one window at a time: memory is K P L D
                low = np.stack([fold_bands[f].lower[k, w] for f in self.fold])
                high = np.stack([fold_bands[f].upper[k, w] for f in self.fold])
                moved = self.scores[k][:, :, None, :]
                lower[k, w] = _outer(low[:, None] - moved, 1 - level, "lower")
                upper[k, w] = _outer(high[:, None] + moved, level, "higher")
        return nest(Bands(self.levels, centre, lower, upper))


def _outer(candidates: Array, at: float, method: str) -> Array:
    flat = candidates.reshape(-1, *candidates.shape[2:])
    if method == "lower":
        return np.asarray(np.quantile(flat, at, axis=0, method="lower"))
    return np.asarray(np.quantile(flat, at, axis=0, method="higher"))


def fit_cv_plus(
    bands: Bands,
    truth: Array,
    valid: Mask,
    *,
    subjects: Sequence[object],
    fold: npt.NDArray[np.intp],
    points: int = 25,
) -> CvPlus:
    """Collect the scores of out-of-fold bands.

    Args:
        bands: Raw bands of each window by the model that had not seen its subject.
        truth: ``(n, L, D)``.
        valid: ``(n, L, D)``.
        subjects: The subject of each window, ``(n,)``.
        fold: Fold of each window, ``(n,)``, as :func:`subject_folds` deals them.
        points: Quantiles kept of each subject's scores.

    Raises:
        ShapeError: If the axes disagree, or a subject lacks a channel.
    """
    check_axes(truth=(truth, "n L D"), valid=(valid, "n L D"), centre=(bands.centre, "n L D"))
    groups = groups_of(np.asarray([str(s) for s in subjects]))
    at = (np.arange(points) + 0.5) / points
    shape = (len(bands.levels), len(groups.names), points, truth.shape[2])
    scores = np.empty(shape)
    for k in range(len(bands.levels)):
        all_scores = np.maximum(bands.lower[k] - truth, truth - bands.upper[k])
        for g, name in enumerate(groups.names):
            mine = groups.code == g
            for d in range(truth.shape[2]):
                values = all_scores[mine, :, d][valid[mine, :, d]]
                if values.size == 0:
                    raise ShapeError(f"subject {name!r} has no valid sample in channel {d}.")
                scores[k, g, :, d] = np.quantile(values, at, method="higher")
    first = np.array([np.argmax(groups.code == g) for g in range(len(groups.names))])
    return CvPlus(bands.levels, scores, np.asarray(fold)[first])
