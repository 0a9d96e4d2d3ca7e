"""Mirrors src/unisono/api/motion_words.py."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from unisono import api
from unisono.core.errors import ModelError, SchemaError, UnisonoError
from unisono.recordings.formats.registry import write
from unisono.recordings.motion.clips import recording_of
from unisono.recordings.motion.corpus import MotionCorpus
from unisono.recordings.motion.features import from_features


@pytest.fixture(scope="module")
def clip(motion_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    corpus = MotionCorpus.load(motion_corpus)
    rows = corpus["c2"].rows.astype(np.float64)
    tree = recording_of(from_features(rows, corpus.layout, corpus.rig), name="limp")
    file = tmp_path_factory.mktemp("clips") / "limp.bvh"
    write(tree, file)
    return file


def options(**settings: object) -> api.WordOptions:
    return api.WordOptions(api.WordSettings(warm=4, steps=4, draws=8, **settings))  # type: ignore[arg-type]


@pytest.mark.parametrize("space", ["realigned", "latent", "noise"])
def test_a_word_is_learned_kept_and_used(
    motion_model: Any,  # noqa: ANN401
    clip: Path,
    space: str,
    tmp_path: Path,
) -> None:
    before = {k: v.clone() for k, v in motion_model.method.state_dict().items()}
    word = api.learn_word(
        motion_model, "*limp*", [clip, clip], options=options(space=space, tokens=2)
    )
    after = motion_model.method.state_dict()
    assert all(torch.equal(before[k], after[k]) for k in before)  # nothing else has changed
    file = word.save(tmp_path / "limp.word")
    fresh = api.load_motion_model(motion_model.folder)
    with pytest.raises(UnisonoError, match="knows no word"):
        fresh.check_text("*limp*")
    assert api.add_word(fresh, file) == word
    ask = api.MotionSampling(seconds=1.0)
    one, other = (m.generate("a *limp* person", options=ask) for m in (motion_model, fresh))
    np.testing.assert_array_equal(one.rows, other.rows)
    lengths = torch.tensor(word.vectors).norm(dim=1)
    table = fresh.encoder.table.weight[4:].norm(dim=1).mean()
    torch.testing.assert_close(lengths, table.expand(2))


def test_files_that_are_not_the_words(motion_model: Any, clip: Path, tmp_path: Path) -> None:  # noqa: ANN401
    word = api.learn_word(motion_model, "*limp*", [clip], options=options())
    file = word.save(tmp_path / "limp.word")
    plain = json.loads(file.read_text())
    plain["vectors"][0][0] += 1.0
    (tmp_path / "changed.word").write_text(json.dumps(plain))
    with pytest.raises(ModelError, match="was changed"):
        api.load_word(tmp_path / "changed.word")
    (tmp_path / "no.word").write_text("{}")
    with pytest.raises(ModelError, match="no file of a learned word"):
        api.load_word(tmp_path / "no.word")
    foreign = api.LearnedWord(word.word, word.vectors, "0" * 64, {}).save(tmp_path / "other.word")
    with pytest.raises(ModelError, match="learned with another model"):
        api.add_word(motion_model, foreign)


def test_an_older_word_is_known_still_where_a_newer_cannot_be_learned(
    motion_model: Any,  # noqa: ANN401
    clip: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    older = torch.ones(1, 3)
    monkeypatch.setitem(motion_model.encoder.words, "*limp*", older)
    with pytest.raises(ModelError, match="does not know 'absent'"):
        api.learn_word(motion_model, "*limp*", [clip], options=options(start="absent"))
    assert motion_model.encoder.words["*limp*"] is older


def test_what_is_no_word_and_no_clip(motion_model: Any, clip: Path, shared_data: Any) -> None:  # noqa: ANN401
    for word in ("limp", "*Limp*", "*a b*", ""):
        with pytest.raises(UnisonoError, match="between asterisks"):
            api.learn_word(motion_model, word, [clip])
    with pytest.raises(UnisonoError, match="one clip or more"):
        api.learn_word(motion_model, "*limp*", [])
    other = sorted(shared_data("bandai").rglob("*.bvh"))[0]
    with pytest.raises(SchemaError, match="another skeleton"):
        api.learn_word(motion_model, "*limp*", [other])
