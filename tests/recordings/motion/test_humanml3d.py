"""Mirrors src/unisono/recordings/motion/humanml3d.py."""

from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import ConfigError, SchemaError
from unisono.recordings.motion.humanml3d import parse_caption_line, read_humanml3d

TEXT = "a man walks.#a/DET man/NOUN walk/VERB#0.0#0.0\nhe turns#he/PRON turn/VERB#1.0#4.0\n"


@pytest.fixture
def folder(tmp_path: Path, rng: np.random.Generator) -> Path:
    for name in ("new_joint_vecs", "texts"):
        (tmp_path / name).mkdir()
    for name, frames in {"000001": 100, "M000001": 250, "000002": 30, "000003": 60}.items():
        rows = rng.normal(size=(frames, 263)).astype(np.float32)
        np.save(tmp_path / "new_joint_vecs" / f"{name}.npy", rows)
        (tmp_path / "texts" / f"{name}.txt").write_text(TEXT)
    (tmp_path / "texts" / "000003.txt").write_text("one#a/DET#nan#nan\n\ntwo#a/DET#0.0#0.0\n")
    (tmp_path / "train.txt").write_text("000001\nM000001\n000002\nabsent\n")
    (tmp_path / "test.txt").write_text("000003\n000001\n")
    return tmp_path


def test_clips_captions_pieces_and_parts(folder: Path, rng: np.random.Generator) -> None:
    corpus = read_humanml3d(folder)
    assert [c.name for c in corpus.clips] == [
        "000001",
        "000001@1",
        "M000001",
        "M000001@1",
        "000003",
    ]
    whole = np.load(folder / "new_joint_vecs" / "000001.npy")
    np.testing.assert_array_equal(corpus["000001"].rows, whole)
    np.testing.assert_array_equal(corpus["000001@1"].rows, whole[20:80])
    assert corpus["000001@1"].captions == ("he turns",)
    assert corpus["000001"].captions == ("a man walks.",)
    assert len(corpus["M000001"]) == 196 and corpus["000003"].captions == ("one", "two")
    assert corpus.layout.size == 263 and corpus.layout.kind == "humanml3d"
    parts = corpus.parts(generator=rng)
    assert parts.test == ("000003",) and parts.valid == () and len(parts.train) == 4
    reasons = dict(corpus.left_out)
    assert "piece of 40" in reasons["000002"] and "cannot be read" in reasons["absent"]
    assert "two lists" in reasons["000001"]


def test_lines() -> None:
    line = parse_caption_line("a man walks.#a/DET man/NOUN#1.5#nan\n")
    assert line == ("a man walks.", ("a/DET", "man/NOUN"), 1.5, 0.0)
    for bad in ("a man walks", "#a#0#0", "a#b#c#0", "a#b#0#0#0"):
        with pytest.raises(SchemaError):
            parse_caption_line(bad)


def test_what_is_no_such_folder(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(ConfigError, match="no HumanML3D"):
        read_humanml3d(tmp_path / "texts")
    np.save(folder / "new_joint_vecs" / "000001.npy", np.zeros((50, 251), dtype=np.float32))
    np.save(folder / "new_joint_vecs" / "M000001.npy", np.full((50, 263), np.nan))
    reasons = dict(read_humanml3d(folder).left_out)
    assert "(50, 251)" in reasons["000001"] or "two lists" in reasons["000001"]
    assert "not finite" in reasons["M000001"]
    (folder / "train.txt").write_text("000002\n")
    (folder / "test.txt").unlink()
    with pytest.raises(SchemaError, match="none could be taken"):
        read_humanml3d(folder)
