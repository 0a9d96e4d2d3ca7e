"""Mirrors src/unisono/evaluation/text_motion_nets.py."""

import numpy as np
import pytest
import torch

from unisono.core.errors import ModelError, ShapeError
from unisono.evaluation.text_motion_nets import MotionEvaluator, side_by_side
from unisono.networks.text_tokens import WordTokens
from unisono.recordings.motion.batches import MotionNormaliser
from unisono.recordings.motion.features import Layout

LAYOUT = Layout(3, 2, 20.0)


@pytest.fixture
def evaluator(rng: np.random.Generator) -> MotionEvaluator:
    torch.manual_seed(0)
    fitted = MotionNormaliser(rng.normal(size=LAYOUT.size), np.full(LAYOUT.size, 2.0))
    tokens = WordTokens.fit(["a person walks", "someone runs fast"])
    return MotionEvaluator(LAYOUT, tokens, fitted, width=5, hidden=8).eval()


def some(rng: np.random.Generator, *lengths: int) -> list[np.ndarray]:
    return [rng.normal(size=(n, LAYOUT.size)).astype(np.float32) for n in lengths]


def test_codes_are_units_and_know_no_padding(
    evaluator: MotionEvaluator, rng: np.random.Generator
) -> None:
    clips = some(rng, 4, 9, 30, 31)
    together = evaluator.embed_motions(clips)
    assert together.shape == (4, 5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-6)
    alone = np.concatenate([evaluator.embed_motions([clip]) for clip in clips])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    texts = ["a person walks", "", "someone unheard of"]
    alone = np.concatenate([evaluator.embed_texts([text]) for text in texts])
    np.testing.assert_allclose(evaluator.embed_texts(texts), alone, atol=1e-6)


def test_contacts_are_not_looked_at(evaluator: MotionEvaluator, rng: np.random.Generator) -> None:
    (clip,) = some(rng, 20)
    other = clip.copy()
    other[:, LAYOUT.part("contacts")] = 7.0
    np.testing.assert_array_equal(evaluator.embed_motions([clip]), evaluator.embed_motions([other]))


def test_it_is_rebuilt(evaluator: MotionEvaluator, rng: np.random.Generator) -> None:
    again = MotionEvaluator.from_config(evaluator.to_config()).eval()
    again.load_state_dict(evaluator.state_dict())
    clips = some(rng, 12)
    np.testing.assert_array_equal(again.embed_motions(clips), evaluator.embed_motions(clips))
    with pytest.raises(ModelError, match="not readable"):
        MotionEvaluator.from_config({"width": 3})


def test_clips_that_cannot_be_measured(evaluator: MotionEvaluator) -> None:
    with pytest.raises(ShapeError, match="4 rows or more"):
        evaluator.embed_motions([np.zeros((3, LAYOUT.size), dtype=np.float32)])
    with pytest.raises(ShapeError, match="no clip"):
        evaluator.embed_motions([])
    with pytest.raises(ShapeError, match="no caption"):
        evaluator.embed_texts([])
    with pytest.raises(ShapeError):
        side_by_side([np.zeros((9, 2), dtype=np.float32)], LAYOUT)
