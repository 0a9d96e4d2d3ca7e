"""Mirrors src/unisono/experiments/baseline_cells.py."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from experiment_world import World

from unisono.experiments import baseline_cells
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


def test_what_is_missing_of_the_training_part_does_not_narrow_a_baseline(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = raw_batches(world.data, world.plan)
    seen = torch.from_numpy(np.random.default_rng(0).random(len(raw.folds)) < 0.5)
    name = world.data.want[0]
    gone = raw.trained.mask[name] & seen[:, None, None]
    trained = replace(
        raw.trained,
        data={**raw.trained.data, name: raw.trained.data[name] * gone},
        mask={**raw.trained.mask, name: gone},
    )
    data = replace(world.data, want=(name,))
    widths = []
    for batch in (raw.trained, trained):
        now = raw._replace(trained=batch)
        monkeypatch.setattr(baseline_cells, "raw_batches", lambda *_, now=now: now)
        found = baseline_figures("mean_curve", data, replace(world.plan, samples=60))
        widths.append(np.mean(list(found["width90"].values())))
    assert widths[1] > 0.9 * widths[0]
