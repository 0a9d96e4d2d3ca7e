"""Mirrors src/unisono/api/motion_corpora.py."""

import json
from pathlib import Path

import numpy as np
import pytest

from unisono.api.motion_corpora import part_corpus, read_corpus, simulate_corpus
from unisono.api.motion_recipe import MotionData, MotionRecipe
from unisono.api.motion_training import motion_parts
from unisono.core.errors import ConfigError
from unisono.recordings.formats.bvh import write_bvh
from unisono.recordings.motion.clips import recording_of
from unisono.recordings.motion.corpus import MotionCorpus
from unisono.recordings.motion.features import from_features


@pytest.fixture(scope="module")
def corpus() -> MotionCorpus:
    return simulate_corpus(4, seed=3)


def test_bvh_files_with_captions_come_back_as_they_were(
    corpus: MotionCorpus, tmp_path: Path
) -> None:
    for clip in corpus.clips:
        motion = from_features(clip.rows.astype(float), corpus.layout, corpus.rig)
        write_bvh(recording_of(motion, name=clip.name), tmp_path / f"{clip.name}.bvh")
    said = {clip.name: list(clip.captions) for clip in corpus.clips}
    (tmp_path / "captions.json").write_text(json.dumps(said))
    again = read_corpus(tmp_path)
    assert {clip.name: list(clip.captions) for clip in again.clips} == said
    for clip in again.clips:
        np.testing.assert_allclose(clip.rows, corpus[clip.name].rows, atol=2e-3)


def test_a_saved_corpus_is_read_and_no_folder_is_refused(
    corpus: MotionCorpus, tmp_path: Path
) -> None:
    corpus.save(tmp_path / "kept")
    again = read_corpus(tmp_path / "kept")
    assert [clip.name for clip in again.clips] == [clip.name for clip in corpus.clips]
    with pytest.raises(ConfigError, match="is no folder"):
        read_corpus(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"holds no \.bvh"):
        read_corpus(tmp_path / "empty")


def test_parts_are_those_of_a_recipe() -> None:
    recipe = MotionRecipe(data=MotionData(simulate=90, seed=5))
    corpus = simulate_corpus(90, seed=5)
    found = part_corpus(corpus, test=recipe.data.test, valid=recipe.data.valid, seed=5)
    assert found == motion_parts(recipe, corpus)
