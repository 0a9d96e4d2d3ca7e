r"""The fixed recipe of the evaluator of text and motion.

Contrastive, on the training clips alone: with squared distances on the unit sphere as scores,
:math:`S_{ij} = -\lVert u_i - v_j \rVert^2 / \tau`, the symmetric InfoNCE over captions and motions
of a batch, captions that say the same being no negatives of one another (``alignment.text_alike``).
Ranking by distance is what R-precision does, so that the fit is of what is measured.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor

from unisono.alignment.objectives import symmetric_cross_entropy
from unisono.alignment.text_alike import alike_texts, rarity, word_counts
from unisono.core.checks import check_range
from unisono.core.freezing import freeze
from unisono.evaluation.text_motion_nets import MotionEvaluator
from unisono.networks.text_tokens import WordTokens, padded_ids
from unisono.recordings.motion.batches import MotionNormaliser, padded_batch
from unisono.recordings.motion.corpus import MotionCorpus

__all__ = ["EvaluatorOptions", "fit_motion_evaluator"]


@dataclass(frozen=True)
class EvaluatorOptions:
    """How the evaluator is fitted.

    Args:
        width: Width of its space; FID needs more clips than this.
        hidden: Width of its networks.
        steps: Optimiser steps.
        batch: Clips a step.
        rate: First learning rate of Adam, which falls to 0 along a cosine.
        temperature: tau.
        alike: Likeness above which two captions say the same.
        frames: Most rows of a clip that are looked at, a drawn piece of it where it has more.

    Raises:
        UnisonoError: If a number is out of range.
    """

    width: int = 64
    hidden: int = 96
    steps: int = 1500
    batch: int = 64
    rate: float = 2e-3
    temperature: float = 0.2
    alike: float = 0.9
    frames: int = 200

    def __post_init__(self) -> None:
        check_range("width", self.width, 2, 4096, closed=True)
        check_range("hidden", self.hidden, 2, 4096, closed=True)
        check_range("steps", self.steps, 1, 10_000_000, closed=True)
        check_range("batch", self.batch, 2, 65_536, closed=True)
        check_range("rate", self.rate, 0.0, 1.0)
        check_range("temperature", self.temperature, 0.0, 100.0)
        check_range("alike", self.alike, 0.0, 1.0)
        check_range("frames", self.frames, 8, 100_000, closed=True)


def fit_motion_evaluator(
    corpus: MotionCorpus,
    names: Sequence[str],
    *,
    generator: Generator,
    options: EvaluatorOptions = EvaluatorOptions(),  # noqa: B008 - frozen
) -> MotionEvaluator:
    """Fit the evaluator on the clips of the training part.

    Args:
        corpus: The corpus.
        names: Clips of its training part; no other is looked at.
        generator: Starts the weights and draws the batches.
        options: Sizes and length of training.

    Returns:
        The evaluator, frozen.
    """
    training = corpus.take(names)
    tokens = WordTokens.fit(text for clip in training.clips for text in clip.captions)
    normaliser = MotionNormaliser.fit(training.clips, corpus.layout)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (1,), generator=generator)))
        evaluator = MotionEvaluator(
            corpus.layout, tokens, normaliser, width=options.width, hidden=options.hidden
        )
    counted = [tokens.encode(text) for clip in training.clips for text in clip.captions]
    weights = rarity(word_counts(counted, len(tokens)))
    draws = np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))
    optimiser = torch.optim.Adam(evaluator.parameters(), lr=options.rate)
    size = min(options.batch, len(training))
    for step in range(options.steps):
        for group in optimiser.param_groups:
            group["lr"] = options.rate * (1 + math.cos(math.pi * step / options.steps)) / 2
        numbers = draws.choice(len(training), size, replace=False)
        batch = padded_batch(training, numbers, frames=options.frames, generator=draws)
        words = [tokens.encode(text) for text in batch.captions]
        ids, mask = padded_ids(words)
        alike = alike_texts(word_counts(words, len(tokens)), weights, threshold=options.alike)
        loss = _contrast(
            evaluator.read_texts(ids, mask),
            evaluator.read_motions(batch.rows, batch.mask),
            alike,
            options.temperature,
        )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(evaluator.parameters(), 1.0)
        optimiser.step()
    return freeze(evaluator)


def _contrast(texts: Tensor, motions: Tensor, alike: Tensor, temperature: float) -> Tensor:
    """Symmetric InfoNCE of squared distances; on the unit sphere they are 2 - 2 cosines."""
    scores = (2 * texts @ motions.T - 2) / temperature
    return symmetric_cross_entropy(scores, negatives=~alike)
