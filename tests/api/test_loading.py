"""Mirrors src/unisono/api/loading.py: one door for every sealed model."""

from dataclasses import replace
from pathlib import Path

import pytest

import unisono
from unisono import api
from unisono.core.errors import ModelError
from unisono.training.sealed import seal


def test_each_kind_has_its_face(tiny_model: api.Model, tiny_map: api.MapModel) -> None:
    assert isinstance(unisono.load(tiny_model.folder), unisono.Model)
    assert isinstance(unisono.load(str(tiny_map.folder)), unisono.MapModel)


def test_maps_and_models_are_cited(tiny_model: api.Model, tiny_map: api.MapModel) -> None:
    for model, said in ((tiny_model, "2503.12214"), (tiny_map, "2510.14190")):
        assert said in unisono.cite(model) == unisono.cite(model.folder)


def test_a_method_that_is_not_known(tiny_model: api.Model, tmp_path: Path) -> None:
    seal(tmp_path / "new", replace(tiny_model.sealed, method="of-tomorrow"))
    with pytest.raises(ModelError, match=r"model of 'of-tomorrow'.*upgrade"):
        unisono.load(tmp_path / "new")
