r"""Classification probe: what can be read from latents by a simple classifier.

Latents ``(n, L, d)`` are averaged over their valid tokens and standardised; logistic regression is
fitted on some subjects and tested on the others, so that it cannot win by knowing the person.
Beside it stand chance (the commonest label of the training folds) and the same probe on shuffled
labels: an accuracy that shuffled labels reach too says nothing of the latents.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from unisono.core.checks import check_axes
from unisono.core.errors import ShapeError
from unisono.evaluation.arrays import Array, Mask, masked_mean
from unisono.evaluation.crossval import out_of_fold, subject_folds
from unisono.evaluation.intervals import Interval, subject_interval

__all__ = ["Probe", "probe_latents"]


class Probe(NamedTuple):
    """Accuracy of a probe over subjects it was not fitted on.

    Attributes:
        accuracy: Mean over subjects, with its interval.
        chance: The same for the commonest training label.
        shuffled: The same for a probe fitted on shuffled labels.
        classes: Number of labels.
        windows: Number of windows with a label.
    """

    accuracy: Interval
    chance: Interval
    shuffled: Interval
    classes: int
    windows: int


def probe_latents(
    latents: Array,
    mask: Mask,
    labels: Sequence[object],
    *,
    subjects: Sequence[object],
    generator: np.random.Generator,
    folds: int = 5,
) -> Probe:
    """Probe latents for a label by cross-validation over subjects.

    Args:
        latents: ``(n, L, d)``.
        mask: ``(n, L)`` bool.
        labels: One label a window; None, "" and "-1" are unknown and left out.
        subjects: The subject of each window.
        generator: Deals folds, shuffles labels, draws the intervals.
        folds: Number of folds over subjects.

    Raises:
        ShapeError: If fewer than two labels or two subjects are known.
    """
    check_axes(latents=(latents, "n L d"), mask=(mask, "n L"))
    text = np.asarray(["" if label is None else str(label) for label in labels])
    if len(text) != len(latents) or len(subjects) != len(latents):
        raise ShapeError(
            f"latents has n={len(latents)}; got {len(text)} labels and {len(subjects)} subjects."
        )
    known = np.flatnonzero((text != "") & (text != "-1") & mask.any(axis=1))
    who, y = np.asarray([str(s) for s in subjects])[known], text[known]
    if len(np.unique(y)) < 2:
        raise ShapeError("a probe needs windows of at least 2 labels; give condition labels.")
    x = masked_mean(
        latents[known], np.broadcast_to(mask[known][..., None], latents[known].shape), 1
    )
    fold = subject_folds(list(who), folds, generator=generator)
    mixed = generator.permutation(y)

    def fitted_on(target: npt.NDArray[np.str_]) -> Interval:
        def hits(a: npt.NDArray[np.intp], b: npt.NDArray[np.intp]) -> Array:
            hit = _classify(x[a], target[a], x[b]) == y[b]
            return np.asarray(hit, dtype=np.float64)

        return subject_interval(out_of_fold(fold, hits), who, generator=generator)

    def commonest(a: npt.NDArray[np.intp], b: npt.NDArray[np.intp]) -> Array:
        return np.asarray(y[b] == _commonest(y[a]), dtype=np.float64)

    return Probe(
        fitted_on(y),
        subject_interval(out_of_fold(fold, commonest), who, generator=generator),
        fitted_on(mixed),
        len(np.unique(y)),
        len(y),
    )


def _commonest(labels: npt.NDArray[np.str_]) -> str:
    names, counts = np.unique(labels, return_counts=True)
    return str(names[np.argmax(counts)])


def _classify(x: Array, y: npt.NDArray[np.str_], new: Array) -> npt.NDArray[np.str_]:
    if len(np.unique(y)) < 2:
        return np.repeat(y[:1], len(new))
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(max_iter=2000, C=1.0).fit(scaler.transform(x), y)
    return np.asarray(model.predict(scaler.transform(new)))
