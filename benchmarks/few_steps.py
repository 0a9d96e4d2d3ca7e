"""How many steps a sample needs: quality at 1 to 50 steps, of the teacher and of its student.

    python benchmarks/few_steps.py

On simulated gait two models generate the forces of both feet from the pelvis's inertial sensor
alone, which leaves much open: ``residual`` (the default: a mean, and a flow for its residual) and
``whole`` (no mean head: the flow generates the forces themselves, so that few steps can hurt).
When each is trained, its student is taught, in a phase of its own, to land in one evaluation where
the teacher's walk lands in many. The teacher is then walked by the midpoint rule (two evaluations a
step) in 1, 2, 4, 10 and 50 steps, the student in 1, 2 and 4 (one evaluation a step), from the same
noise, for people nobody was trained on. Figures are in units of each channel's spread, ratios are
paired by seed and subject, and ``MSE`` is that of the mean of the samples (a mean head would not
notice the steps).

Goal: two steps of the student are within 5 % of fifty of the teacher on MSE and CRPS, both models.

Trainings are kept under ``runs/benchmarks``; a second start goes on with what is missing.
"""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from _gait_model import PEOPLE, RUNS
from _record import figure, record

from unisono.api.building import Parts, build_method, make_source, open_parts
from unisono.api.predicting import Drawing, predict
from unisono.api.recipe import Recipe
from unisono.core.config import from_mapping
from unisono.core.contracts import Batch
from unisono.evaluation.arrays import Array
from unisono.evaluation.scores import band_scores, crps, energy_score, variogram_score
from unisono.experiments.pairing import Estimate, mean_of, ratio
from unisono.methods import AnyMethod
from unisono.recordings.dataset import Dataset
from unisono.simulators.gait import random_recordings
from unisono.training.loop import train

SEEDS = (0, 1)
ARMS: dict[str, dict[str, Any]] = {"residual": {}, "whole": {"mean": False}}
TEACHER, STUDENT = (1, 2, 4, 10, 50), (1, 2, 4)
STEPS, TAUGHT = 700, 500
SAMPLES, WINDOWS = 16, 48
LEVELS = (0.5, 0.8, 0.9)
SCORES = ("MSE", "CRPS", "energy score", "variogram score")

Figures = dict[str, dict[int, dict[str, float]]]
"""Figures by name, seed and subject."""


def recipe(arm: str, seed: int) -> Recipe:
    return from_mapping(
        Recipe,
        {
            "data": {"path": str(RUNS / "walkers.un"), "given": ["imu"], "want": ["grf"]},
            "windows": {
                "rate_hz": 50.0,
                "length": 48,
                "stride": 32,
                "channels": {"imu": ["pelvis_*"], "grf": ["?_f?"]},
                "units": {"grf": "N/kg"},
            },
            "split": {"test": 0.3, "calibration": 0.0},
            "llma": {
                "steps": STEPS,
                "size": {"width": 48, "heads": 4, "feedforward": 96, "dropout": 0.0},
                "layers": {"own": 1, "condition": 2, "decoder": 2, "mean": 1},
                "directions": "forward",
                "losses": {"align": 0.0},
                "drop_stream": 0.0,
                "drop_channel": 0.0,
                "few_steps": {"most": max(STUDENT), "train": TAUGHT, "teacher": 8},
                **ARMS[arm],
            },
            "training": {
                "batch_size": 32,
                "learning_rate": 3e-3,
                "warmup_steps": 50,
                "ema_decay": 0.99,
                "device": "cpu",
                "precision": "fp32",
                "seed": seed,
            },
            "bands": {"method": "cross"},
        },
    )


def trained(arm: str, seed: int, parts: Parts) -> AnyMethod:
    """The trained method with its student, from where it stood."""
    one = recipe(arm, seed)
    method = build_method(one, parts.windows.streams)
    source = make_source(parts.windows, parts.rows["train"], one)
    train(method, source, one.training, RUNS / f"few_steps_{arm}_{seed}", resume=True)
    return method


def scores(method: AnyMethod, batch: Batch, truth: Array, spread: Array, steps: int) -> Any:  # noqa: ANN401
    """Figures of every window, by name."""
    found = predict(method, batch, ["grf"], Drawing(SAMPLES, steps, 0, LEVELS, keep=SAMPLES))["grf"]
    samples = found.samples.astype(np.float64)
    valid = np.ones(truth.shape, dtype=bool)
    values = {
        "MSE": np.square((samples.mean(axis=0) - truth) / spread).mean(axis=(1, 2)),
        "CRPS": (crps(samples, truth) / spread).mean(axis=(1, 2)),
        "energy score": energy_score(samples, truth, valid, spread=spread),
        "variogram score": variogram_score(samples, truth, valid, spread=spread),
    }
    for k, level in enumerate(LEVELS):
        band = band_scores(found.bands.lower[k], found.bands.upper[k], truth, valid, level=level)
        values[f"raw coverage of {level:.0%}"] = band.coverage.mean(axis=1)
    return values


def measured(arm: str, parts: Parts) -> Figures:
    rows = parts.rows["test"]
    rows = rows[:: max(len(rows) // WINDOWS, 1)][:WINDOWS]
    batch = parts.windows.batch(rows)
    truth = batch.data["grf"].numpy().astype(np.float64)
    every = parts.windows.batch(parts.rows["train"]).data["grf"].numpy().astype(np.float64)
    spread = every.std(axis=(0, 1))
    subjects = parts.windows.table["subject"].astype(str).to_numpy()[rows]
    figures: Figures = {}
    for seed in SEEDS:
        method = trained(arm, seed, parts)
        print(f"{arm}, seed {seed}: trained", flush=True)
        few = method.settings.few_steps
        walks = [(f"student, {n} steps", few, n) for n in STUDENT]
        walks += [(f"teacher, {n} steps", replace(few, most=0), n) for n in TEACHER]
        for name, walked_by, steps in walks:
            for direction in method.directions.values():
                direction.settings = replace(method.settings, few_steps=walked_by)
            for score, values in scores(method, batch, truth, spread, steps).items():
                means = by_subject(values, subjects)
                figures.setdefault(f"{name}: {score}", {})[seed] = means
    return figures


def by_subject(values: Array, subjects: npt.NDArray[np.str_]) -> dict[str, float]:
    return {str(s): float(values[subjects == s].mean()) for s in np.unique(subjects)}


def row(name: str, found: Estimate, unit: str) -> dict[str, Any]:
    return figure(name, found.value, unit, low=found.low, high=found.high)


def main() -> None:
    began = time.perf_counter()
    RUNS.mkdir(parents=True, exist_ok=True)
    if not (RUNS / "walkers.un").exists():
        Dataset.create(RUNS / "walkers.un", random_recordings(PEOPLE, trials=2, seed=0))
    parts = open_parts(recipe("residual", 0))
    figures: list[dict[str, Any]] = []
    worst = dict.fromkeys(ARMS, 0.0)
    for arm in ARMS:
        found = measured(arm, parts)
        for score in SCORES:
            for walk in [f"student, {n} steps" for n in STUDENT] + [
                f"teacher, {n} steps" for n in TEACHER[:-1]
            ]:
                over = ratio(found[f"{walk}: {score}"], found[f"teacher, 50 steps: {score}"])
                figures.append(row(f"{arm}, {walk} over 50 of the teacher: {score}", over, "times"))
                if walk == "student, 2 steps" and score in ("MSE", "CRPS"):
                    worst[arm] = max(worst[arm], over.value)
        figures += [
            row(f"{arm}, {name}", mean_of(values), "share" if "coverage" in name else "spreads")
            for name, values in found.items()
        ]
    figures[:0] = [
        figure(f"{arm}, two steps of the student over 50: the worst of MSE and CRPS", most, "times")
        for arm, most in worst.items()
    ]
    record(
        "few_steps",
        "In the default method (a mean head, the process on the residual) two steps of a distilled "
        "student, one evaluation each, are within 5 % of fifty steps of its teacher on MSE and "
        "CRPS; without one (whole) the same is shown.",
        worst["residual"] <= 1.05,
        figures,
        list(SEEDS),
        time.perf_counter() - began,
    )


if __name__ == "__main__":
    main()
