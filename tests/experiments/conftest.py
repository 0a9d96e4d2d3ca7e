"""A tiny paired set and a tiny model of it, shared by the tests of cells."""

import sys
from pathlib import Path

import pytest

from unisono.api.model import Model
from unisono.experiments.cells import Cell
from unisono.experiments.plan import parse_plan
from unisono.experiments.sets import open_set
from unisono.experiments.training_cells import train_cell

sys.path.insert(0, str(Path(__file__).parent))

from experiment_world import World  # noqa: E402 - found through the line above


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("experiment")
    data = open_set("gait", folder / "data", tiny=True)
    return World(folder, data, parse_plan(["tiny=true"]))


@pytest.fixture(scope="session")
def cell_model(world: World) -> Model:
    return train_cell(world.data, Cell("gait", "ours", "both"), world.plan)
