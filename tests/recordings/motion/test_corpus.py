"""Mirrors src/unisono/recordings/motion/corpus.py."""

import json
from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import OutputError, SchemaError, ShapeError, UnisonoError
from unisono.recordings.motion.corpus import LeftOut, MotionClip, MotionCorpus
from unisono.recordings.motion.features import Layout
from unisono.recordings.motion.humanoid import humanoid_rig

LAYOUT = Layout(22, 4, 20.0)


def clip(name: str, rng: np.random.Generator, **labels: str) -> MotionClip:
    rows = rng.normal(size=(int(rng.integers(5, 30)), LAYOUT.size)).astype(np.float32)
    return MotionClip(name, rows, (f"a person does {name}", "someone moves"), labels, 20.0)


@pytest.fixture
def corpus(rng: np.random.Generator) -> MotionCorpus:
    clips = [
        clip(f"{content}_{style}_{n}", rng, content=content, style=style)
        for content in "abcd"
        for style in "xyz"
        for n in range(3)
    ]
    return MotionCorpus(tuple(clips), LAYOUT, humanoid_rig(), (LeftOut("odd", "short"),))


def test_a_folder_holds_all_of_it(corpus: MotionCorpus, tmp_path: Path) -> None:
    again = MotionCorpus.load(corpus.save(tmp_path / "c"))
    assert again.layout == corpus.layout and again.rig == corpus.rig
    assert again.left_out == corpus.left_out and again.rate_hz == 20.0
    for one, other in zip(again.clips, corpus.clips, strict=True):
        assert (one.name, one.captions, one.labels) == (other.name, other.captions, other.labels)
        np.testing.assert_array_equal(one.rows, other.rows)
    with pytest.raises(OutputError, match="exists"):
        corpus.save(tmp_path / "c")


def test_parts_hold_out_whole_pairs(corpus: MotionCorpus) -> None:
    parts = corpus.parts(test=0.2, valid=0.1, generator=np.random.default_rng(1))
    assert sorted(sum(parts, ())) == sorted(c.name for c in corpus.clips)  # each in one part
    pairs = [{name[:3] for name in names} for names in parts]
    assert len(pairs[0]) == 9 and len(pairs[2]) == 2 and len(pairs[1]) == 1
    assert not pairs[0] & pairs[1] and not pairs[0] & pairs[2] and not pairs[1] & pairs[2]
    assert {p[0] for p in pairs[0]} == set("abcd") and {p[2] for p in pairs[0]} == set("xyz")


def test_parts_given_or_without_labels(rng: np.random.Generator) -> None:
    given = [clip(f"c{i}", rng, part=p) for i, p in enumerate(["train", "test", "valid", "train"])]
    corpus = MotionCorpus(tuple(given), LAYOUT, humanoid_rig())
    assert corpus.parts(generator=rng) == (("c0", "c3"), ("c2",), ("c1",))
    plain = MotionCorpus(tuple(clip(f"c{i}", rng) for i in range(40)), LAYOUT, humanoid_rig())
    parts = plain.parts(test=0.2, valid=0.1, generator=rng)
    assert [len(p) for p in parts] == [28, 4, 8] and len(set(sum(parts, ()))) == 40
    with pytest.raises(UnisonoError, match="left to train"):
        corpus.take(["c1", "c2"]).parts(generator=rng)


def test_taking_keeps_order_and_refuses_the_unknown(corpus: MotionCorpus) -> None:
    names = [corpus.clips[5].name, corpus.clips[2].name]
    assert [c.name for c in corpus.take(names).clips] == names
    assert corpus[names[0]] is corpus.clips[5]
    with pytest.raises(SchemaError, match="no clip 'zz'"):
        corpus.take(["zz"])


def test_what_is_wrong_is_said(rng: np.random.Generator, tmp_path: Path) -> None:
    good = clip("a", rng)
    rig = humanoid_rig()
    with pytest.raises(SchemaError, match="twice"):
        MotionCorpus((good, good), LAYOUT, rig)
    with pytest.raises(SchemaError, match="none could be taken .b: too short"):
        MotionCorpus((), LAYOUT, rig, (LeftOut("b", "too short"),))
    with pytest.raises(ShapeError, match="at 20 Hz, the layout at 30"):
        MotionCorpus((good,), Layout(22, 4, 30.0), rig)
    with pytest.raises(ShapeError, match="features, the layout"):
        MotionCorpus((good,), Layout(22, 2, 20.0), rig)
    with pytest.raises(ShapeError, match="21 joints, the rig 22"):
        MotionCorpus((good,), Layout(21, 4, 20.0), rig)
    with pytest.raises(ShapeError, match="not finite"):
        MotionClip("a", np.full((3, 4), np.nan, dtype=np.float32), ("x",), {}, 20.0)
    with pytest.raises(ShapeError, match="2 rows"):
        MotionClip("a", np.zeros((1, 4), dtype=np.float32), ("x",), {}, 20.0)
    with pytest.raises(SchemaError, match="captions"):
        MotionClip("a", np.zeros((3, 4), dtype=np.float32), (" ",), {}, 20.0)
    with pytest.raises(SchemaError, match="no corpus"):
        MotionCorpus.load(tmp_path)
    folder = MotionCorpus((good,), LAYOUT, rig).save(tmp_path / "c")
    rows = (folder / "rows.npz").read_bytes()
    (folder / "rows.npz").write_bytes(rows[: len(rows) // 2])
    with pytest.raises(SchemaError, match="damaged"):
        MotionCorpus.load(folder)
    (folder / "rows.npz").write_bytes(rows)
    table = json.loads((folder / "corpus.json").read_text())
    (folder / "corpus.json").write_text(json.dumps(table | {"format": 2}))
    with pytest.raises(SchemaError, match="format 2"):
        MotionCorpus.load(folder)
    table["clips"][0]["rows"] += 1
    (folder / "corpus.json").write_text(json.dumps(table))
    with pytest.raises(SchemaError, match="disagree"):
        MotionCorpus.load(folder)
