"""Mirrors src/unisono/api/motion_windows.py."""

from pathlib import Path

import numpy as np
import torch

from unisono.api.motion_windows import MotionWindows
from unisono.networks.text_encoder import TextEncoder
from unisono.networks.text_tokens import WordTokens
from unisono.recordings.motion.corpus import MotionCorpus


def windows(folder: Path, frames: int) -> MotionWindows:
    corpus = MotionCorpus.load(folder)
    texts = [text for clip in corpus.clips for text in clip.captions]
    encoder = TextEncoder(WordTokens.fit(texts), width=8, layers=1, heads=2)
    return MotionWindows(corpus, encoder, frames)


def test_windows_hold_rows_and_tokens_of_all_captions(motion_corpus: Path) -> None:
    found = windows(motion_corpus, 24)
    assert len(found) == len(found.corpus)  # no clip is longer
    rows = found.of_clips(["c3", "c5"])
    batch = found.batch(rows)
    clip, mask = found.corpus["c3"], batch.mask["motion"][0, :, 0]
    assert mask.sum() == len(clip)
    np.testing.assert_array_equal(batch.data["motion"][0][mask].numpy(), clip.rows)
    assert (batch.data["motion"][0][~mask] == 0).all()
    assert batch.mask["text"].any(dim=-1).sum(dim=1).tolist() == [2, 2]
    count = batch.mask["text"][0, 0].sum()
    assert count == len(clip.captions[0].split()) + 2  # BEGIN and END


def test_long_clips_are_covered_by_pieces(motion_corpus: Path) -> None:
    found = windows(motion_corpus, 8)
    for number, clip in enumerate(found.corpus.clips):
        pieces = [p for p in found.pieces if p.clip == number]
        seen = torch.zeros(len(clip), dtype=torch.bool)
        for piece in pieces:
            assert 0 < piece.stop - piece.start <= 8
            seen[piece.start : piece.stop] = True
        assert (~seen).sum() < 4
