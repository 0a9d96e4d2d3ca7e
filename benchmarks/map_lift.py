"""The way back from a map: speed, error against distance, neighbours, dimensions.

    python benchmarks/map_lift.py

Wakes at eight Reynolds numbers in blocks (:mod:`_maps`); two of them are left out of every fit.
Errors are PSNR of fields in dB (range: largest minus smallest value of the bank's frames) on frames
held out within the other six conditions, and on the two that nobody fitted. Beside the map: as many
principal axes of the same codes, with the same lift. Distance and error are compared by rank over
held-out points of both kinds, and over points pushed off the data by noise.
"""

import argparse
import time

import numpy as np
import torch
from _maps import Array, Placed, blocks, place, table_of, train, wakes
from _record import figure, record
from scipy.stats import spearmanr

from unisono.core.random import numpy_generator
from unisono.editing.bank import Bank
from unisono.editing.learned_lift import LearnedLift, ResidualSettings
from unisono.editing.lift import (
    KernelRidgeLift,
    Lift,
    LocalLinearLift,
    NeighbourLift,
    neighbour_weights,
)
from unisono.experiments.field_sets import FieldSet
from unisono.experiments.gap_rivals import psnr
from unisono.methods.conda import ConDA
from unisono.recordings.frame_table import FrameTable

UNSEEN = ("re90", "re110")
DIMS, SEEDS, K = (2, 3, 4, 8, 16, 64), 2, (1, 3, 5, 8, 10, 20, 30, 50)
POINTS = 100_000


def tables() -> tuple[FieldSet, FrameTable, FrameTable, FrameTable]:
    """The bank, frames held out in its conditions, and frames of conditions nobody fitted."""
    data = wakes()
    bank, inside, outside = [], [], []
    for name, frames in data.frames.items():
        label = {"reynolds": data.conditions[name]}
        starts = range(0, len(frames), 100)
        for start in starts:
            block = frames[start : start + 100]
            kept = blocks(len(block))
            if name in UNSEEN:
                outside.append((name, block[~kept], label))
            else:
                bank.append((name, block[kept], label))
                inside.append((name, block[~kept], label))
    return data, *(table_of(parts) for parts in (bank, inside, outside))


def brute(points: Array, bank: Bank, k: int) -> Array:
    """The same lift, all distances computed."""
    out = np.empty((len(points), bank.codes.shape[1]))
    own = (bank.coordinates**2).sum(axis=1)
    for start in range(0, len(points), 1000):
        part = points[start : start + 1000]
        squared = (part**2).sum(axis=1)[:, None] + own - 2 * part @ bank.coordinates.T
        near = np.argpartition(squared, k, axis=1)[:, :k]
        distance = np.sqrt(np.maximum(np.take_along_axis(squared, near, axis=1), 0))
        weight = neighbour_weights(distance, "inverse")
        out[start : start + 1000] = np.einsum("mk,mkw->mw", weight, bank.codes[near])
    return out


def speed(bank: Bank) -> tuple[float, float]:
    """Processor seconds of brute force over those of the tree, and how far their codes differ."""
    rng = numpy_generator(0, "lift speed")
    near, far = rng.integers(len(bank), size=(2, POINTS))
    share = rng.random(POINTS)[:, None]
    points = share * bank.coordinates[near] + (1 - share) * bank.coordinates[far]
    lift = NeighbourLift(bank, k=5)
    lift.lift(points[:10])
    begun = time.process_time()
    found = lift.lift(points).codes
    middle = time.process_time()
    plain = brute(points, bank, 5)
    end = time.process_time()
    apart = np.abs(found - plain).max() / bank.codes.std()
    return (end - middle) / (middle - begun), float(apart)


def score(method: ConDA, lift: Lift, asked: Placed, truth: Array, span: float) -> float:
    """PSNR of points brought back."""
    codes = torch.from_numpy(lift.lift(asked.points).codes.astype(np.float32))
    return psnr(float(((method.decode(codes).numpy() - truth) ** 2).mean()), span)


def ranks(bank: Bank, inside: Placed, outside: Placed) -> list[dict]:
    """Rank correlation of distance and error of the code."""
    lift, rng = NeighbourLift(bank, k=5), numpy_generator(0, "lift noise")
    both = np.r_[inside.points, outside.points], np.r_[inside.codes, outside.codes]
    lifted = lift.lift(both[0])
    wrong = np.linalg.norm(lifted.codes - both[1], axis=1)
    held = spearmanr(lifted.distance, wrong).statistic
    spread, at, off = bank.coordinates.std(), [], []
    for size in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0):
        pushed = inside.points + size * spread * rng.normal(size=inside.points.shape)
        told = lift.lift(pushed)
        at.append(told.distance)
        off.append(np.linalg.norm(told.codes - inside.codes, axis=1))
    means = [d.mean() for d in at], [e.mean() for e in off]
    return [
        figure("rank correlation of distance and error, held-out frames", held),
        figure(
            "rank correlation of distance and error, points pushed off",
            spearmanr(np.concatenate(at), np.concatenate(off)).statistic,
        ),
        figure("the same of the means at seven sizes of push", spearmanr(*means).statistic),
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=600)
    given = parser.parse_args()
    begun = time.monotonic()
    data, bank_table, inside_table, outside_table = tables()
    span = float(bank_table.values.max() - bank_table.values.min())
    truths = {"seen": inside_table, "unseen": outside_table}
    gathered: dict[str, list[float]] = {}
    for seed in range(SEEDS):
        for dims in DIMS:
            words = [f"steps={given.steps}", "offset=2", "codes=64", f"seed={seed}"]
            method = train(bank_table, data.info, ["time", "reynolds"], words, dims=dims)
            placed = place(method, bank_table)
            bank = placed.bank(bank_table)
            asked = {kind: place(method, table) for kind, table in truths.items()}
            lift = NeighbourLift(bank, k=5)
            for kind, table in truths.items():
                title = f"{dims} dims, {kind} conditions"
                gathered.setdefault(f"{title}: PSNR of the map, dB", []).append(
                    score(method, lift, asked[kind], table.values, span)
                )
                axes = Bank(placed.codes[:, :dims], placed.codes, bank_table.sequence)
                plain = Placed(asked[kind].codes[:, :dims], asked[kind].codes)
                gathered.setdefault(f"{title}: PSNR of principal axes, dB", []).append(
                    score(method, NeighbourLift(axes, k=5), plain, table.values, span)
                )
                for name, b, points in (("map", bank, asked[kind]), ("axes", axes, plain)):
                    told = bank_table.labels["reynolds"][b.near(points.points, 15).place]
                    error = np.abs(told.mean(axis=1) - table.labels["reynolds"]).mean()
                    gathered.setdefault(f"{title}: error of Re, {name}", []).append(error)
            if dims == 3 and seed == 0:
                extra = single(method, bank, asked, truths, span)
    figures = [figure(name, np.mean(v), low=min(v), high=max(v)) for name, v in gathered.items()]
    known = {f["name"]: f["value"] for f in extra}
    claim = (
        "Lift from a map of 3 dimensions: 100,000 points at least 5 times as fast as brute force "
        "with equal codes; the distance to the data ranks the error with a correlation above 0.9 "
        "at growing distance and above 0.5 over held-out frames"
    )
    holds = (
        known["speed over brute force, 100,000 points"] >= 5
        and known["largest difference of codes to brute force, over their spread"] < 1e-6
        and known["the same of the means at seven sizes of push"] > 0.9
        and known["rank correlation of distance and error, held-out frames"] > 0.5
    )
    record("map_lift", claim, holds, extra + figures, list(range(SEEDS)), time.monotonic() - begun)


def single(
    method: ConDA,
    bank: Bank,
    asked: dict[str, Placed],
    truths: dict[str, FrameTable],
    span: float,
) -> list[dict]:
    """What is measured on one map of three dimensions."""
    ratio, apart = speed(bank)
    figures = [
        figure("speed over brute force, 100,000 points", ratio),
        figure("largest difference of codes to brute force, over their spread", apart),
        *ranks(bank, asked["seen"], asked["unseen"]),
    ]
    lifts: dict[str, Lift] = {f"k {k}": NeighbourLift(bank, k=k) for k in K}
    lifts |= {
        "k 5, uniform": NeighbourLift(bank, k=5, weights="uniform"),
        "k 5, softmax": NeighbourLift(bank, k=5, weights="softmax"),
        "local linear, k 12": LocalLinearLift(bank),
        "kernel ridge": KernelRidgeLift(bank, most=1500),
        "learned residual": LearnedLift(
            bank, ResidualSettings(), generator=torch.Generator().manual_seed(0)
        ),
    }
    for name, lift in lifts.items():
        for kind, table in truths.items():
            value = score(method, lift, asked[kind], table.values, span)
            figures.append(figure(f"{name}, {kind} conditions: PSNR", value, "dB"))
    return figures


if __name__ == "__main__":
    main()
