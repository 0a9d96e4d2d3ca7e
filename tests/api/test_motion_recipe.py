"""Mirrors src/unisono/api/motion_recipe.py."""

from pathlib import Path
from typing import Any

import pytest

from unisono.api.motion_recipe import MotionRecipe, is_motion_recipe, load_motion_recipe
from unisono.core.config import from_mapping, to_toml
from unisono.core.errors import ConfigError


def test_a_recipe_is_read_and_overridden(motion_tables: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text(to_toml({"method": "lead", **motion_tables}))
    assert is_motion_recipe(file)
    recipe = load_motion_recipe(file, ["lead.vae.tokens=3", "lead.mode=paper"])
    assert (recipe.lead.vae.tokens, recipe.lead.mode, recipe.data.frames) == (3, "paper", 24)


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text('method = "lead"')
    with pytest.raises(ConfigError, match="says nothing of data.path"):
        load_motion_recipe(file)
    with pytest.raises(ConfigError, match="Did you mean 'projector'"):
        load_motion_recipe(file, ["lead.projecter.kind=mlp"])
    with pytest.raises(ConfigError, match="batch_size = 1"):
        from_mapping(MotionRecipe, {"training": {"batch_size": 1}})
    with pytest.raises(ConfigError, match="would train it"):
        from_mapping(MotionRecipe, {"data": {"pretrained": "here"}})
