"""Mirrors src/unisono/api/translation_recipe.py."""

from pathlib import Path

import pytest

from unisono.api.translation_recipe import (
    PairSettings,
    TranslationRecipe,
    is_translation,
    load_translation_recipe,
)
from unisono.core.config import from_mapping, to_mapping
from unisono.core.errors import ConfigError

RECIPES = Path(__file__).parents[2] / "recipes"
NAMES = sorted(f.name for f in RECIPES.glob("lddbm-*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_of_a_bridge_reads(name: str) -> None:
    assert is_translation(RECIPES / name)
    recipe = load_translation_recipe(RECIPES / name, ["output=there"])
    assert recipe.output == "there"
    assert from_mapping(TranslationRecipe, to_mapping(recipe)) == recipe
    assert (RECIPES / name).read_text().startswith("# ")


def test_there_are_recipes_of_arrays_and_of_recordings() -> None:
    kinds = {load_translation_recipe(RECIPES / name).data.is_file for name in NAMES}
    assert kinds == {True, False}


def test_other_recipes_are_none_of_a_bridge() -> None:
    assert not is_translation(RECIPES / "llma-angles-to-forces.toml")


class TestBadInput:
    def written(self, folder: Path, text: str) -> Path:
        file = folder / "r.toml"
        file.write_text('method = "lddbm"\n' + text)
        return file

    def test_what_is_missing_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="says nothing of data.given"):
            load_translation_recipe(self.written(tmp_path, '[data]\npath = "a.npz"\n'))
        with pytest.raises(ConfigError, match="unknown key 'lddbm.brige'"):
            load_translation_recipe(self.written(tmp_path, "[lddbm]\nbrige = 1\n"))

    def test_a_batch_of_one_with_info_nce(self) -> None:
        tables = {"training": {"batch_size": 1}}
        with pytest.raises(ConfigError, match="leaves InfoNCE nothing to tell a pair from"):
            from_mapping(TranslationRecipe, tables)
        tables["lddbm"] = {"losses": {"contrast": 0.0}}
        assert from_mapping(TranslationRecipe, tables).training.batch_size == 1

    def test_steps_below_one(self) -> None:
        with pytest.raises(ConfigError, match="steps must lie in"):
            from_mapping(TranslationRecipe, {"lddbm": {"bridge": {"steps": 0}}})

    def test_unpaired_things_that_nothing_learns_from(self) -> None:
        data = {"path": "a.npz", "given": ["y"], "want": ["x"], "share": 0.5}
        with pytest.raises(ConfigError, match="nothing learns from"):
            from_mapping(TranslationRecipe, {"data": data})
        used = {"data": data, "lddbm": {"unpaired": {"cycle": 1.0}}}
        assert from_mapping(TranslationRecipe, used).data.share == 0.5

    def test_windows(self) -> None:
        with pytest.raises(ConfigError, match="fixed in time"):
            PairSettings("d.un", ("a",), ("b",), {"by": ["x", "y"]}).cut("given")
        with pytest.raises(ConfigError, match="named once|name it once"):
            PairSettings("d.un", ("a",), ("a",))


def test_a_method_that_is_no_word_is_no_bridge(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text("method = ['lddbm']\n")
    assert not is_translation(tmp_path / "r.toml")
