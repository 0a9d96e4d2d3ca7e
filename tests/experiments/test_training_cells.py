"""Mirrors src/unisono/experiments/training_cells.py."""

from experiment_world import World

from unisono.api.model import Model
from unisono.experiments.cells import Cell
from unisono.experiments.training_cells import recipe_of


def test_arms_of_one_seed_share_all_but_the_alignment(world: World) -> None:
    one, other = (
        recipe_of(world.data, Cell("gait", "paper", arm, seed=3), world.plan)
        for arm in ("none", "both")
    )
    assert one.training == other.training and one.training.seed == 3
    assert one.split == other.split and one.windows == other.windows
    assert one.llma.losses.align == 0 < other.llma.losses.align
    assert one.llma.mode == "paper"


def test_changes_come_last(world: World) -> None:
    changes = {"llma": {"steps": 5}}
    recipe = recipe_of(world.data, Cell("gait", "ours", "longer"), world.plan, changes=changes)
    assert recipe.llma.steps == 5


def test_a_trained_cell_leaves_nothing_behind(cell_model: Model) -> None:
    assert not cell_model.folder.exists()
    assert cell_model.want == ("grf", "moments")
