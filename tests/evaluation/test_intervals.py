"""Mirrors src/unisono/evaluation/intervals.py: simulation, enumeration, SciPy."""

import itertools

import numpy as np
import pytest
from scipy import stats

from unisono.core.errors import ShapeError
from unisono.evaluation.intervals import (
    bootstrap_interval,
    paired_test,
    sign_flip_p,
    subject_interval,
)


@pytest.mark.parametrize("units", [5, 8, 20])
def test_interval_covers_the_true_mean(units: int, rng: np.random.Generator) -> None:
    covered = 0
    for _ in range(400):
        low_high = bootstrap_interval(rng.normal(3.0, 1.0, units), generator=rng, draws=600)
        covered += low_high.low <= 3.0 <= low_high.high
    # Five units have too few distinct resamples to reach 0.95 exactly.
    assert (0.88 if units == 5 else 0.915) <= covered / 400 <= 0.985


def test_interval_agrees_with_t_for_many_units(rng: np.random.Generator) -> None:
    x = rng.normal(size=200)
    ours = bootstrap_interval(x, generator=rng, draws=20000)
    theirs = stats.t.interval(0.95, 199, x.mean(), stats.sem(x))
    np.testing.assert_allclose(ours[1:], theirs, atol=0.01)


def test_one_unit_has_no_interval(rng: np.random.Generator) -> None:
    one = bootstrap_interval([np.nan, 2.0], generator=rng)
    assert one.mean == 2.0
    assert np.isnan(one.low)
    assert np.isnan(bootstrap_interval([], generator=rng).mean)


def test_subjects_count_once(rng: np.random.Generator) -> None:
    found = subject_interval([0.0] * 9 + [10.0], ["a"] * 9 + ["b"], generator=rng)
    assert found == (5.0, 0.0, 10.0)
    with pytest.raises(ShapeError, match="subjects has"):
        subject_interval([1.0], ["a", "b"], generator=rng)


def test_exact_sign_flip_is_the_enumeration(rng: np.random.Generator) -> None:
    d = rng.normal(0.4, 1.0, 7)
    count = sum(
        abs(sum(s * x for s, x in zip(signs, d, strict=True))) >= abs(d.sum()) - 1e-12
        for signs in itertools.product((1, -1), repeat=7)
    )
    assert sign_flip_p(d, generator=rng) == count / 128


def test_sign_flip_agrees_with_scipy_above_the_exact_limit(rng: np.random.Generator) -> None:
    d = rng.normal(0.35, 1.0, 24)
    theirs = stats.permutation_test(
        (d,), np.mean, permutation_type="samples", n_resamples=20000, rng=rng
    ).pvalue
    assert abs(sign_flip_p(d, generator=rng) - theirs) < 0.02


def test_sign_flip_has_its_level_under_the_null(rng: np.random.Generator) -> None:
    p = np.array([sign_flip_p(rng.standard_t(3, 9), generator=rng) for _ in range(600)])
    assert 0.02 < (p <= 0.05).mean() < 0.08


def test_paired_test_agrees_with_wilcoxon(rng: np.random.Generator) -> None:
    a = rng.normal(size=15)
    b = a + 0.5 + 0.3 * rng.normal(size=15)
    found = paired_test(a, b, generator=rng)
    assert found.p_wilcoxon == stats.wilcoxon(a, b, method="exact").pvalue
    assert found.p < 0.01
    assert found.difference.high < 0
    assert (found.units, found.lower) == (15, np.count_nonzero(a < b))
    same = paired_test(a, a, generator=rng)
    assert (same.p, same.p_wilcoxon) == (1.0, 1.0)
    ties = paired_test(
        [1.0, 1.0, 1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 3.0, 1.0, 1.0], generator=rng
    )
    assert 0 < ties.p_wilcoxon <= 1
    with pytest.raises(ShapeError, match="one figure a unit"):
        paired_test([1.0], [1.0, 2.0], generator=rng)
