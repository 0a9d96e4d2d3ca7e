"""How a bridge is trained: three regimes, two losses with and without guards, and InfoNCE.

    python benchmarks/bridge_regimes.py [--seeds 3 --steps 400 --part regimes --part losses]

Digits, 7 to 28 pixels, the same networks, steps, batch and data in every row.

``regimes`` (settings ``ours``): ``two_step``, ``end_to_end``, ``iterative`` (every fourth step all
terms). Their steps do not cost the same, so each gets as many as take the processor time of
``steps`` steps end to end, measured on the spot. ``unstable`` is the standard deviation of the
logarithm of the bridge's loss over the last half of its steps, about a line: 0 for a loss that only
falls.

``losses`` (walks start at the source, everything trained end to end, as published): the predictive
loss or the reconstruction loss alone, ``guarded`` (LayerNorm without parameters on latents, and the
bridge's loss leaves the target's latents alone) or ``free``; and of the predictive ones InfoNCE
left out (``no_contrast``) or of shuffled pairs (``shuffled``: a gain that survives it is not
alignment).

PSNR (dB, range 2) is of the mean of 8 samples of unseen digits; ``rebuilt`` of the codec alone on
the true latent; ``start``, ``memory`` and ``both`` say how much the error grows, as a ratio, when
another digit's start state, memory, or both are taken; ``std`` and ``rank`` are of the target's
latents; ``top-1`` is retrieval of targets by sources among 200. Intervals are over seeds.

Goal (the published one): the predictive loss is 2 dB above the reconstruction loss, in the guarded
and in the free form.

Trainings and figures are kept under ``runs/benchmarks``; a second start goes on with what is
missing. With one free core: about twenty seconds a training, eleven a seed.
"""

import argparse
import csv
import time
from argparse import Namespace
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from _bridge_arms import Budget, answers, cell, merged, reported, spread_of, trained
from _gait_model import RUNS
from _image_rivals import Parts, images
from _record import figure, record
from super_resolution import NETWORKS, latents_of

from unisono.core.config import from_mapping
from unisono.core.random import generator
from unisono.evaluation.images import psnr
from unisono.methods.lddbm import LDDBM
from unisono.methods.lddbm_settings import LDDBMSettings
from unisono.viewing.latent_map import retrieval_top1

REGIMES: dict[str, dict[str, Any]] = {
    "end_to_end": {"regime": "end_to_end"},
    "two_step": {"regime": "two_step"},
    "iterative": {"regime": "iterative", "every": 4},
}
_JOINT: dict[str, Any] = {
    "regime": "end_to_end",
    "bridge": {"start": "source", "sampler": "dbim_high_order"},
    "losses": {"contrast": 1.0},
}
_FREE: dict[str, Any] = {"latents": {"bottleneck": "none"}, "stop_gradient": False}
_PREDICTS = {"losses": {"predictive": 1.0, "reconstruction": 0.0}}
_REBUILDS = {"losses": {"predictive": 0.0, "reconstruction": 1.0}}
LOSSES: dict[str, dict[str, Any]] = {
    f"{guard} {name}": merged(merged(_JOINT, form), said)
    for guard, form in (("guarded", {}), ("free", _FREE))
    for name, said in (
        ("predictive", _PREDICTS),
        ("reconstruction", _REBUILDS),
        ("no_contrast", merged(_PREDICTS, {"losses": {"contrast": 0.0}})),
        ("shuffled", merged(_PREDICTS, {"losses": {"shuffled": True}})),
    )
}
ARMS = {"regimes": REGIMES, "losses": LOSSES}
TIMED = 8  # steps a regime is timed on
RANGE = 2.0


class Task(NamedTuple):
    """What every cell sees."""

    parts: Parts
    steps: int
    batch: int
    place: str


def cost(table: Mapping[str, Any], task: Task) -> float:
    """Processor seconds of a step of a regime, averaged over its phases."""
    pairs = task.parts.train.as_set()
    settings = from_mapping(LDDBMSettings, merged(table, {"steps": 100}))
    method = LDDBM(settings, pairs.shapes, given=["source"], want=["target"])
    batch = pairs.batch(np.arange(task.batch))
    method.prepare(batch)
    g, total, steps = generator(0, "benchmark", "cost"), 0.0, 0
    for phase in method.phases:
        taken = 0.0
        for step in range(TIMED + 2):
            method.zero_grad()
            begun = time.process_time()
            method.loss(batch, phase=phase, step=step, generator=g).total.backward()
            taken += (time.process_time() - begun) * (step >= 2)  # the first ones warm up
        total, steps = total + phase.steps * taken / TIMED, steps + phase.steps
    return total / steps


def unstable(name: str) -> float:
    """Wobble of the bridge's loss: spread of its logarithm about a line, over the last half."""
    with (RUNS / name / "log.csv").open(encoding="utf-8") as file:
        loss = [float(row["bridge"]) for row in csv.DictReader(file) if row.get("bridge")]
    late = np.log(np.maximum(loss[len(loss) // 2 :], 1e-12))
    at = np.arange(len(late))
    return float((late - np.polyval(np.polyfit(at, late, 1), at)).std())


def measured(task: Task, part: str, arm: str, seed: int) -> dict[str, float]:
    """Figures of one training."""
    table = merged(NETWORKS, ARMS[part][arm])
    steps, parts = task.steps, task.parts
    if part == "regimes":
        whole = merged(NETWORKS, REGIMES["end_to_end"])
        steps = round(steps * cost(whole, task) / cost(table, task))
        steps = int(np.clip(steps, task.steps // 2, 3 * task.steps))
    name = f"{task.place}/{arm.replace(' ', '_')}-{seed}"
    budget = Budget(steps, task.batch, 2e-3)
    method = trained(name, parts.train.as_set(), table, budget, seed)
    held = parts.held.as_set().batch(np.arange(min(64, len(parts.held.source))))
    method.calibrate(held, generator=generator(seed, "benchmark", "calibrate"))
    test = parts.test.as_set().batch(np.arange(len(parts.test.source)))
    drawn, truth = answers(method, test, samples=8, seed=seed), parts.test.target
    with torch.no_grad():
        rebuilt = method.target.codec.decode(method.encode(test, "want")).numpy()
    said, spread = reported(method, test, seed), spread_of(drawn.samples, truth)
    return {
        "steps": float(steps),
        "PSNR": float(psnr(drawn.samples.mean(axis=0), truth, data_range=RANGE).mean()),
        "rebuilt": float(psnr(rebuilt, truth, data_range=RANGE).mean()),
        "CRPS": float(spread.crps.mean()),
        "energy": float(spread.energy.mean()),
        "coverage": float(spread.coverage.mean()),
        "unstable": unstable(name),
        "top-1": retrieval_top1(*latents_of(method, parts.test)),
        "std": said["target_std"],
        "rank": said["target_rank"],
        "start": said["start_swapped"] / said["answer"],
        "memory": said["memory_swapped"] / said["answer"],
        "both": said["both_swapped"] / said["answer"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", default=".data/mnist")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--part", action="append", choices=list(ARMS))
    told = parser.parse_args()
    asked = Namespace(data="digits", folder=told.folder, images=2000, tested=200)
    task = Task(images(asked), told.steps, told.batch, f"regimes/{told.steps}")
    found: dict[str, list[dict[str, float]]] = {}
    seconds = 0.0
    for seed in range(told.seeds):
        for part in told.part or list(ARMS):
            for arm in ARMS[part]:
                place = f"{task.place}/{arm.replace(' ', '_')}-{seed}-found"
                kept = cell(place, partial(measured, task, part, arm, seed))
                seconds += kept.seconds
                found.setdefault(arm, []).append(kept.found)
                print(f"{arm} {seed}: {kept.found['PSNR']:.2f} dB", flush=True)
    figures, mean = [], {}
    for arm, several in found.items():
        for key in several[0]:
            values = [one[key] for one in several]
            middle = mean[arm, key] = float(np.mean(values))
            wide = 1.96 * np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else 0.0
            unit = "dB" if key in ("PSNR", "rebuilt") else ""
            figures.append(
                figure(f"{arm}: {key}", middle, unit, low=middle - wide, high=middle + wide)
            )
    gains = {
        guard: mean[f"{guard} predictive", "PSNR"] - mean[f"{guard} reconstruction", "PSNR"]
        for guard in ("guarded", "free")
        if f"{guard} predictive" in found
    }
    figures += [figure(f"predictive over reconstruction, {k}", v, "dB") for k, v in gains.items()]
    record(
        "bridge_regimes",
        "The predictive loss is 2 dB above the reconstruction loss, with guards against shrinking "
        "latents and without.",
        len(gains) == 2 and all(gain >= 2 for gain in gains.values()),
        figures, list(range(told.seeds)), seconds,
    )  # fmt: skip


if __name__ == "__main__":
    main()
