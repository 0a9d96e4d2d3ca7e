"""Mirrors src/unisono/experiments/cells.py."""

import json
from functools import partial
from pathlib import Path

import pytest

from unisono.core.errors import ConfigError, UnisonoError
from unisono.experiments import EXPERIMENTS, run
from unisono.experiments.cells import (
    Cell,
    Figures,
    claim_folder,
    load_cells,
    run_cells,
    select,
)
from unisono.experiments.plan import parse_plan

CELLS = [Cell("gait", "ours", arm, seed=seed) for seed in (0, 1) for arm in ("none", "both")]


def count(cell: Cell, *, log: Path) -> Figures:
    with log.open("a") as handle:
        handle.write(cell.name + "\n")
    return {"mse": {"s0": 1.0 + cell.seed}}


def stop_at(cell: Cell, *, log: Path, name: str) -> Figures:
    if cell.name == name:
        raise KeyboardInterrupt
    return count(cell, log=log)


def test_names_are_paths_and_variants_stand_in_them() -> None:
    assert Cell("gait", "ours", "both", "pairs=0.1", 3).name == "gait/ours/pairs=0.1/both/s3"


def test_a_stopped_run_goes_on_with_what_is_missing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    third = CELLS[2].name
    with pytest.raises(KeyboardInterrupt):
        run_cells(CELLS, partial(stop_at, log=log, name=third), tmp_path, settings={"steps": 1})
    assert [r.cell for r in load_cells(tmp_path, CELLS)] == CELLS[:2]
    told: list[str] = []
    found = run_cells(
        CELLS, partial(count, log=log), tmp_path, settings={"steps": 1}, tell=told.append
    )
    assert [r.cell for r in found] == CELLS
    assert [r.figures["mse"]["s0"] for r in found] == [1.0, 1.0, 2.0, 2.0]
    assert log.read_text().splitlines() == [c.name for c in CELLS]  # each once
    assert len(told) == 2 and told[0].startswith(f"3/4 {third}")


@pytest.mark.slow
def test_two_jobs_find_the_same(tmp_path: Path) -> None:
    found = run_cells(CELLS, partial(count, log=tmp_path / "log"), tmp_path, settings={}, jobs=2)
    assert [r.cell for r in found] == CELLS
    assert sorted((tmp_path / "log").read_text().split()) == sorted(c.name for c in CELLS)


def test_results_of_other_settings_are_not_mixed(tmp_path: Path) -> None:
    work = partial(count, log=tmp_path / "log")
    run_cells(CELLS[:1], work, tmp_path, settings={"steps": 1})
    with pytest.raises(ConfigError, match="other settings"):
        run_cells(CELLS[:1], work, tmp_path, settings={"steps": 2})


def test_a_folder_is_of_one_experiment_and_claimed_before_its_data_are_made(tmp_path: Path) -> None:
    whole = {"experiment": "another", **parse_plan(["tiny=true"]).shared}
    claim_folder(tmp_path, whole)
    for name in set(EXPERIMENTS) - {"leave-one-out"}:
        with pytest.raises(ConfigError, match="other settings"):
            run(name, tmp_path, settings=["tiny=true"])
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]


def test_a_folder_of_before_experiments_were_named_is_gone_on_with(tmp_path: Path) -> None:
    claim_folder(tmp_path, {"steps": 1})
    claim_folder(tmp_path, {"experiment": "any-subset", "steps": 1})
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(ConfigError, match="other settings"):
        claim_folder(tmp_path, {"steps": 1})


def test_a_damaged_result_is_named(tmp_path: Path) -> None:
    run_cells(CELLS[:1], partial(count, log=tmp_path / "log"), tmp_path, settings={})
    file = tmp_path / "cells" / f"{CELLS[0].name}.json"
    assert json.loads(file.read_text())["cell"]["arm"] == "none"
    file.write_text("{")
    with pytest.raises(UnisonoError, match="no result of a cell"):
        load_cells(tmp_path, CELLS)


def test_a_pattern_selects_and_one_that_matches_nothing_is_refused() -> None:
    assert select(CELLS, "*/both/*") == [CELLS[1], CELLS[3]]
    assert select(CELLS, "") == CELLS
    with pytest.raises(ConfigError, match="no cell matches"):
        select(CELLS, "mars/*")
