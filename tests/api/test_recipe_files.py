"""Mirrors src/unisono/api/recipe_files.py: recipes are compared by what they mean."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from unisono.api.recipe import DataSettings, Recipe
from unisono.api.recipe_files import check_same, claim_run, is_finished, read_recipe
from unisono.core.config import from_mapping, to_mapping, to_toml
from unisono.core.errors import ConfigError, OutputError
from unisono.methods import LLMASettings

OLDER: dict[str, Any] = {
    "mode": "ours",
    "steps": 40,
    "residual": "process",
    "start": "none",
    "directions": "both",
    "known": ["mass_kg"],
    "guidance": 1.0,
    "size": {"width": 64, "heads": 4, "feedforward": 128, "dropout": 0.0},
    "layers": {"own": 1, "condition": 2, "decoder": 1, "mean": 1},
    "process": {"schedule": "cosine", "levels": 1000, "sampler": "ddim", "eta": 0.0},
    "losses": {"align": 0.1, "learn_align": False, "energy_of": "square"},
    "alignment": {"length": 16, "temperature": 0.1, "neg_within": True, "neg_batch": True},
}
"""Settings of llma as its first version wrote them, before students, starts and pretraining."""


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    file = tmp_path / "recipe.toml"
    file.write_text(to_toml({"method": "llma", "output": "runs/model", "llma": OLDER}))
    return file


def test_a_setting_added_later_has_its_default_in_an_older_recipe(kept: Path) -> None:
    added = set(to_mapping(LLMASettings())) - set(OLDER)
    assert {"few_steps", "pretrain", "share_encoder"} <= added  # there is something to fill in
    recipe = Recipe(llma=from_mapping(LLMASettings, OLDER))
    check_same(kept, recipe)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("llma", {"llma": LLMASettings(pretrain=5)}),
        ("llma", {"llma": LLMASettings(steps=40)}),
        ("data", {"data": DataSettings(path="other.un")}),
    ],
)
def test_another_recipe_is_refused_by_its_table(
    kept: Path, table: str, change: dict[str, Any]
) -> None:
    recipe = replace(Recipe(llma=from_mapping(LLMASettings, OLDER)), **change)
    with pytest.raises(ConfigError, match=rf"another \[{table}\] than resume came with"):
        check_same(kept, recipe)


def test_a_setting_that_is_no_more_is_named(kept: Path) -> None:
    kept.write_text(kept.read_text().replace("guidance", "guide"))
    with pytest.raises(ConfigError, match=r"llma.guide.*Did you mean 'guidance'"):
        check_same(kept, Recipe())


def test_nothing_kept_is_nothing_to_compare(tmp_path: Path) -> None:
    check_same(tmp_path / "none.toml", Recipe())


def test_what_is_needed_must_be_said(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text('[data]\npath = "a.un"\n')
    recipe = read_recipe(Recipe, file, ["llma.steps=7"], needed=("path",))
    assert (recipe.data.path, recipe.llma.steps) == ("a.un", 7)
    with pytest.raises(ConfigError, match=r"says nothing of data\.given; add it, or use --set"):
        read_recipe(Recipe, file, [], needed=("path", "given"))


def test_a_run_that_was_moved_is_the_same(kept: Path) -> None:
    check_same(kept, Recipe(output="elsewhere", llma=from_mapping(LLMASettings, OLDER)))


def test_a_run_works_beside_its_output_and_writes_over_nothing(tmp_path: Path) -> None:
    output, recipe = tmp_path / "model", Recipe()
    work = claim_run(output, recipe, resume=False)
    assert work == tmp_path / "model.run" and not work.exists()
    work.mkdir()
    with pytest.raises(OutputError, match=r"model\.run holds a run that was stopped; use --resume"):
        claim_run(output, recipe, resume=False)
    assert claim_run(output, recipe, resume=True) == work
    (work / "recipe.toml").write_text(to_toml(replace(recipe, pretrained="runs/other")))
    with pytest.raises(ConfigError, match="started with another"):
        claim_run(output, recipe, resume=True)
    output.mkdir()
    with pytest.raises(OutputError, match="model exists; choose another output"):
        claim_run(output, recipe, resume=False)


def test_a_finished_run_is_shown_to_its_own_recipe_alone(tmp_path: Path) -> None:
    output, recipe = tmp_path / "model", Recipe()
    assert not is_finished(output, recipe, resume=True)
    output.mkdir()
    assert is_finished(output, recipe, resume=True)  # its run was removed: nothing to compare
    assert not is_finished(output, recipe, resume=False)
    (tmp_path / "model.run").mkdir()
    (tmp_path / "model.run" / "recipe.toml").write_text(to_toml(recipe))
    assert is_finished(output, recipe, resume=True)
    with pytest.raises(ConfigError, match=r"another \[llma\] than resume came with"):
        is_finished(output, replace(recipe, llma=LLMASettings(steps=7)), resume=True)
