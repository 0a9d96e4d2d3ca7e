"""The evaluator of text and motion on pairs of content and style that it never saw.

Two corpora: the simulated one, and the Bandai-Namco-Research-Motiondataset (one actor; captions of
labels). Beside the real clips: the same clips with the texts of others, the training clip with the
nearest caption, and the mean of eight such clips. Corpora and evaluators are kept under
``runs/benchmarks/text_evaluator`` and gone on with.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from _gait_model import RUNS
from _record import figure, record

from unisono.api.evaluating_motion import (
    MotionScores,
    evaluate_motion,
    fit_evaluator,
    load_evaluator,
    motion_table,
)
from unisono.core.random import numpy_generator
from unisono.evaluation.text_motion_fit import EvaluatorOptions
from unisono.recordings.motion.bvh_corpus import BvhOptions, read_bvh_corpus
from unisono.recordings.motion.corpus import MotionCorpus
from unisono.simulators.captioned import captioned_corpus

ROOT = Path(__file__).parents[1]
KEPT = RUNS / "text_evaluator"
WIDTHS = {"simulated": 64, "bandai": 32}  # FID needs more test clips than this


def corpus_of(name: str, clips: int) -> MotionCorpus:
    """A corpus, made or read once."""
    folder = KEPT / f"{name}-{clips}"
    if folder.exists():
        return MotionCorpus.load(folder)
    draw = numpy_generator(0, "corpus", name)
    if name == "simulated":
        made = captioned_corpus(clips, generator=draw)
    else:
        options = BvhOptions(longest=6.0)
        made = read_bvh_corpus(ROOT / ".data" / "bandai", generator=draw, options=options)
    made.save(folder)
    return made


def measured(name: str, clips: int, steps: int) -> dict[str, MotionScores]:
    """Fit the evaluator once, and score the rows."""
    corpus = corpus_of(name, clips)
    parts = corpus.parts(test=0.2, valid=0.05, generator=numpy_generator(0, "parts", name))
    folder = KEPT / f"{name}-{clips}-{steps}"
    options = EvaluatorOptions(width=WIDTHS[name], steps=steps)
    if not folder.exists():
        fit_evaluator(corpus, parts, output=folder, options=options)
    found = evaluate_motion(load_evaluator(folder), corpus, parts)
    sizes = f"{len(parts.train)} clips to train on, {len(parts.test)} to test"
    print(f"\n{name}: {sizes}, {len(corpus.left_out)} left out\n{motion_table(found)}", flush=True)
    return found


def figures_of(name: str, found: dict[str, MotionScores]) -> list[dict[str, Any]]:
    """All figures that there are."""
    figures = []
    for row, scored in found.items():
        for what, value in scored.scores._asdict().items():
            if np.isfinite(value.mean):
                label = f"{name}, {row}: {what}"
                figures.append(figure(label, value.mean, low=value.low, high=value.high))
        figures.append(figure(f"{name}, {row}: foot skate", scored.skate))
        figures.append(figure(f"{name}, {row}: copies", scored.copies.share))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", nargs="+", choices=sorted(WIDTHS), default=sorted(WIDTHS))
    parser.add_argument("--clips", type=int, default=2000, help="of the simulated corpus")
    parser.add_argument("--steps", type=int, default=1500)
    args = parser.parse_args()
    begun = time.monotonic()
    found = {name: measured(name, args.clips, args.steps) for name in args.corpora}
    holds = all(
        rows["real"].scores.r3.mean >= 0.7 and rows["shuffled text"].scores.r3.mean <= 0.15
        for rows in found.values()
    )
    record(
        "text_evaluator",
        "On combinations of content and style that were never trained, the evaluator finds the "
        f"motion of a caption among 32 ({' and '.join(found)}): R-precision at 3 at least 0.7, "
        "and at most 0.15 with the texts of others (0.094 by chance).",
        holds,
        [entry for name, rows in found.items() for entry in figures_of(name, rows)],
        [0],
        time.monotonic() - begun,
    )


if __name__ == "__main__":
    main()
