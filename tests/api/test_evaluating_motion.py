"""Mirrors src/unisono/api/evaluating_motion.py."""

from pathlib import Path

import numpy as np
import pytest

from unisono.api.evaluating_motion import (
    MotionAnswers,
    evaluate_motion,
    fit_evaluator,
    load_evaluator,
    motion_table,
)
from unisono.core.errors import ModelError, ShapeError
from unisono.evaluation.text_motion import Replication
from unisono.evaluation.text_motion_fit import EvaluatorOptions
from unisono.evaluation.text_motion_nets import MotionEvaluator
from unisono.recordings.motion.corpus import CorpusParts, MotionCorpus
from unisono.simulators.captioned import captioned_corpus

Box = tuple[MotionEvaluator, MotionCorpus, CorpusParts, Path]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Box:
    corpus = captioned_corpus(168, generator=np.random.default_rng(0))
    parts = corpus.parts(test=0.15, valid=0.05, generator=np.random.default_rng(0))
    folder = tmp_path_factory.mktemp("box") / "evaluator"
    options = EvaluatorOptions(width=6, hidden=24, steps=60, batch=24, rate=5e-3)
    return fit_evaluator(corpus, parts, output=folder, options=options), corpus, parts, folder


@pytest.mark.slow
def test_the_table_orders_what_must_be_ordered(box: Box) -> None:
    evaluator, corpus, parts, _ = box
    test = corpus.take(parts.test).clips
    copied = [corpus[name].rows for name in parts.train[: len(test)]]
    arms = {"copies": [MotionAnswers(copied, [clip.captions[0] for clip in test])]}
    table = evaluate_motion(
        evaluator, corpus, parts, arms, replication=Replication(times=5, pool=8)
    )
    assert list(table) == ["real", "shuffled text", "retrieval", "mean motion", "copies"]
    assert table["real"].scores.r3.mean > table["shuffled text"].scores.r3.mean + 0.1
    assert table["real"].scores.fid.mean < 1e-6 < table["mean motion"].scores.fid.mean
    assert table["copies"].copies.share == 1.0 and table["real"].copies.share < 0.1
    assert table["real"].skate < 0.1
    text = motion_table(table)
    assert text.splitlines()[1].startswith("real") and len(text.splitlines()) == 6


def test_the_sealed_evaluator_measures_the_same(box: Box) -> None:
    evaluator, corpus, _, folder = box
    again = load_evaluator(folder)
    rows = [clip.rows for clip in corpus.clips[:5]]
    np.testing.assert_array_equal(again.embed_motions(rows), evaluator.embed_motions(rows))
    texts = list(corpus.clips[0].captions)
    np.testing.assert_array_equal(again.embed_texts(texts), evaluator.embed_texts(texts))


def test_what_is_no_evaluator(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a model folder"):
        load_evaluator(tmp_path)
    with pytest.raises(ShapeError, match="one caption a motion"):
        MotionAnswers([np.zeros((5, 3), dtype=np.float32)], [])
