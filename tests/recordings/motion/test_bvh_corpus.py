"""Mirrors src/unisono/recordings/motion/bvh_corpus.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import ConfigError, SchemaError, UnisonoError
from unisono.recordings.formats.bvh import write_bvh
from unisono.recordings.motion.bvh_corpus import BvhOptions, read_bvh_corpus
from unisono.recordings.motion.clips import recording_of
from unisono.recordings.motion.features import Layout, to_features
from unisono.recordings.motion.humanoid import humanoid_rig
from unisono.recordings.motion.kinematics import Motion


def motion(frames: int, *, rate: float = 20.0, height: float = 1.7) -> Motion:
    turns = np.tile(np.eye(3), (frames, 22, 1, 1))
    root = np.stack([np.zeros(frames), np.full(frames, 0.9), np.arange(frames) / rate], axis=1)
    return Motion(humanoid_rig(height_m=height), turns, root, rate)


def save(folder: Path, name: str, moved: Motion) -> None:
    write_bvh(recording_of(moved, name=name), folder / f"{name}.bvh")


def test_a_folder_with_captions(tmp_path: Path, rng: np.random.Generator) -> None:
    save(tmp_path, "walk1", motion(50))
    save(tmp_path, "walk2", motion(100, rate=40.0))
    save(tmp_path, "long", motion(90))
    save(tmp_path, "mute", motion(50))
    save(tmp_path, "short", motion(6))
    save(tmp_path, "child", motion(50, height=1.1))
    (tmp_path / "bad.bvh").write_text("HIERARCHY nothing")
    (tmp_path / "captions.json").write_text(
        '{"walk1": ["a person walks", " "], "walk2": "it goes", "bad": ["x"], "child": ["x"]}'
    )
    (tmp_path / "long.txt").write_text("a long way\n\nfar\n")
    (tmp_path / "short.txt").write_text("a step\n")
    corpus = read_bvh_corpus(tmp_path, generator=rng, options=BvhOptions(longest=3.0))
    # the first file in order gives the skeleton: here the child's
    assert [c.name for c in corpus.clips] == ["child"]
    (tmp_path / "child.bvh").rename(tmp_path / "zchild.bvh")
    corpus = read_bvh_corpus(tmp_path, generator=rng, options=BvhOptions(longest=3.0))
    assert [c.name for c in corpus.clips] == ["long.1", "long.2", "walk1", "walk2"]
    assert corpus["walk1"].captions == ("a person walks",)
    assert corpus["walk2"].captions == ("it goes",) and len(corpus["walk2"]) == 50
    assert corpus["long.2"].captions == ("a long way", "far") and len(corpus["long.1"]) == 45
    truth = to_features(motion(50), Layout(22, 4, 20.0))
    np.testing.assert_allclose(corpus["walk1"].rows, truth, atol=1e-5)
    reasons = dict(corpus.left_out)
    assert "no caption" in reasons["mute.bvh"] and "0.30 s long" in reasons["short.bvh"]
    assert "line 1" in reasons["bad.bvh"] and "no caption" in reasons["zchild.bvh"]


def test_pieces_of_one_recording_are_in_one_part(tmp_path: Path, rng: np.random.Generator) -> None:
    for name in "abcdefgh":
        save(tmp_path, name, motion(90))
        (tmp_path / f"{name}.txt").write_text(f"a person does {name}\n")
    corpus = read_bvh_corpus(tmp_path, generator=rng, options=BvhOptions(longest=1.5))
    assert len(corpus) == 24
    for seed in range(5):
        parts = corpus.parts(test=0.25, valid=0.25, generator=np.random.default_rng(seed))
        files = [{name.split(".")[0] for name in names} for names in parts]
        assert [len(found) for found in files] == [4, 2, 2]
        assert [len(names) for names in parts] == [12, 6, 6]  # no file in two parts


def test_captions_with_a_byte_order_mark(tmp_path: Path, rng: np.random.Generator) -> None:
    save(tmp_path, "walk1", motion(50))
    save(tmp_path, "walk2", motion(50))
    (tmp_path / "captions.json").write_text('{"walk1": "a person walks"}', encoding="utf-8-sig")
    (tmp_path / "walk2.txt").write_text("a person turns\n", encoding="utf-8-sig")
    corpus = read_bvh_corpus(tmp_path, generator=rng)
    assert [c.captions for c in corpus.clips] == [("a person walks",), ("a person turns",)]


def test_real_clips_have_labels_and_captions(
    shared_data: Callable[[str], Path], rng: np.random.Generator
) -> None:
    corpus = read_bvh_corpus(shared_data("bandai"), generator=rng, options=BvhOptions(every=300))
    assert len(corpus.clips) == 3 and not corpus.left_out
    for clip in corpus.clips:
        assert clip.labels["content"] in clip.name and len(set(clip.captions)) == 8
    assert corpus.layout.rate_hz == 20.0 and corpus.layout.joints == 21


def test_what_cannot_be_read_is_said(tmp_path: Path, rng: np.random.Generator) -> None:
    with pytest.raises(ConfigError, match="no .bvh"):
        read_bvh_corpus(tmp_path, generator=rng)
    save(tmp_path, "mute", motion(50))
    with pytest.raises(SchemaError, match="no caption; add 'mute'"):
        read_bvh_corpus(tmp_path, generator=rng)
    (tmp_path / "captions.json").write_text("[1]")
    with pytest.raises(ConfigError, match="not readable"):
        read_bvh_corpus(tmp_path, generator=rng)
    with pytest.raises(UnisonoError, match="shortest"):
        BvhOptions(longest=1.0, shortest=2.0)
