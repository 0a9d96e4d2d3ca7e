r"""Strided convolutions in one, two or three axes, down to a small grid and back to any size.

A level halves every axis, rounding up (kernel 4, stride 2), and adds a residual block

.. math:: x + \mathrm{conv}(\mathrm{silu}(\mathrm{conv}(\mathrm{silu}(\mathrm{norm}(x)))))

with the norm over the channels of each place, so that no place sees another one through it and a
mask stays a mask. The way back doubles (transposed convolution) and crops, so that odd sizes
return exactly.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unisono.core.errors import ShapeError

__all__ = ["Decoder", "Encoder", "flat", "folded", "halved", "levels_for", "pool_mask"]

_CONV: tuple[type[nn.Module], ...] = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_BACK: tuple[type[nn.Module], ...] = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_MOST = 4  # widths grow to this many times the first


def halved(sizes: Sequence[int], levels: int) -> tuple[int, ...]:
    """Sizes after so many levels.

    Example:
        >>> halved((7, 28), 2)
        (2, 7)
    """
    return tuple(-(-size // 2**levels) for size in sizes)


def levels_for(sizes: Sequence[int], tokens: int) -> int:
    """How many levels bring a grid nearest to a number of tokens, by ratio.

    Example:
        >>> levels_for((128, 128), 64), levels_for((32, 32, 32), 64), levels_for((7, 7), 64)
        (4, 3, 0)
    """
    most = math.ceil(math.log2(max(sizes))) if max(sizes) > 1 else 0
    return min(
        range(most + 1),
        key=lambda k: abs(math.log(math.prod(halved(sizes, k)) / tokens)),
    )


def pool_mask(mask: Tensor, sizes: Sequence[int]) -> Tensor:
    """Mask ``(B, *sizes)`` on a smaller grid: real where any value below it is; ``(B, cells)``."""
    pool = (F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d)[len(sizes) - 1]
    small: Tensor = pool(mask[:, None].float(), tuple(sizes))
    return small.flatten(1) > 0


class _ChannelNorm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.norm(x.movedim(1, -1)).movedim(-1, 1)
        return out


class _Block(nn.Module):
    def __init__(self, axes: int, width: int) -> None:
        super().__init__()
        conv = _CONV[axes - 1]
        self.norm = _ChannelNorm(width)
        self.first = conv(width, width, 3, padding=1)
        self.second = conv(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        inner: Tensor = self.second(F.silu(self.first(F.silu(self.norm(x)))))
        return x + inner


def _widths(hidden: int, levels: int) -> list[int]:
    return [hidden * min(2**k, _MOST) for k in range(levels + 1)]


class Encoder(nn.Module):
    """``(B, C, *sizes)`` to ``(B, width, *halved(sizes, levels))``.

    Args:
        sizes: Sizes of the axes.
        channels: ``C``.
        hidden: Channels of the finest level.
        levels: How often the axes are halved.
    """

    def __init__(self, sizes: Sequence[int], channels: int, hidden: int, levels: int) -> None:
        super().__init__()
        axes, widths = len(sizes), _widths(hidden, levels)
        if axes not in (1, 2, 3):
            raise ShapeError(f"convolutions have 1 to 3 axes; got {axes}.")
        conv = _CONV[axes - 1]
        first = 1 if levels else 0  # the finest level is left at once: it costs most
        self.stem = conv(channels, widths[first], 4 if levels else 3, stride=1 + first, padding=1)
        self.levels = nn.ModuleList(_Block(axes, w) for w in widths[first:])
        self.down = nn.ModuleList(
            conv(a, b, 4, stride=2, padding=1)
            for a, b in zip(widths[first:], widths[first + 1 :], strict=False)
        )
        self.width, self.axes = widths[-1], axes
        self.halves = levels > 0

    def forward(self, x: Tensor) -> Tensor:
        """Encode."""
        x = self.stem(_even(x, self.axes) if self.halves else x)
        for number, block in enumerate(self.levels):
            x = block(x)
            if number < len(self.down):
                x = self.down[number](_even(x, self.axes))
        return x


def _even(x: Tensor, axes: int) -> Tensor:
    """Pad odd axes by one zero at their end, so that halving rounds up."""
    if all(size % 2 == 0 for size in x.shape[-axes:]):
        return x
    return F.pad(x, [side for size in reversed(x.shape[-axes:]) for side in (0, size % 2)])


class Decoder(nn.Module):
    """``(B, width, *halved(sizes, levels))`` to ``(B, C, *sizes)``; mirrors :class:`Encoder`."""

    def __init__(self, sizes: Sequence[int], channels: int, hidden: int, levels: int) -> None:
        super().__init__()
        axes, widths = len(sizes), _widths(hidden, levels)[::-1]
        conv, back = _CONV[axes - 1], _BACK[axes - 1]
        kept = widths[:-1] if levels else widths
        self.levels = nn.ModuleList(_Block(axes, w) for w in kept)
        self.up = nn.ModuleList(
            back(a, b, 4, stride=2, padding=1) for a, b in zip(kept, kept[1:], strict=False)
        )
        last = kept[-1]
        self.norm = _ChannelNorm(last)
        self.head: nn.Module = (
            back(last, channels, 4, stride=2, padding=1)
            if levels
            else conv(last, channels, 3, padding=1)
        )
        self.sizes = [halved(sizes, k) for k in range(levels)][::-1]
        self.width = widths[0]

    def forward(self, x: Tensor) -> Tensor:
        """Decode."""
        for number, block in enumerate(self.levels):
            x = block(x)
            if number < len(self.up):
                x = _crop(self.up[number](x), self.sizes[number])
        out: Tensor = self.head(F.silu(self.norm(x)))
        return _crop(out, self.sizes[-1]) if self.sizes else out


def _crop(x: Tensor, sizes: Sequence[int]) -> Tensor:
    for axis, size in enumerate(sizes, start=2):
        x = x.narrow(axis, 0, size)
    return x


def flat(x: Tensor) -> Tensor:
    """``(B, c, *cells)`` to ``(B, cells, c)``."""
    return x.flatten(2).transpose(1, 2)


def folded(x: Tensor, sizes: Sequence[int]) -> Tensor:
    """``(B, cells, c)`` to ``(B, c, *sizes)``."""
    return torch.unflatten(x.transpose(1, 2), 2, tuple(sizes))
