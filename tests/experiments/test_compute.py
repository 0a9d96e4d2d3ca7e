"""Mirrors src/unisono/experiments/compute.py."""

import json
from pathlib import Path

from experiment_world import World

from unisono.experiments.compute import alignment_cost


def test_the_cost_is_measured_once_and_kept(world: World, tmp_path: Path) -> None:
    first = alignment_cost(world.data, "paper", world.plan, tmp_path)
    assert 1.0 <= first < 10.0
    kept = json.loads((tmp_path / "compute.json").read_text())
    assert kept == {"gait/paper": first}
    (tmp_path / "compute.json").write_text('{"gait/paper": 1.25}')
    assert alignment_cost(world.data, "paper", world.plan, tmp_path) == 1.25
