"""Children nobody trained on: import of real C3D files, then leave one child out."""

import os
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

from _lever_bound import lever_bound
from _record import figure, record

from unisono import api, experiments
from unisono.api.recipe import load_recipe
from unisono.methods.lever_names import Levers
from unisono.recordings.dataset import Dataset

REPOSITORY = Path(__file__).parents[1]
CLAIM = (
    "Leave one child out on real C3D files (kinematics to ground reaction force and joint "
    "moments): nrmse at most 0.45 on forces and 0.40 on moments by the attempt that is given joint "
    "angles and positions of joints; below ridge, kNN, MLP and the mean curve, given the same "
    "frames and numbers, by a paired test over children (p < 0.05); and bands of 50, 80 and 90 % "
    "that cover within 0.03 of it. The attempt from angles alone stands beside it."
)
GOALS = {"grf": 0.45, "moments": 0.40}
RIVALS = ("ridge", "knn", "mlp", "mean_curve")
ATTEMPTS = {"angles": "llma-children.toml", "positions": "llma-children-levers.toml"}
FOLDERS = {"angles": "loo", "positions": "loo-levers"}
CLAIMED = "positions"


def recordings(folder: Path) -> Path:
    """The unpacked archive of recordings."""
    places = [Path(os.environ.get("UNISONO_DATA", ".")), REPOSITORY.parent / "shared" / "data"]
    for place in places:
        if (place / "biomechzoo.tar.xz").exists():
            with tarfile.open(place / "biomechzoo.tar.xz") as packed:
                packed.extractall(folder, filter="data")
            return folder / "biomechzoo"
    sys.exit("the recordings are absent: set UNISONO_DATA to their folder.")


def imported(out: Path) -> Path:
    """The children's dataset in ``out``, imported once."""
    data = out / "children.un"
    if not data.exists():
        with tempfile.TemporaryDirectory() as folder:
            stated = {"moments": "N*mm/kg", "powers": "W/kg", "model_forces": "N/kg"}
            api.import_files(
                [recordings(Path(folder))],
                data,
                api.ImportOptions(
                    read=api.ReadOptions(units=stated),
                    folders=("subject", "condition"),
                    skip=("*/Static/*", "*.npz"),
                ),
            )
    return data


def main(out: Path) -> None:
    """Import, run the experiment (resumable in ``out``), record."""
    begun = time.monotonic()
    data = imported(out)
    figures, holds = [], True
    for attempt, recipe in ATTEMPTS.items():
        settings = [f"recipe={REPOSITORY / 'recipes' / recipe}", f"data.path={data}"]
        result = experiments.run("leave-one-out", out / FOLDERS[attempt], settings=settings)
        print(f"{attempt}\n{result.table()}")
        figures += told(attempt, result.content)
        if attempt == CLAIMED:
            holds = met(result.content)
    figures += bound(data)
    record("children", CLAIM, holds, figures, [0], time.monotonic() - begun)


def met(content: dict[str, Any]) -> bool:
    """Whether an attempt meets the goals, beats its rivals and covers as it says."""
    good = True
    for name, target in content["targets"].items():
        nrmse = {m: row["nrmse"]["mean"] for m, row in target["methods"].items()}
        good &= nrmse["llma"] <= GOALS[name]
        good &= nrmse["llma"] < min(nrmse[rival] for rival in RIVALS)
        good &= all(target["tests"][rival]["p"] < 0.05 for rival in RIVALS)
        good &= all(abs(covered - float(b)) <= 0.03 for b, covered in target["coverage"].items())
    return bool(good)


def told(attempt: str, content: dict[str, Any]) -> list[dict[str, Any]]:
    """Figures of one attempt: every method, every axis of each, tests and bands."""
    figures = []
    for name, target in content["targets"].items():
        start = f"{attempt}: {name}"
        for method, row in target["methods"].items():
            e = row["nrmse"]
            figures.append(
                figure(f"{start} nrmse {method}", e["mean"], "", low=e["low"], high=e["high"])
            )
        for method, channels in target["by_channel"].items():
            figures += [
                figure(f"{start} nrmse {method} {channel}", errors["nrmse"])
                for channel, errors in channels.items()
            ]
        for other, test in target["tests"].items():
            figures.append(figure(f"{start} p against {other}", test["p"]))
        for level, covered in target["coverage"].items():
            figures.append(figure(f"{start} coverage of the {float(level):.0%} band", covered))
        shuffled = content["controls"]["shuffled_pairs"][name]["nrmse"]["mean"]
        figures.append(figure(f"{start} nrmse of shuffled pairs", shuffled))
    return figures


def bound(data: Path) -> list[dict[str, Any]]:
    """What measured force, centre of pressure and arms tell of the file's moments."""
    recipe = load_recipe(REPOSITORY / "recipes" / ATTEMPTS[CLAIMED], [f"data.path={data}"])
    found = lever_bound(recipe, Dataset.open(data), Levers())
    start = "bound, from the measured force and its point: moments nrmse"
    return [
        figure(start, float(found.by_channel.mean())),
        *(
            figure(f"{start} {name}", float(value))
            for name, value in zip(found.channels, found.by_channel, strict=True)
        ),
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else REPOSITORY / "runs" / "children")
