"""Sequences into sequences of another rate and length: the bridge beside llma, ridge and an MLP.

    python benchmarks/sequence_pairs.py [--task imu --task motion --seeds 3 --steps 900]

``imu``: sensors on simulated people (100 Hz) to joint angles (40 Hz), windows of 1.28 s, tested on
people that no method saw. ``motion``: head and hands to the whole body, recorded clips (Bandai
Namco, 30 Hz), tested on combinations of content and style that no method saw; one actor performed
all of them.

Every method sees the same training windows, and its bands come from the same conformal code on the
same held-back groups. ``lddbm`` and ``llma`` have about as many weights, the same steps and batch;
llma's two sides share one rate, so it is shown the sensors at the rate of the angles. Errors are
root mean square, by group, in the unit of the target (degrees; centimetres); ``coverage`` is of the
calibrated 90 % bands, ``width`` their mean width; ``energy`` scores 16 samples of whole windows
(ridge and MLP have none); ``answer`` and ``sample`` are the processor seconds that one answer, and
one sample, of a second of motion take.

Goal: bands of the bridge hold 0.86 to 0.94 on both tasks, and its error is below that of ridge and
MLP. Which to use when: docs/bridges.md.

Trainings and figures are kept under ``runs/benchmarks``; a second start goes on with what is
missing. With one free core: about three minutes a task and seed.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from _bridge_arms import Budget, Drawn, answers, cell, reported, trained, trained_streams
from _gait_model import RUNS
from _record import figure, record

from unisono.core.contracts import StreamInfo
from unisono.core.random import generator, numpy_generator
from unisono.evaluation.baselines import Baseline
from unisono.evaluation.calibration import fit_bands, point_bands, sample_bands
from unisono.evaluation.features import Given
from unisono.evaluation.features import Pairs as Rows
from unisono.evaluation.intervals import bootstrap_interval
from unisono.evaluation.mlp import Mlp
from unisono.evaluation.ridge import Ridge
from unisono.evaluation.scores import energy_score
from unisono.recordings.dataset import Dataset
from unisono.recordings.schema import make_stream
from unisono.recordings.signals.resampling import resample_to_rate
from unisono.simulators.gait import random_recordings
from unisono.simulators.pairs import Pairs, gait_pairs, motion_pairs, split_groups

SAMPLES, STEPS = 16, 16
PEOPLE = 60
RATES = {"imu": (100.0, 40.0), "motion": (30.0, 30.0)}
UNITS = {"imu": ("deg", 1.0), "motion": ("cm", 100.0)}
LATENTS: dict[str, Any] = {
    "latents": {"tokens": 16, "width": 32},
    "source": {"hidden": 16},
    "target": {"hidden": 16},
    "size": {"width": 64, "heads": 4, "feedforward": 128, "dropout": 0.0},
    "shape": {"encoder_layers": 1, "decoder_layers": 1},
}
STREAMS: dict[str, Any] = {
    "directions": "forward",
    "losses": {"align": 0.0},
    "drop_stream": 0.0,
    "drop_channel": 0.0,
    "size": {"width": 64, "heads": 4, "feedforward": 128, "dropout": 0.0},
    "layers": {"own": 1, "condition": 2, "decoder": 1, "mean": 1},
}
METHODS = ("lddbm", "llma", "ridge", "mlp")


@dataclass(frozen=True, eq=False)
class Parts:
    """Windows by part; no group is in two."""

    train: Pairs
    calibration: Pairs
    test: Pairs


def windows(task: str, folder: str) -> Pairs:
    """All windows of a task."""
    if task == "imu":
        store = RUNS / "walkers.un"
        if not store.exists():
            Dataset.create(store, random_recordings(PEOPLE, trials=2, seed=0))
        return gait_pairs(Dataset.open(store), rates=RATES["imu"])
    files = sorted(Path(folder).rglob("dataset-1_*.bvh"))
    if not files:
        raise SystemExit(f"{folder} holds no clips dataset-1_*.bvh; name their folder by --folder.")
    return motion_pairs(files, frames=32, stride=32)


def parted(pairs: Pairs) -> Parts:
    """A quarter of the groups is tested on, a fifth of the others calibrates."""
    rng = numpy_generator(3, "benchmark", "parts")
    outer = split_groups(pairs, test=0.25, generator=rng)
    inner = split_groups(outer.train, test=0.2, generator=rng)
    return Parts(inner.train, inner.test, outer.test)


class Answered(NamedTuple):
    """What a method says of calibration and test windows, and what that took.

    Attributes:
        calibration: Of the calibration windows; without samples for a baseline.
        test: Of the test windows.
        answer: Seconds for one answer a second of motion.
        sample: Seconds for one sample a second of motion; NaN without samples.
        extra: Further figures by name.
    """

    calibration: Drawn
    test: Drawn
    answer: float
    sample: float
    extra: Mapping[str, float]


def timed(draw: Callable[[], object], seconds: float) -> float:
    """Processor seconds of a call, a second of motion."""
    begun = time.process_time()
    draw()
    return (time.process_time() - begun) / seconds


def of_bridge(parts: Parts, task: str, place: str, budget: Budget, seed: int) -> Answered:
    """The bridge."""
    method = trained(f"{place}/lddbm-{seed}", parts.train.as_set(), LATENTS, budget, seed)
    held, test = (
        p.as_set().batch(np.arange(len(p.source))) for p in (parts.calibration, parts.test)
    )
    method.calibrate(held, generator=generator(seed, "benchmark", "calibrate"))
    draw = partial(answers, method, seed=seed)
    span = len(parts.test.target) * parts.test.target.shape[1] / RATES[task][1]
    return Answered(
        draw(held, samples=SAMPLES),
        draw(test, samples=SAMPLES),
        timed(lambda: draw(test, samples=0), span),
        timed(lambda: draw(test, samples=1), span),
        reported(method, test, seed),
    )


def at_one_rate(pairs: Pairs, task: str) -> Pairs:
    """The same windows with the given side at the rate of the wanted one."""
    if pairs.source.shape[1] == pairs.target.shape[1]:
        return pairs
    frames = pairs.target.shape[1]
    given, wanted = RATES[task]
    flat = pairs.source.transpose(1, 0, 2).reshape(pairs.source.shape[1], -1)
    stream = make_stream(
        flat.astype(np.float64),
        time=np.arange(len(flat)) / given,
        channels=[str(i) for i in range(flat.shape[1])],
        units="1",
        kind="feature",
    )
    small = resample_to_rate(stream, wanted)["data"].values[:frames]
    source = small.reshape(len(small), len(pairs.source), -1).transpose(1, 0, 2)
    return Pairs(
        source.astype(np.float32), pairs.target[:, : len(small)], pairs.group, pairs.label,
        pairs.channels,
    )  # fmt: skip


def of_llma(parts: Parts, task: str, place: str, budget: Budget, seed: int) -> Answered:
    """The method for streams of one rate."""
    some = [at_one_rate(p, task) for p in (parts.train, parts.calibration, parts.test)]
    infos = {
        name: StreamInfo(name, names, ("1",) * len(names), "feature", RATES[task][1])
        for name, names in some[0].channels.items()
    }
    method = trained_streams(
        f"{place}/llma-{seed}", some[0].as_set(), STREAMS, infos, budget, seed=seed
    )
    batches = [p.as_set().batch(np.arange(len(p.source))) for p in some[1:]]

    def draw(batch: Any, samples: int) -> Drawn:  # noqa: ANN401 - a batch
        with torch.no_grad():
            found = method.generate(
                batch, ["target"], samples=samples, steps=5,
                generator=generator(seed, "benchmark", "draws"),
            )["target"]  # fmt: skip
        return Drawn(found.samples.float().numpy(), found.mean.float().numpy())

    span = len(some[2].target) * some[2].target.shape[1] / RATES[task][1]
    return Answered(
        draw(batches[0], SAMPLES),
        draw(batches[1], SAMPLES),
        timed(lambda: draw(batches[1], 1), span),
        timed(lambda: draw(batches[1], 1), span),
        {},
    )


def of_baseline(made: Baseline, parts: Parts, task: str, seed: int) -> Answered:
    """Ridge or the MLP."""

    def given(pairs: Pairs) -> Given:
        values = pairs.source.astype(np.float64)
        return Given(values, np.ones(values.shape, dtype=bool))

    target = parts.train.target.astype(np.float64)
    rows = Rows(given(parts.train), target, np.ones(target.shape, dtype=bool), parts.train.group)
    fitted = made.fit(rows, generator=numpy_generator(seed, "benchmark", made.name))
    held, test = (fitted.predict(given(p)) for p in (parts.calibration, parts.test))
    span = len(test) * test.shape[1] / RATES[task][1]
    none = np.empty((0, 0))
    took = timed(lambda: fitted.predict(given(parts.test)), span)
    return Answered(Drawn(none, held), Drawn(none, test), took, float("nan"), {})


def measured(
    method: str, task: str, parts: Parts, place: str, budget: Budget, seed: int
) -> dict[str, Any]:
    """Error by group, and bands, energy and speed."""
    makers: dict[str, Callable[[], Answered]] = {
        "lddbm": lambda: of_bridge(parts, task, place, budget, seed),
        "llma": lambda: of_llma(parts, task, place, budget, seed),
        "ridge": lambda: of_baseline(Ridge(), parts, task, seed),
        "mlp": lambda: of_baseline(Mlp(), parts, task, seed),
    }
    found = makers[method]()
    factor = UNITS[task][1]
    frames = found.test.mean.shape[1]
    truth = parts.test.target[:, :frames].astype(np.float64)
    held = parts.calibration.target[:, :frames].astype(np.float64)

    def raw(drawn: Drawn) -> Any:  # noqa: ANN401 - bands
        mean = drawn.mean.astype(np.float64)
        return sample_bands(drawn.samples, mean) if len(drawn.samples) else point_bands(mean)

    table = fit_bands(
        raw(found.calibration), held, np.ones(held.shape, dtype=bool),
        subjects=parts.calibration.group.tolist(), channels=parts.train.channels["target"],
    )  # fmt: skip
    bands = table.apply(raw(found.test))
    level = bands.levels.index(0.9)
    low, high = bands.lower[level], bands.upper[level]
    inside = ((truth >= low) & (truth <= high)).mean(axis=(1, 2))
    squared = ((found.test.mean - truth) ** 2).mean(axis=(1, 2))
    names = np.unique(parts.test.group)
    by_group = [parts.test.group == name for name in names]
    spread = parts.train.target.std(axis=(0, 1)).astype(np.float64)
    score = float("nan")
    if len(found.test.samples):
        valid = np.ones(truth.shape, dtype=bool)
        samples = found.test.samples.astype(np.float64)
        score = float(energy_score(samples, truth, valid, spread=spread).mean())
    return {
        "rmse": [factor * float(np.sqrt(squared[rows].mean())) for rows in by_group],
        "coverage": [float(inside[rows].mean()) for rows in by_group],
        "width": factor * float((high - low).mean()),
        "energy": score,
        "answer": found.answer,
        "sample": found.sample,
        **found.extra,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", action="append", choices=list(RATES))
    parser.add_argument("--folder", default=".data/bandai")
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seeds", type=int, default=3)
    told = parser.parse_args()
    tasks = told.task or list(RATES)
    budget = Budget(told.steps, told.batch, 2e-3)
    found: dict[str, list[dict[str, Any]]] = {}
    seconds = 0.0
    for task in tasks:
        parts = parted(windows(task, told.folder))
        place = f"sequences/{task}-{told.steps}"
        for seed in range(told.seeds):
            for method in METHODS:
                kept = cell(
                    f"{place}/{method}-{seed}-found",
                    partial(measured, method, task, parts, place, budget, seed),
                )
                seconds += kept.seconds
                found.setdefault(f"{task}, {method}", []).append(kept.found)
                print(f"{task} {method} {seed}: {np.mean(kept.found['rmse']):.3g}", flush=True)
    report(found, tasks, told.seeds, seconds)


def report(
    found: Mapping[str, list[dict[str, Any]]], tasks: list[str], seeds: int, seconds: float
) -> None:
    """Write the claim and every figure."""
    figures, mean = [], {}
    for name, several in found.items():
        unit = UNITS[name.split(", ", maxsplit=1)[0]][0]
        for key in several[0]:
            values = np.mean([one[key] for one in several], axis=0)
            said = (
                unit if key in ("rmse", "width") else ("s/s" if key in ("answer", "sample") else "")
            )
            if np.ndim(values):
                span = bootstrap_interval(values, generator=numpy_generator(0, name, key))
                mean[name, key] = span.mean
                figures.append(
                    figure(f"{name}: {key}", span.mean, said, low=span.low, high=span.high)
                )
            elif np.isfinite(values):
                figures.append(figure(f"{name}: {key}", float(values), said))
    holds = all(
        0.86 <= mean[f"{task}, lddbm", "coverage"] <= 0.94
        and all(
            mean[f"{task}, lddbm", "rmse"] < mean[f"{task}, {rival}", "rmse"]
            for rival in ("ridge", "mlp")
        )
        for task in tasks
    )
    record(
        "sequence_pairs",
        "From sensors to angles at another rate, and from head and hands to the whole body, on "
        "unseen people and unseen combinations, the bridge errs less than ridge and an MLP, and "
        "its 90 % bands hold 0.86 to 0.94.",
        holds and set(tasks) == set(RATES),
        figures, list(range(seeds)), seconds,
    )  # fmt: skip


if __name__ == "__main__":
    main()
