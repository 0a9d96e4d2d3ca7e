"""Mirrors src/unisono/api/recipe.py."""

from pathlib import Path

import pytest

from unisono.api.recipe import Recipe, load_recipe
from unisono.core.config import from_mapping, to_mapping, to_toml
from unisono.core.errors import ConfigError

TEXT = """
output = "runs/a"
[data]
path = "a.un"
given = ["angles"]
want = ["grf"]
[windows]
rate_hz = 100.0
length = 50
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "a.toml").write_text(TEXT)
    return tmp_path / "a.toml"


def test_a_recipe_reads_back_to_an_equal_one(file: Path, tmp_path: Path) -> None:
    recipe = load_recipe(file, ["training.seed=4", "data.path=b.un", "split.leave_out=['s1']"])
    assert (recipe.training.seed, recipe.data.path, recipe.split.leave_out) == (4, "b.un", ("s1",))
    assert recipe.cut.streams == recipe.cut.require == ("angles", "grf")
    (tmp_path / "b.toml").write_text(to_toml(recipe))
    assert load_recipe(tmp_path / "b.toml") == recipe
    assert from_mapping(Recipe, to_mapping(recipe)) == recipe


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("method=lama", "method"),
        ("method=['llma']", "method"),
        ("trainng.seed=1", "unknown key 'trainng'. Did you mean 'training'"),
        ("training.sed=1", "unknown key 'training.sed'. Did you mean 'seed'"),
        ("windows.lenght=5", "unknown key 'windows.lenght'. Did you mean 'length'"),
        ("llma.size.widht=5", "unknown key 'llma.size.widht'. Did you mean 'width'"),
        ("llma.steps=0", "steps"),
        ("llma.steps=many", "llma.steps"),
        ("training.learning_rate=-1", "learning_rate"),
        ("training.precision=fp8", "precision"),
        ("windows.rate_hz=0", "rate_hz"),
        ("windows.units.grf=wibble", "wibble"),
        ("windows.by=['foot_strike','foot_off']", "leaves no use for rate_hz"),
        ("split.test=1.5", "split.test"),
        ("split.test=0.85", "leave nothing to train on"),
        ("split.calibration=0.8", "leave nothing to train on"),
        ("bands.levels=[0.5, 1.5]", "bands.levels"),
        ("bands.levels=[]", "bands.levels names no level"),
        ("bands.folds=1", "bands.folds"),
        ("bands.fold_steps=0", "bands.fold_steps"),
        ("bands.method=other", "bands.method"),
        ("data.given=['grf']", "both given and wanted"),
        ("data.want=[]", "data.want"),
        ("data=1", "data"),
        ("seed", "must look like key.path=value"),
    ],
)
def test_what_is_wrong_is_named(file: Path, setting: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_recipe(file, [setting])
    assert said in str(error.value) and "\n" not in str(error.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_recipe(tmp_path / "absent.toml")
    (tmp_path / "a.toml").write_text("[data\n")
    with pytest.raises(ConfigError, match="is not TOML"):
        load_recipe(tmp_path / "a.toml")
    (tmp_path / "a.toml").write_text("method = 'llma'\n")
    with pytest.raises(ConfigError, match=r"says nothing of data.path; add it, or use --set"):
        load_recipe(tmp_path / "a.toml")
