"""Mirrors src/unisono/api/running.py."""

import sys
from pathlib import Path

from unisono.api.running import train
from unisono.api.translating import Translator
from unisono.core.config import to_toml

sys.path.insert(0, str(Path(__file__).parent))
from translating_toys import pair_file, recipe_of


def test_a_recipe_of_a_bridge_makes_a_translator(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text(to_toml(recipe_of(pair_file(tmp_path), tmp_path / "unused")))
    seen: list[int] = []
    made = train(
        file, settings=[f"output={tmp_path / 'model'}", "lddbm.steps=4"],
        progress=lambda what, done, total: seen.append(done),
    )  # fmt: skip
    assert isinstance(made, Translator)
    assert made.folder == tmp_path / "model"
    assert seen == [1, 2, 3, 4]
