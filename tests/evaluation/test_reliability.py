"""Mirrors src/unisono/evaluation/reliability.py."""

import numpy as np
import pytest

from unisono.core.errors import ShapeError
from unisono.evaluation.calibration import Bands
from unisono.evaluation.reliability import fifths, reliability


def _bands(half: np.ndarray, shape: tuple[int, ...]) -> Bands:
    centre = np.zeros(shape)
    lower = np.stack([centre - half / 2, centre - half])
    return Bands((0.5, 0.9), centre, lower, -lower)


def test_coverage_is_that_of_a_slow_loop_over_people(rng: np.random.Generator) -> None:
    truth = rng.normal(size=(12, 10, 2))
    valid = rng.random(truth.shape) > 0.2
    subjects = np.array(list("aaaaaabbbbcc"))
    stage = fifths(12, 10)
    bands = _bands(np.array([1.0, 2.0]), truth.shape)
    found = reliability(bands, truth, valid, subjects=subjects, stage=stage)
    for k, p, d in [(0, 0, 0), (1, 3, 1)]:
        shares = []
        for name in "abc":
            inside = [
                bands.lower[k, i, j, d] <= truth[i, j, d] <= bands.upper[k, i, j, d]
                for i in range(12) for j in range(10)
                if subjects[i] == name and stage[i, j] == p and valid[i, j, d]
            ]  # fmt: skip
            shares.append(np.mean(inside))
        assert found.cell.value[k, p, d] == pytest.approx(np.mean(shares))
        assert found.cell.error[k, p, d] == pytest.approx(np.std(shares, ddof=1) / np.sqrt(3))
    whole = [
        np.mean((np.abs(truth) <= bands.upper[1])[subjects == s][valid[subjects == s]])
        for s in "abc"
    ]
    assert found.total.value[1] == pytest.approx(np.mean(whole))


def test_a_band_that_is_right_on_the_whole_and_wrong_in_parts_is_told() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(400, 10, 1))
    truth[:, 5:] *= 3
    subjects = np.repeat(np.arange(20), 20)
    half = np.quantile(np.abs(truth), 0.9)
    bands = _bands(np.array([half]), truth.shape)._replace(levels=(0.5, 0.9))
    found = reliability(
        bands, truth, np.ones(truth.shape, bool), subjects=subjects, stage=fifths(400, 10)
    )
    assert abs(found.total.value[1] - 0.9) < 0.01
    assert found.stage.value[1, 0] > 0.98 and found.stage.value[1, 4] < 0.84
    assert found.miss("stage") > 0.06
    assert found.beyond_chance("stage") > 0.5


def test_stages_below_zero_and_single_people() -> None:
    truth = np.zeros((2, 4, 1))
    stage = np.array([[0, 0, -1, -1], [0, 0, -1, -1]])
    truth[:, 2:] = 9.0
    bands = _bands(np.array([1.0]), truth.shape)
    found = reliability(bands, truth, np.ones_like(truth, bool), subjects=["a", "a"], stage=stage)
    assert found.stage.value.tolist() == [[1.0], [1.0]]
    assert np.isnan(found.stage.error).all() and np.isnan(found.beyond_chance("stage"))
    with pytest.raises(ShapeError, match="subjects"):
        reliability(bands, truth, np.ones_like(truth, bool), subjects=["a"], stage=stage)
