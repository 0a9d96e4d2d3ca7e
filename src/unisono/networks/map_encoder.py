r"""The encoder of a map: a few frames around one to a point of few dimensions.

.. math:: c_t = P x_t + g(x_t), \qquad x_t = (z_{t-r}, \dots, z_{t+r}), \qquad
          g: \text{layers of } \mathrm{GELU}(W h + b)

The straight part ``P`` is 0 at first; :meth:`MapEncoder.begin_at` sets it to principal axes. From
random weights a map of few dimensions may begin folded, places far apart on one another, and it
does not unfold.

With ``context`` 1 a point depends on its own frame alone, which is what an honest test with removed
frames needs. Which frames stand in the context is decided by :func:`context_rows`: a frame beyond
the border of a sequence is replaced by the sequence's last one on that side, never by another
sequence's.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor, nn

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import UnisonoError

__all__ = ["MapEncoder", "context_rows"]

_SHARE = 0.1  # of the layers, beside the principal axes that a map begins at
_NOTHING = 1e-6  # spread, in that of the first axis, below which an axis is noise of rounding


def context_rows(sequence: Tensor, context: int) -> Tensor:
    """Rows of the context of each row, ``(n, context)`` int64.

    Args:
        sequence: Number of each row's sequence, rows in order of time, ``(n,)`` int64.
        context: Odd number of frames, the row's own in the middle.

    Raises:
        UnisonoError: If the context is even, or longer than a sequence.

    Example:
        >>> context_rows(torch.tensor([0, 0, 0, 1, 1, 1]), 3).tolist()
        [[0, 0, 1], [0, 1, 2], [1, 2, 2], [3, 3, 4], [3, 4, 5], [4, 5, 5]]
    """
    check_axes(sequence=(sequence, "row"))
    check_range("context", context, 1, 100_000, closed=True)
    if context % 2 == 0:
        raise UnisonoError(f"context must be odd, with the frame in its middle; got {context}.")
    change = torch.ones_like(sequence, dtype=torch.bool)
    change[1:] = sequence[1:] != sequence[:-1]
    starts = change.nonzero().squeeze(1)
    stops = torch.cat([starts[1:], starts.new_tensor([len(sequence)])])
    if int((stops - starts).min()) < context:
        raise UnisonoError(
            f"a sequence of {int((stops - starts).min())} frames is shorter than the context of "
            f"{context}; take a shorter context, or leave the sequence out."
        )
    number = change.cumsum(0) - 1
    reach = torch.arange(context, device=sequence.device) - context // 2
    wanted = torch.arange(len(sequence), device=sequence.device)[:, None] + reach
    low, high = starts[number][:, None], stops[number][:, None] - 1
    return torch.minimum(torch.maximum(wanted, low), high)


class MapEncoder(nn.Module):
    """Frames to points.

    Args:
        width: Width of a frame's code.
        dims: Dimensions of the map.
        context: Frames that a point depends on.
        hidden: Width of each hidden layer.
        sphere: Whether points lie on the unit sphere.
        generator: Where first weights come from.
    """

    def __init__(
        self,
        width: int,
        dims: int,
        *,
        context: int = 1,
        hidden: Sequence[int] = (64, 64),
        sphere: bool = False,
        generator: Generator,
    ) -> None:
        super().__init__()
        check_range("dims", dims, 2, 64, closed=True)
        self.context, self.sphere = context, sphere
        sizes = [width * context, *hidden, dims]
        layers: list[nn.Module] = []
        for before, after in zip(sizes[:-1], sizes[1:], strict=True):
            linear = nn.Linear(before, after)
            with torch.no_grad():
                linear.weight.normal_(0, before**-0.5, generator=generator)
                linear.bias.zero_()
            layers += [linear, nn.GELU()]
        self.layers = nn.Sequential(*layers[:-1])
        self.straight = nn.Linear(width * context, dims, bias=False)
        nn.init.zeros_(self.straight.weight)

    def forward(self, windows: Tensor) -> Tensor:
        """Map windows of codes ``(n, context, width)`` to points ``(n, dims)``."""
        flat = windows.flatten(1)
        points: Tensor = self.layers(flat) + self.straight(flat)
        return nn.functional.normalize(points, dim=1) if self.sphere else points

    def _load_from_state_dict(  # torch's own hook
        self,
        state_dict: dict[str, Tensor],
        prefix: str,
        *rest: Any,  # noqa: ANN401 - what torch passes on
    ) -> None:
        # maps sealed before there was a straight part have none
        state_dict.setdefault(f"{prefix}straight.weight", torch.zeros_like(self.straight.weight))
        super()._load_from_state_dict(state_dict, prefix, *rest)

    @torch.no_grad()
    def begin_at(self, windows: Tensor) -> None:
        """Begin at the principal axes of windows ``(n, context, width)``, each to spread 1.

        The layers' share begins at a tenth. Axes along which nothing varies are left out.
        """
        flat = windows.flatten(1)
        # of a single number, torch's covariance has no axes
        covariance = torch.cov(flat.T.double()).view(flat.shape[1], flat.shape[1])
        spread, axes = torch.linalg.eigh(covariance)
        dims = min(self.straight.out_features, len(spread))
        std = spread[-dims:].flip(0).clamp(min=0).sqrt()
        there = std > _NOTHING * std[0].clamp(min=_NOTHING)
        rows = axes[:, -dims:].flip(1).T[there] / std[there, None]
        self.straight.weight[: len(rows)] = rows.to(self.straight.weight)
        last = self.layers[-1]
        assert isinstance(last, nn.Linear)
        last.weight.mul_(_SHARE)
