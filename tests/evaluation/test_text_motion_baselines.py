"""Mirrors src/unisono/evaluation/text_motion_baselines.py."""

import numpy as np
import pytest

from unisono.core.errors import ShapeError, UnisonoError
from unisono.evaluation.text_motion_baselines import CaptionIndex, copy_meter, stretched
from unisono.recordings.motion.batches import MotionNormaliser
from unisono.recordings.motion.corpus import MotionClip

WORDS = ("walks slowly", "walks fast", "jumps twice", "jumps high")


def clips(rng: np.random.Generator) -> list[MotionClip]:
    return [
        MotionClip(words, rng.normal(size=(20, 5)).astype(np.float32),
                   (f"a person {words}", f"someone {words}"), {}, 20.0)
        for words in WORDS
    ]  # fmt: skip


def test_stretching_is_linear_and_exact_at_the_same_length(rng: np.random.Generator) -> None:
    rows = rng.normal(size=(9, 3)).astype(np.float32)
    np.testing.assert_allclose(stretched(rows, 9), rows, atol=1e-6)
    longer = stretched(rows, 33)
    for column in range(3):
        truth = np.interp(np.linspace(0, 8, 33), np.arange(9), rows[:, column])
        np.testing.assert_allclose(longer[:, column], truth, atol=1e-5)
    with pytest.raises(ShapeError, match="two rows"):
        stretched(rows[:1], 5)


def test_answers_of_the_nearest_captions(rng: np.random.Generator) -> None:
    index = CaptionIndex(clips(rng))
    asked = ["the man walks fast", "a man jumps twice"]
    assert index.nearest(asked, count=2)[:, 0].tolist() == [1, 2]
    assert set(index.nearest(["he walks"], count=2)[0]) == {0, 1}
    found = index.retrieved(asked, [20, 40])
    np.testing.assert_allclose(found[0], index.clips[1].rows, atol=1e-6)
    assert len(found[1]) == 40
    mean = index.mean_motion(["he jumps"], [20], count=2)[0]
    np.testing.assert_allclose(mean, (index.clips[2].rows + index.clips[3].rows) / 2, atol=1e-6)
    with pytest.raises(UnisonoError, match="count"):
        index.nearest(asked, count=9)


def test_copies_are_found(rng: np.random.Generator) -> None:
    training = [rng.normal(size=(30, 4)).astype(np.float32) for _ in range(60)]
    real = [rng.normal(size=(30, 4)).astype(np.float32) for _ in range(200)]
    fitted = MotionNormaliser(np.zeros(4), np.ones(4))
    usual = copy_meter(real, real, training, fitted)
    assert usual.share <= 0.02 and usual.ratio == 1.0
    new = [rng.normal(size=(30, 4)).astype(np.float32) for _ in range(200)]
    honest = copy_meter(new, real, training, fitted)
    assert honest.share < 0.05 and honest.ratio == pytest.approx(1.0, abs=0.05)
    half = [*training[:10], *new[:10]]
    copied = copy_meter([stretched(rows, 60) for rows in half], real, training, fitted)
    assert copied.share == pytest.approx(0.5, abs=0.051)
    with pytest.raises(ShapeError, match="copy meter"):
        copy_meter([], real, training, fitted)
