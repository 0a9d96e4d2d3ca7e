"""Adults of two other laboratories, after import alone, by models of other people.

Four models, each with the rivals fitted on the same recordings: of simulated people (``plain``), of
simulated people whose angles are shaken (``shaken``), of eleven children who walk straight in a
third laboratory (``children``), and of the simulated people and the children together (``both``).
Errors relative to a spread (nrmse) are over the spread of what a model was fitted on, so that
between models only errors in N/kg (rmse) compare.
"""

import os
import sys
import tarfile
import tempfile
import time
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
from _as_simulated import children_as_simulated, only_shared, shaken, straight, walk_as_simulated
from _record import figure, record
from children import imported

from unisono import api
from unisono.api.evaluation_input import Side, evaluation_input, model_windows, side_of
from unisono.api.recipe import Recipe, Sampling
from unisono.core.config import from_mapping
from unisono.core.random import numpy_generator
from unisono.evaluation.report import evaluate_predictions
from unisono.recordings.dataset import Dataset
from unisono.simulators.gait import random_recordings

REPOSITORY = Path(__file__).parents[1]
CLAIM = (
    "A model of simulated people and of eleven children of a third laboratory tells the forces of "
    "two adults of two other laboratories (walking, recordings imported and renamed, nothing "
    "fitted to them; the body mass weighed on their plates) with an error (nrmse over the spread "
    "of what it was fitted on) below ridge, kNN, MLP and the mean curve fitted on the same "
    "recordings. Two adults are two: no test of significance is possible."
)
ADULTS = {"predictsim3d": "gait_*", "opencap_subjectA": "walking*"}
"""Archives, and which of their recordings are walks."""
RIVALS = ("ridge", "knn", "mlp", "mean_curve")
COPIES = 4


def recipe_of(data: Path, output: Path, steps: int) -> Recipe:
    """Angles of both legs to the force on the loaded foot, stance by stance."""
    tables: dict[str, Any] = {
        "output": str(output),
        "data": {"path": str(data), "given": ["angles"], "want": ["grf"]},
        "windows": {
            "by": ["foot_strike", "foot_off"],
            "mirror": True,
            "min_valid": 0.8,
            "channels": {"angles": ["ipsi_*", "contra_*"], "grf": ["ipsi_f?"]},
            "units": {"grf": "N/kg"},
        },
        "split": {"test": 0.0, "calibration": 0.25},
        "llma": {
            "steps": steps,
            "start": "kernel",
            "correct": False,
            "directions": "forward",
            "losses": {"align": 0.0},
            "drop_stream": 0.0,
            "drop_channel": 0.0,
            "known": ["duration_s"],
            "size": {"width": 48, "heads": 4, "feedforward": 96, "dropout": 0.1},
            "layers": {"own": 1, "condition": 1, "decoder": 1, "mean": 1},
        },
        "training": {"batch_size": 32, "learning_rate": 5e-4, "warmup_steps": 50},
        "bands": {"samples": 50, "steps": 5},
    }
    return from_mapping(Recipe, tables)


def archive(name: str) -> Path:
    """Where an archive of recordings lies."""
    for place in (Path(os.environ.get("UNISONO_DATA", ".")), REPOSITORY.parent / "shared" / "data"):
        if (place / f"{name}.tar.xz").exists():
            return place / f"{name}.tar.xz"
    sys.exit(f"the recordings of {name} are absent: set UNISONO_DATA to their folder.")


def adult(name: str, out: Path) -> Dataset:
    """Import one adult and keep the walks, in the simulator's channels."""
    target = out / f"{name}.un"
    if target.exists():
        return Dataset.open(target)
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive(name)) as packed:
            packed.extractall(folder, filter="data")
        raw = Path(folder) / "raw.un"
        skip = ("*.txt", "*.csv", "LICENSE*")
        api.import_files([Path(folder) / name], raw, api.ImportOptions(skip=skip))
        data = Dataset.open(raw)
        found = (
            walk_as_simulated(data.load(one), f"{name.replace('_', '')}_{k}")
            for k, one in enumerate(data.recordings)
            if fnmatch(one, ADULTS[name]) and {"angles", "grf"} <= set(data.load(one).children)
        )
        return Dataset.create(target, (tree for tree in found if tree is not None))


def simulated(out: Path, people: int, copies: int) -> Path:
    """People who walk at their own and at other speeds; ``copies`` of each are shaken, or none."""
    target = out / ("shaken.un" if copies else "simulated.un")
    if not target.exists():
        made = only_shared(random_recordings(people, trials=3, seed=0))
        if copies:
            made = shaken(made, copies, rng=numpy_generator(0, "shaken"))
        Dataset.create(target, made)
    return target


def children(out: Path) -> Path:
    """Children who walk straight, in the simulator's channels and axes."""
    target = out / "straight.un"
    if not target.exists():
        found = straight(children_as_simulated(Dataset.open(imported(out))))
        Dataset.create(target, found)
    return target


def together(out: Path, people: int) -> Path:
    """Simulated people and children in one dataset."""
    target = out / "both.un"
    if not target.exists():
        parts = (Dataset.open(path) for path in (simulated(out, people, 0), children(out)))
        Dataset.create(target, (data.load(name) for data in parts for name in data.recordings))
    return target


def main(out: Path, people: int = 40, steps: int = 300) -> None:
    """Simulate, train, import, predict (each kept in ``out``), record."""
    begun = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    kinds = {
        "plain": simulated(out, people, 0),
        "shaken": simulated(out, people, COPIES),
        "children": children(out),
        "both": together(out, people),
    }
    figures, holds = [], True
    for kind, path in kinds.items():
        told, won = told_of(out, kind, path, steps)
        figures += told
        holds = won  # of the last, which the claim is about
    record("other_laboratory", CLAIM, holds, figures, [0], time.monotonic() - begun)


def told_of(out: Path, kind: str, path: Path, steps: int) -> tuple[list[dict[str, Any]], bool]:
    """Figures of both adults by models of one set of simulated people; whether ours won."""
    recipe = recipe_of(path, out / f"model-{kind}", steps)
    model = api.run_recipe(recipe, resume=True)
    windows = model_windows(model, Dataset.open(path))
    trained = side_of(model, windows, np.arange(len(windows)))
    figures, holds = [], True
    for name in ADULTS:
        data = adult(name, out)
        seen = model_windows(model, data)
        tested: Side = side_of(model, seen, np.arange(len(seen)))
        given = evaluation_input(model, data, tested, trained, Sampling(samples=50))
        content = evaluate_predictions(given, generator=numpy_generator(0, name)).data
        target = content["targets"]["grf"]
        nrmse = {m: row["nrmse"]["mean"] for m, row in target["methods"].items()}
        figures.append(figure(f"{name} stances", len(seen)))
        figures += [figure(f"{name} nrmse {m}", e) for m, e in nrmse.items()]
        figures += [
            figure(f"{name} rmse {m}", row["rmse"]["mean"], "N/kg")
            for m, row in target["methods"].items()
        ]
        for method, channels in target["by_channel"].items():
            figures += [
                figure(f"{name} nrmse {method} {channel}", errors["nrmse"])
                for channel, errors in channels.items()
            ]
        figures += [
            figure(f"{name} coverage of the {float(level):.0%} band", covered)
            for level, covered in target["coverage"].items()
        ]
        holds &= nrmse["llma"] < min(nrmse[rival] for rival in RIVALS)
    return [{**one, "name": f"{kind}, {one['name']}"} for one in figures], holds


if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else REPOSITORY / "runs" / "other_laboratory"
    main(Path(folder))
