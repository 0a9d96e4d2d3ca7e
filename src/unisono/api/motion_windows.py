"""Clips of a corpus as windows with the tokens of all their captions: what the loop asks for."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from unisono.core.contracts import Batch
from unisono.networks.pretrained_text import PretrainedText
from unisono.networks.text_encoder import TextEncoder
from unisono.recordings.motion.corpus import MotionCorpus

__all__ = ["MotionWindows", "Piece"]

_LEAST = 4
"""A remainder of fewer frames is not worth a window."""


class Piece(NamedTuple):
    """A stretch of a clip: number of the clip, first frame, and the one after the last."""

    clip: int
    start: int
    stop: int


class MotionWindows:
    """Windows of a corpus, each a clip or a piece of one.

    Args:
        corpus: The corpus.
        encoder: What turns captions into tokens.
        frames: Most frames of a window; longer clips are cut, with an overlap of half.
    """

    def __init__(
        self, corpus: MotionCorpus, encoder: TextEncoder | PretrainedText, frames: int
    ) -> None:
        self.corpus, self.frames = corpus, frames
        self.pieces: list[Piece] = []
        for number, clip in enumerate(corpus.clips):
            starts = range(0, max(len(clip) - frames, 0) + 1, max(frames // 2, 1))
            for start in starts:
                self.pieces.append(Piece(number, start, min(start + frames, len(clip))))
            if starts[-1] + frames + _LEAST <= len(clip):
                self.pieces.append(Piece(number, len(clip) - frames, len(clip)))
        texts = sorted({text for clip in corpus.clips for text in clip.captions})
        tokens = encoder.tokenise(texts)
        self._ids, self._there = tokens.ids.cpu(), tokens.mask.cpu()
        self._number = {text: number for number, text in enumerate(texts)}
        self._captions = max(len(clip.captions) for clip in corpus.clips)

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.pieces)

    def of_clips(self, names: Sequence[str]) -> npt.NDArray[np.int64]:
        """Rows of the windows of these clips."""
        wanted = set(self.corpus.indices(names).tolist())
        rows = [row for row, piece in enumerate(self.pieces) if piece.clip in wanted]
        return np.array(rows, dtype=np.int64)

    def batch(self, rows: npt.NDArray[np.int64]) -> Batch:
        """Streams ``motion`` ``(B, frames, F)`` and ``text`` ``(B, C, T)`` of these rows."""
        pieces = [self.pieces[int(row)] for row in rows]
        motion = torch.zeros(len(rows), self.frames, self.corpus.layout.size)
        there = torch.zeros(len(rows), self.frames, 1, dtype=torch.bool)
        shape = (len(rows), self._captions, self._ids.shape[1])
        ids = torch.zeros(shape, dtype=torch.long)
        words = torch.zeros(shape, dtype=torch.bool)
        for place, (number, start, stop) in enumerate(pieces):
            clip = self.corpus.clips[number]
            motion[place, : stop - start] = torch.from_numpy(clip.rows[start:stop])
            there[place, : stop - start] = True
            found = [self._number[text] for text in clip.captions]
            ids[place, : len(found)], words[place, : len(found)] = self._text(found)
        index = torch.as_tensor(rows, dtype=torch.long)
        clips = torch.tensor([piece.clip for piece in pieces])
        return Batch(
            {"motion": motion, "text": ids},
            {"motion": there, "text": words},
            index,
            clips,
            torch.full((len(rows),), -1),
        )

    def _text(self, numbers: list[int]) -> tuple[Tensor, Tensor]:
        return self._ids[numbers], self._there[numbers]
