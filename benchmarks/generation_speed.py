"""What a solver step buys: time a window and quality, in fp32 and bf16, with 4 to 50 steps.

    python benchmarks/generation_speed.py

Two small models of llma are trained for a moment on simulated oscillators (six channels to four):
``flow``, the default (a mean, and a flow for its residual, walked by the midpoint rule, two
evaluations a step), and ``ddim``, the literal reading of the paper (a diffusion that predicts the
clean signal, walked by DDIM, one evaluation a step). Each then generates for oscillators it has not
seen, from the same noise throughout. Beside the time stand CRPS and root mean square error of the
mean, both in units of each channel's spread over the test part, and how much of the truth the raw
90 % bands of the samples hold; their intervals are over subjects.

Goal: ten steps of the flow in bf16 take at most a quarter of the time of fifty in fp32, and their
CRPS is no more than 2 % above.
"""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from _record import figure, record
from _timing import Times, median, time_in_turn

from unisono.alignment.window_alignment import WindowAlignment
from unisono.api.building import Parts, build_method, make_source, open_parts
from unisono.api.recipe import DataSettings, Recipe, SplitSettings
from unisono.core.contracts import Batch
from unisono.core.random import generator, numpy_generator
from unisono.evaluation.calibration import sample_bands
from unisono.evaluation.intervals import subject_interval
from unisono.evaluation.scores import crps
from unisono.methods import LLMA, LLMASettings
from unisono.methods.settings import Layers
from unisono.networks.conditioning import TransformerSize
from unisono.recordings.dataset import Dataset
from unisono.simulators.oscillators import oscillator_recordings
from unisono.training.device import Machine
from unisono.training.loop import train
from unisono.training.settings import TrainingSettings

SEED = 0
STEPS = (4, 10, 20, 50)
PRECISIONS = ("fp32", "bf16")
MODES = {"flow": "ours", "ddim": "paper"}
SUBJECTS, TRAINING_STEPS = 60, 300
WINDOWS, SAMPLES = 36, 16
TIMED_WINDOWS, ROUNDS = 8, 4

Array = npt.NDArray[np.float64]


class Test(NamedTuple):
    """Windows of the test part: what is given, the truth in spreads, the spreads, and who."""

    batch: Batch
    truth: Array
    spread: Array
    subjects: list[str]


class Quality(NamedTuple):
    """Figures of one setting, each one a window, ``(n,)``."""

    crps: Array
    squared: Array
    covered: Array


def recipe(path: Path, mode: str) -> Recipe:
    return Recipe(
        data=DataSettings(str(path), ("x",), ("y",)),
        windows={"rate_hz": 32.0, "length": 32, "stride": 32},
        split=SplitSettings(test=0.2, calibration=0.0, seed=SEED),
        llma=LLMASettings(
            mode=mode,  # type: ignore[arg-type]
            steps=TRAINING_STEPS,
            size=TransformerSize(64, 4, 128, 0.0),
            layers=Layers(1, 1, 1, 1),
            alignment=WindowAlignment(length=8),
        ),
        training=TrainingSettings(
            batch_size=32, learning_rate=2e-3, warmup_steps=30, ema_decay=0.98, device="cpu",
            precision="fp32", seed=SEED,
        ),
    )  # fmt: skip


def trained(recipe: Recipe, parts: Parts, folder: Path) -> LLMA:
    method = build_method(recipe, parts.windows.streams)
    train(method, make_source(parts.windows, parts.rows["train"], recipe), recipe.training, folder)
    return method


def test_part(parts: Parts) -> Test:
    rows = parts.rows["test"]
    every = parts.windows.batch(rows).data["y"].numpy().astype(np.float64)
    spread = every.std(axis=(0, 1))
    chosen = rows[:: max(len(rows) // WINDOWS, 1)][:WINDOWS]
    batch = parts.windows.batch(chosen)
    people = parts.windows.table["subject"].astype(str).to_numpy()[chosen]
    return Test(batch, batch.data["y"].numpy() / spread, spread, people.tolist())


def generate(method: LLMA, batch: Batch, precision: str, steps: int) -> tuple[Array, Array]:
    """Samples ``(S, n, L, D)`` and mean ``(n, L, D)``."""
    with Machine(torch.device("cpu"), precision).autocast():
        g = generator(SEED, "generate")
        drawn = method.generate(batch, ["y"], samples=SAMPLES, steps=steps, generator=g)["y"]
    return drawn.samples.double().numpy(), drawn.mean.double().numpy()


def quality(method: LLMA, test: Test, precision: str, steps: int) -> Quality:
    samples, mean = (x / test.spread for x in generate(method, test.batch, precision, steps))
    bands = sample_bands(samples, mean, [0.9])
    inside = (bands.lower[0] <= test.truth) & (test.truth <= bands.upper[0])
    return Quality(
        crps(samples, test.truth).mean(axis=(1, 2)),
        np.square(mean - test.truth).mean(axis=(1, 2)),
        inside.mean(axis=(1, 2)),
    )


def speeds(methods: Mapping[str, LLMA], batch: Batch) -> dict[str, Times]:
    """Seconds a window of every setting, the settings taking turns."""
    calls = {
        label(name, precision, steps): partial(generate, method, batch, precision, steps)
        for name, method in methods.items()
        for precision in PRECISIONS
        for steps in STEPS
    }
    return {k: times / batch.size for k, times in time_in_turn(calls, ROUNDS).items()}


def label(name: str, precision: str, steps: int) -> str:
    return f"{name}, {precision}, {steps} steps"


def figures_of(key: str, times: Times, slowest: Times, found: Quality, who: list[str]) -> Any:  # noqa: ANN401
    each, faster = median(1e3 * times), median(slowest / times)
    rng = numpy_generator(SEED, "interval")
    score = subject_interval(found.crps, who, generator=rng)
    square = np.sqrt(np.maximum(subject_interval(found.squared, who, generator=rng), 0))
    cover = subject_interval(100 * found.covered, who, generator=rng)
    return [
        figure(f"{key}: time a window", each.value, "ms", low=each.low, high=each.high),
        figure(f"{key}: speed over fp32, 50 steps", faster.value, "times",
               low=faster.low, high=faster.high),
        figure(f"{key}: CRPS", score.mean, "spreads", low=score.low, high=score.high),
        figure(f"{key}: RMSE of the mean", square[0], "spreads", low=square[1], high=square[2]),
        figure(f"{key}: held by raw 90 % bands", cover.mean, "%", low=cover.low, high=cover.high),
    ]  # fmt: skip


def first_windows(batch: Batch, count: int) -> Batch:
    return Batch(
        {k: v[:count] for k, v in batch.data.items()},
        {k: v[:count] for k, v in batch.mask.items()},
        batch.index[:count],
        batch.subject[:count],
        batch.condition[:count],
        {k: v[:count] for k, v in batch.known.items()},
    )


def main() -> None:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = oscillator_recordings(SUBJECTS, trials=2, seed=SEED, noise=0.1)
        Dataset.create(folder / "oscillators.un", made)
        recipes = {k: recipe(folder / "oscillators.un", mode) for k, mode in MODES.items()}
        parts = open_parts(replace(recipes["flow"], bands=replace(Recipe().bands, method="cross")))
        methods = {k: trained(one, parts, folder / k) for k, one in recipes.items()}
        test = test_part(parts)
        print(f"trained in {time.perf_counter() - began:.0f} s")
        times = speeds(methods, first_windows(test.batch, TIMED_WINDOWS))
        print(f"timed after {time.perf_counter() - began:.0f} s")
        found = {
            label(k, precision, steps): quality(method, test, precision, steps)
            for k, method in methods.items()
            for precision in PRECISIONS
            for steps in STEPS
        }
    figures = []
    for key, one in found.items():
        slowest = times[label(key.split(",")[0], "fp32", 50)]
        figures += figures_of(key, times[key], slowest, one, test.subjects)
    quick, slow = label("flow", "bf16", 10), label("flow", "fp32", 50)
    faster = float(np.median(times[slow] / times[quick]))
    worse = float(found[quick].crps.mean() / found[slow].crps.mean())
    figures = [
        figure("ten steps in bf16 over fifty in fp32, flow: speed", faster, "times"),
        figure("ten steps in bf16 over fifty in fp32, flow: CRPS", worse, "times"),
        *figures,
        figure("threads", torch.get_num_threads()),
    ]
    record(
        "generation_speed",
        "Ten steps of the flow in bf16 take at most a quarter of the time of fifty in fp32, at a "
        "CRPS at most 2 % higher.",
        faster >= 4 and worse <= 1.02,
        figures,
        [SEED],
        time.perf_counter() - began,
    )


if __name__ == "__main__":
    main()
