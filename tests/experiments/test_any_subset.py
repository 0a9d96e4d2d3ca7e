"""Mirrors src/unisono/experiments/any_subset.py."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from unisono.experiments.any_subset import (
    STREAMS,
    any_subset,
    any_subset_cells,
    any_subset_work,
    split_legs,
)
from unisono.experiments.cells import Cell
from unisono.experiments.plan import Plan
from unisono.recordings.schema import stream_names, streams
from unisono.simulators.gait import random_recordings


def test_every_stream_alone_and_every_part_that_lacks_one_is_asked() -> None:
    cells = any_subset_cells(Plan(seeds=2))
    asked = [c.arm.split("+") for c in cells if c.conditioning == "any" and not c.variant]
    for seed_cells in (asked[: len(asked) // 2], asked[len(asked) // 2 :]):
        assert [[name] for name in STREAMS] == seed_cells[: len(STREAMS)]
        assert sum(len(part) == len(STREAMS) - 1 for part in seed_cells) == len(STREAMS)
        assert all(set(part) < set(STREAMS) for part in seed_cells)
    assert len({cell.name for cell in cells}) == len(cells)
    assert {c.variant for c in cells if c.variant} == {"hidden=0.25", "hidden=0.5", "hidden=0.75"}


def test_forces_become_a_stream_a_foot() -> None:
    tree = next(iter(random_recordings(1, trials=1, seed=3)))
    split = split_legs(tree)
    assert tuple(stream_names(split)) == STREAMS
    whole, right = dict(streams(tree))["grf"], dict(streams(split))["grf_right"]
    np.testing.assert_array_equal(
        right["data"].values, whole.sel(channel=["r_fx", "r_fy", "r_fz"])["data"].values
    )
    assert split.attrs["subject"] == tree.attrs["subject"]


def test_windows_that_are_asked_of_are_spread_over_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, asked = {"test": np.arange(100, 195), "train": np.arange(100)}, []

    def batch(chosen: np.ndarray) -> None:
        asked.append(chosen)
        raise KeyboardInterrupt  # what is done with them does not matter here

    parts = SimpleNamespace(rows=rows, windows=SimpleNamespace(batch=batch))
    module = sys.modules[any_subset.__module__]  # the package's name of it is the function
    monkeypatch.setattr(module, "_recipe", lambda *_: None)
    monkeypatch.setattr(module, "open_parts", lambda _: parts)
    with pytest.raises(KeyboardInterrupt):
        any_subset_work(Cell("gait", "any", "imu"), plan=Plan(windows=48), folder=tmp_path)
    assert (asked[0][0], asked[0][-1], len(asked[0])) == (100, 194, 48)


@pytest.mark.slow
def test_one_question_runs_and_a_second_start_runs_nothing(tmp_path: Path) -> None:
    settings = ["tiny=true", "seeds=1", "only=gait/any/imu/s0"]
    found = any_subset(tmp_path, settings)
    page = found.page.read_text()
    assert "| imu |" in page.lower()
    names = {f["name"] for f in found.content["figures"]}
    assert {"mse of angles from imu", "width of moments from imu"} <= names
    cell = next((tmp_path / "cells").rglob("*.json"))
    before = cell.stat().st_mtime_ns
    any_subset(tmp_path, settings)
    assert cell.stat().st_mtime_ns == before
