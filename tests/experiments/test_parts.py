"""Mirrors src/unisono/experiments/parts.py."""

import numpy as np
from experiment_world import World

from unisono.api.model import Model
from unisono.experiments.parts import open_sides, raw_batches, spread_out


def test_rows_are_spread_evenly_with_both_ends() -> None:
    rows = np.arange(10, 110)
    few = spread_out(rows, 5)
    assert few.tolist() == [10, 35, 60, 84, 109]
    assert spread_out(rows, 1000) is rows


def test_models_and_baselines_see_the_same_windows(world: World, cell_model: Model) -> None:
    sides, raw = open_sides(cell_model, world.data, world.plan), raw_batches(world.data, world.plan)
    assert len(sides.units) == world.plan.windows == raw.tested.size
    assert sides.units.tolist() == raw.units.tolist()
    assert not set(sides.units) & set(sides.trained.subjects)
    assert set(raw.folds) == set(sides.trained.subjects)
    np.testing.assert_array_equal(sides.tested.batch.data["grf"], raw.tested.data["grf"])
