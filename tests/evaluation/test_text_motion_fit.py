"""Mirrors src/unisono/evaluation/text_motion_fit.py."""

import numpy as np
import pytest
import torch

from unisono.core.errors import UnisonoError
from unisono.evaluation.text_motion import pooled_ranks
from unisono.evaluation.text_motion_fit import EvaluatorOptions, fit_motion_evaluator
from unisono.recordings.motion.corpus import MotionClip, MotionCorpus
from unisono.recordings.motion.features import Layout
from unisono.recordings.motion.humanoid import humanoid_rig

LAYOUT = Layout(22, 4, 20.0)
PARTS = ("positions", "rotations", "velocities")


@pytest.fixture(scope="module")
def corpus() -> MotionCorpus:
    """A word names the part that swings, another whether it does so slowly or fast."""
    rng = np.random.default_rng(0)
    clips = []
    for number in range(160):
        part, pace = PARTS[number % 3], (1, 4)[number // 3 % 2]
        length = int(rng.integers(16, 24))
        rows = 0.1 * rng.normal(size=(length, LAYOUT.size))
        wave = np.sin(pace * np.arange(length) / 3 + rng.uniform(0, 6))
        rows[:, LAYOUT.part(part)] += wave[:, None]
        text = (f"it moves {part} at pace{pace}", f"pace{pace} {part}")
        clips.append(MotionClip(f"c{number}", rows.astype(np.float32), text, {}, 20.0))
    return MotionCorpus(tuple(clips), LAYOUT, humanoid_rig())


def test_it_learns_what_clips_of_no_training_say(corpus: MotionCorpus) -> None:
    names = [clip.name for clip in corpus.clips]
    options = EvaluatorOptions(width=8, hidden=24, steps=60, batch=32, rate=1e-2)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    fitted = fit_motion_evaluator(
        corpus, names[:128], generator=torch.Generator().manual_seed(0), options=options
    )
    assert torch.equal(torch.get_rng_state(), before)  # it draws from its own generator alone
    assert not any(p.requires_grad for p in fitted.parameters())
    test = corpus.take(names[128:]).clips
    texts = fitted.embed_texts([clip.captions[0] for clip in test])
    motions = fitted.embed_motions([clip.rows for clip in test])
    found = pooled_ranks(texts, motions, pool=16, generator=np.random.default_rng(0))
    assert (found.ranks < 3).mean() > 0.6  # by chance 3 / 16
    train = np.concatenate([clip.rows for clip in corpus.clips[:128]])
    np.testing.assert_allclose(fitted.mean[:4].numpy(), train.mean(axis=0)[:4], atol=1e-5)


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(UnisonoError, match="temperature"):
        EvaluatorOptions(temperature=0.0)
    with pytest.raises(UnisonoError, match="batch"):
        EvaluatorOptions(batch=1)
