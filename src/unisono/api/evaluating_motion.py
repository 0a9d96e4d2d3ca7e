"""The evaluator of text and motion in a box: fitted on a corpus, sealed, and asked for a table.

The table has the rows that every claim needs beside it: the real test clips, the same clips with
the texts of others, the training clip with the nearest caption, and the mean of such clips; then
whatever was generated. ``copies`` says how many answers lie as near to a training clip as hardly a
real test clip does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.config import to_mapping
from unisono.core.errors import ModelError, ShapeError
from unisono.core.random import generator, numpy_generator
from unisono.evaluation.motion import floor_height, foot_skate
from unisono.evaluation.text_motion import (
    CodedSet,
    Replication,
    TextMotionScores,
    replicated_scores,
    shuffled_texts,
)
from unisono.evaluation.text_motion_baselines import CaptionIndex, Copies, copy_meter
from unisono.evaluation.text_motion_fit import EvaluatorOptions, fit_motion_evaluator
from unisono.evaluation.text_motion_nets import MotionEvaluator
from unisono.recordings.motion.batches import MotionNormaliser
from unisono.recordings.motion.corpus import CorpusParts, MotionCorpus
from unisono.recordings.motion.features import recovered_positions
from unisono.training.card import Card
from unisono.training.sealed import SealedModel, open_sealed, seal

__all__ = [
    "MotionAnswers",
    "MotionScores",
    "evaluate_motion",
    "fit_evaluator",
    "load_evaluator",
    "motion_table",
]

Rows = npt.NDArray[np.float32]

_METHOD = "motion-evaluator"


@dataclass(frozen=True)
class MotionAnswers:
    """What was made of the test's captions.

    Args:
        rows: One motion a caption.
        captions: What each should show.
        modes: Several motions each of some captions, or none.

    Raises:
        ShapeError: If there is not one caption a motion.
    """

    rows: Sequence[Rows]
    captions: Sequence[str]
    modes: Sequence[Sequence[Rows]] = ()

    def __post_init__(self) -> None:
        if len(self.rows) != len(self.captions) or not self.rows:
            raise ShapeError(
                f"there are {len(self.rows)} motions and {len(self.captions)} captions; give one "
                "caption a motion."
            )


class MotionScores(NamedTuple):
    """One row of the table.

    Attributes:
        scores: R-precision and the rest, with intervals over replications.
        skate: Share of frames with a foot near the floor in which it slides.
        copies: Of training clips.
    """

    scores: TextMotionScores
    skate: float
    copies: Copies


def fit_evaluator(
    corpus: MotionCorpus,
    parts: CorpusParts,
    *,
    output: str | Path | None = None,
    seed: int = 0,
    options: EvaluatorOptions = EvaluatorOptions(),  # noqa: B008 - frozen
) -> MotionEvaluator:
    """Fit the evaluator on the training part, and seal it.

    Args:
        corpus: The corpus.
        parts: Its parts.
        output: Folder to seal it in; None to keep it in memory.
        seed: Starts weights and batches.
        options: Sizes and length of training.

    Raises:
        OutputError: If the folder exists.
    """
    fitted = fit_motion_evaluator(
        corpus, parts.train, generator=generator(seed, "motion-evaluator"), options=options
    )
    if output is not None:
        card = Card(
            name="evaluator of text and motion",
            data=corpus.about.get("source", ""),
            data_licence=corpus.about.get("licence", ""),
            limits=("Figures can be compared within this evaluator only.",),
        )
        config = {"evaluator": fitted.to_config(), "options": to_mapping(options)}
        state = fitted.state_dict()
        seal(output, SealedModel(_METHOD, config, (), state, seed=seed, card=card))
    return fitted


def load_evaluator(folder: str | Path) -> MotionEvaluator:
    """Read an evaluator that :func:`fit_evaluator` sealed.

    Raises:
        ModelError: If the folder holds none, or is damaged.
    """
    sealed = open_sealed(folder)
    if sealed.method != _METHOD:
        raise ModelError(f"{folder} is a model of method {sealed.method!r}, no evaluator.")
    fitted = MotionEvaluator.from_config(sealed.config["evaluator"])
    fitted.load_state_dict(dict(sealed.state))
    return fitted.eval().requires_grad_(requires_grad=False)


def evaluate_motion(
    evaluator: MotionEvaluator,
    corpus: MotionCorpus,
    parts: CorpusParts,
    arms: Mapping[str, Sequence[MotionAnswers]] | None = None,
    *,
    seed: int = 0,
    replication: Replication = Replication(),  # noqa: B008 - frozen
) -> dict[str, MotionScores]:
    """The table of a corpus's test part.

    Args:
        evaluator: Fitted on the training part.
        corpus: The corpus.
        parts: Its parts.
        arms: What was generated, by name: once, or several times with other seeds.
        seed: Draws captions, pools and pairs.
        replication: How often, and the size of pools.

    Returns:
        Scores by name: ``real``, ``shuffled text``, ``retrieval``, ``mean motion``, then the arms.

    Raises:
        ShapeError: If the test part is smaller than a pool, or than the evaluator's width.
    """
    test, train = corpus.take(parts.test).clips, corpus.take(parts.train).clips
    draw = numpy_generator(seed, "evaluate-motion")
    captions = [clip.captions[int(draw.integers(len(clip.captions)))] for clip in test]
    lengths = [len(clip) for clip in test]
    real = CodedSet(
        _all_captions(evaluator, [clip.captions for clip in test]),
        evaluator.embed_motions([clip.rows for clip in test]),
    )
    index = CaptionIndex(train)
    baselines = {
        "retrieval": [MotionAnswers(index.retrieved(captions, lengths), captions)],
        "mean motion": [MotionAnswers(index.mean_motion(captions, lengths), captions)],
    }
    normaliser = MotionNormaliser.fit(train, corpus.layout)
    answers = {**baselines, **(arms or {})}
    coded = {
        "real": [real],
        "shuffled text": [shuffled_texts(real, generator=draw)],
        **{name: [_coded(evaluator, one) for one in made] for name, made in answers.items()},
    }
    own = [clip.rows for clip in test]
    rows = {name: [r for one in made for r in one.rows] for name, made in answers.items()}
    known = [clip.rows for clip in train]
    return {
        name: MotionScores(
            replicated_scores(sets, real.motions, generator=draw, replication=replication),
            _skate(rows.get(name, own), corpus),
            copy_meter(rows.get(name, own), own, known, normaliser),
        )
        for name, sets in coded.items()
    }


def motion_table(scores: Mapping[str, MotionScores]) -> str:
    """The table as text."""
    head = ("", "R@1", "R@2", "R@3", "MM-dist", "FID", "diversity", "multimod.", "skate", "copies")
    lines: list[tuple[str, ...]] = [head]
    for name, row in scores.items():
        found = row.scores
        cells = [f"{value.mean:.3f}" if np.isfinite(value.mean) else "-" for value in found]
        lines.append((name, *cells, f"{row.skate:.3f}", f"{row.copies.share:.3f}"))
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w)
                  for i, (cell, w) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    )  # fmt: skip


def _all_captions(
    evaluator: MotionEvaluator, captions: Sequence[Sequence[str]]
) -> npt.NDArray[np.float64]:
    """Codes of as many captions of each clip as every clip has, ``(n, c, d)``."""
    count = min(map(len, captions))
    flat = [text for texts in captions for text in texts[:count]]
    return evaluator.embed_texts(flat).reshape(len(captions), count, -1)


def _coded(evaluator: MotionEvaluator, answers: MotionAnswers) -> CodedSet:
    modes = None
    if answers.modes:
        modes = np.stack([evaluator.embed_motions(rows) for rows in answers.modes])
    texts = evaluator.embed_texts(answers.captions)
    return CodedSet(texts[:, None], evaluator.embed_motions(answers.rows), modes)


def _skate(rows: Sequence[Rows], corpus: MotionCorpus) -> float:
    """Share of sliding frames of feet near the floor, over all clips."""
    feet = list(corpus.rig.feet)
    if not feet:
        return float("nan")
    paths = [recovered_positions(r.astype(np.float64), corpus.layout)[:, feet] for r in rows]
    floor = floor_height(np.concatenate(paths))
    found = [foot_skate(path, rate_hz=corpus.rate_hz, floor=floor) for path in paths]
    frames = sum(one.frames for one in found)
    return sum(one.share * one.frames for one in found if one.frames) / max(frames, 1)
