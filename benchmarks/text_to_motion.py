"""Words into motion on pairs of content and style that were never trained: the projector's worth.

Every arm answers one caption of each test clip, at that clip's length. Rows beside the arms: the
real clips, the real clips with the texts of others, the training clip with the most alike caption,
and the mean of eight such clips. The evaluator is fitted on the training clips alone, and shares no
weights with any arm. Figures after Guo et al. (CVPR 2022), 20 replications; FID of the real row is
0 by its definition. Arms of several seeds are also averaged, with an interval over seeds.

    python benchmarks/text_to_motion.py                       # all arms, one seed
    python benchmarks/text_to_motion.py --seeds 0 1 2         # goes on where it stopped
    python benchmarks/text_to_motion.py --corpus bandai       # real clips, in .data/bandai
"""

import argparse
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from _bridge_arms import cell
from _motion_arms import (
    ARMS,
    STRAIGHT,
    Bench,
    Rows,
    add_options,
    bench_of,
    made,
    reconstructed,
    straight,
)
from _motion_scores import evaluator_of, scored
from _record import figure, record

from unisono.api.motion_model import MotionModel
from unisono.api.motion_output import held_rows
from unisono.evaluation.text_motion_baselines import CaptionIndex

HELD = "feet held"
"""The transformer's motions as a user gets them: feet stand where the model says that they do."""

ALONE = "VAE alone"
"""The real clips through the VAE: what its latents leave to be had."""

CLAIM = (
    "On pairs of content and style that were never trained, the projector is better than plain "
    "latent diffusion in FID and R-precision@3 with intervals apart, and its R@3 is 0.9 of the "
    "real row's or more ({} clips)."
)


def _held(model: MotionModel, row: Rows) -> Rows:
    held = held_rows(row.astype(np.float64)[None], model.layout, model.rig)
    return np.asarray(held[0], dtype=np.float32)


def table_of(bench: Bench, seeds: Sequence[int], args: argparse.Namespace) -> dict[str, Any]:
    """Figures of every row, arms by seed."""
    task, judge = bench.task, evaluator_of(bench, args.evaluator_steps)
    index = CaptionIndex(task.corpus.take(task.train).clips)
    lengths = [len(r) for r in task.rows(task.test)]
    table: dict[str, Any] = {
        "real": scored("real", task, task.rows(task.test), judge),
        "shuffled texts": scored("shuffled", task, task.rows(task.test), judge, shuffle=True),
        "retrieval": scored("r", task, index.retrieved(task.captions, lengths), judge),
        "mean motion": scored("m", task, index.mean_motion(task.captions, lengths), judge),
    }
    for seed in seeds:
        for arm in args.arms:

            def measure(arm: str = arm, seed: int = seed) -> Mapping[str, Any]:
                like = {**STRAIGHT, HELD: "transformer", ALONE: "plain"}.get(arm, arm)
                model = bench.trained(like, seed)
                if arm == ALONE:
                    return scored(arm, task, reconstructed(model, task), judge)
                if arm in STRAIGHT:
                    return scored(arm, task, straight(model, task), judge)
                rows = made("test", model, task, seed).rows
                if arm == HELD:
                    rows = [_held(model, row) for row in rows]
                return scored(arm, task, rows, judge)

            table[f"{arm}/{seed}"] = cell(f"{bench.kept}/cells/{arm}_{seed}", measure).found
            print(f"{arm} {seed}", {k: round(v[0], 3) for k, v in table[f"{arm}/{seed}"].items()},
                  flush=True)  # fmt: skip
    return table


def over_seeds(table: Mapping[str, Any], arm: str, name: str, seeds: Sequence[int]) -> list[float]:
    """Mean over seeds with 1.96 standard errors; the replications' interval of a single seed."""
    values = [table[f"{arm}/{seed}"][name] for seed in seeds]
    if len(values) == 1:
        return list(values[0])
    middle = np.array([v[0] for v in values])
    half = 1.96 * middle.std(ddof=1) / math.sqrt(len(middle))
    return [float(middle.mean()), float(middle.mean() - half), float(middle.mean() + half)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    names = [ALONE, *ARMS, *STRAIGHT, HELD]
    parser.add_argument("--arms", nargs="+", default=names, choices=names)
    add_options(parser, captions=192)
    args = parser.parse_args()
    begun = time.monotonic()
    table = table_of(bench_of(args), args.seeds, args)
    figures = []
    for row in ("real", "shuffled texts", "retrieval", "mean motion", *args.arms):
        for name in ("fid", "r1", "r2", "r3", "mm_distance", "diversity", "foot skate"):
            value, low, high = (
                over_seeds(table, row, name, args.seeds) if row in args.arms else table[row][name]
            )
            figures.append(figure(f"{row}: {name}", value, low=low, high=high))
    holds = False
    if {"transformer", "plain"} <= set(args.arms):
        fid, plain_fid = (over_seeds(table, a, "fid", args.seeds) for a in ("transformer", "plain"))
        r3, plain_r3 = (over_seeds(table, a, "r3", args.seeds) for a in ("transformer", "plain"))
        apart = fid[2] < plain_fid[1] and r3[1] > plain_r3[2]
        holds = apart and r3[0] >= 0.9 * table["real"]["r3"][0] and len(args.seeds) > 1
    name = "text_to_motion" if args.corpus == "simulated" else f"text_to_motion_{args.corpus}"
    record(name, CLAIM.format(args.corpus), holds, figures, args.seeds, time.monotonic() - begun)


if __name__ == "__main__":
    main()
