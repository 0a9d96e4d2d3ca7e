"""Held-out predictions with bands and samples, of every data set that bands are judged on.

A set is made once, under ``runs/benchmarks/bands``, and kept there: started again, the benchmark
goes on with the first set that is missing.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unisono import api
from unisono.api.building import open_parts
from unisono.api.evaluation_input import evaluation_input, model_windows, side_of
from unisono.api.recipe import Sampling
from unisono.core.config import from_mapping
from unisono.core.errors import ConfigError
from unisono.core.files import atomic_file
from unisono.evaluation.calibration import Bands
from unisono.evaluation.inputs import EvaluationInput, TargetInput
from unisono.evaluation.reliability import fifths
from unisono.experiments.leave_one_out import held_out_input
from unisono.experiments.sets import open_set
from unisono.recordings.splits import split_keys

RUNS = Path(__file__).parents[1] / "runs" / "benchmarks" / "bands"
RECIPES = Path(__file__).parents[1] / "recipes"
DATA = Path(__file__).parents[1] / ".data"
LEVELS = (0.5, 0.8, 0.9)
STAGES = 5

__all__ = ["LEVELS", "SETS", "STAGES", "Held", "held_out"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Held:
    """One stream of one set, predicted for units (people, conditions) that nobody trained on.

    Args:
        truth: ``(n, L, D)``.
        valid: ``(n, L, D)``.
        spread: Of the training part, ``(D,)``.
        channels: Names.
        units: Unit of each window.
        stage: Stage of each frame, ``(n, L)``.
        bands: The model's calibrated bands.
        ridge: Conformal bands around ridge.
        samples: The model's samples, ``(S, n, L, D)``.
    """

    truth: Array
    valid: npt.NDArray[np.bool_]
    spread: Array
    channels: tuple[str, ...]
    units: npt.NDArray[np.str_]
    stage: npt.NDArray[np.intp]
    bands: Bands
    ridge: Bands
    samples: Array


def held_out(name: str) -> dict[str, Held]:
    """The streams of a set, from the disk or made now."""
    index = RUNS / f"{name}.json"
    if not index.exists():
        made = SETS[name]()
        for stream, held in made.items():
            _save(RUNS / f"{name}-{stream}.npz", held)
        with atomic_file(index) as part:
            part.write_text(json.dumps(list(made)))
    return {s: _load(RUNS / f"{name}-{s}.npz") for s in json.loads(index.read_text())}


def _save(path: Path, held: Held) -> None:
    with atomic_file(path) as part, part.open("wb") as handle:
        np.savez_compressed(
            handle,
            truth=held.truth,
            valid=held.valid,
            spread=held.spread,
            channels=np.array(held.channels),
            units=held.units,
            stage=held.stage,
            samples=held.samples.astype(np.float32),
            bands=np.stack([held.bands.centre, *held.bands.lower, *held.bands.upper]),
            ridge=np.stack([held.ridge.centre, *held.ridge.lower, *held.ridge.upper]),
        )


def _load(path: Path) -> Held:
    with np.load(path, allow_pickle=False) as stored:
        one = {name: stored[name] for name in stored.files}
    bands = {}
    for name in ("bands", "ridge"):
        centre, ends = one[name][0], one[name][1:]
        bands[name] = Bands(LEVELS, centre, *np.split(ends, 2))
    channels = tuple(str(c) for c in one["channels"])
    samples = one["samples"].astype(np.float64)
    return Held(
        one["truth"], one["valid"], one["spread"], channels, one["units"], one["stage"],
        bands["bands"], bands["ridge"], samples,
    )  # fmt: skip


def _streams(
    inputs: EvaluationInput, units: npt.NDArray[np.str_], stage: Callable[[TargetInput], Any]
) -> dict[str, Held]:
    found = {}
    for name, target in inputs.targets.items():
        if target.bands is None or target.samples is None or "ridge" not in target.baseline_bands:
            raise ConfigError(f"{name} lacks bands or samples; remove {RUNS} and start again.")
        found[name] = Held(
            target.truth, target.valid, target.spread, target.channels, units, stage(target),
            target.bands, target.baseline_bands["ridge"], target.samples,
        )  # fmt: skip
    return found


def _fifths(target: TargetInput) -> npt.NDArray[np.intp]:
    return fifths(*target.truth.shape[:2], STAGES)


def _strides(target: TargetInput) -> npt.NDArray[np.intp]:
    """Fifths of a stride, from landing (the force passes a tenth of its range) to landing."""
    force = target.truth[..., 0]
    stage = np.full(force.shape, -1, dtype=np.intp)
    loaded = force > 0.1 * force.max()
    for row, here in enumerate(loaded):
        landings = np.flatnonzero(here[1:] & ~here[:-1]) + 1
        for first, last in zip(landings[:-1], landings[1:], strict=True):
            stage[row, first:last] = np.arange(last - first) * STAGES // (last - first)
    return stage


def _split_set(name: str, tables: Mapping[str, Any], stage: Callable[..., Any]) -> dict[str, Held]:
    """Train, calibrate and predict the test part of a split."""
    output = RUNS / f"{name}-model"
    recipe = from_mapping(api.Recipe, {**tables, "method": "llma", "output": str(output)})
    model = api.load(output) if output.exists() else api.run_recipe(recipe, resume=True)
    data, parts = api.Dataset.open(recipe.data.path), open_parts(recipe)
    windows = model_windows(model, data)
    tested, trained = (side_of(model, windows, parts.rows[part]) for part in ("test", "train"))
    sampling = Sampling(samples=recipe.bands.samples, steps=recipe.bands.steps)
    units = split_keys(tested.table, recipe.split.by).to_numpy().astype(np.str_)
    if len(set(trained.subjects)) == 1:  # ridge's bands are of held-out conditions, as the model's
        own = split_keys(trained.table, recipe.split.by).to_numpy().astype(np.str_)
        trained = trained._replace(table=trained.table.assign(subject=own))
    return _streams(evaluation_input(model, data, tested, trained, sampling), units, stage)


_SMALL: Mapping[str, Any] = {
    "size": {"width": 48, "heads": 4, "feedforward": 96, "dropout": 0.0},
    "layers": {"own": 1, "condition": 1, "decoder": 1, "mean": 1},
    "directions": "forward",  # of no use here is the way back, and half the time
    "losses": {"align": 0.0},
}
_TRAINING: Mapping[str, Any] = {
    "batch_size": 24, "learning_rate": 2e-3, "warmup_steps": 50, "ema_decay": 0.98, "device": "cpu",
}  # fmt: skip
_BANDS = {"samples": 40, "steps": 5, "levels": list(LEVELS)}


def _gait() -> dict[str, Held]:
    """Simulated people, one stride a window: angles to forces and joint moments."""
    data = open_set("gait", RUNS / "data")
    tables = {
        "data": {"path": data.path, "given": ["angles"], "want": ["grf", "moments"]},
        "windows": {
            "by": ["foot_strike", "foot_strike"],
            "points": 50,
            "side": "right",
            "channels": {"grf": ["*_f?"]},
            "units": {"grf": "N/kg", "moments": "N*m/kg"},
            "condition": "style",
        },
        "split": {"test": 0.4, "calibration": 0.3, "seed": 0},
        # few people: without a start the network is further from the truth than ridge is
        "llma": {**_SMALL, "steps": 500, "known": ["duration_s"], "start": "kernel"},
        "training": _TRAINING,
        "bands": _BANDS,
    }
    return _split_set("gait", tables, _fifths)


def _shared(name: str, stage: Callable[..., Any], split: Mapping[str, Any]) -> dict[str, Held]:
    """One person in other conditions: parts are kept apart by condition."""
    data = open_set(name, RUNS / "data", recordings=str(DATA))
    tables = {
        "data": {"path": data.path, "given": list(data.given), "want": list(data.want)},
        "windows": data.windows,
        "split": {**data.split, **split},
        "llma": {**_SMALL, "steps": 400},
        "training": _TRAINING,
        "bands": _BANDS,
    }
    return _split_set(name, tables, stage)


def _predictsim3d() -> dict[str, Held]:
    """One adult overground, trials kept apart."""
    path = RUNS / "data" / "predictsim3d.un"
    if not path.exists():
        options = api.ImportOptions(read=api.ReadOptions(subject="subject2", mass_kg=75.0))
        api.import_files([DATA / "predictsim3d"], path, options)
    recipe = api.load_recipe(RECIPES / "llma-predictsim3d.toml", [f"data.path={path}"])
    tables = {
        "data": {"path": str(path), "given": list(recipe.data.given), "want": ["grf"]},
        "windows": {
            "rate_hz": 100.0, "length": 50, "stride": 10, "min_valid": 0.1,
            "channels": recipe.windows["channels"],
        },
        "split": {**vars(recipe.split), "leave_out": []},
        "llma": {**_SMALL, "steps": 400},
        "training": _TRAINING,
        "bands": _BANDS,
    }  # fmt: skip
    return _split_set("predictsim3d", tables, _fifths)


def _children() -> dict[str, Held]:
    """Real children, one left out at a time; the folder is that of ``benchmarks/children.py``."""
    home = Path(__file__).parents[1] / "runs" / "children"
    if not (home / "children.un").exists():
        raise ConfigError("run benchmarks/children.py first: it imports the children's recordings.")
    recipe = api.load_recipe(RECIPES / "llma-children.toml", [f"data.path={home / 'children.un'}"])
    inputs = held_out_input(recipe, RUNS / "children")
    return _streams(inputs, np.asarray(inputs.subjects, dtype=np.str_), _fifths)


SETS: Mapping[str, Callable[[], dict[str, Held]]] = {
    "gait": _gait,
    "alcantara": lambda: _shared("alcantara", _strides, {"calibration": 0.3}),
    "predictsim3d": _predictsim3d,
    "bandai": lambda: _shared("bandai", _fifths, {"calibration": 0.3}),
    "children": _children,
}
"""Makers of the sets."""
