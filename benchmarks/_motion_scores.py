"""How motions of an arm are scored: one evaluator a corpus, fitted once and read afterwards.

The evaluator is fitted on the training clips alone and shares no weights with any arm. Figures
after Guo et al. (CVPR 2022), 20 replications.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from _gait_model import RUNS
from _motion_arms import Bench, Rows, Task

from unisono.core.random import generator, numpy_generator
from unisono.evaluation.distribution import frechet_distance
from unisono.evaluation.motion import floor_height, foot_skate
from unisono.evaluation.text_motion import CodedSet, replicated_scores, shuffled_texts
from unisono.evaluation.text_motion_fit import EvaluatorOptions, fit_motion_evaluator
from unisono.evaluation.text_motion_nets import MotionEvaluator
from unisono.recordings.motion.features import recovered_positions

__all__ = ["WIDTH", "evaluator_of", "fid_of", "scored", "skate"]

WIDTH = 48
"""Of the evaluator's codes; FID needs more motions than this."""


def evaluator_of(bench: Bench, steps: int) -> MotionEvaluator:
    """The evaluator of a corpus's training clips, fitted once."""
    task = bench.task
    path = RUNS / f"lead-{bench.corpus}" / f"evaluator-{len(task.train)}-{steps}.npz"
    g = generator(0, "evaluator")
    options = EvaluatorOptions(width=WIDTH, steps=steps)
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


def skate(task: Task, rows: Sequence[Rows]) -> float:
    """Share of frames near the floor in which toes slide."""
    layout, toes = task.corpus.layout, list(task.corpus.rig.feet)
    feet = [recovered_positions(r.astype(np.float64), layout)[:, toes] for r in rows]
    floor = floor_height(np.concatenate(feet))
    found = [foot_skate(f, rate_hz=layout.rate_hz, floor=floor).share for f in feet]
    return float(np.nanmean(found)) if np.isfinite(found).any() else math.nan


def scored(
    name: str, task: Task, rows: Sequence[Rows], judge: MotionEvaluator, *, shuffle: bool = False
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


def fid_of(judge: MotionEvaluator, rows: Sequence[Rows], real: Sequence[Rows]) -> float:
    """Frechet distance of motions to real ones."""
    return frechet_distance(judge.embed_motions(rows), judge.embed_motions(real))
