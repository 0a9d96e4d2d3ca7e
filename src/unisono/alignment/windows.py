r"""Windows of a latent sequence: the local pieces that alignment compares.

Window ``m`` of a sequence covers the frames ``m stride .. m stride + C - 1``. It is valid where
all its ``C`` frames are; frames after the last whole window belong to none.

Axes: ``B`` sequences, ``L`` frames, ``M`` windows, ``C`` frames a window, ``d`` latent width.
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor

from unisono.core.checks import check_axes, check_choice, check_range
from unisono.core.errors import ShapeError

__all__ = ["POOLINGS", "Pooling", "Windows", "cut", "vectors"]

Pooling = Literal["flatten", "mean"]
POOLINGS: tuple[Pooling, ...] = ("flatten", "mean")


class Windows(NamedTuple):
    """Windows of a batch of sequences.

    Attributes:
        values: ``(B, M, C, d)``; frames that are not valid hold 0.
        valid: ``(B, M)`` bool, True where all frames are valid.
        start: First frame of each window, ``(M,)`` int64.
    """

    values: Tensor
    valid: Tensor
    start: Tensor


def cut(z: Tensor, mask: Tensor, *, length: int, stride: int | None = None) -> Windows:
    """Cut sequences into windows.

    Args:
        z: ``(B, L, d)``. What stands in frames that are not valid is never read, NaN included.
        mask: ``(B, L)`` bool, True where a frame is valid.
        length: ``C``, frames a window.
        stride: Frames between the starts of neighbouring windows; None for ``C`` (no overlap).

    Raises:
        ShapeError: If the axes disagree, or a sequence is shorter than one window.
        UnisonoError: If ``length`` or ``stride`` is below 1.

    Example:
        >>> windows = cut(torch.zeros(2, 50, 3), torch.ones(2, 50, dtype=torch.bool), length=20)
        >>> windows.values.shape, windows.start.tolist()
        (torch.Size([2, 2, 20, 3]), [0, 20])
    """
    frames = check_axes(z=(z, "batch frame latent"), mask=(mask, "batch frame"))["frame"]
    stride = length if stride is None else stride
    check_range("length", length, 1, 1_000_000, closed=True)
    check_range("stride", stride, 1, 1_000_000, closed=True)
    if frames < length:
        raise ShapeError(
            f"z has {frames} frames, fewer than a window of length={length}; "
            "take shorter windows or longer sequences."
        )
    kept = torch.where(mask[..., None], z, torch.zeros((), dtype=z.dtype, device=z.device))
    values = kept.unfold(1, length, stride).transpose(2, 3)
    valid = mask.unfold(1, length, stride).all(dim=-1)
    return Windows(values, valid, torch.arange(valid.shape[1], device=z.device) * stride)


def vectors(values: Tensor, pooling: Pooling = "flatten") -> Tensor:
    """Return one vector a window: flattened (keeps the order of frames) or the mean over frames.

    Args:
        values: Windows, ``(..., C, d)``.
        pooling: ``"flatten"`` for ``(..., C d)``, ``"mean"`` for ``(..., d)``.
    """
    check_choice("pooling", pooling, POOLINGS)
    return values.mean(dim=-2) if pooling == "mean" else values.flatten(start_dim=-2)
