r"""The instrument that measures text against motion: two towers that meet in one space.

After Guo et al., "Generating diverse and natural 3D human motions from text" (CVPR 2022), small: a
motion's rows without contacts go through two convolutions of stride 2 and a GRU in both directions,
a caption's words through a table and such a GRU; both end in a linear map onto the unit sphere, so
that distances lie in [0, 2]. It is fitted on the corpus that it judges by (``text_motion_fit``),
and shares nothing with any encoder that a generator trains on.

Axes: ``B`` clips, ``L`` rows, ``F`` features, ``T`` words, ``d`` width.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence

from unisono.core.errors import ModelError, ShapeError
from unisono.networks.text_tokens import WordTokens, padded_ids
from unisono.recordings.motion.batches import MotionNormaliser
from unisono.recordings.motion.features import Layout

__all__ = ["MotionEvaluator", "side_by_side"]

Rows = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]

_LEAST_ROWS = 4


class MotionEvaluator(nn.Module):
    """Towers for captions and for motion.

    Args:
        layout: What a row holds.
        tokens: The vocabulary of the training captions.
        normaliser: Fitted on the training clips.
        width: Width ``d`` of the space.
        hidden: Width of the networks.
    """

    mean: Tensor
    spread: Tensor

    def __init__(
        self,
        layout: Layout,
        tokens: WordTokens,
        normaliser: MotionNormaliser,
        *,
        width: int = 64,
        hidden: int = 96,
    ) -> None:
        super().__init__()
        self.layout, self.tokens, self.width, self.hidden = layout, tokens, width, hidden
        self.register_buffer("mean", torch.as_tensor(normaliser.mean, dtype=torch.float32))
        self.register_buffer("spread", torch.as_tensor(normaliser.spread, dtype=torch.float32))
        seen = layout.size - layout.sizes["contacts"]
        self.first = nn.Conv1d(seen, hidden, 4, stride=2, padding=1)
        self.second = nn.Conv1d(hidden, hidden, 4, stride=2, padding=1)
        self.motion_reader = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.motion_out = nn.Linear(2 * hidden, width)
        self.table = nn.Embedding(len(tokens), hidden)
        self.text_reader = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.text_out = nn.Linear(2 * hidden, width)

    def to_config(self) -> dict[str, Any]:
        """Layout, vocabulary and sizes, for JSON and TOML; the rest is in the state."""
        return {
            "layout": asdict(self.layout),
            "tokens": self.tokens.to_dict(),
            "width": self.width,
            "hidden": self.hidden,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "MotionEvaluator":
        """An evaluator of the same make, to be given its state.

        Raises:
            ModelError: If something is missing or not known.
        """
        try:
            layout = Layout(**config["layout"])
            empty = MotionNormaliser(np.zeros(layout.size), np.ones(layout.size))
            tokens = WordTokens.from_dict(config["tokens"])
            sizes = {name: int(config[name]) for name in ("width", "hidden")}
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"the evaluator is not readable ({error}); fit it anew.") from error
        return cls(layout, tokens, empty, **sizes)

    def read_motions(self, rows: Tensor, mask: Tensor) -> Tensor:
        """Codes ``(B, d)`` of raw rows ``(B, L, F)`` with mask ``(B, L)``, four rows or more each.

        What lies behind a clip's end changes nothing.
        """
        seen = self.layout.size - self.layout.sizes["contacts"]
        kept = mask[..., None].to(rows.dtype)
        x = ((rows - self.mean) / self.spread * kept)[..., :seen].transpose(1, 2)
        lengths = mask.sum(dim=1)
        for conv in (self.first, self.second):
            x = F.leaky_relu(conv(x), 0.2)
            lengths = lengths // 2
            inside = torch.arange(x.shape[2], device=x.device)[None, :] < lengths[:, None]
            x = x * inside[:, None].to(x.dtype)
        return self._last(self.motion_reader, self.motion_out, x.transpose(1, 2), lengths)

    def read_texts(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Codes ``(B, d)`` of words ``(B, T)`` with mask ``(B, T)``."""
        return self._last(self.text_reader, self.text_out, self.table(ids), mask.sum(dim=1))

    def embed_texts(self, texts: Sequence[str]) -> Array:
        """Codes of captions, ``(n, d)``, without gradients.

        Raises:
            ShapeError: If there is none.
        """
        if not texts:
            raise ShapeError("there is no caption to embed.")
        codes = []
        with torch.no_grad():
            for first in range(0, len(texts), 256):
                words = [self.tokens.encode(text) for text in texts[first : first + 256]]
                codes.append(self.read_texts(*padded_ids(words)))
        return torch.cat(codes).numpy().astype(np.float64)

    def embed_motions(self, clips: Sequence[Rows]) -> Array:
        """Codes of clips of any lengths, ``(n, d)``, without gradients.

        Raises:
            ShapeError: If there is none, or one has fewer than four rows or other features.
        """
        codes = []
        with torch.no_grad():
            for first in range(0, max(1, len(clips)), 128):
                rows, mask = side_by_side(clips[first : first + 128], self.layout)
                codes.append(self.read_motions(rows, mask))
        return torch.cat(codes).numpy().astype(np.float64)

    @staticmethod
    def _last(reader: nn.GRU, out: nn.Linear, x: Tensor, lengths: Tensor) -> Tensor:
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        _, state = reader(packed)
        codes: Tensor = out(state.transpose(0, 1).flatten(1))
        return F.normalize(codes, dim=-1)


def side_by_side(clips: Sequence[Rows], layout: Layout) -> tuple[Tensor, Tensor]:
    """Clips padded to the longest: rows ``(n, L, F)`` and mask ``(n, L)``.

    Raises:
        ShapeError: If there is no clip, or one has fewer than four rows or other features.
    """
    for clip in clips:
        if clip.ndim != 2 or len(clip) < _LEAST_ROWS or clip.shape[1] != layout.size:
            raise ShapeError(
                f"a clip should be ({_LEAST_ROWS} rows or more, {layout.size}); got {clip.shape}."
            )
    if not clips:
        raise ShapeError("there is no clip to measure.")
    rows = torch.zeros(len(clips), max(map(len, clips)), layout.size)
    mask = torch.zeros(rows.shape[:2], dtype=torch.bool)
    for number, clip in enumerate(clips):
        rows[number, : len(clip)] = torch.as_tensor(clip, dtype=torch.float32)
        mask[number, : len(clip)] = True
    return rows, mask
