"""Arms of the latent bridge on pairs of arrays, trained under ``runs/benchmarks`` and gone on with.

An arm is a table of ``lddbm`` settings. Every arm of a benchmark has the same number of steps,
batch, networks and data; a training that was stopped goes on from its last checkpoint, and one that
is finished is only read. What was measured of it is kept beside it, with the time that it all took,
so that a benchmark goes on at the first cell that is missing.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from _gait_model import RUNS

from unisono.codecs.image import ImageCodec
from unisono.codecs.pretrained import save_codec
from unisono.codecs.token_grid import TokenGrid
from unisono.core.config import from_mapping
from unisono.core.contracts import Batch, StreamInfo
from unisono.core.files import write_text
from unisono.core.random import generator
from unisono.evaluation.arrays import Array
from unisono.evaluation.scores import crps, energy_score
from unisono.methods.bridge_monitors import bridge_report
from unisono.methods.lddbm import LDDBM
from unisono.methods.lddbm_settings import LDDBMSettings
from unisono.methods.llma import LLMA
from unisono.methods.settings import LLMASettings
from unisono.recordings.pairs import PairSet
from unisono.recordings.sampler import EpochSampler
from unisono.training.data import Source
from unisono.training.loop import train
from unisono.training.settings import TrainingSettings

__all__ = [
    "Budget",
    "Cell",
    "Drawn",
    "Spread",
    "answers",
    "cell",
    "merged",
    "pretrained_codec",
    "reported",
    "rows_of",
    "spread_of",
    "trained",
    "trained_streams",
]


@dataclass(frozen=True)
class Budget:
    """What every arm may spend.

    Args:
        steps: Optimiser steps.
        batch: Items a step.
        rate: Peak learning rate.
        precision: Arithmetic; for the smallest networks bf16 costs more than it saves.
    """

    steps: int
    batch: int = 32
    rate: float = 1e-3
    precision: str = "auto"


class Cell(NamedTuple):
    """What was measured once, by name, and how long it took with its training, in seconds."""

    found: dict[str, Any]
    seconds: float


def cell(name: str, measure: Callable[[], Mapping[str, Any]]) -> Cell:
    """Measure once; a second call reads what the first one found.

    Args:
        name: Of the cell, under ``runs/benchmarks``.
        measure: Trains and measures; numbers and lists of numbers by name. Its time counts whole
            if it was not stopped on the way.
    """
    path = RUNS / f"{name}.json"
    if path.exists():
        kept = json.loads(path.read_text())
        return Cell(kept["found"], kept["seconds"])
    begun = time.monotonic()
    found = dict(measure())
    taken = Cell(found, time.monotonic() - begun)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(taken._asdict()) + "\n")
    print(f"{name}: {taken.seconds:.0f} s", flush=True)
    return taken


class Drawn(NamedTuple):
    """Samples ``(S, n, ...)`` and the best single answer ``(n, ...)``, on the CPU."""

    samples: Array
    mean: Array


def merged(one: Mapping[str, Any], two: Mapping[str, Any]) -> dict[str, Any]:
    """Tables of the first with those of the second laid over them."""
    both = dict(one)
    for key, value in two.items():
        inner = both.get(key)
        is_table = isinstance(inner, Mapping) and isinstance(value, Mapping)
        both[key] = merged(inner, value) if is_table else value
    return both


def trained(
    name: str, pairs: PairSet, table: Mapping[str, Any], budget: Budget, seed: int
) -> LDDBM:
    """Train an arm, or go on with it; with its averaged weights, frozen."""
    settings = from_mapping(LDDBMSettings, merged(table, {"steps": budget.steps}))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        method = LDDBM(settings, pairs.shapes, given=["source"], want=["target"])
    _train(method, name, pairs, budget, seed)
    return method.to("cpu").eval()


def trained_streams(
    name: str,
    pairs: PairSet,
    table: Mapping[str, Any],
    streams: Mapping[str, StreamInfo],
    budget: Budget,
    *,
    seed: int,
) -> LLMA:
    """Train the method for streams of one rate on the same pairs; as :func:`trained`."""
    settings = from_mapping(LLMASettings, merged(table, {"steps": budget.steps}))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        method = LLMA(
            settings, streams, given=["source"], want=["target"], frames=pairs.shapes["target"][0]
        )
    _train(method, name, pairs, budget, seed)
    return method.to("cpu").eval()


def _train(method: LDDBM | LLMA, name: str, pairs: PairSet, budget: Budget, seed: int) -> None:
    rows = np.arange(len(pairs), dtype=np.int64)
    source = Source(pairs, EpochSampler(rows, budget.batch, seed), rows, digest=pairs.digest)
    training = TrainingSettings(
        batch_size=budget.batch,
        learning_rate=budget.rate,
        warmup_steps=min(100, budget.steps // 10),
        checkpoint_every=max(50, budget.steps // 10),
        seed=seed,
        precision=budget.precision,
    )
    (RUNS / name).parent.mkdir(parents=True, exist_ok=True)
    train(method, source, training, RUNS / name, resume=True)


def pretrained_codec(
    name: str, images: Array, grid: TokenGrid, hidden: int, *, budget: Budget, seed: int
) -> Path:
    """Train an image codec alone, once, by its own loss; return its folder."""
    folder = RUNS / name
    if folder.exists():
        return folder
    data = torch.as_tensor(images)
    whole = torch.ones_like(data, dtype=torch.bool)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        codec = ImageCodec(tuple(data.shape[1:]), grid, hidden=hidden)  # type: ignore[arg-type]
    codec.fit(data, whole)
    optimiser = torch.optim.AdamW(codec.parameters(), budget.rate)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, budget.steps)
    draws = generator(seed, "benchmark", "codec")
    for _ in range(budget.steps):
        rows = torch.randint(len(data), (budget.batch,), generator=draws)
        loss = codec.loss(data[rows], whole[rows], generator=draws).total
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        falling.step()
    folder.parent.mkdir(parents=True, exist_ok=True)
    return save_codec(codec.eval(), folder)


def reported(method: LDDBM, batch: Batch, seed: int, *, items: int = 32) -> dict[str, float]:
    """What every bridge is watched by: errors, swaps, spread and rank of the latents."""
    rows = np.arange(min(items, batch.size))
    some = rows_of(batch, torch.as_tensor(rows))
    found = bridge_report(
        method, some, "target", samples=2, steps=method.settings.bridge.steps or 16,
        generator=generator(seed, "benchmark", "report"),
    )  # fmt: skip
    return {**found._asdict(), "gap": found.gap}


def rows_of(batch: Batch, rows: torch.Tensor) -> Batch:
    """Some items of a batch."""
    return Batch(
        {k: v[rows] for k, v in batch.data.items()},
        {k: v[rows] for k, v in batch.mask.items()},
        batch.index[rows],
        batch.subject[rows],
        batch.condition[rows],
    )


def answers(
    method: LDDBM,
    batch: Batch,
    *,
    samples: int,
    seed: int,
    at_once: int = 64,
    steps: int | None = None,
) -> Drawn:
    """Translate what is given in a batch, some items at a time, in the usual steps or others."""
    device = next(method.parameters()).device
    draws = generator(seed, "benchmark", "draws", device=device)
    steps = steps or method.settings.bridge.steps or 16
    parts = []
    for rows in torch.arange(batch.size).split(at_once):
        some = rows_of(batch, rows).to(device)
        parts.append(
            method.generate(some, ["target"], samples=samples, steps=steps, generator=draws)[
                "target"
            ]
        )
    return Drawn(
        torch.cat([p.samples for p in parts], dim=1).float().cpu().numpy(),
        torch.cat([p.mean for p in parts]).float().cpu().numpy(),
    )


class Spread(NamedTuple):
    """Quality of a predictive distribution by item, each ``(n,)``, in the target's unit.

    Attributes:
        crps: Mean over numbers of the continuous ranked probability score.
        energy: Energy score of the whole item, over the root of its size.
        coverage: Share of numbers inside the central 90 % of the samples; of 8 samples, which end
            at their extremes, 7/9 where they are exact.
    """

    crps: Array
    energy: Array
    coverage: Array


def spread_of(samples: Array, truth: Array) -> Spread:
    """Score samples ``(S, n, ...)`` against the truth ``(n, ...)``."""
    flat = samples.reshape(*samples.shape[:2], -1).astype(np.float64)
    true = truth.reshape(len(truth), -1).astype(np.float64)
    low, high = np.quantile(flat, [0.05, 0.95], axis=0, method="weibull")
    whole = energy_score(
        flat[..., None], true[..., None], np.ones((*true.shape, 1), dtype=bool), spread=np.ones(1)
    )
    return Spread(
        crps(flat, true).mean(axis=1), whole, ((true >= low) & (true <= high)).mean(axis=1)
    )
