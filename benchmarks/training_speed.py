"""How fast the demo's model trains in bf16 and in fp32, and how much of the matmul peak it reaches.

    python benchmarks/training_speed.py

The recipe is the demo's own, its windows are simulated walkers; what is timed is the training
loop's whole step (batch, loss of both directions, gradients, clipping, optimiser, average).
The same is measured with llma's default sizes. The peak is the best of some large matrix products
in the same run, in the same arithmetic; a step's operations are those of its products and
convolutions, forward and backward, as torch counts them. Steps and products take turns.

Goal: bf16 trains the demo's model no slower than fp32.
"""

import tempfile
import time
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from _record import figure, record
from _timing import Times, median, time_in_turn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from unisono.api.building import build_method, make_source
from unisono.api.recipe import Recipe
from unisono.core.config import from_mapping
from unisono.core.random import generator
from unisono.methods import LLMASettings
from unisono.recordings.dataset import Dataset
from unisono.recordings.window_cache import WindowSet, open_windows
from unisono.simulators.gait import random_recordings
from unisono.training.data import Source
from unisono.training.device import has_bf16, resolve_machine
from unisono.training.run import Run
from unisono.training.step import make_step

SEED = 0
PRECISIONS = ("fp32", "bf16")
ROUNDS = {"demo": 60, "default": 12}
SIDE, PRODUCTS = 2048, 8


class Trained(NamedTuple):
    """A model in one arithmetic, ready for its next step."""

    run: Run
    source: Source


def recipe() -> Recipe:
    text = files("unisono.api").joinpath("demo.toml").read_text(encoding="utf-8")
    table: dict[str, Any] = tomllib.loads(text)
    del table["demo"]
    return from_mapping(Recipe, table)


def start(recipe: Recipe, windows: WindowSet, precision: str) -> Trained:
    rows = np.arange(len(windows))
    method, source = build_method(recipe, windows.streams), make_source(windows, rows, recipe)
    method.prepare(windows.batch(rows))
    settings = replace(recipe.training, precision=precision, device="cpu")
    run = Run(method, settings, resolve_machine(settings), digest="")
    run.begin_phase()
    return Trained(run, source)


def operations(trained: Trained) -> float:
    """Operations of one step's products, forward and backward."""
    run, source = trained
    batch = source.windows.batch(source.sampler.at(0))
    # fused attention is not counted on a CPU; written out it is
    counter = FlopCounterMode(display=False)
    with sdpa_kernel(SDPBackend.MATH), counter:
        g = generator(SEED, "operations")
        loss = run.method.loss(batch, phase=run.place.phase, step=1, generator=g)
        loss.total.backward()  # type: ignore[no-untyped-call]
    run.optimiser.zero_grad(set_to_none=True)
    return float(counter.get_total_flops())


def steps(trained: Mapping[str, Trained], folder: Path, rounds: int) -> dict[str, Times]:
    calls = {
        precision: partial(make_step, one.run, one.source, folder)
        for precision, one in trained.items()
    }
    return time_in_turn(calls, rounds, warm_up=3)


def products() -> dict[str, float]:
    """Operations a second of large matrix products: the best of several, by arithmetic."""
    left, right = torch.randn(2, SIDE, SIDE, generator=generator(SEED, "products"))
    calls = {
        "fp32": partial(torch.mm, left, right),
        "bf16": partial(torch.mm, left.bfloat16(), right.bfloat16()),
    }
    times = time_in_turn(calls, PRODUCTS)
    return {name: 2 * SIDE**3 / found.min() for name, found in times.items()}


def figures_of(
    name: str, times: Mapping[str, Times], windows: int, flops: float, peak: Mapping[str, float]
) -> list[dict[str, Any]]:
    ratio = median(times["fp32"] / times["bf16"])
    found = [figure(f"{name}: bf16 over fp32, samples a second", ratio.value, "times",
                    low=ratio.low, high=ratio.high)]  # fmt: skip
    for precision in PRECISIONS:
        speed = median(windows / times[precision])
        share = median(100 * flops / times[precision] / peak[precision])
        found += [
            figure(f"{name}, {precision}: windows a second", speed.value, "1/s",
                   low=speed.low, high=speed.high),
            figure(f"{name}, {precision}: share of the peak", share.value, "%",
                   low=share.low, high=share.high),
        ]  # fmt: skip
    return [*found, figure(f"{name}: operations a step", flops / 1e9, "GFLOP")]


def main() -> None:
    began = time.perf_counter()
    if not has_bf16(torch.device("cpu")):
        raise SystemExit("this processor has no bf16 of its own; there is nothing to compare.")
    demo = recipe()
    default = replace(demo, llma=LLMASettings(), training=replace(demo.training, batch_size=64))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        walkers = random_recordings(8, trials=2, seed=SEED)
        dataset = Dataset.create(folder / "walkers.un", walkers)
        windows = open_windows(dataset, demo.cut)
        peaks, found = [products()], {}
        for size, one in (("demo", demo), ("default", default)):
            trained = {p: start(one, windows, p) for p in PRECISIONS}
            flops = operations(trained["fp32"])
            found[size] = steps(trained, folder, ROUNDS[size]), one.training.batch_size, flops
            peaks.append(products())
    peak = {p: max(one[p] for one in peaks) for p in PRECISIONS}
    figures = [
        row
        for size, (times, batch, flops) in found.items()
        for row in figures_of(f"{size} model", times, batch, flops, peak)
    ]
    figures += [figure(f"peak of products, {p}", peak[p] / 1e9, "GFLOP/s") for p in PRECISIONS]
    figures.append(figure("threads", torch.get_num_threads()))
    record(
        "training_speed",
        "The demo's model trains at least as many windows a second in bf16 autocast as in fp32.",
        figures[0]["value"] >= 1,
        figures,
        [SEED],
        time.perf_counter() - began,
    )


if __name__ == "__main__":
    main()
