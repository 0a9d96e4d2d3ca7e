"""A pair whose conditional distribution is known, through real codecs: is the spread the true one?

    python benchmarks/bridge_gaussian.py [--seeds 3 --steps 600 --arms ours half]

Sequences of 8 frames: ``y`` standard normal, ``x = y A + e B`` with ``e`` standard normal, so that
given ``y`` the truth is Gaussian with known mean and covariance. Both sides go through trained
codecs. Rows: ``ours``; the control ``gaussian`` (noise of the residual's covariance in
latents); ``source`` (walks start at the source's latent, guards on); ``release``; ``half`` (only
the first channel of ``y`` is given, so that the true spread is larger). Then the samplers and the
student by steps, on ``ours``.

Coverage is that of the central 90 % of 64 samples, per number; the spread is the root of the mean
variance of the samples over the true one; CRPS is in the unit of ``x``, beside that of exact draws.

Goals: coverage of ``ours`` 0.86 to 0.94; the spread of ``half`` above that of ``ours`` by at least
half of what it should be; the student's 4 steps within 5 % of 40 steps on CRPS.

Trainings are kept under ``runs/benchmarks``; a second start goes on with what is missing.
"""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from _bridge_arms import Budget, cell, merged, trained
from _record import figure, record

from unisono.core.contracts import Batch
from unisono.core.random import generator, numpy_generator
from unisono.evaluation.arrays import Array
from unisono.evaluation.scores import crps
from unisono.methods.lddbm import LDDBM
from unisono.recordings.pairs import PairSet, Thing

FRAMES, TRAIN, CALIBRATION, TEST = 8, 4000, 128, 100
MIX = np.array([[1.0, -0.5], [0.5, 1.0]])
NOISE = np.array([[0.6, 0.0], [0.4, 0.5]])
SAMPLES = 64
WALKED = 32  # items, and samples of each, in the table of walks

SMALL: dict[str, Any] = {
    "latents": {"tokens": 8, "width": 8},
    "source": {"hidden": 8},
    "target": {"hidden": 8},
    "size": {"width": 32, "heads": 4, "feedforward": 64, "dropout": 0.0},
    "shape": {"encoder_layers": 1, "decoder_layers": 1},
}
ARMS: dict[str, dict[str, Any]] = {
    "ours": {"few_steps": {"most": 4, "teacher": 16}},
    "gaussian": {"bridge": {"residual": "gaussian"}},
    "source": {"bridge": {"start": "source"}},
    "release": {"mode": "release"},
    "half": {},
}
WALKS = (
    [("dbim_high_order", n) for n in (8, 16, 40)]
    + [("dbim", n) for n in (1, 2, 4, 8, 16, 40)]
    + [("heun", n) for n in (4, 8, 16, 40)]
    + [("student", n) for n in (1, 2, 4)]
)


class Scores(NamedTuple):
    """Coverage of the central 90 %, samples' spread over the true one, CRPS, error of the mean."""

    coverage: float
    spread: float
    crps: float
    mean: float


def drawn_pairs(count: int, seed: int, *, half: bool) -> PairSet:
    """Pairs; with ``half`` only the first channel of the source is shown."""
    rng = numpy_generator(seed, "pairs")
    y, e = rng.normal(size=(2, count, FRAMES, 2))
    x = (y @ MIX + e @ NOISE).astype(np.float32)
    shown = (y[..., :1] if half else y).astype(np.float32)
    things = [Thing(a, np.ones(a.shape, dtype=bool)) for a in (shown, x)]
    rows = np.arange(count)
    return PairSet(
        {"source": things[0]}, {"target": things[1]}, np.stack([rows, rows], 1),
        rows.astype(str), f"gaussian-{seed}-{count}-{half}",
    )  # fmt: skip


def true_mean(batch: Batch, *, half: bool) -> Array:
    y = batch.data["source"].numpy().astype(np.float64)
    return y @ (MIX[:1] if half else MIX)


def true_covariance(*, half: bool) -> Array:
    unseen = np.outer(MIX[1], MIX[1]) if half else np.zeros((2, 2))
    return NOISE.T @ NOISE + unseen


def measured(
    method: LDDBM, batch: Batch, steps: int, seed: int, *, half: bool, samples: int = SAMPLES
) -> Scores:
    with torch.no_grad():
        found = method.generate(
            batch, ["target"], samples=samples, steps=steps,
            generator=generator(seed, "draws"),
        )["target"]  # fmt: skip
    drawn, truth = found.samples.numpy().astype(np.float64), batch.data["target"].numpy()
    # of finitely many exact draws these quantiles hold 90 %, others fewer
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0, method="weibull")
    variance = float(np.trace(true_covariance(half=half))) / 2
    return Scores(
        float(((truth >= low) & (truth <= high)).mean()),
        float(np.sqrt(drawn.var(axis=0, ddof=1).mean() / variance)),
        float(crps(drawn, truth.astype(np.float64)).mean()),
        float(np.sqrt(((found.mean.numpy() - true_mean(batch, half=half)) ** 2).mean())),
    )


def with_sampler(method: LDDBM, name: str) -> None:
    """Walk the same bridge otherwise; ``student`` takes what is asked for, others many steps."""
    method.bridge.settings = replace(method.bridge.settings, sampler=name)


def exact_crps(batch: Batch, seed: int) -> float:
    """CRPS of draws from the true conditional distribution."""
    rng = numpy_generator(seed, "exact")
    noise = rng.normal(size=(SAMPLES, batch.size, FRAMES, 2)) @ NOISE
    truth = batch.data["target"].numpy().astype(np.float64)
    return float(crps(true_mean(batch, half=False) + noise, truth).mean())


def arm(name: str, steps: int, seed: int) -> tuple[LDDBM, Batch]:
    half = name == "half"
    pairs = drawn_pairs(TRAIN, seed, half=half)
    table: Mapping[str, Any] = merged(SMALL, ARMS[name])
    if name == "ours":
        table = merged(table, {"few_steps": {"train": max(1, steps // 3)}})
    budget = Budget(steps, batch=64, rate=3e-3, precision="fp32")
    method = trained(f"bridge_gaussian/{name}-{steps}-s{seed}", pairs, table, budget, seed)
    unseen = drawn_pairs(CALIBRATION, 1000 + seed, half=half)
    rows = np.arange(CALIBRATION)
    method.calibrate(unseen.batch(rows), generator=generator(seed, "calibrate"))
    test = drawn_pairs(TEST, 2000 + seed, half=half)
    return method, test.batch(np.arange(TEST))


def scored(name: str, steps: int, seed: int) -> dict[str, Any]:
    """Scores of an arm; of ``ours`` also those of every walk, and of exact draws."""
    method, batch = arm(name, steps, seed)
    walked = method.settings.bridge.steps or 16
    found: dict[str, Any] = {"scores": measured(method, batch, walked, seed, half=name == "half")}
    if name != "ours":
        return found
    found["exact"] = exact_crps(batch, seed)
    student = method.bridge.student
    few = drawn_pairs(TEST, 2000 + seed, half=False).batch(np.arange(WALKED))
    for sampler, count in WALKS:
        method.bridge.student = student if sampler == "student" else None
        with_sampler(method, "dbim" if sampler == "student" else sampler)
        found[f"{sampler}, {count} steps"] = measured(
            method, few, count, seed, half=False, samples=WALKED
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    chosen = parser.parse_args()
    seeds, seconds = range(chosen.seeds), 0.0
    rows: dict[str, list[Scores]] = {name: [] for name in chosen.arms}
    walks: dict[str, list[Scores]] = {f"{name}, {count} steps": [] for name, count in WALKS}
    exact = []
    for seed in seeds:
        for name in chosen.arms:
            place = f"bridge_gaussian/{name}-{chosen.steps}-s{seed}-found"
            kept = cell(place, partial(scored, name, chosen.steps, seed))
            rows[name].append(Scores(*kept.found["scores"]))
            print(f"{name} s{seed}: {rows[name][-1]}", flush=True)
            seconds += kept.seconds
            if name == "ours":
                exact.append(kept.found["exact"])
                for walk, several in walks.items():
                    several.append(Scores(*kept.found[walk]))
    report(rows, walks, exact, list(seeds), seconds)


def report(
    rows: Mapping[str, list[Scores]],
    walks: Mapping[str, list[Scores]],
    exact: list[float],
    seeds: list[int],
    seconds: float,
) -> None:
    """Write the claims: the spread is the true one, it grows, and few steps do."""

    def over(values: list[float], name: str, unit: str = "") -> dict[str, Any]:
        wide = 1.96 * np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
        middle = float(np.mean(values))
        return figure(name, middle, unit, low=middle - wide, high=middle + wide)

    figures = [
        over([getattr(s, key) for s in found], f"{name}: {key}")
        for name, found in rows.items()
        for key in Scores._fields
    ]
    figures.append(over(exact, "exact draws: crps"))
    mean = {name: np.mean([s.coverage for s in found]) for name, found in rows.items()}
    true = [float(np.trace(true_covariance(half=h))) for h in (True, False)]
    # spreads are over the true ones: bring them back to one unit
    grows = [h.spread * true[0] ** 0.5 / (o.spread * true[1] ** 0.5)
             for h, o in zip(rows["half"], rows["ours"], strict=True)]  # fmt: skip
    wanted = (true[0] / true[1]) ** 0.5
    figures.append(over(grows, "spread of half over ours"))
    figures.append(figure("the same, true", wanted))
    enough = np.mean(grows) >= 1 + (wanted - 1) / 2
    record(
        "bridge_gaussian",
        "Through real codecs, samples of a Gaussian pair cover nine in ten truths in their 90 % "
        "region (0.86 to 0.94), and spread further where half of the source is hidden.",
        bool(0.86 <= mean["ours"] <= 0.94 and enough),
        figures, seeds, seconds,
    )  # fmt: skip
    full = np.mean([s.crps for s in walks["dbim_high_order, 40 steps"]])
    few = np.mean([s.crps for s in walks["student, 4 steps"]])
    record(
        "bridge_steps",
        "The distilled bridge in 4 steps is within 5 % of 40 steps on CRPS (Gaussian pair through "
        "real codecs).",
        bool(few <= 1.05 * full),
        [
            over([getattr(s, key) for s in found], f"{walk}: {key}")
            for walk, found in walks.items()
            for key in ("crps", "coverage", "spread")
        ],
        seeds, seconds,
    )  # fmt: skip


if __name__ == "__main__":
    main()
