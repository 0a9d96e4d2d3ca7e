"""Mirrors src/unisono/api/building.py."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

from unisono import api
from unisono.api.building import build_method, make_source, make_split, open_parts
from unisono.api.recipe import Recipe, SplitSettings
from unisono.core.config import from_mapping
from unisono.core.errors import ConfigError, LeakError, UnisonoError
from unisono.recordings.splits import Split


@pytest.fixture
def recipe(walks: api.Dataset, tiny_tables: dict[str, Any]) -> Recipe:
    data = {"path": str(walks.path), "given": ["angles"], "want": ["grf"]}
    return from_mapping(Recipe, {**tiny_tables, "data": data})


def test_no_subject_is_in_two_parts(recipe: Recipe) -> None:
    parts = open_parts(recipe)
    everyone = [s for who in parts.subjects.values() for s in who]
    assert sorted(everyone) == [f"s{i}" for i in range(6)]
    assert {part: len(who) for part, who in parts.subjects.items()} == {
        "train": 2, "calibration": 2, "test": 2,
    }  # fmt: skip
    rows = np.concatenate(list(parts.rows.values()))
    assert len(set(rows)) == len(rows) == len(parts.windows)


def test_the_split_depends_on_its_seed_alone(recipe: Recipe, walks: api.Dataset) -> None:
    first, again = (make_split(walks, recipe.split, calibrate=True) for _ in range(2))
    others = [
        make_split(walks, replace(recipe.split, seed=s), calibrate=True).parts for s in range(1, 6)
    ]
    assert first == again and any(other != first.parts for other in others)


def test_keys_left_out_by_name(walks: api.Dataset) -> None:
    settings = SplitSettings(leave_out=("s3",), calibration=0.4)
    split = make_split(walks, settings, calibrate=True)
    assert split.parts["test"] == ("s3",) and len(split.parts["calibration"]) == 2
    without = make_split(walks, settings, calibrate=False)
    assert "calibration" not in without.parts and len(without.parts["train"]) == 5
    with pytest.raises(ConfigError, match="leave_out names 's9'; the data have s0, s1"):
        make_split(walks, SplitSettings(leave_out=("s9",)), calibrate=True)
    with pytest.raises(ConfigError, match="too few"):
        names = tuple(f"s{i}" for i in range(5))
        make_split(walks, SplitSettings(leave_out=names), calibrate=True)


def test_parts_by_a_label_share_subjects_only_if_that_is_said(
    recipe: Recipe,
    make_walk: Callable[..., xr.DataTree],
    tmp_path: Path,
) -> None:
    trees = []
    for number in range(6):
        tree = make_walk(f"t{number}", 1)
        tree.attrs["labels"] = {"condition": f"c{number}"}
        trees.append(tree)
    data = api.Dataset.create(tmp_path / "one.un", trees)
    recipe = replace(recipe, data=replace(recipe.data, path=str(data.path)))
    by_label = replace(recipe, split=replace(recipe.split, by="condition"))
    with pytest.raises(LeakError):
        open_parts(by_label)
    stated = replace(by_label, split=replace(by_label.split, share_subjects=True))
    assert set(open_parts(stated).subjects["train"]) == {"s1"}


def test_a_split_that_is_kept_with_the_dataset(walks: api.Dataset) -> None:
    with pytest.raises(ConfigError, match="has no split 'mine'"):
        make_split(walks, SplitSettings(name="mine"), calibrate=True)
    mine = Split({"train": ("s0",), "test": ("s1",)})
    copied = copy.copy(walks)
    kept = type("Kept", (), {"splits": {"mine": mine}, "table": copied.table})()
    assert make_split(kept, SplitSettings(name="mine"), calibrate=True) is mine


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"windows": {"rate_hz": 50.0, "length": 4000}}, "gives a window"),
        ({"split": {"leave_out": ["s1"], "calibration": 0.0}}, "calibration part has no windows"),
        (
            {"split": {"leave_out": ["s1"], "calibration": 0.0}},
            r"no windows \(nobody is in it\); change split",
        ),
        ({"data": {"want": ["moments"]}}, "no recording of .* has a stream 'moments'"),
    ],
)
def test_nothing_to_train_on(
    recipe: Recipe, tiny_tables: dict[str, Any], changed: dict[str, Any], said: str
) -> None:
    tables = {
        **tiny_tables,
        "data": {"path": recipe.data.path, "given": ["angles"], "want": ["grf"]},
    }
    if "data" in changed:
        tables["windows"].pop("units")
    for name, table in changed.items():
        tables[name] = {**tables[name], **table} if name == "data" else table
    with pytest.raises(UnisonoError, match=said):
        open_parts(from_mapping(Recipe, tables))


def test_first_weights_follow_the_seed_and_leave_the_global_generator_alone(
    recipe: Recipe,
) -> None:
    streams = open_parts(recipe).windows.streams
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again = (build_method(recipe, streams).state_dict() for _ in range(2))
    assert torch.equal(before, torch.get_rng_state())
    other = build_method(replace(recipe, training=replace(recipe.training, seed=1)), streams)
    assert all(torch.equal(a, again[k]) for k, a in first.items())
    assert any(not torch.equal(a, other.state_dict()[k]) for k, a in first.items())


def test_the_source_serves_the_given_rows_only(recipe: Recipe) -> None:
    parts = open_parts(recipe)
    source = make_source(parts.windows, parts.rows["train"], recipe)
    seen = set(parts.windows.batch(parts.rows["train"]).index.tolist())
    assert seen == set(parts.rows["train"].tolist())
    assert source.digest == parts.windows.digest
