"""Mirrors src/unisono/api/pretraining.py."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from unisono import api
from unisono.api.building import build_method, open_parts
from unisono.api.pretraining import begin_at_pretrained, check_strangers
from unisono.api.recipe import Recipe
from unisono.core.config import from_mapping
from unisono.core.errors import ModelError


@pytest.fixture
def recipe(walks: api.Dataset, tiny_tables: dict[str, Any], tmp_path: Path) -> Recipe:
    tables = tiny_tables
    tables["llma"]["steps"] = 2
    tables["data"] = {"path": str(walks.path), "given": ["angles"], "want": ["grf"]}
    return from_mapping(Recipe, tables | {"output": str(tmp_path / "plain")})


@pytest.mark.slow
def test_weights_move_over_and_what_is_fitted_does_not(
    tiny_model: api.Model, recipe: Recipe, tmp_path: Path
) -> None:
    first = tiny_model
    again = replace(recipe, pretrained=str(first.folder), output=str(tmp_path / "second"))
    again = replace(again, training=replace(again.training, seed=5))
    streams = open_parts(recipe).windows.streams
    method = build_method(again, streams)
    drawn = {k: v.clone() for k, v in method.named_parameters()}
    buffers = {k: v.clone() for k, v in method.named_buffers()}
    begin_at_pretrained(method, again, streams)
    learned = dict(first.method.named_parameters())
    assert all(torch.equal(v, learned[k]) for k, v in method.named_parameters())
    assert any(not torch.equal(v, learned[k]) for k, v in drawn.items())
    assert all(torch.equal(v, buffers[k]) for k, v in method.named_buffers())

    # a model that holds out whom the other was trained on is refused
    seen = sorted({str(s) for s in open_parts(recipe).subjects["train"]})
    with pytest.raises(ModelError, match=f"was trained on '{seen[0]}', whom this run holds out"):
        check_strangers(again, seen)
    crossed = replace(again, bands=replace(again.bands, method="cross"))
    with pytest.raises(ModelError, match="whom this run holds out"):
        api.run_recipe(crossed)

    wider = replace(again.llma, layers=replace(again.llma.layers, condition=3))
    with pytest.raises(ModelError, match=r"has no weight .*; train both with the same"):
        api.run_recipe(replace(again, llma=wider))
    fewer = {**recipe.windows, "channels": {"grf": ("r_f?",)}}
    with pytest.raises(ModelError, match=r"has other channels, or another order, in stream 'grf'"):
        api.run_recipe(replace(again, windows=fewer))
    assert api.run_recipe(again).recipe.pretrained == str(first.folder)


def test_whoever_names_none_begins_at_drawn_weights(recipe: Recipe) -> None:
    streams = open_parts(recipe).windows.streams
    method = build_method(recipe, streams)
    drawn = {k: v.clone() for k, v in method.named_parameters()}
    begin_at_pretrained(method, recipe, streams)
    check_strangers(recipe, ["anybody"])
    assert all(torch.equal(v, drawn[k]) for k, v in method.named_parameters())
