"""Mirrors src/unisono/api/fitting.py: seeds, resuming, folds, and what is sealed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import xarray as xr

from unisono import api
from unisono.core.config import to_toml
from unisono.core.errors import ConfigError, OutputError
from unisono.training.sealed import hash_subject


@pytest.fixture
def recipe(walks: api.Dataset, tiny_tables: dict[str, Any], tmp_path: Path) -> Path:
    tables = tiny_tables
    tables["llma"]["steps"] = 6
    tables["training"]["checkpoint_every"] = 2
    tables["data"] = {"path": str(walks.path), "given": ["angles"], "want": ["grf"]}
    (tmp_path / "recipe.toml").write_text(to_toml(tables))
    return tmp_path / "recipe.toml"


def weights(model: api.Model) -> dict[str, torch.Tensor]:
    return dict(model.method.state_dict())


def same(one: api.Model, other: api.Model) -> bool:
    a, b = weights(one), weights(other)
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


class Stop(Exception):
    """What stands for a kill."""


def stopping(what: str, step: int) -> Callable[[str, int, int], None]:
    def tell(doing: str, done: int, total: int) -> None:
        if doing == what and done >= step:
            raise Stop

    return tell


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on_to_the_same_weights(recipe: Path, tmp_path: Path) -> None:
    whole = api.train(recipe, settings=[f"output={tmp_path / 'whole'}"])
    assert same(whole, api.train(recipe, settings=[f"output={tmp_path / 'again'}"]))
    setting = [f"output={tmp_path / 'broken'}"]
    with pytest.raises(Stop):
        api.train(recipe, settings=setting, progress=stopping("train", 3))
    assert not (tmp_path / "broken").exists()  # no half model under the final name
    with pytest.raises(OutputError, match="holds a run that was stopped; use --resume"):
        api.train(recipe, settings=setting)
    with pytest.raises(ConfigError, match=r"another \[training\]"):
        api.train(recipe, settings=[*setting, "training.seed=9"], resume=True)
    resumed = api.train(recipe, settings=setting, resume=True)
    assert same(resumed, whole)
    for name, table in resumed.tables.items():
        assert table.to_dict() == whole.tables[name].to_dict()
    other = api.train(recipe, settings=[f"output={tmp_path / 'other'}", "training.seed=1"])
    assert not same(other, whole)


@pytest.mark.slow
def test_bands_of_folds_when_people_are_few(
    recipe: Path, tmp_path: Path, make_walk: Callable[..., xr.DataTree]
) -> None:
    output = tmp_path / "cross"
    settings = [f"output={output}", "bands.method=cross", "bands.folds=2", "llma.steps=3"]
    with pytest.raises(Stop):
        api.train(recipe, settings=settings, progress=stopping("fold 1", 2))
    told = []
    model = api.train(
        recipe, settings=settings, resume=True, progress=lambda what, *_: told.append(what)
    )
    assert "fold 0" not in told  # it was done, and is not done again
    # nobody is kept back for calibration: all that are not tested are trained on
    assert {k: len(v) for k, v in model.sealed.split["subjects"].items()} == {
        "train": 4, "test": 2,
    }  # fmt: skip
    assert set(model.tables) == {"grf"}
    assert not any("never calibrated" in d for d in model.generate(make_walk("a", 11)).doubts)
    assert not list((tmp_path / "cross.run").glob("fold*"))


def test_what_is_sealed(tiny_model: api.Model, walks: api.Dataset) -> None:
    sealed = tiny_model.sealed
    assert sealed.extra["data_digest"] == walks.digest
    salt = sealed.split["digest"]
    hashed = {hash_subject(s, salt=salt) for s in walks.subjects}
    assert {h for who in sealed.split["subjects"].values() for h in who} == hashed
    text = (tiny_model.folder / "model.toml").read_text()
    assert '"s3"' not in text  # people are hashed
    low, high = sealed.extra["ranges"]["angles"][0]
    assert low < -30 < 30 < high
    assert sealed.normalisers["grf"]["fitted_on"] == "train"
    card = (tiny_model.folder / "card.md").read_text()
    assert "arXiv:2503.12214" in card and "no medical device" in card
    assert json.dumps(tiny_model.about())


def test_an_output_that_exists_is_left_alone(
    walks: api.Dataset, tiny_model: api.Model, tiny_tables: dict[str, Any]
) -> None:
    with pytest.raises(OutputError, match="exists; choose another output"):
        api.fit("llma", walks, given=["angles"], want=["grf"], output=tiny_model.folder,
                settings=tiny_tables)  # fmt: skip


def test_windows_of_a_second_are_the_default(
    walks: api.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unisono.api import fitting

    monkeypatch.setattr(fitting, "run_recipe", lambda recipe, **_: recipe)
    recipe = api.fit("llma", walks, given=["angles"], want=["grf"], output=tmp_path / "m")
    assert (recipe.cut.rate_hz, recipe.cut.length, recipe.cut.stride) == (100.0, 100, 50)
    assert recipe.data.path == str(walks.path)
