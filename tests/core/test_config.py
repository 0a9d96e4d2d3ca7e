"""Mirrors src/unisono/core/config.py."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from unisono.core.checks import check_range
from unisono.core.config import apply_settings, from_mapping, read_toml, to_mapping, to_toml
from unisono.core.errors import ConfigError


@dataclass(frozen=True)
class Training:
    steps: int = 10
    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        check_range("learning_rate", self.learning_rate, 0.0, 1.0)


@dataclass(frozen=True)
class Recipe:
    output: str = "runs/x"
    want: tuple[str, ...] = ("grf",)
    training: Training = field(default_factory=Training)


def test_written_configuration_reads_back_equal() -> None:
    recipe = Recipe(want=("grf", "moments"), training=Training(steps=3))
    assert from_mapping(Recipe, tomllib.loads(to_toml(recipe))) == recipe


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"ouput": "x"}, r"unknown key 'ouput'\. Did you mean 'output'\?"),
        ({"training": {"step": 1}}, r"unknown key 'training\.step'\. Did you mean 'steps'\?"),
        ({"training": {"steps": "many"}}, r"training\.steps: .*integer.*; got 'many'"),
        ({"training": {"learning_rate": -1}}, r"learning_rate must lie in \(0\.0, 1\.0\); got -1"),
    ],
)
def test_a_bad_key_or_value_is_one_line(tree: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        from_mapping(Recipe, tree)
    assert "\n" not in str(caught.value)


def test_settings_override_and_create() -> None:
    got = apply_settings(to_mapping(Recipe()), ["training.steps=20", 'want=["x"]', "output=a b"])
    assert from_mapping(Recipe, got) == Recipe("a b", ("x",), Training(steps=20))


@pytest.mark.parametrize("setting", ["training.steps", "=3", "output.a=3"])
def test_a_setting_that_is_no_setting_is_refused(setting: str) -> None:
    with pytest.raises(ConfigError, match="--set"):
        apply_settings(to_mapping(Recipe()), [setting])


def test_a_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("steps = 3\n", encoding="utf-8-sig")
    assert read_toml(tmp_path / "a.toml") == {"steps": 3}


def test_a_file_that_is_not_toml_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("a = [1,\nb")
    with pytest.raises(ConfigError, match=r"bad\.toml is not TOML: .*line"):
        read_toml(tmp_path / "bad.toml")
    with pytest.raises(ConfigError, match="does not exist"):
        read_toml(tmp_path / "absent.toml")


def test_a_date_is_a_value_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text("when = 2024-01-01\n")
    tree = read_toml(tmp_path / "r.toml")
    got = apply_settings(tree, ["training.steps=2024-01-01"])
    assert "training" not in tree
    with pytest.raises(ConfigError, match="unknown key 'when'"):
        from_mapping(Recipe, got)
    got.pop("when")
    with pytest.raises(ConfigError, match=r"training\.steps: .*integer"):
        from_mapping(Recipe, got)
