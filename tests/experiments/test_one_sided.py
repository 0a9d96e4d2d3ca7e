"""Mirrors src/unisono/experiments/one_sided.py."""

from pathlib import Path

import pytest
from experiment_world import World

from unisono.api.building import open_parts
from unisono.experiments.cells import Cell
from unisono.experiments.one_sided import one_sided
from unisono.experiments.training_cells import recipe_of

CELL = Cell("gait", "ours", "none")


@pytest.mark.slow
def test_few_recordings_keep_their_pair_and_the_test_part_is_the_same(
    world: World, tmp_path: Path
) -> None:
    whole = open_parts(recipe_of(world.data, CELL, world.plan))
    few = one_sided(world.data, 0.5, tmp_path)
    parts = open_parts(recipe_of(few, CELL, world.plan))
    for part in ("train", "test"):
        assert parts.subjects[part] == whole.subjects[part]
        assert len(parts.rows[part]) == len(whole.rows[part])
    train = parts.windows.batch(parts.rows["train"])
    paired = train.mask["grf"].flatten(1).any(dim=1)
    names = parts.windows.table["recording"].iloc[parts.rows["train"]]
    assert names[paired.numpy()].nunique() == round(0.5 * names.nunique())
    assert train.mask["angles"].flatten(1).any(dim=1).all()
    test = parts.windows.batch(parts.rows["test"])
    assert test.mask["moments"].all() and test.mask["grf"].all()
    alone = one_sided(world.data, 0.5, tmp_path, alone=True)
    rest = open_parts(recipe_of(alone, CELL, world.plan))
    assert len(rest.rows["train"]) == int(paired.sum())
    assert one_sided(world.data, 0.5, tmp_path) == few  # taken from the disk
