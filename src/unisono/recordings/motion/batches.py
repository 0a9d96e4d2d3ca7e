r"""Batches of motion for networks, and what features are normalised with.

A row's parts differ in unit, so that each feature loses its mean and each PART is divided by one
number, the mean of its features' standard deviations over the training clips (Guo et al., CVPR
2022): within a part, what moves little stays small. Contacts are 0 or 1 and stay so.

.. math:: \tilde x_f = (x_f - m_f) / s_{p(f)}, \qquad s_p = \frac1{|p|} \sum_{f \in p} \sigma_f
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import ShapeError
from unisono.recordings.motion.corpus import MotionClip, MotionCorpus
from unisono.recordings.motion.features import Layout

__all__ = ["MotionBatch", "MotionNormaliser", "padded_batch"]

Array = npt.NDArray[np.float64]

_LEAST_SPREAD = 1e-4


@dataclass(frozen=True)
class MotionBatch:
    """Clips side by side.

    Args:
        rows: ``(B, L, F)`` float32, 0 where the mask is False.
        mask: ``(B, L)`` bool, True where a row is real.
        captions: One of each clip's captions, ``B``.
        index: Number of each clip in the corpus, ``(B,)`` int64.
    """

    rows: Tensor
    mask: Tensor
    captions: list[str]
    index: Tensor


@dataclass(frozen=True)
class MotionNormaliser:
    """Means and spreads of features.

    Args:
        mean: ``(F,)``.
        spread: ``(F,)``, one value a part, above 0.
    """

    mean: Array
    spread: Array

    @classmethod
    def fit(cls, clips: Sequence[MotionClip], layout: Layout) -> "MotionNormaliser":
        """Fit on clips, which should be those of the training part and no others.

        A part without any spread is divided by 1.

        Raises:
            ShapeError: If there is no clip, or one is of another layout.
        """
        if not clips or any(clip.rows.shape[1] != layout.size for clip in clips):
            raise ShapeError(f"a normaliser needs clips of {layout.size} features.")
        rows = np.concatenate([clip.rows for clip in clips]).astype(np.float64)
        mean, spread = rows.mean(axis=0), rows.std(axis=0)
        for name in layout.sizes:
            part = layout.part(name)
            if name == "contacts":
                mean[part], spread[part] = 0.0, 1.0
            elif layout.sizes[name]:
                size = float(spread[part].mean())
                spread[part] = size if size > _LEAST_SPREAD else 1.0
        return cls(mean, spread)

    def apply(self, rows: Tensor, mask: Tensor | None = None) -> Tensor:
        """Normalise ``(..., L, F)``; rows that the mask ``(..., L)`` denies are 0 again."""
        out = (rows - self._like(self.mean, rows)) / self._like(self.spread, rows)
        return out if mask is None else out * mask[..., None].to(out.dtype)

    def undo(self, rows: Tensor) -> Tensor:
        """Back to the units of the features."""
        return rows * self._like(self.spread, rows) + self._like(self.mean, rows)

    def _like(self, values: Array, rows: Tensor) -> Tensor:
        if rows.shape[-1] != len(values):
            raise ShapeError(f"rows have {rows.shape[-1]} features, the normaliser {len(values)}.")
        return torch.as_tensor(values, dtype=rows.dtype, device=rows.device)


def padded_batch(
    corpus: MotionCorpus,
    indices: npt.ArrayLike,
    *,
    frames: int,
    generator: np.random.Generator,
) -> MotionBatch:
    """Clips side by side, cut or padded to one length, with a caption drawn for each.

    Args:
        corpus: The corpus.
        indices: Numbers of the clips, ``(B,)``.
        frames: Most rows of a clip; a longer one is cut at a drawn place. The batch is as long as
            its longest clip, and no longer than this.
        generator: Draws cuts and captions; the draws do not depend on the clips' lengths.

    Raises:
        ShapeError: If there is no index.
        UnisonoError: If ``frames`` is below 2.
    """
    numbers = np.asarray(indices, dtype=np.int64)
    check_axes(indices=(numbers, "batch"))
    check_range("frames", frames, 2, 1_000_000, closed=True)
    if not len(numbers):
        raise ShapeError("a batch needs one clip or more.")
    draws = generator.random((len(numbers), 2))
    clips = [corpus.clips[int(number)] for number in numbers]
    length = min(frames, max(len(clip) for clip in clips))
    rows = np.zeros((len(clips), length, corpus.layout.size), dtype=np.float32)
    mask = np.zeros((len(clips), length), dtype=bool)
    captions = []
    for place, (clip, draw) in enumerate(zip(clips, draws, strict=True)):
        count = min(len(clip), length)
        first = int(draw[0] * (len(clip) - count + 1))
        rows[place, :count] = clip.rows[first : first + count]
        mask[place, :count] = True
        captions.append(clip.captions[int(draw[1] * len(clip.captions))])
    return MotionBatch(
        torch.from_numpy(rows), torch.from_numpy(mask), captions, torch.from_numpy(numbers)
    )
