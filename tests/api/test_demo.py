"""Mirrors src/unisono/api/demo.py; the whole demo is in tests/test_end_to_end.py."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from unisono import api
from unisono.api.demo import demo
from unisono.core.config import to_toml
from unisono.core.errors import ConfigError, SchemaError


def test_it_stops_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make_walker: Callable[..., xr.DataTree]
) -> None:
    """Each stage is done once: what is there is taken as it is."""
    made: list[int] = []

    def simulated(count: int, *, trials: int, **_: Any) -> Iterator[xr.DataTree]:  # noqa: ANN401
        made.append(count * trials)
        yield from (make_walker(f"w{n}", n) for n in range(count * trials))

    class Told(Exception):
        pass

    def training(recipe: api.Recipe, **_: Any) -> None:  # noqa: ANN401
        raise Told(recipe.data.path, recipe.output, recipe.llma.steps)

    module = importlib.import_module("unisono.api.demo")
    monkeypatch.setattr(module, "random_recordings", simulated)
    monkeypatch.setattr(module, "run_recipe", training)
    settings = ["demo.subjects=2", "demo.trials=2", "llma.steps=7"]
    told: list[tuple[str, int, int]] = []
    for _ in range(2):
        with pytest.raises(Told) as stopped:
            demo(tmp_path, settings=settings, progress=lambda *state: told.append(state))
    assert stopped.value.args == (str(tmp_path / "walkers.un"), str(tmp_path / "model"), 7)
    assert made == [4] and told[-1] == ("simulate", 4, 4)


def test_its_settings_are_checked_before_anything_is_made(tmp_path: Path) -> None:
    for setting, said in (
        ("lama.steps=3", "Did you mean 'llma'"),
        ("demo.subject=3", "unknown key 'demo.subject'. Did you mean 'subjects'"),
        ("demo.subjects=many", "demo.subjects"),
        ("demo.trials=0", "demo.trials"),
        ("demo=3", "demo must be a table of settings; got 3"),
        ("data=3", "data"),
    ):
        with pytest.raises(ConfigError, match=said):
            demo(tmp_path / "d", settings=[setting])
    assert not (tmp_path / "d").exists()


def test_a_demo_of_other_settings_is_not_shown_as_this_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make_walker: Callable[..., xr.DataTree]
) -> None:
    def simulated(count: int, *, trials: int, **_: Any) -> Iterator[xr.DataTree]:  # noqa: ANN401
        yield from (make_walker(f"w{n}", n) for n in range(count * trials))

    module = importlib.import_module("unisono.api.demo")
    monkeypatch.setattr(module, "random_recordings", simulated)
    monkeypatch.setattr(module, "test_recordings", lambda *_: [])
    monkeypatch.setattr("unisono.api.fitting.load_model", lambda folder: folder)
    settings = ["demo.subjects=2", "demo.trials=1"]
    (tmp_path / "model").mkdir()
    with pytest.raises(SchemaError, match="nobody in its test part"):  # it came as far as that
        demo(tmp_path, settings=settings)
    with pytest.raises(ConfigError, match=r"holds 2 walks of an earlier demo, not 3 times 1"):
        demo(tmp_path, settings=["demo.subjects=3", "demo.trials=1"])
    text = module.files("unisono.api").joinpath("demo.toml").read_text(encoding="utf-8")
    kept = tmp_path / "model.run" / "recipe.toml"
    kept.parent.mkdir()
    table = module.tomllib.loads(text) | {"output": str(tmp_path / "model")}
    table.pop("demo")
    table["data"]["path"] = str(tmp_path / "walkers.un")
    kept.write_text(to_toml(table))
    with pytest.raises(SchemaError):
        demo(tmp_path, settings=settings)
    with pytest.raises(ConfigError, match=r"another \[llma\] than resume came with"):
        demo(tmp_path, settings=[*settings, "llma.steps=7"])
