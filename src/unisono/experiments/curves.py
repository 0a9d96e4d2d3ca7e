"""Curves over what alignment rests on: window length, both directions, one clock, a shared source.

Simulated gait (joint angles to forces and moments) at 100 frames a second, people nobody trained
on. Trainings differ in the length of the aligned windows (each beside the control whose pairs are
shuffled), in their directions (each alone, or both jointly), and in how much of the target an
independent source drives. Models without and with alignment are then used on guides that are late,
noisy, or lack frames or channels.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from unisono.api.model import Model
from unisono.api.predicting import Drawing
from unisono.experiments.cells import Cell, Figures, claim_folder, load_cells, run_cells, select
from unisono.experiments.collected import Collected
from unisono.experiments.curves_data import broken_set, curve_set
from unisono.experiments.curves_report import curves_outcome
from unisono.experiments.curves_uses import Rows, bond_figures, guide_figures, lag_figures
from unisono.experiments.measuring import (
    LEVELS,
    alignment_figures,
    scores_of,
    window_figures,
)
from unisono.experiments.outcome import write_outcome
from unisono.experiments.parts import open_sides
from unisono.experiments.plan import Plan, parse_plan
from unisono.experiments.result import ExperimentResult
from unisono.experiments.sets import PairedSet
from unisono.experiments.training_cells import train_cell

__all__ = ["LENGTHS", "SHARES", "curves_cells", "curves_work", "llma_curves"]

LENGTHS = (10, 25, 50, 100)
"""Frames of an aligned window."""

SHARES = (0.25, 0.5, 0.75)
"""Shares of the target's variance that an independent source drives, in training and at use."""

_MAIN = 25
"""Length of the aligned windows everywhere else."""


def curves_cells(plan: Plan) -> list[Cell]:
    """All cells, the most telling first."""
    cells = []
    for seed in range(plan.seeds):

        def cell(arm: str, variant: str = "", *, seed: int = seed) -> Cell:
            return Cell("gait", "ours", arm, variant, seed)

        cells += [cell("none"), cell("both", f"C={_MAIN}")]
        cells += [cell("one_way"), cell("one_way", "back")]
        cells += [cell("shuffled_batch", f"C={_MAIN}")]
        for length in (n for n in LENGTHS if n != _MAIN):
            cells += [cell(arm, f"C={length}") for arm in ("both", "shuffled_batch")]
        cells += [cell(arm, f"broken={s}") for s in SHARES for arm in ("none", "both")]
    return cells


def _value(cell: Cell, name: str, otherwise: float) -> float:
    kind, _, value = cell.variant.partition("=")
    return float(value) if kind == name else otherwise


def _set_of(cell: Cell, plan: Plan, folder: Path) -> PairedSet:
    data = curve_set(folder / "data", tiny=plan.tiny)
    share = _value(cell, "broken", 0.0)
    if share:
        data = broken_set(data, share, folder / "data")
    if cell.variant == "back":
        return replace(data, given=data.want, want=data.given)
    return data


def _changes(cell: Cell, data: PairedSet) -> dict[str, Any]:
    frames = int(data.windows["length"])
    length = min(int(_value(cell, "C", _MAIN)), frames)
    return {"llma": {"alignment": {"length": length}}, "training": {"batch_size": 16}}


def curves_work(cell: Cell, *, plan: Plan, folder: Path) -> Figures:
    """Train one cell and measure it.

    Args:
        cell: Which.
        plan: Steps and sizes.
        folder: Where the data sets are.
    """
    data = _set_of(cell, plan, folder)
    model = train_cell(data, cell, plan, changes=_changes(cell, data))
    sides = open_sides(model, data, plan)
    drawing = Drawing(plan.samples, max(plan.solver // 2, 1), cell.seed, LEVELS, keep=plan.samples)
    batch, trained = sides.tested.batch, sides.trained.batch
    found, truth = window_figures(model, batch, data.want, trained, drawing)
    figures: dict[str, Mapping[str, float]] = {**scores_of(found, truth, sides.units)}
    if cell.variant == "back":  # this way back is what the others call back
        return {f"back.{name}": value for name, value in figures.items()}
    if model.recipe.llma.directions == "both":
        few = drawing._replace(samples=2, keep=2)
        back, whole = window_figures(model, batch, data.given, trained, few)
        figures |= {"back.mse": scores_of(back, whole, sides.units)["mse"]}
        figures |= alignment_figures(model, batch, model.method.settings.alignment.length)
        figures |= bond_figures(model, data, plan)
    if cell.arm == "none" and not cell.variant or cell.variant == f"C={_MAIN}":
        figures |= _at_use(model, cell, data, plan, drawing)
    return figures


def _at_use(model: Model, cell: Cell, data: PairedSet, plan: Plan, drawing: Drawing) -> Rows:
    """Late and poor guides: of no alignment, alignment, and its control."""
    sides = open_sides(model, data, plan)
    figures = dict(guide_figures(model, data, sides, drawing))
    if cell.arm != "shuffled_batch":
        figures |= lag_figures(model, data, plan)
    return figures


def llma_curves(out: Path, settings: Sequence[str]) -> ExperimentResult:
    """Run the experiment, or go on with it.

    Args:
        out: Folder of its state and results.
        settings: ``key=value`` of ``plan.Plan``.
    """
    plan = parse_plan(settings, seeds=2, steps=200, solver=6, windows=32)
    cells = select(curves_cells(plan), plan.only)
    if plan.report:
        found = Collected(load_cells(out, cells))
        return write_outcome(curves_outcome(found), found, out)
    shared = {"experiment": "llma-curves", **plan.shared}
    claim_folder(out, shared)
    for cell in {c.variant: c for c in cells}.values():
        _set_of(cell, plan, out)  # made here once, not by two processes at a time
    work = partial(curves_work, plan=plan, folder=out)
    found = Collected(run_cells(cells, work, out, settings=shared, jobs=plan.jobs, tell=_tell))
    return write_outcome(curves_outcome(found), found, out)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
