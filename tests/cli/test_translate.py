"""Mirrors src/unisono/cli/translate.py."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from unisono.core.config import to_toml

sys.path.insert(0, str(Path(__file__).parents[1] / "api"))
from translating_toys import pair_file, recipe_of


def test_what_is_stated_of_a_recording_is_read(
    tmp_path: Path,
    walk_file: Path,
    unisono: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stand-in for a bridge, which is told what the command read."""
    read: list[Any] = []
    written = SimpleNamespace(save=lambda path: [path], summary=lambda: "")
    bridge = SimpleNamespace(
        recipe=SimpleNamespace(data=SimpleNamespace(is_file=False)),
        translate_recording=lambda tree, options: read.append(tree) or written,
    )
    monkeypatch.setattr("unisono.api.load_translator", lambda _: bridge)
    words = ("translate", "model", walk_file, "--out", tmp_path / "o.npz", "--mass-kg", "50")
    assert unisono(*words).status == 0 and read[0].attrs["mass_kg"] == 50.0
    assert "--physics says nothing to a bridge" in unisono(*words, "--physics", "none").complaint
    bridge.recipe.data.is_file = True
    assert "--mass-kg says nothing of arrays" in unisono(*words).complaint
    (tmp_path / "o.npz").write_text("mine")
    assert "exists" in unisono(*words).complaint and len(read) == 1


@pytest.mark.slow
def test_train_and_translate(tmp_path: Path, unisono: Callable[..., Any]) -> None:
    recipe = tmp_path / "bridge.toml"
    model = tmp_path / "model"
    recipe.write_text(to_toml(recipe_of(pair_file(tmp_path), model)))
    assert unisono("train", recipe).status == 0
    out = tmp_path / "out.npz"
    ran = unisono(
        "translate", model, tmp_path / "pairs.npz", "--samples", "2", "--out", out, "--json"
    )
    assert ran.json["written"] == [str(out)]
    with np.load(out, allow_pickle=False) as kept:
        assert kept["solid/samples"].shape == (2, 40, 8, 8, 8)
    again = unisono("translate", model, tmp_path / "pairs.npz", "--samples", "2", "--out", out)
    assert "exists" in again.complaint
    picture = tmp_path / "out.png"
    few = tmp_path / "few.npz"
    np.savez(few, small=np.ones((2, 1, 4, 4)))
    assert unisono("translate", model, few, "--samples", "2", "--out", picture).status == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    bad = unisono("translate", model, few, "--steps", "0", "--out", tmp_path / "no.npz")
    assert "steps must lie in" in bad.complaint
    np.savez(few, small=np.ones((2, 1, 5, 5)))
    bad = unisono("translate", model, few, "--out", tmp_path / "no.npz")
    assert "the model was made for" in bad.complaint
    assert not (tmp_path / "no.npz").exists()
