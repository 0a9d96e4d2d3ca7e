"""Mirrors src/unisono/studio/handlers.py."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from unisono.core.config import to_toml
from unisono.core.errors import UnisonoError
from unisono.recordings.formats.registry import write
from unisono.studio.handlers import HANDLERS


def quiet(doing: str, done: int, total: int) -> None:
    assert doing


@pytest.fixture
def file(make_walk: Callable[..., xr.DataTree], tmp_path: Path) -> Path:
    write(make_walk("w", 1), tmp_path / "w.npz")
    return tmp_path / "w.npz"


def test_describe_with_an_answer_to_a_doubt(file: Path) -> None:
    (said,) = HANDLERS["describe"]({"path": str(file)}, quiet)  # type: ignore[misc]
    units = {s["name"]: s["units"] for s in said["streams"]}
    assert units == {"angles": {"deg": 6}, "grf": {"N": 6}}
    (said,) = HANDLERS["describe"]({"path": str(file), "units": {"grf": "N/kg"}}, quiet)  # type: ignore[misc]
    assert said["streams"][1]["units"] == {"N/kg": 6}
    with pytest.raises(UnisonoError, match=r"absent\.npz"):
        HANDLERS["describe"]({"path": "absent.npz"}, quiet)


def test_view(file: Path, tmp_path: Path) -> None:
    said = HANDLERS["view"]({"path": str(file), "out": str(tmp_path / "w.html")}, quiet)
    assert said == {"written": ["w.html"]}
    assert (tmp_path / "w.html").stat().st_size > 500_000


@pytest.mark.slow
def test_generate_and_train(file: Path, tiny_model: Any, tmp_path: Path) -> None:  # noqa: ANN401
    said: Any = HANDLERS["generate"](
        {
            "model": str(tiny_model.folder),
            "path": str(file),
            "samples": 4,
            "out": [str(tmp_path / "w.mot"), str(tmp_path / "w.html")],
        },
        quiet,
    )
    assert {"w.mot", "w.html"} <= set(said["written"])
    assert said["provenance"]["samples"] == 4 and "grf" in said["summary"]
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(to_toml(tiny_model.recipe))
    request = {"recipe": str(recipe), "settings": [f"output={tmp_path / 'again'}", "llma.steps=3"]}
    made: Any = HANDLERS["train"](request, quiet)
    assert made["model"] == "again" and made["want"] == ["grf"]
    assert HANDLERS["train"](request, quiet) == {"model": "again"}  # it was sealed already
