"""Mirrors src/unisono/evaluation/arrays.py."""

import numpy as np
import pytest

from unisono.core.errors import ShapeError
from unisono.evaluation.arrays import (
    check_windows,
    group_mean,
    groups_of,
    mask_out,
    masked_mean,
    masked_spread,
)


def test_spread_is_numpys_over_valid_samples(rng: np.random.Generator) -> None:
    values, valid = rng.normal(size=(5, 7, 3)), rng.random((5, 7, 3)) > 0.3
    valid[..., 2] = False
    spread = masked_spread(values, valid)
    for d in range(2):
        assert np.isclose(spread[d], values[..., d][valid[..., d]].std())
    assert np.isnan(spread[2])


def test_invalid_samples_change_nothing(rng: np.random.Generator) -> None:
    values, valid = rng.normal(size=(4, 6)), rng.random((4, 6)) > 0.4
    other = np.where(valid, values, np.nan)
    assert np.array_equal(masked_mean(values, valid, 1), masked_mean(other, valid, 1))
    assert np.isfinite(mask_out(other, valid)).all()


def test_group_mean_skips_nan_and_names_are_sorted() -> None:
    groups = groups_of(np.array([10, 2, 10]))
    assert groups.names == ("10", "2")
    values = np.array([[1.0, np.nan], [5.0, 6.0], [3.0, np.nan]])
    assert np.array_equal(group_mean(values, groups), [[2.0, np.nan], [5.0, 6.0]], equal_nan=True)


def test_windows_must_agree() -> None:
    with pytest.raises(ShapeError, match="predicted has frame=3"):
        check_windows(np.zeros((1, 3, 1)), np.zeros((1, 2, 1)), np.ones((1, 2, 1), bool))
