"""Training one cell: a recipe from the data, the conditioning, the arm and the seed."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unisono.api.fitting import run_recipe
from unisono.api.model import Model
from unisono.api.recipe import Recipe
from unisono.core.config import from_mapping
from unisono.experiments.arms import CONDITIONINGS, overlaid, settings_of
from unisono.experiments.cells import Cell
from unisono.experiments.plan import Plan
from unisono.experiments.sets import PairedSet

__all__ = ["recipe_of", "train_cell"]

_SIZE = {
    "size": {"width": 48, "heads": 4, "feedforward": 96, "dropout": 0.0},
    "layers": {"own": 1, "condition": 1, "decoder": 1, "mean": 1},
}
_TINY_SIZE = {
    "size": {"width": 16, "heads": 2, "feedforward": 16, "dropout": 0.0},
    "layers": {"own": 1, "condition": 1, "decoder": 1, "mean": 1},
}


def recipe_of(
    data: PairedSet,
    cell: Cell,
    plan: Plan,
    *,
    output: str = "",
    changes: Mapping[str, Any] | None = None,
) -> Recipe:
    """The recipe of a cell.

    Args:
        data: The paired set.
        cell: Conditioning, arm and seed.
        plan: Steps and size.
        output: Folder of the model.
        changes: Tables that are laid over the recipe, last.
    """
    method = overlaid(
        _TINY_SIZE if plan.tiny else _SIZE,
        {"steps": plan.steps},
        data.method,
        CONDITIONINGS.get(cell.conditioning, {}),
        settings_of(cell.arm, plan.steps),
    )
    tables = {
        "output": output,
        "data": {"path": data.path, "given": list(data.given), "want": list(data.want)},
        "windows": dict(data.windows),
        # nobody calibrates here: bands are measured raw, and their subjects are trained on
        "split": {**data.split, "calibration": 0.0},
        "llma": method,
        "training": {
            "batch_size": 24,
            "learning_rate": 2e-3,
            "warmup_steps": 50,
            "ema_decay": 0.98,
            "precision": "fp32",
            "device": "cpu",
            "checkpoint_every": 10**6,
            "seed": cell.seed,
        },
        "bands": {"method": "none", "steps": max(plan.solver // 2, 1), "samples": plan.samples},
    }
    return from_mapping(Recipe, overlaid(tables, changes or {}))


def train_cell(
    data: PairedSet, cell: Cell, plan: Plan, *, changes: Mapping[str, Any] | None = None
) -> Model:
    """Train the model of a cell; nothing of it stays on the disk.

    Args:
        data: The paired set.
        cell: Conditioning, arm and seed.
        plan: Steps and size.
        changes: Tables that are laid over the recipe, last.
    """
    folder = Path(tempfile.mkdtemp(prefix="unisono-cell-"))
    try:
        recipe = recipe_of(data, cell, plan, output=str(folder / "model"), changes=changes)
        return run_recipe(recipe)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
