"""What alignment costs: processor time of a training step with it over one without."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from unisono.api.building import build_method, open_parts
from unisono.core.files import write_text
from unisono.core.random import generator
from unisono.experiments.cells import Cell
from unisono.experiments.plan import Plan
from unisono.experiments.sets import PairedSet, open_set
from unisono.experiments.training_cells import recipe_of

__all__ = ["alignment_cost", "longer_of", "measure_costs"]

_STEPS = 12


def alignment_cost(data: PairedSet, conditioning: str, plan: Plan, folder: Path) -> float:
    """Ratio of processor times, at least 1, measured once and kept in the folder.

    Steps with and without alignment take turns, so that a busy machine slows both; the ratio is
    that of the medians.

    Args:
        data: The paired set.
        conditioning: How the network is conditioned.
        plan: Sizes.
        folder: Where the figure is kept, as ``compute.json``.
    """
    file = folder / "compute.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    key = f"{data.name}/{conditioning}"
    if key not in known:
        steps = [_stepper(data, Cell(data.name, conditioning, arm), plan) for arm in _ARMS]
        times = np.array([[_timed(step) for step in steps] for _ in range(_STEPS)])
        ratio = np.median(times[2:, 0]) / np.median(times[2:, 1])
        known[key] = float(max(ratio, 1.0))
        write_text(file, json.dumps(known, indent=1) + "\n")
    return float(known[key])


def measure_costs(cells: Sequence[Cell], plan: Plan, folder: Path) -> None:
    """Measure what the cells of ``longer`` need before any of them runs.

    Cells side by side would each measure a cost of their own, and train for as many steps more.

    Args:
        cells: All that will run.
        plan: Sizes.
        folder: Where the costs are kept, and the sets below it.
    """
    longer = [(cell.data, cell.conditioning) for cell in cells if cell.arm == "longer"]
    for name, conditioning in dict.fromkeys(longer):
        data = open_set(name, folder / "data", recordings=plan.recordings, tiny=plan.tiny)
        alignment_cost(data, conditioning, plan, folder)


def longer_of(data: PairedSet, cell: Cell, plan: Plan, folder: Path) -> dict[str, Any]:
    """What is laid over the recipe of ``longer``: more steps, for the compute of alignment.

    Args:
        data: The paired set.
        cell: Its conditioning counts.
        plan: Sizes.
        folder: Where the cost is kept.
    """
    cost = alignment_cost(data, cell.conditioning, plan, folder)
    return {"llma": {"steps": round(plan.steps * cost)}}


_ARMS = ("both", "none")


def _stepper(data: PairedSet, cell: Cell, plan: Plan) -> Callable[[], None]:
    recipe = recipe_of(data, cell, plan, output="none")
    parts = open_parts(recipe)
    method = build_method(recipe, parts.windows.streams)
    method.prepare(parts.windows.batch(parts.rows["train"]))
    batch = parts.windows.batch(parts.rows["train"][: recipe.training.batch_size])
    draws = generator(0, "compute")
    optimiser = torch.optim.AdamW(method.parameters(), lr=1e-4)

    def step() -> None:
        optimiser.zero_grad()
        loss = method.loss(batch, phase=method.phases[0], step=1, generator=draws).total
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    return step


def _timed(step: Callable[[], None]) -> float:
    begun = time.process_time()
    step()
    return time.process_time() - begun
