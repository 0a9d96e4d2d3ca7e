"""What if this person walked faster, toes in, or swaying? Edits on a map, forces by llma.

    python benchmarks/what_if.py

Twenty simulated people are trained on, ten more set the bands, ten more are asked about; none is
in two parts. Each walks at 1.2 m/s as they do (the base), at 1.5 and 1.8 m/s, with the toes 12
degrees further in, and with 8 degrees more of trunk sway. The base's joint angles are edited on a
map (by time and the three labels) towards 1.8 m/s, 12 degrees, 8 degrees; a small llma, which has
met all of these ways of walking, gives forces and knee moments of base and edit. The predicted
CHANGE of a peak is compared with the change that the simulator gives the same person.

Peaks: vertical force (N/kg), knee extension and knee abduction moment (N*m/kg), each the mean over
both legs of the largest value. Beside the edit: no change; the mean change of the people trained
on; ridge from mass, height and the base's own true peaks to the change, fitted on them; and llma
on the TRUE angles of the changed walk, which parts the map's error from llma's. Bands are
conformal: the half-width is a quantile of the errors of the ten people who set them.
"""

import argparse
import shutil
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr
from _maps import Array
from _record import figure, record

from unisono import api
from unisono.core.config import from_mapping
from unisono.core.random import numpy_generator
from unisono.simulators.gait import random_subject, simulate

FOLDER = Path(__file__).parents[1] / "runs" / "benchmarks" / "what_if"
TRAINED, BANDS, ASKED = 20, 10, 10
LEVEL = 0.8
WALKS = {
    "base": ("normal", 1.2, {}),
    "between": ("normal", 1.5, {}),
    "1.8 m/s": ("normal", 1.8, {}),
    "toes in": ("toe_in", 1.2, {"toe_in_deg": 12.0}),
    "trunk sway": ("trunk_sway", 1.2, {"sway_deg": 8.0}),
}
EDITS = {
    "1.8 m/s": ("speed", 1.8),
    "toes in": ("toe_in_deg", 12.0),
    "trunk sway": ("sway_deg", 8.0),
}
PEAKS = {
    "vertical force": ("grf", "{}_fz", "N/kg"),
    "knee extension moment": ("moments", "{}_knee_extension", "N*m/kg"),
    "knee abduction moment": ("moments", "{}_knee_abduction", "N*m/kg"),
}


def walker(number: int) -> list[xr.DataTree]:
    """All walks of one person, with the same chances in each."""
    for again in range(20):
        person = random_subject(numpy_generator(31, "person", number, again), name=f"p{number:03d}")
        try:
            return [_walk(person, name, number) for name in WALKS]
        except api.UnisonoError:
            continue
    raise SystemExit(f"person {number} cannot be simulated")


def _walk(person, name: str, number: int) -> xr.DataTree:  # noqa: ANN001 - of the simulator
    style, speed, labels = WALKS[name]
    rng = numpy_generator(31, "chances", number)
    tree = simulate(person, speed=speed, style=style, strides=4, rng=rng)
    tree.attrs["recording"] = tree.name = (
        f"{person.name}_{name.replace('/', 'p').replace(' ', '_')}"
    )
    told = {"speed": speed, "toe_in_deg": 0.0, "sway_deg": 0.0, **labels}
    tree.attrs["labels"] = {**tree.attrs["labels"], **told}
    kept = ("angles", "grf", "moments", "events")
    return tree.drop_nodes([s for s in tree.children if s not in kept])


def recipe(output: Path, steps: int) -> api.Recipe:
    """A small llma: angles to forces and knee moments."""
    tables = {
        "method": "llma",
        "output": str(output),
        "data": {
            "path": str(FOLDER / "train.un"), "given": ["angles"], "want": ["grf", "moments"],
        },
        "windows": {
            "rate_hz": 50.0, "length": 64, "stride": 32,
            "channels": {"grf": ["r_f?", "l_f?"], "moments": ["?_knee_*"]},
            "units": {"grf": "N/kg", "moments": "N*m/kg"},
        },
        "split": {"test": 0.0, "calibration": 0.2},
        "llma": {
            "steps": steps, "drop_stream": 0.0, "drop_channel": 0.02,
            "known": ["mass_kg", "height_m"],
            "size": {"width": 64, "heads": 4, "feedforward": 128, "dropout": 0.0},
            "layers": {"own": 1, "condition": 2, "decoder": 1, "mean": 1},
            "directions": "forward", "losses": {"align": 0.0},
        },
        "training": {
            "batch_size": 32, "learning_rate": 3e-3, "warmup_steps": 100, "ema_decay": 0.995,
            "device": "cpu",
        },
        "bands": {"samples": 20, "steps": 4},
    }  # fmt: skip
    return from_mapping(api.Recipe, tables)


def models(steps: int, map_steps: int) -> tuple[api.Model, api.MapModel, api.Dataset]:
    """Make what is not there yet: people, llma, map."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    parts = {"train": range(TRAINED), "others": range(TRAINED, TRAINED + BANDS + ASKED)}
    for part, people in parts.items():
        if not (FOLDER / f"{part}.un").exists():
            walks = (tree for number in people for tree in walker(number))
            api.Dataset.create(FOLDER / f"{part}.un", walks)
    output = FOLDER / "llma"
    made = recipe(output, steps)
    began = output.with_name("llma.run").exists()
    model = api.load(output) if output.exists() else api.run_recipe(made, resume=began)
    if not (FOLDER / "map").exists():
        shutil.rmtree(FOLDER / "map.run", ignore_errors=True)
        api.fit_map(
            api.Dataset.open(FOLDER / "train.un"),
            by=["time", "speed", "toe_in_deg", "sway_deg"],
            output=FOLDER / "map",
            request=api.MapRequest((), ("angles",), rate_hz=25.0, controls=False),
            settings=api.map_settings(
                dims=8, settings=[f"steps={map_steps}", "offset=1", "codes=26"]
            ),
        )
    return model, api.load_map(FOLDER / "map"), api.Dataset.open(FOLDER / "others.un")


class Person(NamedTuple):
    """One person's changes, ``(edit, peak)`` each.

    Attributes:
        about: Mass, height and the base's true peaks.
        truth: By the simulator.
        edited: By edit and llma.
        oracle: By llma on the true angles.
        confidence: Median confidence of the edits, ``(edit,)``.
    """

    about: Array
    truth: Array
    edited: Array
    oracle: Array
    confidence: Array


def peaks(tree: xr.DataTree, mass: float) -> Array:
    """Peaks of a recording, per mass."""
    out = []
    for stream, pattern, _ in PEAKS.values():
        values = tree[stream].to_dataset()
        legs = [values.sel(channel=pattern.format(side)) for side in "rl"]
        per = mass if str(legs[0]["unit"].values) in ("N", "N*m") else 1.0
        out.append(np.mean([float(leg["data"].max()) for leg in legs]) / per)
    return np.array(out)


def true_peaks(tree: xr.DataTree) -> Array:
    """Peaks that the simulator gives."""
    return peaks(tree, float(tree.attrs["mass_kg"]))


def told_peaks(model: api.Model, tree: xr.DataTree) -> Array:
    """Peaks that llma gives for the angles of a recording; its forces are not looked at."""
    alone = tree.drop_nodes([s for s in tree.children if s != "angles"])
    made = model.generate(alone, samples=2, options=api.Sampling(steps=4))
    return peaks(made.mean, float(tree.attrs["mass_kg"]))


def changes(model: api.Model, chart: api.MapModel, walks: dict[str, xr.DataTree]) -> Person:
    """See :class:`Person`."""
    base = walks["base"]
    true_base, told_base = true_peaks(base), told_peaks(model, base)
    truth, edited, oracle, sure = [], [], [], []
    for name, toward in EDITS.items():
        moved = api.edit(chart, base, api.Edit(toward=toward))
        sure.append(float(np.median(moved.confidence)))
        edited.append(told_peaks(model, moved.recording) - told_base)
        oracle.append(told_peaks(model, walks[name]) - told_base)
        truth.append(true_peaks(walks[name]) - true_base)
    about = [float(base.attrs["mass_kg"]), float(base.attrs["height_m"]), *true_base]
    return Person(*map(np.array, (about, truth, edited, oracle, sure)))


def people_of(data: api.Dataset) -> dict[str, dict[str, xr.DataTree]]:
    """Walks by person and name."""
    found: dict[str, dict[str, xr.DataTree]] = {}
    for name in data.recordings:
        tree = data.load(name)
        person, walk = str(tree.attrs["recording"]).split("_", 1)
        plain = {w.replace("/", "p").replace(" ", "_"): w for w in WALKS}
        found.setdefault(person, {})[plain[walk]] = tree
    return found


def ridge(train: list[Person], asked: list[Person]) -> Array:
    """Changes from mass, height and the base's peaks, ``(person, edit, peak)``."""
    x = np.array([p.about for p in train])
    y = np.array([p.truth for p in train])
    mean, spread = x.mean(axis=0), x.std(axis=0)
    x = (x - mean) / spread
    slope = np.linalg.solve(
        x.T @ x + len(x) * 0.3 * np.eye(x.shape[1]), x.T @ (y - y.mean(axis=0)).reshape(len(x), -1)
    )
    z = (np.array([p.about for p in asked]) - mean) / spread
    return y.mean(axis=0) + (z @ slope).reshape(len(z), *y.shape[1:])


def base_only(walks: dict[str, xr.DataTree]) -> Person:
    """The truth of a person trained on."""
    base = true_peaks(walks["base"])
    truth = np.array([true_peaks(walks[name]) - base for name in EDITS])
    about = np.array([float(walks["base"].attrs[k]) for k in ("mass_kg", "height_m")])
    return Person(np.r_[about, base], truth, truth * np.nan, truth * np.nan, np.zeros(len(EDITS)))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--map-steps", type=int, default=400)
    given = parser.parse_args()
    begun = time.monotonic()
    model, chart, others = models(given.steps, given.map_steps)
    fitted = [base_only(w) for w in people_of(api.Dataset.open(FOLDER / "train.un")).values()]
    found = [changes(model, chart, walks) for _, walks in sorted(people_of(others).items())]
    setters, asked = found[:BANDS], found[BANDS:]
    truth = np.array([p.truth for p in asked])
    mean_change = np.array([p.truth for p in fitted]).mean(axis=0)
    answers = {
        "edit": np.array([p.edited for p in asked]),
        "llma on true angles": np.array([p.oracle for p in asked]),
        "no change": np.zeros_like(truth),
        "mean change": np.tile(mean_change, (len(asked), 1, 1)),
        "ridge": ridge(fitted, asked),
    }
    wrong = np.abs(np.array([p.edited - p.truth for p in setters]))
    rank = min(int(np.ceil(LEVEL * (len(setters) + 1))), len(setters)) - 1
    half = np.sort(wrong, axis=0)[rank]
    inside = np.abs(answers["edit"] - truth) <= half
    figures, rivals, signs = [], [], []
    for i, change in enumerate(EDITS):
        for j, (peak, (_, _, unit)) in enumerate(PEAKS.items()):
            title = f"{change}, {peak}"
            true = truth[:, i, j]
            figures.append(figure(f"{title}: true change", true.mean(), unit,
                                  low=true.min(), high=true.max()))  # fmt: skip
            errors = {}
            for name, answer in answers.items():
                errors[name] = float(np.sqrt(((answer[:, i, j] - true) ** 2).mean()))
                figures.append(
                    figure(f"{title}: root mean square error, {name}", errors[name], unit)
                )
            edit = answers["edit"][:, i, j]
            signs.append(float((np.sign(edit) == np.sign(true)).mean()))
            rivals.append(errors["edit"] < errors["no change"])
            figures += [
                figure(f"{title}: predicted change", edit.mean(), unit,
                       low=edit.min(), high=edit.max()),
                figure(f"{title}: share of right signs", signs[-1]),
                figure(f"{title}: correlation over people", np.corrcoef(edit, true)[0, 1]),
                figure(f"{title}: coverage of the {LEVEL:.0%} band of the change",
                       inside[:, i, j].mean()),
                figure(f"{title}: half-width of that band", half[i, j], unit),
            ]  # fmt: skip
    scale = np.abs(truth).mean(axis=0).ravel()
    together = np.corrcoef(
        answers["edit"].mean(axis=0).ravel() / scale, truth.mean(axis=0).ravel() / scale
    )[0, 1]
    figures += [
        figure("correlation of mean changes over edits and peaks, each over its size", together),
        figure("coverage over all", inside.mean()),
        figure("share of right signs over all", float(np.mean(signs))),
        figure("median confidence of the edits", np.median([p.confidence for p in asked])),
    ]
    claim = (
        "Changes of peak vertical force and knee moments of people never met, asked on a map (1.8 "
        "m/s, toes in, trunk sway): right signs in at least 80 %, errors below those of 'no "
        "change' for every peak and edit, and 80 % bands of the change that cover within 0.1 of it"
    )
    holds = np.mean(signs) >= 0.8 and all(rivals) and abs(inside.mean() - LEVEL) <= 0.1
    record("what_if", claim, bool(holds), figures, [31], time.monotonic() - begun)


if __name__ == "__main__":
    main()
