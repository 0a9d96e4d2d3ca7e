"""Mirrors src/unisono/evaluation/tables.py."""

import numpy as np
import pytest
from scipy import stats

from unisono.evaluation.arrays import groups_of
from unisono.evaluation.calibration import Bands
from unisono.evaluation.inputs import TargetInput
from unisono.evaluation.tables import (
    band_table,
    comparison_table,
    group_table,
    main_unit,
    measure,
    method_table,
    phase_error,
    score_table,
)

SUBJECTS = ["a", "a", "b", "c", "c", "c"]


@pytest.fixture
def target(rng: np.random.Generator) -> TargetInput:
    truth = rng.normal(size=(6, 30, 3)) * [10.0, 20.0, 0.1]
    valid = rng.random(truth.shape) > 0.1
    near = truth + rng.normal(size=truth.shape) * [1.0, 2.0, 0.05]
    return TargetInput(
        np.where(valid, truth, np.nan),
        valid,
        ("fx", "fy", "px"),
        ("N", "N", "m"),
        np.array([10.0, 20.0, 0.1]),
        {"llma": near, "mean_curve": np.zeros_like(truth)},
    )


def test_rmse_averages_one_unit_and_nrmse_all_channels(
    target: TargetInput, rng: np.random.Generator
) -> None:
    groups = groups_of(SUBJECTS)
    errors = {k: measure(target, v, groups) for k, v in target.predictions.items()}
    table = method_table(target, errors, generator=rng)
    by_hand = []
    normal = []
    for name in "abc":
        rows = np.array(SUBJECTS) == name
        error = (target.predictions["llma"] - target.truth)[rows]
        each = [np.sqrt(np.nanmean(error[..., d] ** 2)) for d in range(3)]
        by_hand.append(np.mean(each[:2]))
        normal.append(np.mean(np.array(each) / target.spread))
    assert np.isclose(table["llma"]["rmse"].mean, np.mean(by_hand))
    assert np.isclose(table["llma"]["nrmse"].mean, np.mean(normal))
    assert table["llma"]["nrmse"].low <= table["llma"]["nrmse"].mean
    assert main_unit(target).unit == "N"
    assert main_unit(target).columns.tolist() == [0, 1]


def test_comparison_is_paired_by_subject(target: TargetInput, rng: np.random.Generator) -> None:
    groups = groups_of(SUBJECTS)
    errors = {k: measure(target, v, groups) for k, v in target.predictions.items()}
    found = comparison_table(target, errors, "llma", generator=rng)
    assert set(found) == {"mean_curve"}
    assert found["mean_curve"]["difference"] < 0
    assert found["mean_curve"]["p"] == 0.25  # 2 / 2**3: three subjects cannot say more
    assert (found["mean_curve"]["subjects"], found["mean_curve"]["better"]) == (3, 3)


def test_groups_and_phase(target: TargetInput) -> None:
    groups = groups_of(SUBJECTS)
    predicted = target.predictions["llma"]
    found = group_table(target, measure(target, predicted, groups), groups)
    error = (predicted - target.truth)[2, :, 1]
    assert np.isclose(found["b"]["fy"]["rmse"], np.sqrt(np.nanmean(error**2)))
    scaled = ((predicted - target.truth) / target.spread)[:, 7]
    assert np.isclose(phase_error(target, predicted)[7], np.sqrt(np.nanmean(scaled**2)))


def test_band_table_counts_subjects_once(rng: np.random.Generator) -> None:
    truth = np.zeros((10, 4, 1))
    truth[9] = 5.0  # subject b, one window, all outside
    target = TargetInput(truth, truth == truth, ("x",), ("N",), np.full(1, 2.0), {})
    one = np.ones((1, 10, 4, 1))
    bands = Bands((0.9,), truth * 0, -one, one)
    row = band_table(target, bands, groups_of(["a"] * 9 + ["b"]), generator=rng)["0.9"]
    assert row["coverage"].mean == 0.5
    assert row["width"].mean == 2.0
    assert row["width_spreads"].mean == 1.0
    assert row["curve"].mean == 0.5
    assert row["by_channel"] == {"x": 0.5}


def test_scores_of_gaussian_samples(rng: np.random.Generator) -> None:
    level = rng.normal(size=(40, 1, 1)) * np.ones((40, 12, 1))
    samples = rng.normal(size=(60, 40, 1, 1)) * np.ones((1, 1, 12, 1))
    target = TargetInput(3 * level, level == level, ("x",), ("N",), np.full(1, 3.0), {})
    groups = groups_of([str(k % 8) for k in range(40)])
    found = score_table(target, 3 * samples, groups, generator=rng)
    y = level[:, 0, 0]
    exact = y * (2 * stats.norm.cdf(y) - 1) + 2 * stats.norm.pdf(y) - 1 / np.sqrt(np.pi)
    assert abs(found["crps"].mean - exact.mean()) < 0.03
    assert found["energy"].mean < found["energy_independent"].mean
    assert found["variogram"].mean < found["variogram_independent"].mean
