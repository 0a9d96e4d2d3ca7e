"""Mirrors src/unisono/evaluation/crossval.py."""

import numpy as np
import pytest

from unisono.core.errors import ShapeError
from unisono.evaluation.calibration import Bands, point_bands
from unisono.evaluation.crossval import CvPlus, fit_cv_plus, out_of_fold, subject_folds


def test_folds_keep_subjects_whole_and_balanced(rng: np.random.Generator) -> None:
    subjects = np.repeat(np.arange(11), 3)
    fold = subject_folds(list(subjects), 4, generator=rng)
    sizes = []
    for f in range(4):
        inside = set(subjects[fold == f])
        assert not inside & set(subjects[fold != f])
        sizes.append(len(inside))
    assert sorted(sizes) == [2, 3, 3, 3]
    assert len(np.unique(subject_folds(["a", "b"], 9, generator=rng))) == 2
    with pytest.raises(ShapeError, match="at least 2 subjects"):
        subject_folds(["a", "a"], 3, generator=rng)


def test_out_of_fold_never_predicts_what_it_was_fitted_on(rng: np.random.Generator) -> None:
    fold = np.array([2, 0, 1, 0, 2])

    def predict(train: np.ndarray, test: np.ndarray) -> np.ndarray:
        assert not set(train) & set(test)
        return test[:, None].astype(float)

    assert np.array_equal(out_of_fold(fold, predict).ravel(), np.arange(5))


def ridge_people(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=(count, 8, 1))
    y = 1.5 * x + rng.normal(0, 0.5, (count, 1, 1)) + 0.3 * rng.normal(size=x.shape)
    return x, y


def line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    slope, shift = np.polyfit(x.ravel(), y.ravel(), 1)
    return float(slope), float(shift)


def test_cv_plus_covers_new_subjects(rng: np.random.Generator) -> None:
    found = []
    for _ in range(60):
        x, y = ridge_people(8, rng)
        subjects = list(range(8))
        fold = subject_folds(subjects, 8, generator=rng)
        models = [line(x[fold != f], y[fold != f]) for f in range(8)]
        centre = np.stack([np.polyval(models[f], x[i]) for i, f in enumerate(fold)])
        fitted = fit_cv_plus(
            point_bands(centre, [0.8]), y, np.ones_like(y, bool), subjects=subjects, fold=fold
        )
        new, truth = ridge_people(30, rng)
        bands = fitted.apply([point_bands(np.polyval(m, new), [0.8]) for m in models])
        found.append(((truth >= bands.lower[0]) & (truth <= bands.upper[0])).mean())
    assert 0.78 <= np.mean(found) <= 0.92


def test_cv_plus_agrees_with_a_slow_loop(rng: np.random.Generator) -> None:
    """One frame a subject and one score a subject: jackknife+ by its definition."""
    y = rng.normal(size=(5, 1, 1))
    fitted = fit_cv_plus(
        point_bands(np.zeros_like(y), [0.6]),
        y,
        np.ones_like(y, bool),
        subjects=list(range(5)),
        fold=np.arange(5),
        points=1,
    )
    at_x = rng.normal(size=5)
    bands = fitted.apply([point_bands(np.full((1, 1, 1), v), [0.6]) for v in at_x])
    low = sorted(v - abs(s) for v, s in zip(at_x, y.ravel(), strict=True))
    high = sorted(v + abs(s) for v, s in zip(at_x, y.ravel(), strict=True))
    assert np.isclose(bands.lower.item(), low[1])  # floor(0.4 * 4) = 1
    assert np.isclose(bands.upper.item(), high[3])
    assert isinstance(bands, Bands)


def test_fold_count_is_checked() -> None:
    table = CvPlus((0.5,), np.zeros((1, 2, 1, 1)), np.array([0, 1]))
    with pytest.raises(ShapeError, match="2 folds; got 1"):
        table.apply([point_bands(np.zeros((1, 1, 1)), [0.5])])
    y = np.zeros((2, 1, 1))
    with pytest.raises(ShapeError, match="no valid sample"):
        fit_cv_plus(point_bands(y), y, y > 0, subjects=["a", "b"], fold=np.array([0, 1]))
