"""One model, any streams given: error and width of bands against what is given.

Simulated gait with seven streams (joint angles and their rates, inertial sensors, the force of each
foot, joint moments, EMG-like envelopes). One model of llma-any a seed is trained, then asked from
every stream alone, from every part that lacks one stream, and from some parts between, for all that
is not given; then again with a share of the given channels hidden. Beside it stand ridge, fitted
for each of those questions by itself, and models of fixed sides of the same size and steps.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from unisono.api.asking import parts_to_calibrate
from unisono.api.building import Parts, open_parts
from unisono.api.fitting import run_recipe
from unisono.api.missing import calibrated_bands, share_missing
from unisono.api.predicting import Drawing, only, predict
from unisono.api.recipe import Recipe
from unisono.core.config import from_mapping
from unisono.core.contracts import Batch
from unisono.core.random import generator, numpy_generator
from unisono.evaluation.arrays import Array
from unisono.evaluation.features import Given, Pairs
from unisono.evaluation.ridge import Ridge
from unisono.evaluation.scores import band_scores, crps
from unisono.experiments.any_subset_report import any_subset_outcome
from unisono.experiments.cells import Cell, Figures, claim_folder, load_cells, run_cells, select
from unisono.experiments.collected import Collected
from unisono.experiments.outcome import write_outcome
from unisono.experiments.parts import spread_out
from unisono.experiments.plan import Plan, parse_plan
from unisono.experiments.result import ExperimentResult
from unisono.recordings.dataset import Dataset
from unisono.recordings.schema import make_recording, streams
from unisono.simulators.gait import random_recordings

__all__ = ["STREAMS", "any_subset", "any_subset_cells", "any_subset_work", "split_legs"]

STREAMS = ("angles", "angular_rates", "imu", "grf_right", "grf_left", "moments", "emg")
"""Streams any of which may be given, and any wanted."""

HIDDEN = (0.25, 0.5, 0.75)
"""Shares of the given channels that are hidden, in the questions about missing channels."""

_FIXED = ("angles", "imu")
"""Streams from which models of fixed sides are trained too."""

_ABOUT_MISSING = "moments"
"""What is wanted where channels are hidden; everything else is given."""

_AXES = ("fx", "fy", "fz")


def split_legs(tree: xr.DataTree) -> xr.DataTree:
    """A simulated recording whose forces are a stream a foot, and with the seven streams alone."""
    every = dict(streams(tree))
    parts: dict[str, Any] = {name: every[name] for name in STREAMS if name in every}
    for side in ("right", "left"):
        names = [f"{side[0]}_{axis}" for axis in _AXES]
        parts[f"grf_{side}"] = every["grf"].sel(channel=names)
    kept = ("recording", "subject", "mass_kg", "height_m", "labels", "source")
    known = {key: tree.attrs[key] for key in kept if key in tree.attrs}
    return make_recording({name: parts[name] for name in STREAMS}, **known)


def any_subset_cells(plan: Plan) -> list[Cell]:
    """All cells: for each seed the questions, then hidden channels, then ridge and fixed sides."""
    parts = [part for part in parts_to_calibrate(STREAMS, seed=0) if len(part) < len(STREAMS)]
    named = ["+".join(part) for part in parts]
    rest = "+".join(name for name in STREAMS if name != _ABOUT_MISSING)
    cells = []
    for seed in range(plan.seeds):
        cells += [Cell("gait", "any", arm, seed=seed) for arm in named]
        cells += [Cell("gait", "any", rest, f"hidden={share}", seed) for share in HIDDEN]
    cells += [Cell("gait", "ridge", "+".join(p)) for p in parts if len(p) in (1, len(STREAMS) - 1)]
    return cells + [Cell("gait", "fixed", a, seed=s) for s in range(plan.seeds) for a in _FIXED]


def any_subset_work(cell: Cell, *, plan: Plan, folder: Path) -> Figures:
    """Answer the question of one cell, training what it needs where that is not done yet."""
    given = tuple(cell.arm.split("+"))
    want = tuple(name for name in STREAMS if name not in given)
    recipe = _recipe(cell, plan, folder)
    parts = open_parts(recipe)
    chosen = spread_out(parts.rows["test"], plan.windows)
    batch, subjects = parts.windows.batch(chosen), _subjects(parts, chosen)
    trained = parts.windows.batch(parts.rows["train"])
    if cell.conditioning == "ridge":
        means = _ridge(parts, trained, batch, given, want)
        return _errors(means, batch, trained, subjects)
    model = run_recipe(recipe, resume=True)
    if model.method.any_part:
        model = model.asking(given, want)
    seen = _hidden(only(batch, given), cell)
    steps = max(plan.solver // 2, 1)
    drawing = Drawing(plan.samples, steps, cell.seed, recipe.bands.levels, keep=plan.samples)
    found = predict(model.method, seen, want, drawing)
    figures: dict[str, dict[str, float]] = {}
    figures |= _errors({k: v.mean for k, v in found.items()}, batch, trained, subjects)
    gone = share_missing(seen, {name: parts.windows.streams[name].width for name in given})
    for name, one in found.items():
        truth, valid = _arrays(batch, name)
        spread = _spread(trained, name)
        bands = calibrated_bands(model.tables, name, one.bands, gone)
        held = band_scores(bands.lower[-1], bands.upper[-1], truth, valid, level=bands.levels[-1])
        score = crps(one.samples.astype(np.float64), truth) / spread
        figures |= {
            f"coverage.{name}": _by_subject(held.coverage.mean(axis=1), subjects),
            f"width.{name}": _by_subject((held.width / spread).mean(axis=1), subjects),
            f"crps.{name}": _by_subject(score.mean(axis=(1, 2)), subjects),
        }
    return figures


def any_subset(out: Path, settings: Sequence[str]) -> ExperimentResult:
    """Run the experiment, or go on with it.

    Args:
        out: Folder of its state and results.
        settings: ``key=value`` of ``plan.Plan``. Cells of a seed share one training, so that they
            run one after the other.
    """
    plan = replace(parse_plan(settings, seeds=2, steps=1500, samples=24, solver=8), jobs=1)
    cells = select(any_subset_cells(plan), plan.only)
    if plan.report:
        done = Collected(load_cells(out, cells))
    else:
        shared = {"experiment": "any-subset", **plan.shared}
        claim_folder(out, shared)
        _dataset(out, plan)
        work = partial(any_subset_work, plan=plan, folder=out)
        done = Collected(run_cells(cells, work, out, settings=shared, tell=_tell))
    return write_outcome(any_subset_outcome(done, STREAMS, HIDDEN), done, out)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _dataset(folder: Path, plan: Plan) -> Path:
    path = folder / "data" / "gait.un"
    if not path.exists():
        people, styles = (4, ("normal",)) if plan.tiny else (40, ("normal", "crouch"))

        def made() -> Iterator[xr.DataTree]:
            for tree in random_recordings(people, trials=len(styles), seed=21, styles=styles):
                yield split_legs(tree)

        Dataset.create(path, made())
    return path


def _recipe(cell: Cell, plan: Plan, folder: Path) -> Recipe:
    """What is trained for a cell; all questions of a seed share one model."""
    fixed = cell.conditioning == "fixed"
    given = [cell.arm] if fixed else list(STREAMS)
    name = f"{cell.conditioning}-{cell.arm}" if fixed else "any"
    width = 16 if plan.tiny else 64
    tables = {
        "method": "llma" if fixed else "llma-any",
        "output": str(folder / "models" / f"{name}-s{cell.seed}"),
        "data": {
            "path": str(_dataset(folder, plan)),
            "given": given,
            "want": [s for s in STREAMS if not fixed or s not in given],
        },
        "windows": {
            "rate_hz": 50.0,
            "length": 40,
            "stride": 20,
            "require": list(STREAMS),
            "units": {"grf_right": "N/kg", "grf_left": "N/kg", "moments": "N*m/kg"},
        },
        "split": {"test": 0.3, "calibration": 0.25, "seed": 0},
        "llma": {
            "steps": plan.steps,
            "known": ["mass_kg", "height_m"],
            **({} if fixed else {"drop_channel": 0.25}),
            "size": {"width": width, "heads": 4, "feedforward": 2 * width, "dropout": 0.0},
            "layers": {"own": 1, "condition": 2, "decoder": 1, "mean": 1},
            "alignment": {"length": 8},
        },
        "training": {
            "batch_size": 32,
            "learning_rate": 3e-3,
            "warmup_steps": min(50, plan.steps),
            "ema_decay": 0.99,
            "device": "cpu",
            "seed": cell.seed,
        },
        "bands": {"samples": plan.samples, "steps": max(plan.solver // 2, 1)},
    }
    return from_mapping(Recipe, tables)


def _subjects(parts: Parts, rows: Any) -> Any:  # noqa: ANN401 - an index array
    return parts.windows.table["subject"].astype(str).to_numpy()[rows]


def _hidden(batch: Batch, cell: Cell) -> Batch:
    """The batch with a share of its channels masked, others in every window."""
    if not cell.variant:
        return batch
    share = float(cell.variant.partition("=")[2])
    g = generator(cell.seed, "hidden", cell.variant)
    mask = {}
    for name, here in batch.mask.items():
        keep = torch.rand(len(here), 1, here.shape[-1], generator=g) >= share
        mask[name] = here & keep
    return replace(batch, data={k: v * mask[k] for k, v in batch.data.items()}, mask=mask)


def _arrays(batch: Batch, name: str) -> tuple[Array, Any]:
    return batch.data[name].numpy().astype(np.float64), batch.mask[name].numpy()


def _spread(trained: Batch, name: str) -> Array:
    """Spread of each channel over the training part."""
    out: Array = np.maximum(trained.data[name].numpy().astype(np.float64).std(axis=(0, 1)), 1e-9)
    return out


def _errors(
    means: dict[str, Array],
    batch: Batch,
    trained: Batch,
    subjects: Any,  # noqa: ANN401 - an array of names
) -> dict[str, dict[str, float]]:
    """Mean squared error in units of each channel's variance, by wanted stream and subject."""
    found = {}
    for name, mean in means.items():
        truth, _ = _arrays(batch, name)
        error = np.square((mean - truth) / _spread(trained, name)).mean(axis=(1, 2))
        found[f"mse.{name}"] = _by_subject(error, subjects)
    return found


def _by_subject(values: Array, subjects: Any) -> dict[str, float]:  # noqa: ANN401
    return {str(s): float(values[subjects == s].mean()) for s in np.unique(subjects)}


def _ridge(
    parts: Parts, trained: Batch, tested: Batch, given: Sequence[str], want: Sequence[str]
) -> dict[str, Array]:
    """Ridge of each wanted stream from what is given, fitted for this question alone."""
    who = _subjects(parts, parts.rows["train"])
    sides = []
    for batch in (trained, tested):
        values, valid = zip(*(_arrays(batch, name) for name in given), strict=True)
        sides.append(Given(np.concatenate(values, axis=-1), np.concatenate(valid, axis=-1)))
    found = {}
    for name in want:
        truth, valid = _arrays(trained, name)
        rng = numpy_generator(0, "ridge", name, *given)
        fitted = Ridge().fit(Pairs(sides[0], truth, valid, who), generator=rng)
        found[name] = fitted.predict(sides[1])
    return found
