"""From four silhouettes to a solid: the bridge beside regression, its rivals and simple answers.

    python benchmarks/views_to_solid.py [--size 16 --solids 5000 --tested 204 --steps 5000]

Seventeen families of solids in any pose, 16 voxels an edge, seen by four cameras (front, side, top,
corner) that are known. Training and test solids have different numbers and share nothing. In half
of the training items one, two or three views are absent, so that the network knows what that means.

Given is what the views say of each voxel (inside, outside, or nothing where a view is absent: the
mean of 1, 0 and 1/2), a volume like the wanted one; the arm ``pictures`` is given the pictures.
Arms, with the same data, steps, batch and size of networks: ``ours``; ``regression`` (the same
network, trained as a regression alone); ``gaussian`` (ours itself, whose walks are replaced by
noise of the residual's covariance); ``paper`` (its text, iterative); ``two_step_paper``
(the same, autoencoders first); ``dit`` and ``unet`` (a diffusion from noise that takes the source
beside it). Samples are widened on a part of the training solids that is held back.
Beside them the visual hull (voxels that every view has in its silhouette: no learning), ridge, the
mean of neighbours and a copy of the nearest, all of the same volume, and ridge of the pictures.

IoU is that of the best single answer, by item and pooled, its voxels full from the occupancy that
is best on the training solids that were held back (each row has its own; 0.5 where they are 0 or 1
already); 1-NNA compares one sample an item with
the true solids, 68 of each (points on the surface, unit cube; Chamfer, and exact assignment): two
sets of one distribution give 0.5 with a standard deviation of about 0.04. The spread is the
mean standard deviation of a voxel over samples, with all views and with one, two and three absent.

Goal: IoU >= 0.66 and 1-NNA (Chamfer) <= 0.55 on unseen solids, and IoU above every other row (the
control apart, whose best single answer is that of ``ours``).

Trainings and figures are kept under ``runs/benchmarks``; a second start goes on with what is
missing.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from _bridge_arms import Budget, answers, cell, merged, reported, rows_of, trained
from _record import figure, record

from unisono.core.contracts import Batch
from unisono.core.random import generator, numpy_generator
from unisono.evaluation.arrays import Array
from unisono.evaluation.intervals import bootstrap_interval
from unisono.evaluation.pair_baselines import Neighbours, RidgePairs, shown
from unisono.evaluation.solids import (
    best_level,
    chamfer,
    earth_mover,
    iou,
    one_nearest_neighbour,
    pairwise,
    pooled_iou,
    surface_points,
)
from unisono.methods.lddbm import LDDBM
from unisono.recordings.pairs import PairSet, Thing
from unisono.simulators.shapes import Camera, SolidPairs, carved, solid_pairs
from unisono.simulators.shapes.dataset import CAMERAS

NETWORKS: dict[str, Any] = {
    "latents": {"tokens": 64, "width": 32},
    "source": {"codec": "voxels", "hidden": 8},
    "target": {"codec": "voxels", "hidden": 8},
    "size": {"width": 96, "heads": 4, "feedforward": 192, "dropout": 0.0},
    "shape": {"encoder_layers": 1, "decoder_layers": 1},
}
ARMS: dict[str, dict[str, Any]] = {
    "ours": {},
    "regression": {"losses": {"bridge": 0.0}},
    "pictures": {"source": {"codec": "views"}},
    "paper": {"mode": "paper"},
    "two_step_paper": {"mode": "paper", "regime": "two_step"},
    "dit": {"bridge": {"network": "dit", "start": "zero"}},
    "unet": {"bridge": {"network": "unet", "start": "zero"}},
}
SAMPLES, POINTS, FEW_POINTS = 8, 128, 64
VIEWS = len(CAMERAS)
NEAR = 68  # solids that 1-NNA is taken of
ABSENT = 0.5  # share of the training solids of which not all views are there
HELD = 0.1  # share of the training solids on which samples are widened


Seen = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


class Row(NamedTuple):
    """One arm: IoU by item, pooled, both 1-NNA (NaN without a surface), and where full begins."""

    iou: Array
    pooled: float
    chamfer: float
    earth_mover: float
    level: float


def cameras(size: int) -> tuple[Camera, ...]:
    """The four, with images of so many pixels an edge."""
    return tuple(Camera(c.azimuth, c.elevation, size=size) for c in CAMERAS)


def some_views(count: int, absent: float, *, generator: np.random.Generator) -> Seen:
    """Which views are there: of a share of items one, two or three are absent, drawn at random."""
    seen = np.ones((count, VIEWS), dtype=np.bool_)
    for row in np.flatnonzero(generator.random(count) < absent):
        gone = generator.permutation(VIEWS)[: generator.integers(1, VIEWS)]
        seen[row, gone] = False
    return seen


def votes(pairs: SolidPairs, seen: Seen) -> Array:
    """What the views say of each voxel: the mean of 1 (inside), 0 (outside) and 1/2 (absent)."""
    size = pairs.voxels.shape[1]
    share = carved(pairs.views[:, :, 0], cameras(pairs.views.shape[-1]), size=size, seen=seen)
    there = seen.mean(axis=1)[:, None, None, None]
    return (0.5 + (share - 0.5) * there).astype(np.float32)


def as_set(pairs: SolidPairs, seen: Seen, *, carve: bool) -> PairSet:
    """Views, or what they say of each voxel, and voxels."""
    if carve:
        volume = votes(pairs, seen)
        given = Thing(volume, np.ones(volume.shape, dtype=np.bool_))
    else:
        there = np.broadcast_to(seen[:, :, None, None, None], pairs.views.shape)
        given = Thing(np.where(there, pairs.views, 0.0).astype(np.float32), there.copy())
    solids = Thing(pairs.voxels, np.ones(pairs.voxels.shape, dtype=np.bool_))
    rows = np.arange(len(seen), dtype=np.int64)
    digest = f"solids {pairs.voxels.shape} {float(pairs.volume.sum())!r} {seen.mean()} {carve}"
    return PairSet(
        {"source": given}, {"target": solids}, np.stack([rows, rows], 1), rows.astype(str), digest
    )


def told_apart(generated: Array, truth: Array, *, seed: int) -> tuple[float, float]:
    """1-NNA by Chamfer distance and by exact assignment; solids without a voxel leave both sets."""
    generated, truth = generated[:NEAR], truth[:NEAR]
    keep = (generated >= 0.5).any(axis=(1, 2, 3))
    if keep.sum() < 10:
        return float("nan"), float("nan")
    rng = numpy_generator(seed, "benchmark", "points")
    solids = [*generated[keep], *truth[keep]]
    clouds = [surface_points(v, POINTS, generator=rng) for v in solids]
    members = np.arange(len(clouds)) < keep.sum()
    one = one_nearest_neighbour(pairwise(clouds, chamfer), members)
    two = pairwise([c[:FEW_POINTS] for c in clouds], earth_mover)
    return one, one_nearest_neighbour(two, members)


def judged(mean: Array, sample: Array, truth: Array, *, level: float = 0.5, seed: int) -> Row:
    """What one arm's answers are worth, with voxels of the single answer full from ``level``."""
    apart = told_apart(sample, truth, seed=seed)
    full = (mean >= level).astype(np.float32)
    return Row(iou(full, truth), pooled_iou(full, truth), *apart, level)


def simple_rows(task: "Task", *, seed: int) -> dict[str, Row]:
    """The visual hull, ridge of volumes and of pictures, the mean of neighbours, and a copy."""
    rng = numpy_generator(seed, "benchmark", "simple")
    rows, held = task.parts()
    solids, test = task.solids, task.tested
    volumes, given = (votes(p, np.ones((len(p.voxels), VIEWS), bool)) for p in (solids, test))
    x, pictures = shown(volumes), shown(solids.views)
    y = shown(solids.voxels)[rows].astype(np.float32)

    def shaped(flat: Array) -> Array:
        return flat.reshape(len(flat), *test.voxels.shape[1:])

    def ridge(seen: Array, asked: Array) -> tuple[Array, float]:
        """Its answers, and from where they are full."""
        fitted = RidgePairs(seen[rows], y, generator=rng)
        level = best_level(shaped(fitted.predict(seen[held])), solids.voxels[held])
        return shaped(fitted.predict(asked)), level

    near = Neighbours(x[rows], y, generator=rng)
    kept = near.predict(x[held], samples=1)
    found = near.predict(shown(given), samples=1)
    answers_of = {
        "hull": ((given >= 1).astype(np.float32), 0.5),
        "ridge": ridge(x, shown(given)),
        "ridge of pictures": ridge(pictures, shown(test.views)),
        "neighbours": (shaped(found.mean), best_level(shaped(kept.mean), solids.voxels[held])),
        "copy": (shaped(found.samples[0]), 0.5),
    }
    return {
        name: judged(v, v, test.voxels, level=level, seed=seed)
        for name, (v, level) in answers_of.items()
    }


def spreads(method: LDDBM, test: SolidPairs, *, carve: bool, seed: int) -> list[float]:
    """Mean standard deviation of a voxel over samples, with 0, 1, 2 and 3 views absent."""
    found = []
    rows = np.arange(min(64, len(test.voxels)))
    for absent in range(VIEWS):
        seen = np.ones((len(test.voxels), VIEWS), dtype=np.bool_)
        seen[:, :absent] = False
        batch = as_set(test, seen, carve=carve).batch(rows)
        drawn = answers(method, batch, samples=SAMPLES, seed=seed)
        found.append(float(drawn.samples.std(axis=0).mean()))
    return found


class Task(NamedTuple):
    """What every cell sees: solids, and the same as pairs, of volumes or of pictures."""

    solids: SolidPairs
    seen: Seen
    tested: SolidPairs
    budget: Budget
    place: str

    def parts(self) -> tuple[Rows, Rows]:
        """Rows of the training solids that are learned, and that are held back."""
        order = numpy_generator(13, "benchmark", "held").permutation(len(self.solids.voxels))
        cut = round(HELD * len(order))
        return order[cut:], order[:cut]

    def pairs(self, arm: str) -> tuple[PairSet, PairSet]:
        """Trained on, and held back."""
        whole = as_set(self.solids, self.seen, carve=arm != "pictures")
        learned, held = (
            replace(whole, items=whole.items[rows], subject=whole.subject[rows])
            for rows in self.parts()
        )
        return learned, held

    def whole(self, arm: str, solids: SolidPairs) -> Batch:
        """Solids with all views there."""
        seen = np.ones((len(solids.voxels), VIEWS), dtype=np.bool_)
        pairs = as_set(solids, seen, carve=arm != "pictures")
        return pairs.batch(np.arange(len(pairs)))


def measured(task: Task, arm: str, seed: int) -> dict[str, Any]:
    """Rows of an arm, what is watched in it, and how its spread grows."""
    learned, held_back = task.pairs(arm)
    method = trained(
        f"{task.place}/{arm}-{seed}", learned, merged(NETWORKS, ARMS[arm]), task.budget, seed
    )
    held = held_back.batch(np.arange(min(128, len(held_back))))
    method.calibrate(held, generator=generator(seed, "benchmark", "calibrate"))
    test = task.whole(arm, task.tested)
    _, rows_held = task.parts()
    look = rows_of(task.whole(arm, task.solids), torch.from_numpy(rows_held))
    truth = task.solids.voxels[rows_held]

    def row(samples: int) -> list[Any]:
        level = best_level(answers(method, look, samples=samples, seed=seed).mean, truth)
        drawn = answers(method, test, samples=samples, seed=seed)
        sample = drawn.samples[0] if samples else drawn.mean
        found = judged(drawn.mean, sample, task.tested.voxels, level=level, seed=seed)
        return [found.iou.tolist(), *found[1:]]

    rows = {arm: row(0 if arm == "regression" else SAMPLES)}
    found: dict[str, Any] = {"rows": rows, "watched": reported(method, test, seed)}
    if arm == "ours":
        found["spreads"] = spreads(method, task.tested, carve=True, seed=seed)
        method.bridge.settings = replace(method.bridge.settings, residual="gaussian")
        method.calibrate(held, generator=generator(seed, "benchmark", "calibrate"))
        rows["gaussian"] = row(SAMPLES)
    return found


def prepared(told: argparse.Namespace) -> Task:
    """Solids, and which of their views are seen."""
    cams = cameras(told.size)
    train = solid_pairs(told.solids, seed=11, size=told.size, cameras=cams)
    test = solid_pairs(told.tested, seed=11, first=10**6, size=told.size, cameras=cams)
    seen = some_views(told.solids, ABSENT, generator=numpy_generator(11, "benchmark", "absent"))
    place = f"carved/{told.size}-{told.solids}-{told.steps}"
    return Task(train, seen, test, Budget(told.steps, told.batch, 2e-3), place)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=16)
    parser.add_argument("--solids", type=int, default=5000)
    parser.add_argument("--tested", type=int, default=204)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    told = parser.parse_args()
    task = prepared(told)
    simple = cell(
        f"{task.place}/simple",
        lambda: {
            name: [row.iou.tolist(), *row[1:]] for name, row in simple_rows(task, seed=0).items()
        },
    )
    rows = {name: [_row(kept)] for name, kept in simple.found.items()}
    wider: list[list[float]] = []
    watched: dict[str, list[dict[str, float]]] = {}
    seconds = simple.seconds
    for seed in told.seeds:
        for arm in told.arms:
            kept = cell(f"{task.place}/{arm}-{seed}-found", partial(measured, task, arm, seed))
            seconds += kept.seconds
            watched.setdefault(arm, []).append(kept.found["watched"])
            wider += [kept.found["spreads"]] if arm == "ours" else []
            for name, row in kept.found["rows"].items():
                rows.setdefault(name, []).append(_row(row))
            print(f"{arm} {seed}: IoU {rows[arm][-1].iou.mean():.3f}", flush=True)
    figures, best, first = [], {}, True
    of_ours = np.mean([row.iou for row in rows["ours"]], axis=0) if "ours" in rows else None
    for name, found in rows.items():
        by_item = np.mean([row.iou for row in found], axis=0)
        if of_ours is not None and name != "ours":
            rng = numpy_generator(0, "benchmark", "paired", name)
            gap = bootstrap_interval(of_ours - by_item, generator=rng)
            figures.append(figure(f"{name}: ours less it", gap.mean, low=gap.low, high=gap.high))
            first &= gap.low > 0 or name == "gaussian"  # which has the same answer
        span = bootstrap_interval(by_item, generator=numpy_generator(0, "benchmark", name))
        best[name] = span.mean
        figures += [
            figure(f"{name}: IoU", span.mean, low=span.low, high=span.high),
            figure(f"{name}: IoU pooled", float(np.mean([row.pooled for row in found]))),
            figure(f"{name}: 1-NNA Chamfer", float(np.mean([row.chamfer for row in found]))),
            figure(f"{name}: 1-NNA assignment", float(np.mean([row.earth_mover for row in found]))),
            figure(f"{name}: full from", float(np.mean([row.level for row in found]))),
        ]
    for absent, value in enumerate(np.mean(wider, axis=0) if wider else []):
        figures.append(figure(f"ours: spread with {absent} views absent", float(value)))
    for arm, several in watched.items():
        for name in several[0]:
            figures.append(figure(f"{arm}: {name}", float(np.mean([w[name] for w in several]))))
    ours = best.get("ours", 0.0)
    apart = float(np.mean([row.chamfer for row in rows["ours"]])) if "ours" in rows else 1.0
    record(
        "views_to_solid",
        "From four silhouettes the bridge finds an unseen solid with IoU >= 0.66 and 1-NNA "
        "(Chamfer) <= 0.55, above regression with the same network and every rival, with paired "
        "intervals over solids above 0.",
        ours >= 0.66 and apart <= 0.55 and first and set(told.arms) == set(ARMS),
        figures,
        told.seeds,
        seconds,
    )


def _row(kept: Sequence[Any]) -> Row:
    return Row(np.asarray(kept[0], dtype=np.float64), *(float(x) for x in kept[1:]))


if __name__ == "__main__":
    main()
