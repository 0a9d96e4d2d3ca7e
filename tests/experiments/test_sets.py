"""Mirrors src/unisono/experiments/sets.py."""

from collections.abc import Callable
from pathlib import Path

import pytest
from experiment_world import World

from unisono.api.building import open_parts
from unisono.core.errors import ConfigError
from unisono.experiments.cells import Cell
from unisono.experiments.sets import GAIT_STYLES, gait_windows, open_set
from unisono.experiments.training_cells import recipe_of
from unisono.recordings.dataset import Dataset
from unisono.recordings.splits import split_keys


def test_a_set_is_made_once(world: World) -> None:
    stamp = (Path(world.data.path) / "dataset.toml").stat().st_mtime_ns
    again = open_set("gait", world.folder / "data", tiny=True)
    assert again == world.data
    assert (Path(world.data.path) / "dataset.toml").stat().st_mtime_ns == stamp
    assert set(Dataset.open(again.path).table["style"]) == set(GAIT_STYLES[:2])


def test_nobody_is_in_two_parts(world: World) -> None:
    parts = open_parts(recipe_of(world.data, Cell("gait", "ours", "none"), world.plan))
    test, train = (set(parts.subjects[part]) for part in ("test", "train"))
    assert test and train and not test & train
    assert parts.windows.streams["grf"].units == ("N/kg",) * 6


def test_frames_of_a_window_are_free() -> None:
    assert gait_windows(100, 100.0)["length"] == 100 and gait_windows()["length"] == 40


@pytest.mark.slow
def test_a_runner_is_split_by_speed_and_slope(
    shared_data: Callable[[str], Path], tmp_path: Path, world: World
) -> None:
    recordings = shared_data("alcantara").parent
    data = open_set("alcantara", tmp_path, recordings=str(recordings))
    parts = open_parts(recipe_of(data, Cell("alcantara", "ours", "none"), world.plan))
    keys = split_keys(parts.windows.table, data.unit)
    test, train = (set(keys.iloc[parts.rows[part]]) for part in ("test", "train"))
    assert len(test) >= 4 and not test & train and len(test | train) == 15


def test_what_is_absent_is_said_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--set recordings"):
        open_set("bandai", tmp_path, recordings=str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match="known: gait"):
        open_set("mars", tmp_path)
