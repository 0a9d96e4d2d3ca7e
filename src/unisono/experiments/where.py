"""Where alignment truly pays: few pairs, imperfect guides, and other forms of alignment.

Every form of alignment (``arms.FORMS``) is trained beside the same network without it and beside
its own two shuffled controls, with all pairs and with few of them (``one_sided``: the other
recordings have the given side only), and is used on whole guides and on poor ones (``uses``).
"""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from unisono.api.predicting import Drawing
from unisono.experiments.arms import FORMS, plain_of
from unisono.experiments.cells import Cell, Figures, claim_folder, load_cells, run_cells, select
from unisono.experiments.collected import Collected
from unisono.experiments.compute import longer_of, measure_costs
from unisono.experiments.measuring import (
    LEVELS,
    alignment_figures,
    probe_figure,
    scores_of,
    window_figures,
)
from unisono.experiments.one_sided import one_sided
from unisono.experiments.outcome import write_outcome
from unisono.experiments.parts import Sides, open_sides
from unisono.experiments.plan import Plan, parse_plan
from unisono.experiments.result import ExperimentResult
from unisono.experiments.sets import PairedSet, open_set
from unisono.experiments.training_cells import train_cell
from unisono.experiments.uses import USES, used
from unisono.experiments.where_report import where_outcome

__all__ = ["SHARES", "llma_where", "where_cells", "where_work"]

SHARES = (0.1, 1.0, 0.05, 0.25, 0.5)
"""Shares of training recordings that are pairs, the most telling first."""

_MAIN_SHARES = SHARES[:2]
_CURVE_FORMS = ("both", "recovering")
_BACK_SAMPLES = 8
"""Samples of the way back: its mean is compared, not its bands."""

_FORMS = {  # what is the default of a conditioning is its "both" already
    "ours": [form for form in FORMS if form != "memory"],
    "paper": [form for form in FORMS if form != "hidden"],
}


def _arms(forms: Sequence[str]) -> list[str]:
    """Each form with its control arms and what it is compared with, each once."""
    arms = [
        arm for form in forms for arm in (plain_of(form), form, f"{form}~batch", f"{form}~full")
    ]
    return list(dict.fromkeys(arms))


def where_cells(plan: Plan) -> list[Cell]:
    """All cells: every form with few and with all pairs, then the curve over the share of pairs."""
    cells = []
    for data in plan.data or ("gait",):
        for seed in range(plan.seeds):
            for conditioning in ("ours", "paper"):
                for share in _MAIN_SHARES:
                    cells += [
                        Cell(data, conditioning, arm, f"pairs={share:g}", seed)
                        for arm in [*_arms(_FORMS[conditioning]), "longer"]
                    ]
            cells += [Cell(data, "ours", "none", f"alone={share:g}", seed) for share in SHARES[:1]]
            for share in SHARES[2:]:
                variant = f"pairs={share:g}"
                cells += [Cell(data, "ours", arm, variant, seed) for arm in _arms(_CURVE_FORMS)]
    return cells


def _set_of(cell: Cell, plan: Plan, folder: Path) -> PairedSet:
    data = open_set(cell.data, folder / "data", recordings=plan.recordings, tiny=plan.tiny)
    kind, _, share = cell.variant.partition("=")
    if kind == "pairs" and float(share) == 1:
        return data
    return one_sided(data, float(share), folder / "data", alone=kind == "alone")


def where_work(cell: Cell, *, plan: Plan, folder: Path) -> Figures:
    """Train one cell and use it on whole and on poor guides.

    Args:
        cell: Which.
        plan: Steps and sizes.
        folder: Where the data sets are.
    """
    data = _set_of(cell, plan, folder)
    changes = longer_of(data, cell, plan, folder) if cell.arm == "longer" else None
    model = train_cell(data, cell, plan, changes=changes)
    sides = open_sides(model, data, plan)
    batch, trained = sides.tested.batch, sides.trained.batch
    steps = plan.solver if cell.conditioning == "paper" else max(plan.solver // 2, 1)
    drawing = Drawing(plan.samples, steps, cell.seed, LEVELS, keep=plan.samples)
    found, truth = window_figures(model, batch, data.want, trained, drawing)
    figures = scores_of(found, truth, sides.units)
    few = drawing._replace(samples=_BACK_SAMPLES, keep=_BACK_SAMPLES)
    back, whole = window_figures(model, batch, data.given, trained, few)
    scores = scores_of(back, whole, sides.units)
    figures |= {f"back.{name}": scores[name] for name in ("mse", "crps", "cover90")}
    for use in USES:
        figures |= _of_use(use, sides, data, partial(window_figures, model), drawing)
    if data.probe is not None:
        figures |= probe_figure(model, sides.all_tested, *data.probe)
    length = model.method.settings.alignment.length
    return figures | alignment_figures(model, batch, length)


def _of_use(  # type: ignore[no-untyped-def]
    use: str,
    sides: Sides,
    data: PairedSet,
    generate,  # noqa: ANN001 - window_figures of one model
    drawing: Drawing,
) -> dict[str, dict[str, float]]:
    batch, trained = sides.tested.batch, sides.trained.batch
    poor = used(use, batch, data.given, trained, sides.units)
    found, truth = generate(poor, data.want, trained, drawing)
    scores = scores_of(found, truth, sides.units)
    kept = ("mse", "crps", "cover90")
    return {f"{use}.{name}": scores[name] for name in kept}


def llma_where(out: Path, settings: Sequence[str]) -> ExperimentResult:
    """Run the experiment, or go on with it.

    Args:
        out: Folder of its state and results.
        settings: ``key=value`` of ``plan.Plan``.
    """
    plan = parse_plan(settings, seeds=3, windows=32)
    cells = select(where_cells(plan), plan.only)
    if plan.report:
        found = Collected(load_cells(out, cells))
        return write_outcome(where_outcome(found), found, out)
    shared = {"experiment": "llma-where", **plan.shared}
    claim_folder(out, shared)
    for cell in {(c.data, c.variant): c for c in cells}.values():
        _set_of(cell, plan, out)  # made here once, not by two processes at a time
    measure_costs(cells, plan, out)
    work = partial(where_work, plan=plan, folder=out)
    found = Collected(run_cells(cells, work, out, settings=shared, jobs=plan.jobs, tell=_tell))
    return write_outcome(where_outcome(found), found, out)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
