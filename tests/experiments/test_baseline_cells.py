"""Mirrors src/unisono/experiments/baseline_cells.py."""

from dataclasses import replace

import numpy as np
import pytest
from experiment_world import World

from unisono.experiments.baseline_cells import baseline_figures
from unisono.experiments.measuring import generate_truth
from unisono.experiments.parts import raw_batches


def test_the_mean_curve_is_the_mean_curve_and_ridge_beats_it(world: World) -> None:
    plan = replace(world.plan, samples=60)
    mean, ridge = (baseline_figures(name, world.data, plan) for name in ("mean_curve", "ridge"))
    raw = raw_batches(world.data, plan)
    truth = generate_truth(world.data.want, raw.tested, raw.trained)
    train = generate_truth(world.data.want, raw.trained, raw.trained)
    by_subject = [train.values[raw.folds == s].mean(axis=0) for s in np.unique(raw.folds)]
    error = ((np.mean(by_subject, axis=0) - truth.values) / truth.spread) ** 2
    for unit, value in mean["mse"].items():
        assert value == pytest.approx(error[raw.units == unit].mean())
    assert np.mean(list(ridge["mse"].values())) < np.mean(list(mean["mse"].values()))
    assert 0.5 < np.mean(list(mean["cover90"].values())) <= 1
