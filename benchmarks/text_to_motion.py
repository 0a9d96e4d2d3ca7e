"""Words into motion on pairs of content and style that were never trained: the projector's worth.

Every arm answers one caption of each test clip, at that clip's length. Rows beside the arms: the
real clips, the real clips with the texts of others, the training clip with the most alike caption,
and the mean of eight such clips. The evaluator is fitted on the training clips alone, and shares no
weights with any arm. Figures after Guo et al. (CVPR 2022), 20 replications; FID of the real row is
0 by its definition. Arms of several seeds are also averaged, with an interval over seeds.

    python benchmarks/text_to_motion.py                       # all arms, one seed
    python benchmarks/text_to_motion.py --seeds 0 1 2         # goes on where it stopped
"""

import argparse
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from _bridge_arms import cell
from _gait_model import RUNS
from _motion_arms import ARMS, Task, made, recipe_of, task_of, trained
from _record import figure, record

from unisono.api.motion_training import motion_corpus
from unisono.core.random import generator, numpy_generator
from unisono.evaluation.motion import floor_height, foot_skate
from unisono.evaluation.text_motion import CodedSet, replicated_scores, shuffled_texts
from unisono.evaluation.text_motion_baselines import CaptionIndex
from unisono.evaluation.text_motion_fit import EvaluatorOptions, fit_motion_evaluator
from unisono.evaluation.text_motion_nets import MotionEvaluator
from unisono.recordings.motion.features import recovered_positions

BASE = "lead-simulated"
CLAIM = (
    "On pairs of content and style that were never trained, the projector is better than plain "
    "latent diffusion in FID and R-precision@3 with intervals apart, and its R@3 is 0.9 of the "
    "real row's or more (simulated clips)."
)


def evaluator_of(task: Task, steps: int) -> MotionEvaluator:
    """The evaluator, fitted once."""
    path = RUNS / BASE / "evaluator.npz"
    g = generator(0, "evaluator")
    options = EvaluatorOptions(width=48, steps=steps)
    if path.exists():
        fitted = fit_motion_evaluator(
            task.corpus, task.train, generator=g, options=replace(options, steps=1)
        )
        with np.load(path, allow_pickle=False) as kept:
            fitted.load_state_dict({k: torch.from_numpy(kept[k]) for k in kept.files})
        return fitted
    fitted = fit_motion_evaluator(task.corpus, task.train, generator=g, options=options)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{k: v.numpy() for k, v in fitted.state_dict().items()})
    return fitted


def skate(task: Task, rows: Sequence[Any]) -> float:
    """Share of frames near the floor in which toes slide."""
    layout, toes = task.corpus.layout, list(task.corpus.rig.feet)
    feet = [recovered_positions(r.astype(np.float64), layout)[:, toes] for r in rows]
    floor = floor_height(np.concatenate(feet))
    found = [foot_skate(f, rate_hz=layout.rate_hz, floor=floor).share for f in feet]
    return float(np.nanmean(found)) if np.isfinite(found).any() else math.nan


def scored(
    name: str, task: Task, rows: Sequence[Any], judge: MotionEvaluator, *, shuffle: bool = False
) -> Mapping[str, Any]:
    """All figures of one row of the table, with low and high."""
    rng = numpy_generator(0, "scores", name)
    texts = judge.embed_texts(task.captions)[:, None]
    coded = CodedSet(texts, judge.embed_motions(rows))
    real = judge.embed_motions(task.rows(task.test))
    if shuffle:
        coded = shuffled_texts(coded, generator=rng)
    found = replicated_scores([coded], real, generator=rng)
    table = {k: list(v)[:3] for k, v in found._asdict().items() if k != "multimodality"}
    table["foot skate"] = [skate(task, rows)] * 3
    return table


def table_of(task: Task, seeds: Sequence[int], args: argparse.Namespace) -> dict[str, Any]:
    """Figures of every row, arms by seed."""
    judge = evaluator_of(task, args.evaluator_steps)
    settings = [*args.set, f"data.simulate={args.clips}"]
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
                model = trained(BASE, arm, seed, task, settings)
                return scored(arm, task, made("test", model, task, seed).rows, judge)

            table[f"{arm}/{seed}"] = cell(f"{BASE}/cells/{arm}_{seed}", measure).found
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
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--clips", type=int, default=800)
    parser.add_argument("--captions", type=int, default=192)
    parser.add_argument("--evaluator-steps", type=int, default=800)
    parser.add_argument("--set", nargs="*", default=[])
    args = parser.parse_args()
    begun = time.monotonic()
    recipe = recipe_of(BASE, "plain", 0, [*args.set, f"data.simulate={args.clips}"])
    task = task_of(motion_corpus(recipe), recipe, args.captions)
    table = table_of(task, args.seeds, args)
    figures = []
    for row in ("real", "shuffled texts", "retrieval", "mean motion", *args.arms):
        for name in ("fid", "r1", "r2", "r3", "mm_distance", "diversity", "foot skate"):
            value, low, high = (
                over_seeds(table, row, name, args.seeds) if row in ARMS else table[row][name]
            )
            figures.append(figure(f"{row}: {name}", value, low=low, high=high))
    holds = False
    if {"transformer", "plain"} <= set(args.arms):
        fid, plain_fid = (over_seeds(table, a, "fid", args.seeds) for a in ("transformer", "plain"))
        r3, plain_r3 = (over_seeds(table, a, "r3", args.seeds) for a in ("transformer", "plain"))
        apart = fid[2] < plain_fid[1] and r3[1] > plain_r3[2]
        holds = apart and r3[0] >= 0.9 * table["real"]["r3"][0] and len(args.seeds) > 1
    record("text_to_motion", CLAIM, holds, figures, args.seeds, time.monotonic() - begun)


if __name__ == "__main__":
    main()
