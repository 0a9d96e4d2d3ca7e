"""Mirrors src/unisono/simulators/captioned/corpus.py."""

from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.evaluation.motion import foot_skate, penetration
from unisono.recordings.formats.bvh import read_bvh, write_bvh
from unisono.recordings.motion.clips import motion_of, recording_of
from unisono.recordings.motion.corpus import MotionCorpus
from unisono.recordings.motion.features import from_features
from unisono.recordings.motion.kinematics import placed
from unisono.simulators.captioned import (
    CONTENTS,
    Script,
    captioned_corpus,
    captioned_motion,
    draw_script,
)
from unisono.simulators.captioned.script import STYLES


@pytest.fixture(scope="module")
def corpus() -> MotionCorpus:
    return captioned_corpus(84, generator=np.random.default_rng(7))


def test_every_pair_comes_with_captions(corpus: MotionCorpus) -> None:
    pairs = {(clip.labels["content"], clip.labels["style"]) for clip in corpus.clips}
    assert pairs == {(c, s) for c in CONTENTS for s in STYLES}
    assert all(len(set(clip.captions)) == 8 for clip in corpus.clips)
    seconds = [len(clip) / corpus.rate_hz for clip in corpus.clips]
    assert 3.0 < np.mean(seconds) < 5.0 and min(seconds) > 2.0 and max(seconds) < 6.5


def test_it_is_the_generators_and_grows_at_its_end(corpus: MotionCorpus) -> None:
    again = captioned_corpus(3, generator=np.random.default_rng(7))
    for one, other in zip(again.clips, corpus.clips, strict=False):
        assert one.name == other.name and one.captions == other.captions
        np.testing.assert_array_equal(one.rows, other.rows)
    other = captioned_corpus(1, generator=np.random.default_rng(8))
    assert not np.array_equal(other.clips[0].rows[:20], corpus.clips[0].rows[:20])


def test_feet_stand_and_nothing_sinks(corpus: MotionCorpus) -> None:
    """The worst of a style at any pace; the mean is what real walking has, or less."""
    shares = []
    for clip in corpus.clips:
        motion = from_features(clip.rows.astype(float), corpus.layout, corpus.rig)
        where = placed(motion).positions
        feet = where[:, list(corpus.rig.feet)]
        skate = foot_skate(feet[:, 1::2], rate_hz=20.0)
        shares.append(skate.share)
        assert skate.share < 0.2 and skate.speed < 0.1, clip.name
        assert penetration(feet).deepest < 0.005, clip.name
        low = feet[:, 1::2, 1] < 0.07
        contacts = clip.rows[:, corpus.layout.part("contacts")][:, 1::2] > 0.5
        assert (contacts & ~low).mean() < 0.05, clip.name
    assert np.mean(shares) < 0.04


def test_a_clip_opens_as_bvh(tmp_path: Path) -> None:
    motion = captioned_motion(Script("bow", "proud"), generator=np.random.default_rng(0))
    again = motion_of(read_bvh(write_bvh(recording_of(motion, name="x"), tmp_path / "x.bvh")))
    assert again.rig.names == motion.rig.names and again.rig.feet == motion.rig.feet
    np.testing.assert_allclose(placed(again).positions, placed(motion).positions, atol=1e-6)


def test_numbers_out_of_range_are_refused(rng: np.random.Generator) -> None:
    with pytest.raises(UnisonoError, match="clips"):
        captioned_corpus(0, generator=rng)
    with pytest.raises(UnisonoError, match="rate_hz"):
        captioned_motion(draw_script("run", "old", generator=rng), 2.0, generator=rng)
