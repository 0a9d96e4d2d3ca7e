"""What things without a partner are worth: error against the share of pairs.

    python benchmarks/unpaired_pairs.py [--seeds 3 --steps 400 --images 1000]

Digits, 7 to 28 pixels. Of the training pairs 100, 50, 20, 10 and 0 % keep their partner. ``semi``
uses the torn ones through cycle and distribution terms, and to train both codecs; ``codecs`` uses
them to train the codecs alone; ``paired`` never sees them. All have the same networks, steps and
batch. The error is the root mean square of the single answer on unseen digits (range 2); ``mean
image`` answers every digit with the mean of the training part. Rare pairs are repeated until they
are half of what a batch is drawn from.

Goal: at 10 and 20 % of pairs, ``semi`` errs less than ``paired``.

Trainings and figures are kept under ``runs/benchmarks``; a second start goes on with what is
missing. With one free core: about twenty seconds a training, thirteen a seed.
"""

import argparse
from argparse import Namespace
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from _bridge_arms import Budget, answers, cell, merged, trained
from _image_rivals import Parts, images
from _record import figure, record
from super_resolution import NETWORKS

from unisono.core.random import numpy_generator
from unisono.recordings.pairs import PairSet

SHARES = (100, 50, 20, 10, 0)
ARMS: dict[str, dict[str, Any]] = {
    "paired": {},
    "codecs": {},
    "semi": {"unpaired": {"cycle": 1.0, "distribution": 1.0}},
}
LOWEST = {"paired": 10, "codecs": 10, "semi": 0}


def seen(pairs: PairSet, arm: str, share: int) -> PairSet:
    """What an arm is trained on."""
    torn = pairs.with_share(share / 100, generator=numpy_generator(7, "benchmark", "share", share))
    if arm != "paired":
        return torn.evened()
    whole = torn.paired
    return replace(
        torn,
        items=torn.items[whole],
        subject=torn.subject[whole],
        digest=f"{torn.digest} paired",
    )


def measured(
    parts: Parts, arm: str, share: int, seed: int, *, budget: Budget, place: str
) -> dict[str, float]:
    """Error of one training."""
    pairs = seen(parts.train.as_set(), arm, share)
    small = replace(budget, batch=min(budget.batch, len(pairs)))
    table = merged(NETWORKS, ARMS[arm])
    method = trained(f"{place}/{arm}-{share}-{seed}", pairs, table, small, seed)
    test = parts.test.as_set().batch(np.arange(len(parts.test.source)))
    gap = answers(method, test, samples=0, seed=seed).mean - parts.test.target
    return {"error": float(np.sqrt((gap**2).mean()))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", default=".data/mnist")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seeds", type=int, default=3)
    told = parser.parse_args()
    parts = images(Namespace(data="digits", folder=told.folder, images=told.images, tested=300))
    budget = Budget(told.steps, told.batch, 2e-3)
    place = f"unpaired/{told.images}-{told.steps}"
    found: dict[tuple[str, int], list[float]] = {}
    seconds = 0.0
    for seed in range(told.seeds):
        for share in SHARES:
            for arm in ARMS:
                if share < LOWEST[arm] or (share == 100 and arm != "paired"):
                    continue
                kept = cell(
                    f"{place}/{arm}-{share}-{seed}-found",
                    partial(measured, parts, arm, share, seed, budget=budget, place=place),
                )
                seconds += kept.seconds
                found.setdefault((arm, share), []).append(kept.found["error"])
                print(f"{arm} {share} % {seed}: {found[arm, share][-1]:.4f}", flush=True)
    figures, mean = [], {}
    for (arm, share), values in found.items():
        middle = mean[arm, share] = float(np.mean(values))
        wide = 1.96 * np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else 0.0
        name = "all pairs" if share == 100 else f"{arm}, {share} % of pairs"
        figures.append(figure(f"{name}: error", middle, low=middle - wide, high=middle + wide))
    blank = parts.test.target - parts.train.target.mean(axis=0)
    figures.append(figure("mean image: error", float(np.sqrt((blank**2).mean()))))
    record(
        "unpaired_pairs",
        "With 10 and 20 % of the pairs, things without a partner make the answer better than the "
        "pairs alone.",
        all(mean["semi", share] < mean["paired", share] for share in (10, 20)),
        figures, list(range(told.seeds)), seconds,
    )  # fmt: skip


if __name__ == "__main__":
    main()
