"""Arms of the latent bridge on pairs of arrays, trained under ``runs/benchmarks`` and gone on with.

An arm is a table of ``lddbm`` settings. Every arm of a benchmark has the same number of steps,
batch, networks and data; a training that was stopped goes on from its last checkpoint, and one that
is finished is only read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from _gait_model import RUNS

from unisono.core.config import from_mapping
from unisono.core.contracts import Batch
from unisono.core.random import generator
from unisono.evaluation.arrays import Array
from unisono.evaluation.scores import crps, energy_score
from unisono.methods.lddbm import LDDBM
from unisono.methods.lddbm_settings import LDDBMSettings
from unisono.recordings.pairs import PairSet
from unisono.recordings.sampler import EpochSampler
from unisono.training.data import Source
from unisono.training.loop import train
from unisono.training.settings import TrainingSettings

__all__ = ["Budget", "Drawn", "Spread", "answers", "merged", "spread_of", "trained"]


@dataclass(frozen=True)
class Budget:
    """What every arm may spend.

    Args:
        steps: Optimiser steps.
        batch: Items a step.
        rate: Peak learning rate.
    """

    steps: int
    batch: int = 32
    rate: float = 1e-3


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
    rows = np.arange(len(pairs), dtype=np.int64)
    source = Source(pairs, EpochSampler(rows, budget.batch, seed), rows, digest=pairs.digest)
    training = TrainingSettings(
        batch_size=budget.batch,
        learning_rate=budget.rate,
        warmup_steps=min(100, budget.steps // 10),
        checkpoint_every=max(50, budget.steps // 10),
        seed=seed,
    )
    train(method, source, training, RUNS / name, resume=True)
    return method


def answers(method: LDDBM, batch: Batch, *, samples: int, seed: int, at_once: int = 64) -> Drawn:
    """Translate what is given in a batch, some items at a time."""
    device = next(method.parameters()).device
    draws = generator(seed, "benchmark", "draws", device=device)
    steps = method.settings.bridge.steps or 16
    parts = []
    for rows in torch.arange(batch.size).split(at_once):
        some = Batch(
            {k: v[rows] for k, v in batch.data.items()},
            {k: v[rows] for k, v in batch.mask.items()},
            batch.index[rows], batch.subject[rows], batch.condition[rows],
        ).to(device)  # fmt: skip
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
        coverage: Share of numbers inside the central 90 % of the samples.
    """

    crps: Array
    energy: Array
    coverage: Array


def spread_of(samples: Array, truth: Array) -> Spread:
    """Score samples ``(S, n, ...)`` against the truth ``(n, ...)``."""
    flat = samples.reshape(*samples.shape[:2], -1).astype(np.float64)
    true = truth.reshape(len(truth), -1).astype(np.float64)
    low, high = np.quantile(flat, [0.05, 0.95], axis=0)
    whole = energy_score(
        flat[..., None], true[..., None], np.ones((*true.shape, 1), dtype=bool), spread=np.ones(1)
    )
    return Spread(
        crps(flat, true).mean(axis=1), whole, ((true >= low) & (true <= high)).mean(axis=1)
    )
