"""Mirrors src/unisono/experiments/ablation.py."""

import json
from functools import partial
from pathlib import Path

import pytest
from experiment_world import World

from unisono import experiments
from unisono.experiments.ablation import ablation_cells, ablation_work
from unisono.experiments.arms import ARMS, BASELINE_ARMS
from unisono.experiments.cells import Cell
from unisono.experiments.plan import Plan


def test_the_most_telling_cells_come_first() -> None:
    cells = ablation_cells(Plan())
    assert len(set(cells)) == len(cells)
    assert [c.arm for c in cells[:3]] == list(BASELINE_ARMS)
    first = cells[3 : 3 + len(ARMS) + len(ARMS) - 1]
    assert {(c.data, c.seed) for c in first} == {("gait", 0)}
    assert {c.arm for c in first if c.conditioning == "ours"} == set(ARMS)
    assert cells[-1].conditioning == "framewise"
    assert {c.data for c in ablation_cells(Plan(data=("bandai",)))} == {"bandai"}


def test_a_cell_is_the_same_again_and_another_arm_is_not(world: World) -> None:
    work = partial(ablation_work, plan=world.plan, folder=world.folder)
    one = work(Cell("gait", "paper", "both"))
    assert {"mse", "crps", "cover90", "fid", "predictive", "probe", "back.mse"} <= set(one)
    assert "retrieval" in one and len(one["mse"]) >= 1
    assert work(Cell("gait", "paper", "both")) == one
    assert work(Cell("gait", "paper", "none"))["mse"] != one["mse"]


@pytest.mark.slow
def test_it_runs_resumes_and_reports(tmp_path: Path) -> None:
    say = ["tiny=true", "data=gait", "seeds=1", "only=gait/*/[rnb]*/s0"]
    first = experiments.run("llma-ablation", tmp_path, settings=say)
    assert first.content["holds"] is False  # one seed of twelve steps claims nothing
    names = {f["name"] for f in first.content["figures"]}
    assert {"gait, any, ridge: mse", "gait, ours, both: mse over none"} <= names
    kept = tmp_path / "cells" / "gait" / "ours" / "both" / "s0.json"
    stamp = kept.stat().st_mtime_ns
    again = experiments.run("llma-ablation", tmp_path, settings=[*say, "report=true"])
    assert kept.stat().st_mtime_ns == stamp
    assert again.content["figures"] == first.content["figures"]
    assert json.loads((tmp_path / "result.json").read_text())["claim"] == first.content["claim"]
