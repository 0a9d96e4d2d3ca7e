"""Mirrors src/unisono/api/previewing.py: previews are of people who are not trained on."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from unisono import api
from unisono.api.building import open_parts
from unisono.api.previewing import make_preview
from unisono.api.recipe import Recipe, load_recipe
from unisono.core.config import to_toml


@pytest.fixture
def recipe_of(walks: api.Dataset, tiny_tables: dict[str, Any], tmp_path: Path) -> Any:  # noqa: ANN401
    def make(bands: str, every: int) -> Recipe:
        tables = tiny_tables
        tables["llma"]["steps"] = 5
        tables["bands"]["method"] = bands
        tables["output"] = str(tmp_path / "model")
        tables["data"] = {"path": str(walks.path), "given": ["angles"], "want": ["grf"]}
        (tmp_path / "recipe.toml").write_text(to_toml(tables))
        return load_recipe(tmp_path / "recipe.toml", [f"training.preview_every={every}"])

    return make


def test_the_recipe_asks_and_the_run_keeps_pictures(recipe_of: Any, tmp_path: Path) -> None:  # noqa: ANN401
    recipe: Recipe = recipe_of("split", 2)
    parts = open_parts(recipe)
    api.run_recipe(recipe)
    run = tmp_path / "model.run" / "main"
    names = sorted(path.name for path in (run / "previews").iterdir())
    assert names == [f"step-{n:09d}.{kind}" for n in (2, 4) for kind in ("npz", "png")]
    with np.load(run / "previews" / "step-000000004.npz", allow_pickle=False) as arrays:
        (row,) = arrays["rows"].tolist()
        assert row in parts.rows["calibration"] and row not in parts.rows["train"]
        truth = parts.windows.batch(np.array([row])).data["grf"].numpy()
        np.testing.assert_array_equal(arrays["grf/truth"], truth)
    board = EventAccumulator(str(run / "tensorboard")).Reload()
    assert [picture.step for picture in board.Images("preview")] == [2, 4]


def test_without_a_calibration_part_the_picture_says_so(
    recipe_of: Any,  # noqa: ANN401
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe: Recipe = recipe_of("none", 1)
    parts = open_parts(recipe)
    preview = make_preview(recipe, parts)
    assert preview is not None and preview.draw is not None
    assert preview.rows[0] in parts.rows["train"] and preview.want == ("grf",)
    said: list[str] = []

    def figure(panels: Any, time: Any, *, time_label: str, heading: str) -> object:  # noqa: ANN401
        said.extend([heading, time_label, json.dumps([p.title for p in panels])])
        assert time[-1] == pytest.approx(31 / 50)
        return object()

    monkeypatch.setattr("unisono.api.previewing.preview_figure", figure)
    monkeypatch.setattr("unisono.api.previewing.to_png", lambda figure: b"png")
    shape = (2, 1, 32, 6)
    np.savez(
        tmp_path / "step-1.npz",
        **{
            "grf/samples": np.zeros(shape),
            "grf/mean": np.zeros(shape[1:]),
            "grf/truth": np.ones(shape[1:]),
            "grf/valid": np.ones(shape[1:], bool),
        },
    )
    assert preview.draw(tmp_path / "step-1.npz") == b"png"
    assert said[0].endswith("(TRAINED ON)") and said[1] == "time (s)" and "r_fz" in said[2]


def test_of_streams_on_both_sides_the_last_is_previewed_from_the_others() -> None:
    from unisono.api.previewing import _wanted
    from unisono.api.recipe import DataSettings, Recipe

    def of(given: str, want: str) -> str:
        data = DataSettings("x.un", tuple(given), tuple(want))
        windows = {"rate_hz": 50.0, "length": 8}
        return "".join(_wanted(Recipe(method="llma-any", data=data, windows=windows)))

    assert (of("abc", "abc"), of("ab", "bcd"), of("ab", "cd")) == ("c", "bcd", "cd")


def test_nothing_is_previewed_unasked(recipe_of: Any) -> None:  # noqa: ANN401
    recipe: Recipe = recipe_of("split", 0)
    assert make_preview(recipe, open_parts(recipe)) is None
