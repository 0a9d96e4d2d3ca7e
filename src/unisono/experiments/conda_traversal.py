"""Removed frames of fields: what a map of the dynamics is worth beside its rivals.

Frames in the middle of a sequence are removed: from the bank, from the curve, and from everything
that is fitted. Every rival of :mod:`unisono.experiments.gap_rivals` predicts them; figures are PSNR
in dB of fields (float; range: largest minus smallest value of the bank's frames) by condition.
``incl`` keeps the other frames of the condition in the bank, ``excl`` takes all of them out.
"""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from unisono.api import map_settings
from unisono.api.map_data import MapData
from unisono.api.map_training import train_map
from unisono.editing.bank import Bank
from unisono.experiments.cells import Cell, Figures, claim_folder, load_cells, run_cells, select
from unisono.experiments.collected import Collected, Place
from unisono.experiments.field_sets import DATA, FieldSet, Removal, open_fields, removal
from unisono.experiments.gap_rivals import CodeRivals, CurveAndLift, Gap, Stretches, psnr
from unisono.experiments.outcome import Outcome, figure_of, write_outcome
from unisono.experiments.pairing import Estimate, difference, mean_of
from unisono.experiments.plan import Plan, parse_plan
from unisono.experiments.result import ExperimentResult
from unisono.experiments.tables import Table
from unisono.recordings.frame_table import FrameTable
from unisono.recordings.splits import Split

__all__ = ["conda_traversal", "traversal_cells", "traversal_work"]

Array = npt.NDArray[np.float64]

_CONTEXT = 4
_GAPS = (5, 11)
_NOISE = 0.1
"""Noise of the noisy variant, over the standard deviation of the frames."""

_ENCODERS = ("map", "shuffled map", "random encoder")


def traversal_cells(plan: Plan) -> list[Cell]:
    """All cells: data x (incl, excl) x gap (and noisy) x seed."""
    cells = []
    for name in plan.data or tuple(DATA):
        for bank in ("incl", "excl") if DATA[name] else ("incl",):
            variants = [f"gap={g}" for g in _GAPS] + [f"gap={_GAPS[0]},noisy"]
            cells += [
                Cell(name, bank, "all", variant, seed)
                for variant in variants
                for seed in range(plan.seeds)
            ]
    return cells


def traversal_work(cell: Cell, *, plan: Plan, folder: Path) -> Figures:
    """Measure one cell: every rival, by condition."""
    data = open_fields(cell.data, folder / "data", recordings=plan.recordings, tiny=plan.tiny)
    size = int(cell.variant.split(",")[0].removeprefix("gap="))
    noise = _NOISE if cell.variant.endswith("noisy") else 0.0
    found: dict[str, dict[str, float]] = {}
    targets = data.targets[:2] if plan.tiny else data.targets
    groups = [targets] if cell.conditioning == "incl" else [(name,) for name in targets]
    for group in groups:
        cut = removal(
            data,
            group,
            size=size,
            context=_CONTEXT,
            include=cell.conditioning == "incl",
            noise=noise,
            seed=cell.seed,
        )
        for name, by_rival in _measured(data, cut, cell.seed, plan).items():
            for rival, value in by_rival.items():
                found.setdefault(rival, {})[name] = value
    return found


def _table(data: FieldSet, cut: Removal) -> FrameTable:
    """The bank as the training part of a map: stretches without a gap."""
    conditions = np.array([data.conditions[name] for name in cut.names])
    return FrameTable(
        cut.bank.astype(np.float32),
        cut.sequence,
        np.arange(len(cut.bank), dtype=np.float64),
        np.asarray(cut.names),
        {"condition": conditions} if len(np.unique(conditions)) > 1 else {},
    )


def _measured(data: FieldSet, cut: Removal, seed: int, plan: Plan) -> dict[str, dict[str, float]]:
    """PSNR of every rival by condition."""
    table = _table(data, cut)
    split = Split({"train": tuple(sorted(set(map(str, table.recording))))})
    parts = MapData((data.info,), table, table, split)
    by = ["time", *table.labels]

    def trained(name: str, dims: int) -> "_Chart":
        steps = 1 if name == "random encoder" else plan.steps
        begin = "random" if name == "random encoder" else "axes"
        words = [
            f"steps={steps}",
            f"begin={begin}",
            "offset=2",
            f"seed={seed}",
            "codes=64",
            "temperature=1.0",
        ]
        control = "shuffled" if name == "shuffled map" else "none"
        with tempfile.TemporaryDirectory() as work:
            how = map_settings(dims=dims, settings=words)
            method = train_map(parts, by, how, Path(work) / "run", control=control)
        return _Chart(method)

    charts = {f"{name}, {d} dims": trained(name, d) for name in _ENCODERS for d in (3, 8)}
    first = next(iter(charts.values()))
    codes = first.codes
    plain = Bank(codes, codes, table.sequence)
    stretches = Stretches.of(
        [codes[table.sequence == s] for s in np.unique(table.sequence)],
        size=cut.size,
        context=_CONTEXT,
    )
    span = float(cut.bank.max() - cut.bank.min())
    plain_rivals = CodeRivals(plain, stretches)
    axes = {d: CurveAndLift(Bank(codes[:, :d], codes, table.sequence)) for d in (3, 8)}
    curves = {label: CurveAndLift(chart.bank) for label, chart in charts.items()}
    errors: dict[str, dict[str, list[float]]] = {}
    for name, known, truth in cut.gaps:
        seen = first.encode(known)
        gap = Gap(seen[:_CONTEXT], seen[_CONTEXT:], cut.size)
        answers = plain_rivals.answers(gap)
        for dims, curve in axes.items():
            for lift, answer in curve.answers(gap, seen[:, :dims]).items():
                answers[f"principal axes, {dims} dims + {lift}"] = answer
        for label, curve in curves.items():
            for lift, answer in curve.answers(gap, charts[label].embed(known)).items():
                answers[f"{label} + {lift}"] = answer
        whole = first.encode(truth)
        answers["bound: codes of the truth"] = whole
        chart = charts["map, 3 dims"]
        answers["bound: true points on the map, 3 dims"] = chart.lifted(chart.embed(truth))
        for rival, answer in answers.items():
            wrong = float(((first.decode(answer) - truth) ** 2).mean())
            errors.setdefault(name, {}).setdefault(rival, []).append(wrong)
    return {
        name: {rival: psnr(float(np.mean(values)), span) for rival, values in by_rival.items()}
        for name, by_rival in errors.items()
    }


class _Chart:
    """A trained map as arrays. All maps of a cell share one codec, which knows no seed."""

    def __init__(self, method: object) -> None:
        self.method = method
        self.bank: Bank = method.bank()  # type: ignore[attr-defined]
        self.codes = self.bank.codes

    def encode(self, frames: Array) -> Array:
        values = torch.from_numpy(frames.astype(np.float32))
        return np.asarray(self.method.encode(values).numpy(), np.float64)  # type: ignore[attr-defined]

    def decode(self, codes: Array) -> Array:
        values = torch.from_numpy(codes.astype(np.float32))
        return np.asarray(self.method.decode(values).numpy(), np.float64)  # type: ignore[attr-defined]

    def embed(self, frames: Array) -> Array:
        """Points of frames, each on its own: no context sees a removed frame."""
        codes = torch.from_numpy(self.encode(frames).astype(np.float32))
        return np.asarray(self.method.embed(codes).numpy(), np.float64)  # type: ignore[attr-defined]

    def lifted(self, points: Array) -> Array:
        """Codes of points by five neighbours."""
        from unisono.editing.lift import NeighbourLift

        return NeighbourLift(self.bank, k=5).lift(points).codes


def conda_traversal(out: Path, settings: Sequence[str]) -> ExperimentResult:
    """Run the experiment, or go on with it.

    Args:
        out: Folder of its state and results.
        settings: ``key=value`` of ``plan.Plan``.
    """
    plan = parse_plan(settings, steps=2000)
    cells = select(traversal_cells(plan), plan.only)
    if not plan.report:
        shared = {"experiment": "conda-traversal", **plan.shared}
        claim_folder(out, shared)
        for name in dict.fromkeys(cell.data for cell in cells):
            open_fields(name, out / "data", recordings=plan.recordings, tiny=plan.tiny)
        work = partial(traversal_work, plan=plan, folder=out)
        run_cells(cells, work, out, settings=shared, jobs=plan.jobs, tell=_tell)
    return write_outcome(_outcome(found := Collected(load_cells(out, cells))), found, out)


def _tell(line: str) -> None:
    import sys

    print(line, file=sys.stderr, flush=True)


def _outcome(found: Collected) -> Outcome:
    """Tables by place; the claim: the map beats principal axes with the same curve and lift."""
    tables, figures, gains = [], [], []
    for place in found.places:
        rows = []
        for rival in found.figures(place, "all"):
            estimate = mean_of(found.of(place, "all", rival))
            rows.append((estimate.value, rival, estimate))
            figures.append(figure_of(f"{place.title}: {rival}", estimate, "dB"))
        ordered = sorted(rows, key=lambda row: -row[0])
        tables.append(
            Table(place.title, ["rival", "PSNR, dB"], [[r, _shown(e)] for _, r, e in ordered])
        )
        gain = _gain(found, place)
        figures.append(figure_of(f"{place.title}: map over principal axes", gain, "dB"))
        if place.data == "wake" and place.conditioning == "incl":
            gains.append((place.variant.endswith("noisy"), gain))
    clean = [g.low >= 1 for noisy, g in gains if not noisy]
    noisy_ones = [g.high >= 0 for noisy, g in gains if noisy]
    claim = (
        "Removed frames of a wake, the condition in the bank: the map (3 dimensions, spline, five "
        "neighbours) beats principal axes with the same curve and lift by at least 1 dB clean and "
        "is not below them under noise"
    )
    holds = bool(clean) and bool(noisy_ones) and all(clean) and all(noisy_ones)
    return Outcome("conda-traversal", claim, holds, figures, tables, {})


def _gain(found: Collected, place: Place) -> Estimate:
    names = ("map, 3 dims + neighbours", "principal axes, 3 dims + neighbours")
    return difference(*(found.of(place, "all", name) for name in names))


def _shown(estimate: Estimate) -> str:
    return f"{estimate.value:.1f} [{estimate.low:.1f}, {estimate.high:.1f}]"
