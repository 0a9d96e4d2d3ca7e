"""The ablation of Local Latent Manifold Alignment, with the controls that a claim must beat.

For every data set and conditioning, arms that differ in nothing but the alignment (``arms.py``) are
trained from the same seeds on the same batches and measured on people or conditions that none of
them saw, beside ridge, kNN and the mean curve.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from unisono.api.predicting import Drawing
from unisono.experiments.ablation_report import ablation_outcome
from unisono.experiments.arms import BASELINE_ARMS, TRAINED
from unisono.experiments.baseline_cells import baseline_figures
from unisono.experiments.cells import Cell, Figures, claim_folder, load_cells, run_cells, select
from unisono.experiments.collected import Collected
from unisono.experiments.compute import longer_of, measure_costs
from unisono.experiments.measuring import (
    LEVELS,
    alignment_figures,
    distribution_figures,
    generate_truth,
    probe_figure,
    scores_of,
    window_figures,
)
from unisono.experiments.outcome import write_outcome
from unisono.experiments.parts import open_sides
from unisono.experiments.plan import Plan, parse_plan
from unisono.experiments.result import ExperimentResult
from unisono.experiments.sets import SETS, open_set
from unisono.experiments.training_cells import train_cell

__all__ = ["ablation_cells", "ablation_work", "llma_ablation"]

_MAIN, _FURTHER = ("ours", "paper"), ("framewise",)
_ONLY_OURS = ("regression",)
_BACK_SAMPLES = 8
"""Samples of the way back: its mean is compared, not its bands."""


def ablation_cells(plan: Plan) -> list[Cell]:
    """All cells, the most telling first: the first set with seed 0, its other seeds, other sets."""
    names = plan.data or tuple(SETS)
    cells = []
    for conditionings in (_MAIN, _FURTHER):
        for data in names:
            if conditionings == _MAIN:
                cells += [Cell(data, "any", arm) for arm in BASELINE_ARMS]
            for seed in range(plan.seeds):
                cells += [
                    Cell(data, conditioning, arm, seed=seed)
                    for conditioning in conditionings
                    for arm in TRAINED
                    if conditioning == "ours" or arm not in _ONLY_OURS
                ]
    return cells


def ablation_work(cell: Cell, *, plan: Plan, folder: Path) -> Figures:
    """Train and measure one cell.

    Args:
        cell: Which.
        plan: Steps and sizes.
        folder: Where the data sets are.
    """
    data = open_set(cell.data, folder / "data", recordings=plan.recordings, tiny=plan.tiny)
    if cell.arm in BASELINE_ARMS:
        return baseline_figures(cell.arm, data, plan)
    changes = longer_of(data, cell, plan, folder) if cell.arm == "longer" else None
    model = train_cell(data, cell, plan, changes=changes)
    sides = open_sides(model, data, plan)
    steps = plan.solver if cell.conditioning != "ours" else max(plan.solver // 2, 1)
    drawing = Drawing(plan.samples, steps, cell.seed, LEVELS, keep=plan.samples)
    batch, trained = sides.tested.batch, sides.trained.batch
    found, truth = window_figures(model, batch, data.want, trained, drawing)
    figures = scores_of(found, truth, sides.units)
    real = generate_truth(data.want, trained, trained)
    small = 20 if plan.tiny else 200
    figures |= distribution_figures(found, truth, real, key=data.name, steps=small)
    if data.probe is not None:
        figures |= probe_figure(model, sides.all_tested, *data.probe)
    if model.recipe.llma.directions == "both":
        few = drawing._replace(samples=_BACK_SAMPLES, keep=_BACK_SAMPLES)
        back, whole = window_figures(model, batch, data.given, trained, few)
        scores = scores_of(back, whole, sides.units)
        figures |= {f"back.{name}": value for name, value in scores.items()}
        length = model.method.settings.alignment.length
        figures |= alignment_figures(model, batch, length)
    return figures


def llma_ablation(out: Path, settings: Sequence[str]) -> ExperimentResult:
    """Run the experiment, or go on with it.

    Args:
        out: Folder of its state and results.
        settings: ``key=value`` of ``plan.Plan``.
    """
    plan = parse_plan(settings)
    cells = select(ablation_cells(plan), plan.only)
    if plan.report:
        done = Collected(load_cells(out, cells))
        return write_outcome(ablation_outcome(done), done, out)
    shared = {"experiment": "llma-ablation", **plan.shared}
    claim_folder(out, shared)
    for name in dict.fromkeys(cell.data for cell in cells):
        open_set(name, out / "data", recordings=plan.recordings, tiny=plan.tiny)
    measure_costs(cells, plan, out)
    work = partial(ablation_work, plan=plan, folder=out)
    found = Collected(run_cells(cells, work, out, settings=shared, jobs=plan.jobs, tell=_tell))
    return write_outcome(ablation_outcome(found), found, out)


def _tell(line: str) -> None:
    import sys

    print(line, file=sys.stderr, flush=True)
