"""Mirrors src/unisono/api/opening.py: older models open, and a face says what it lacks."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.api.opening import Face, LacksError, kind_of_model, open_kind, restored
from unisono.core.errors import ModelError
from unisono.methods import BRIDGES, METHODS
from unisono.training.sealed import seal

ADDED = {
    "": ("few_steps", "pretrain", "share_encoder", "correct"),
    "losses": ("by_noise", "reconstruct"),
}
"""Settings of llma that its first version did not have, by table."""


def test_a_model_sealed_before_settings_were_added_is_the_same_model(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree], tmp_path: Path
) -> None:
    config: Any = copy.deepcopy(dict(tiny_model.sealed.config))
    for table, names in ADDED.items():
        settings = config["llma"][table] if table else config["llma"]
        for name in names:
            del settings[name]
    seal(tmp_path / "older", replace(tiny_model.sealed, config=config))
    older = api.load(tmp_path / "older")
    assert older.recipe == tiny_model.recipe
    tree = make_walk("a", 11)
    one, other = (m.generate(tree, samples=2).parts["grf"] for m in (tiny_model, older))
    np.testing.assert_array_equal(one.samples, other.samples)


def test_weights_that_do_not_fit_are_one_line(tiny_model: api.Model) -> None:
    fewer = dict(tiny_model.sealed.state)
    fewer.pop(next(iter(fewer)))
    with pytest.raises(ModelError, match=r"do not fit .* train it anew"):
        restored(tiny_model.method, replace(tiny_model.sealed, state=fewer), Path("there"))


def test_a_model_of_another_torch_is_opened_with_a_warning(
    tiny_model: api.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unisono.api import opening as module

    monkeypatch.setattr(module.torch, "__version__", "99.0")
    with pytest.warns(UserWarning, match="another major version of torch"):
        api.load(tiny_model.folder)


def test_another_kind_is_refused_with_what_it_does(tiny_model: api.Model) -> None:
    with pytest.raises(ModelError, match=r"a model of 'llma', generates streams of a recording"):
        open_kind(tiny_model.folder, ("conda",))


def test_every_method_is_spoken_of() -> None:
    for method in (*METHODS, *BRIDGES, "conda", "lead"):
        assert "upgrade" not in kind_of_model(method)
    assert "upgrade" in kind_of_model("of tomorrow")


@pytest.mark.parametrize("name", ["map", "translate"])
def test_a_face_says_what_it_can_do_instead(tiny_model: api.Model, name: str) -> None:
    with pytest.raises(LacksError, match=rf"has no {name}: it generates streams") as caught:
        getattr(tiny_model, name)
    assert isinstance(caught.value, ModelError) and not hasattr(tiny_model, name)


def test_a_map_generates_nothing(tiny_map: api.MapModel) -> None:
    with pytest.raises(ModelError, match=r"has no generate: it is a map \(model\.map"):
        tiny_map.generate(None)  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="'MapModel' object has no attribute 'folders'"):
        tiny_map.folders  # type: ignore[attr-defined]  # noqa: B018 - looking is the test
    assert isinstance(copy.copy(tiny_map), Face)
