"""Mirrors src/unisono/cli/train.py."""

from collections.abc import Callable
from pathlib import Path

from unisono import api


def test_a_recipe_becomes_a_model(
    unisono: Callable[..., object], recipe_file: Path, tmp_path: Path
) -> None:
    run = unisono("train", recipe_file, "--set", "training.seed=3", "--json")
    assert run.status == 0
    assert run.json == {
        "model": str(tmp_path / "model"),
        "card": str(tmp_path / "model" / "card.md"),
    }
    assert api.load(tmp_path / "model").recipe.training.seed == 3
    assert "exists" in unisono("train", recipe_file, "--json").complaint
    # resuming what is finished shows the finished model
    assert unisono("train", recipe_file, "--resume", "--json").status == 0


def test_progress_goes_to_standard_error(
    unisono: Callable[..., object], recipe_file: Path, tmp_path: Path
) -> None:
    run = unisono("train", recipe_file, "--set", f"output={tmp_path / 'other'}")
    assert run.out == f"model: {tmp_path / 'other'}\n" and "train: train" in run.err
