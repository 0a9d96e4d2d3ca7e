"""Mirrors src/unisono/recordings/motion/captions.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.recordings.motion import captions
from unisono.recordings.motion.captions import captions_of, unseen_pairs


def test_every_pair_of_listed_labels_has_eight_different_captions() -> None:
    for content, doing in captions._DOING.items():
        for style, being in captions._BEING.items():
            found = captions_of(content, style, count=8, generator=np.random.default_rng(1))
            assert len(set(found)) == 8
            assert all(any(words in text for words in doing) for text in found)
            saying = [any(words in text for words in being) for text in found]
            assert sum(saying) == (4 if style == "normal" else 8)


def test_captions_are_the_seeds_and_unlisted_labels_speak_for_themselves() -> None:
    def some(seed: int) -> list[str]:
        generator = np.random.default_rng(seed)
        return captions_of("high-kick", "very-calm", count=99, generator=generator)

    assert some(0) == some(0) != some(1)
    assert len(some(0)) == 8 and all("high kick" in t and "very calm" in t for t in some(0))
    with pytest.raises(UnisonoError, match="both labels"):
        captions_of("walk", " ", count=3, generator=np.random.default_rng(0))


def test_articles_are_as_they_are_said() -> None:
    old, usual = (
        " ".join(captions_of("walk", style, count=200, generator=np.random.default_rng(0)))
        for style in ("old", "normal")
    )
    assert "an old " in old and "an elderly " in old and "a old" not in old
    assert "a usual " in usual and "an usual" not in usual


def test_held_out_pairs_leave_both_their_halves_in_training(rng: np.random.Generator) -> None:
    labels = [(c, s) for c in "abcd" for s in "xyz"] * 3 + [("e", "x"), ("f", "w")]
    for share in (0.2, 0.9):
        held = unseen_pairs(labels, share=share, generator=rng)
        kept = set(labels) - held
        assert {c for c, _ in kept} == set("abcdef") and {s for _, s in kept} == set("wxyz")
        assert len(held) == 3 if share == 0.2 else len(held) > 3
    assert ("f", "w") not in held and ("e", "x") not in held
    with pytest.raises(UnisonoError, match="can be held out"):
        unseen_pairs([("a", "x"), ("b", "y")], share=0.5, generator=rng)


def test_the_labels_of_real_clips_can_be_parted(shared_data: Callable[[str], Path]) -> None:
    files = sorted(shared_data("bandai").rglob("*.bvh"))
    labels = [(f.stem.split("_")[1], f.stem.split("_")[2]) for f in files]
    listed = {c for c, _ in labels} - set(captions._DOING)
    assert {s for _, s in labels} <= set(captions._BEING)
    assert listed <= {"dance-long", "dance-short"}  # which speak for themselves
    held = unseen_pairs(labels, share=0.2, generator=np.random.default_rng(0))
    meant = {(c, {"old": "elderly", "masculinity": "masculine"}.get(s, s)) for c, s in labels}
    seen = {(c, {"old": "elderly", "masculinity": "masculine"}.get(s, s)) for c, s in held}
    assert len(seen) == round(0.2 * len(meant))
    both = [("walk", "old"), ("walk", "elderly"), ("run", "old"), ("run", "sad"), ("walk", "sad")]
    for seed in range(8):  # a synonym in training would be the held-out caption
        held = unseen_pairs(both, share=0.2, generator=np.random.default_rng(seed))
        assert (("walk", "old") in held) == (("walk", "elderly") in held)
