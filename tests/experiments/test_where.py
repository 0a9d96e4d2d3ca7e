"""Mirrors src/unisono/experiments/where.py."""

from functools import partial

import pytest
from experiment_world import World

from unisono.experiments.arms import plain_of
from unisono.experiments.cells import Cell
from unisono.experiments.plan import Plan
from unisono.experiments.uses import USES
from unisono.experiments.where import SHARES, where_cells, where_work


def test_every_form_stands_beside_its_controls() -> None:
    cells = where_cells(Plan(seeds=1))
    assert len(set(cells)) == len(cells)
    places = {(c.conditioning, c.variant) for c in cells if not c.variant.startswith("alone")}
    assert ("paper", "pairs=0.1") in places and ("ours", "pairs=0.05") in places
    assert {f"pairs={share:g}" for share in SHARES} <= {v for _, v in places}
    for where in places:
        arms = {c.arm for c in cells if (c.conditioning, c.variant) == where}
        for form in (a for a in arms if not a.startswith(("none", "longer")) and "~" not in a):
            assert {f"{form}~batch", f"{form}~full", plain_of(form)} <= arms


@pytest.mark.slow
@pytest.mark.parametrize("arm", ["recovering", "pretrained~full", "longer"])
def test_a_cell_is_measured_on_every_use(world: World, arm: str) -> None:
    work = partial(where_work, plan=world.plan, folder=world.folder)
    figures = work(Cell("gait", "ours", arm, "pairs=0.5"))
    assert {f"{use}.mse" for use in USES} | {
        "mse",
        "back.mse",
        "cover90",
        "retrieval",
        "probe",
    } <= set(figures)
    assert figures["mse"] != figures["missing.mse"]
