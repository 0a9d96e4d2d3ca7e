"""What needs no generator: the motion of a caption like it, their mean, and a meter of copies.

- **retrieval** answers with the training clip whose caption is most alike (``text_likeness``),
  stretched to the length asked for.
- **mean motion** answers with the mean over the training clips with the most alike captions.
- the **copy meter** measures how near answers lie to training clips. Clips are stretched to one
  length and normalised; the distance is the root of the mean square over features. An answer is a
  copy if it lies nearer to a training clip than all but 1 % of the real test clips do.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from unisono.alignment.text_alike import rarity, word_counts
from unisono.core.checks import check_range
from unisono.core.errors import ShapeError
from unisono.networks.text_tokens import WordTokens
from unisono.recordings.motion.batches import MotionNormaliser
from unisono.recordings.motion.corpus import MotionClip

__all__ = ["CaptionIndex", "Copies", "copy_meter", "stretched"]

Rows = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]

_STRETCHED = 24


class Copies(NamedTuple):
    """How near answers lie to training clips.

    Attributes:
        share: Of answers that are copies; about 0.01 for real test clips.
        ratio: Median distance of answers to the nearest training clip, over that of real ones.
    """

    share: float
    ratio: float


def stretched(rows: Rows, length: int) -> Rows:
    """Rows at another length, in straight lines between them; contacts become shares.

    Rates of change (turn, travel, velocities) stay as they are: the motion becomes longer, not
    slower, so that a stretched walk walks on.

    Raises:
        ShapeError: If there are fewer than two rows.
    """
    if rows.ndim != 2 or len(rows) < 2:
        raise ShapeError(f"stretching needs two rows or more; got {rows.shape}.")
    place = np.linspace(0.0, len(rows) - 1, length)
    low = np.minimum(place.astype(np.int64), len(rows) - 2)
    share = (place - low)[:, None].astype(np.float32)
    return np.asarray(rows[low] * (1 - share) + rows[low + 1] * share, dtype=np.float32)


class CaptionIndex:
    """Training clips by their captions.

    Args:
        clips: The training clips.

    Example:
        >>> rows = np.zeros((4, 2), dtype=np.float32)
        >>> texts = ("he walks", "he runs", "he sits")
        >>> clips = [MotionClip(text, rows, (text,), {}, 20.0) for text in texts]
        >>> CaptionIndex(clips).nearest(["she runs"], count=1)
        array([[1]])
    """

    def __init__(self, clips: Sequence[MotionClip]) -> None:
        self.clips = list(clips)
        texts = [text for clip in clips for text in clip.captions]
        self.owner = np.repeat(np.arange(len(clips)), [len(clip.captions) for clip in clips])
        self.tokens = WordTokens.fit(texts)
        counts = self._counts(texts)
        self.weights = rarity(counts)
        self.bags = self._unit(counts)

    def nearest(self, captions: Sequence[str], *, count: int) -> npt.NDArray[np.int64]:
        """Numbers of the clips with the most alike captions, best first, ``(n, count)``.

        Among equals the first clip comes first.

        Raises:
            UnisonoError: If ``count`` is not 1 to the number of clips.
        """
        check_range("count", count, 1, len(self.clips), closed=True)
        alike = (self._unit(self._counts(captions)) @ self.bags.T).numpy()
        best = np.full((len(captions), len(self.clips)), -np.inf)
        for row, values in zip(best, alike, strict=True):
            np.maximum.at(row, self.owner, values)
        return np.argsort(-best, axis=1, kind="stable")[:, :count].astype(np.int64)

    def retrieved(self, captions: Sequence[str], lengths: Sequence[int]) -> list[Rows]:
        """The clip with the most alike caption, stretched, for each caption."""
        found = self.nearest(captions, count=1)[:, 0]
        return [
            stretched(self.clips[int(number)].rows, length)
            for number, length in zip(found, lengths, strict=True)
        ]

    def mean_motion(
        self, captions: Sequence[str], lengths: Sequence[int], *, count: int = 8
    ) -> list[Rows]:
        """The mean of the clips with the most alike captions, stretched, for each caption."""
        found = self.nearest(captions, count=min(count, len(self.clips)))
        return [
            np.mean([stretched(self.clips[int(n)].rows, length) for n in numbers], axis=0)
            for numbers, length in zip(found, lengths, strict=True)
        ]

    def _counts(self, texts: Sequence[str]) -> torch.Tensor:
        return word_counts([self.tokens.encode(text) for text in texts], len(self.tokens))

    def _unit(self, counts: torch.Tensor) -> torch.Tensor:
        bags = counts * self.weights
        bags[:, :4] = 0.0  # tokens that are no words
        unit: torch.Tensor = bags / bags.norm(dim=1, keepdim=True).clamp(min=1e-12)
        return unit


def copy_meter(
    answers: Sequence[Rows],
    real: Sequence[Rows],
    training: Sequence[Rows],
    normaliser: MotionNormaliser,
) -> Copies:
    """How near answers lie to training clips, against real test clips.

    Args:
        answers: Generated rows.
        real: Rows of the test clips.
        training: Rows of the training clips.
        normaliser: Fitted on the training clips.

    Raises:
        ShapeError: If one of them is empty.
    """
    if not (answers and real and training):
        raise ShapeError("the copy meter needs answers, real clips and training clips.")
    known = _flat(training, normaliser)
    own, usual = (_nearest(_flat(clips, normaliser), known) for clips in (answers, real))
    limit = np.quantile(usual, 0.01)
    return Copies(float((own < limit).mean()), float(np.median(own) / np.median(usual)))


def _flat(clips: Sequence[Rows], normaliser: MotionNormaliser) -> Rows:
    short = np.stack([stretched(np.asarray(rows, np.float32), _STRETCHED) for rows in clips])
    normal = (short - normaliser.mean) / normaliser.spread
    return np.asarray(normal.reshape(len(short), -1), dtype=np.float32)


def _nearest(flat: Rows, known: Rows) -> Array:
    """Root mean square distance of each row to the nearest known one, ``(n,)``."""
    sizes = (known**2).sum(axis=1)
    squares = (flat**2).sum(axis=1)[:, None] + sizes[None] - 2 * flat @ known.T
    nearest = squares.argmin(axis=1)  # then exactly, as differences of large sums are not
    apart = np.asarray(flat - known[nearest], dtype=np.float64)
    return np.asarray(np.sqrt((apart**2).mean(axis=1)), dtype=np.float64)
