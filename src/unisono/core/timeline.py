r"""A long sequence as overlapping windows, and back without seams.

A window function :math:`w_l = \sin^2(\pi (l + 1/2) / L)` weights the frames of each window; joined
frames are

.. math:: x_\tau = \frac{\sum_j w_{\tau - s_j}\, y_{j, \tau - s_j}}{\sum_j w_{\tau - s_j}}

over the windows ``j`` that start at :math:`s_j` and cover frame ``tau``. The weights vanish at a
window's ends, so a window fades in and out and no seam is left; where one window alone covers a
frame, its value is taken as it is.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import ShapeError

__all__ = ["Timeline"]


@dataclass(frozen=True)
class Timeline:
    """Where windows of ``length`` frames lie on a sequence of ``frames`` frames.

    Args:
        frames: Frames ``T`` of the whole, at least ``length``.
        length: Frames ``L`` of a window.
        starts: First frame of each window; together they cover the whole.

    Raises:
        ShapeError: If a frame lies in no window, or a window reaches past the end.

    Example:
        >>> line = Timeline.cover(frames=10, length=4, stride=3)
        >>> line.starts
        (0, 3, 6)
        >>> x = torch.arange(10.0)[None, :, None]
        >>> bool(torch.allclose(line.join(line.split(x)), x))
        True
    """

    frames: int
    length: int
    starts: tuple[int, ...]

    def __post_init__(self) -> None:
        covered = torch.zeros(self.frames, dtype=torch.bool)
        for start in self.starts:
            if start < 0 or start + self.length > self.frames:
                raise ShapeError(
                    f"a window of {self.length} frames at {start} reaches out of {self.frames}."
                )
            covered[start : start + self.length] = True
        if not bool(covered.all()):
            gap = int((~covered).nonzero()[0])
            raise ShapeError(f"frame {gap} lies in no window; use a stride of at most the length.")

    @classmethod
    def cover(cls, *, frames: int, length: int, stride: int) -> "Timeline":
        """Cover ``frames`` with windows ``stride`` apart; the last one is moved to fit the end."""
        check_range("stride", stride, 1, length, closed=True)
        check_range("frames", frames, length, float("inf"), closed=True)
        last = frames - length
        starts = list(range(0, last + 1, stride))
        if starts[-1] != last:
            starts.append(last)
        return cls(frames, length, tuple(starts))

    @property
    def windows(self) -> int:
        """Number of windows ``W``."""
        return len(self.starts)

    def split(self, x: Tensor) -> Tensor:
        """Cut ``(S, T, ...)`` into ``(S W, L, ...)``, the windows of one sample in a row."""
        sizes = check_axes(x=(x, "sample frame ..."))
        if sizes["frame"] != self.frames:
            raise ShapeError(f"x has {sizes['frame']} frames, but the timeline {self.frames}.")
        cut = torch.stack([x[:, s : s + self.length] for s in self.starts], dim=1)
        return cut.flatten(0, 1)

    def join(self, windows: Tensor) -> Tensor:
        """Blend ``(S W, L, ...)`` into ``(S, T, ...)``."""
        sizes = check_axes(windows=(windows, "row frame ..."))
        if sizes["frame"] != self.length or sizes["row"] % self.windows:
            raise ShapeError(
                f"windows have shape {tuple(windows.shape)}; expected a multiple of "
                f"{self.windows} rows of {self.length} frames."
            )
        samples = sizes["row"] // self.windows
        parts = windows.view(samples, self.windows, *windows.shape[1:])
        place = torch.arange(self.length, device=windows.device, dtype=windows.dtype)
        weight = torch.sin(torch.pi * (place + 0.5) / self.length).square()
        shape = (1, self.length) + (1,) * (windows.ndim - 2)
        total = windows.new_zeros(samples, self.frames, *windows.shape[2:])
        norm = windows.new_zeros((1, self.frames) + (1,) * (windows.ndim - 2))
        for j, start in enumerate(self.starts):
            here = slice(start, start + self.length)
            total[:, here] += parts[:, j] * weight.view(shape)
            norm[:, here] += weight.view(shape)
        return total / norm
