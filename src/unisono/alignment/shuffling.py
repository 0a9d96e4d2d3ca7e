"""Controls: pairs broken on purpose, to see what an alignment really uses.

- ``none``: the true pairs.
- ``batch``: windows meet the same window of ANOTHER sequence. What still helps is not the
  content of the other signal, only the position in the sequence.
- ``full``: windows meet any other window. Nothing should help.

No claim that alignment helps stands without both.
"""

from typing import Literal

import torch
from torch import Generator, Tensor

from unisono.core.checks import check_axes, check_choice

__all__ = ["SHUFFLES", "Shuffle", "cycle", "partners"]

Shuffle = Literal["none", "batch", "full"]
SHUFFLES: tuple[Shuffle, ...] = ("none", "batch", "full")


def cycle(size: int, *, generator: Generator) -> Tensor:
    """Draw a permutation without fixed points (one random cycle), ``(size,)`` int64.

    With ``size`` 1 there is none: the identity comes back.
    """
    order = torch.randperm(size, generator=generator, device=generator.device)
    permutation = torch.empty_like(order)
    permutation[order] = order.roll(-1)
    return permutation


def partners(valid: Tensor, shuffle: Shuffle, *, generator: Generator) -> Tensor:
    """Return which window of the other signal each window is paired with, ``(B M,)`` int64.

    Args:
        valid: Windows valid in both signals, ``(B, M)`` bool. A full shuffle moves only those.
        shuffle: One of :data:`SHUFFLES`. A batch of one sequence cannot be shuffled by ``batch``.
        generator: Where the draw comes from, on the device of ``valid``; unused by ``none``.
    """
    check_axes(valid=(valid, "batch window"))
    check_choice("shuffle", shuffle, SHUFFLES)
    place = torch.arange(valid.numel(), device=valid.device)
    if shuffle == "batch":
        return place.view(valid.shape)[cycle(len(valid), generator=generator)].flatten()
    if shuffle == "full":
        movable = valid.flatten().nonzero().squeeze(1)
        place[movable] = movable[cycle(len(movable), generator=generator)]
    return place
