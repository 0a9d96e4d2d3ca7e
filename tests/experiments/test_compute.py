"""Mirrors src/unisono/experiments/compute.py."""

import json
import sys
from pathlib import Path

import pytest
from experiment_world import World

from unisono.experiments import EXPERIMENTS, compute, run
from unisono.experiments.cells import Cell
from unisono.experiments.compute import alignment_cost, measure_costs


def test_the_cost_is_measured_once_and_kept(world: World, tmp_path: Path) -> None:
    first = alignment_cost(world.data, "paper", world.plan, tmp_path)
    assert 1.0 <= first < 10.0
    kept = json.loads((tmp_path / "compute.json").read_text())
    assert kept == {"gait/paper": first}
    (tmp_path / "compute.json").write_text('{"gait/paper": 1.25}')
    assert alignment_cost(world.data, "paper", world.plan, tmp_path) == 1.25


def test_costs_are_measured_once_for_each_set_and_conditioning_that_trains_longer(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []
    monkeypatch.setattr(compute, "open_set", lambda *_, **__: world.data)
    monkeypatch.setattr(compute, "alignment_cost", lambda _, where, *__: measured.append(where))
    cells = [Cell("gait", "ours", arm, seed=s) for arm in ("none", "longer") for s in (0, 1)]
    measure_costs([*cells, Cell("gait", "paper", "longer")], world.plan, tmp_path)
    assert measured == ["ours", "paper"]


@pytest.mark.parametrize(
    ("name", "where"), [("llma-ablation", "gait/ours"), ("llma-where", "gait/ours/pairs=1")]
)
def test_costs_are_known_before_cells_run_side_by_side(
    name: str, where: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules[EXPERIMENTS[name][1].__module__]

    def known(_cells: object, _plan: object, folder: Path) -> None:
        (folder / "compute.json").write_text("{}")

    def running(*_: object, **__: object) -> None:
        assert (tmp_path / "compute.json").exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "open_set", lambda *_, **__: world.data)
    monkeypatch.setattr(module, "measure_costs", known)
    monkeypatch.setattr(module, "run_cells", running)
    with pytest.raises(KeyboardInterrupt):
        run(name, tmp_path, settings=["tiny=true", "seeds=1", f"only={where}/longer/s0"])
