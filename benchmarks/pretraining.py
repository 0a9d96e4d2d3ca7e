"""Whether simulated people help a network that then learns from ten children."""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _as_simulated import ANGLES, children_as_simulated
from _record import figure, record
from children import imported
from other_laboratory import recipe_of, simulated

from unisono import api, experiments
from unisono.api.recipe import Recipe
from unisono.core.config import to_toml
from unisono.core.files import write_text
from unisono.core.random import numpy_generator
from unisono.evaluation.intervals import sign_flip_p
from unisono.recordings.dataset import Dataset

REPOSITORY = Path(__file__).parents[1]
CLAIM = (
    "A network that begins at weights of simulated people (eight joint angles to the force on the "
    "loaded foot) and goes on with ten children tells the forces of the eleventh with less error "
    "(nrmse) than one that begins at drawn weights, by a paired test over children (p < 0.05); "
    "ridge, kNN and MLP on the same frames stand beside both."
)
ARMS = ("drawn", "pretrained")


def network(recipe: Recipe, steps: int) -> Recipe:
    """The recipe with a mean that is the network's alone, and channels in a stated order."""
    windows: dict[str, Any] = dict(recipe.windows)
    angles = [f"{view}_{a}" for view in ("ipsi", "contra") for a in ANGLES]
    windows["channels"] = {**windows["channels"], "angles": angles}
    llma = replace(recipe.llma, steps=steps, start="none", correct=True)
    bands = replace(recipe.bands, samples=16)  # the mean is what is asked about
    return replace(recipe, windows=windows, llma=llma, bands=bands)


def children(out: Path) -> Path:
    """The children in the simulator's channels."""
    target = out / "children_as_simulated.un"
    if not target.exists():
        Dataset.create(target, children_as_simulated(Dataset.open(imported(out))))
    return target


def arm(name: str, out: Path, steps: int) -> dict[str, Any]:
    """Leave one child out with one kind of first weights."""
    label = f"{name}-{steps}"
    recipe = network(recipe_of(children(out), out / label, steps), steps)
    windows = {**recipe.windows, "heading": "pelvis", "turned": ["grf"]}
    begun = str(out / "model") if name == "pretrained" else ""
    file = out / f"{label}.toml"
    write_text(file, to_toml(replace(recipe, windows=windows, pretrained=begun)))
    result = experiments.run("leave-one-out", out / label, settings=[f"recipe={file}"])
    print(f"{name}\n{result.table()}")
    return dict(result.content["targets"]["grf"])


def main(out: Path, people: int = 40, steps: int = 1000, more: int = 150) -> None:
    """Simulate, pretrain, adapt (each kept in ``out``), record."""
    begun = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    first = recipe_of(simulated(out, people, 0), out / "model", steps)
    api.run_recipe(network(first, steps), resume=True)
    found = {name: arm(name, out, more) for name in ARMS}
    figures = []
    for name, target in found.items():
        for method, row in target["methods"].items():
            e = row["nrmse"]
            label = f"{name}: nrmse {method}"
            figures.append(figure(label, e["mean"], low=e["low"], high=e["high"]))
    drawn, pretrained = (_by_child(found[name]) for name in ARMS)
    p = sign_flip_p(pretrained - drawn, generator=numpy_generator(0, "pretraining"))
    gain = float((pretrained - drawn).mean())
    figures += [figure("pretrained less drawn", gain), figure("p of pretraining", p)]
    record("pretraining", CLAIM, gain < 0 and p < 0.05, figures, [0], time.monotonic() - begun)


def _by_child(target: dict[str, Any]) -> np.ndarray:
    """Error of the network for each child, the mean of the axes."""
    rows = target["by_subject"]["llma"].values()
    return np.array([np.mean([axis["nrmse"] for axis in row.values()]) for row in rows])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "runs" / "pretraining")
    parser.add_argument("--more", type=int, default=150, help="steps on the children")
    told = parser.parse_args()
    main(told.out, more=told.more)
