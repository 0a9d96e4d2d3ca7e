r"""What a loss needs so that several processes train the same run as one.

Symbols: ``R`` ranks, each with ``B`` windows of a global batch of ``R B``, cut in rank order. The
training loop gives rank ``r`` the loss :math:`L_r` of its windows and minimises

.. math:: L = \frac1R \sum_r L_r .

A loss that is a plain mean over windows needs nothing from here. Three things differ from a
single process, and each has one remedy; with one process each of them is the identity:

- **Noise.** Draw it with :func:`draw_global`, so that a window meets the same noise on any ``R``.
- **Means over valid samples.** The mean of two masked means is not the masked mean: use
  :func:`masked_mean`.
- **Terms that compare windows** (in-batch negatives, batch covariance). Pass the latents through
  :func:`gather_batch` first and compute the term on the whole batch on every rank. The backward
  pass of the gather sums over the ranks, so the average over ranks is the exact gradient.

Collectives wait for every rank: call them in ``loss``, never in ``generate``. Under :func:`solo`
(which the loop uses for previews) they are the identity again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, cast

import torch
import torch.distributed as dist
from torch import Tensor

from unisono.core.checks import check_axes
from unisono.core.errors import ShapeError

__all__ = [
    "World",
    "draw_global",
    "gather_batch",
    "masked_mean",
    "rank_slice",
    "solo",
    "world",
]

_SOLO: ContextVar[bool] = ContextVar("solo", default=False)


class World(NamedTuple):
    """This process among those that train one run.

    Attributes:
        rank: From 0.
        size: Number of ranks, ``R``.
    """

    rank: int
    size: int


def world() -> World:
    """Return this process's rank and the number of ranks; ``(0, 1)`` without a process group.

    Example:
        >>> world()
        World(rank=0, size=1)
    """
    if _SOLO.get() or not (dist.is_available() and dist.is_initialized()):
        return World(0, 1)
    return World(dist.get_rank(), dist.get_world_size())


@contextmanager
def solo() -> Iterator[None]:
    """Act as a single process within the block, e.g. while one rank alone draws a preview."""
    token = _SOLO.set(True)
    try:
        yield
    finally:
        _SOLO.reset(token)


def rank_slice(total: int) -> slice:
    """This rank's part of ``total`` windows, in rank order.

    Raises:
        ShapeError: If the ranks cannot have equal parts.

    Example:
        >>> rank_slice(8)
        slice(0, 8, None)
    """
    rank, size = world()
    if total % size:
        raise ShapeError(
            f"a global batch of {total} windows does not part into {size} equal ranks; "
            f"choose a batch size that is a multiple of {size}."
        )
    part = total // size
    return slice(rank * part, (rank + 1) * part)


def draw_global(draw: Callable[[int], Tensor], size: int) -> Tensor:
    """Draw for the global batch and keep this rank's part.

    Args:
        draw: Given a number of windows, draws that many along the first axis. The generator it
            holds must have the same seed on every rank (the loop's has).
        size: Windows on this rank, ``B``.

    Returns:
        ``(B, ...)``.

    Example:
        >>> g = torch.Generator().manual_seed(0)
        >>> draw_global(lambda n: torch.randn(n, 2, generator=g), 3).shape
        torch.Size([3, 2])
    """
    everything = draw(size * world().size)
    return everything[rank_slice(len(everything))]


class _Gather(torch.autograd.Function):
    """All-gather along the first axis; the backward pass sums the ranks' gradients."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:  # noqa: ANN401 - torch's own context type
        ctx.rows = len(tensor)
        parts = [torch.empty_like(tensor) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, tensor)
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:  # noqa: ANN401
        total = gradients[0].contiguous().clone()
        dist.all_reduce(total)
        start = dist.get_rank() * ctx.rows
        return total[start : start + ctx.rows]


def gather_batch(tensor: Tensor) -> Tensor:
    """Join the ranks' windows along the first axis, with gradient.

    Args:
        tensor: ``(B, ...)``, the same shape on every rank. Bool and integers pass too.

    Returns:
        ``(R B, ...)`` in rank order; ``tensor`` itself with one process.
    """
    if world().size == 1:
        return tensor
    if tensor.dtype == torch.bool:  # not every backend carries bool
        return gather_batch(tensor.to(torch.uint8)).bool()
    joined = _Gather.apply(tensor.contiguous())  # type: ignore[no-untyped-call]
    return cast(Tensor, joined)


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    r"""Mean over the valid samples of the GLOBAL batch, ``sum(mask * values) / sum(mask)``.

    Args:
        values: ``(B, ...)``.
        mask: Same shape, True (or 1) where the sample counts.

    Returns:
        A scalar; 0 with zero gradient where nothing is valid.

    Raises:
        ShapeError: If the shapes differ.

    Example:
        >>> mask = torch.tensor([[True, False], [True, True]])
        >>> masked_mean(torch.tensor([[1.0, 9.0], [2.0, 3.0]]), mask)
        tensor(2.)
    """
    axes = " ".join(f"axis{i}" for i in range(values.ndim))
    check_axes(values=(values, axes), mask=(mask, axes))
    # where, not a product: a NaN under the mask must not reach the sum
    kept = torch.where(mask.bool(), values, torch.zeros_like(values))
    sums = kept.reshape(len(values), -1).sum(dim=1)
    counts = mask.bool().reshape(len(values), -1).sum(dim=1)
    return gather_batch(sums).sum() / gather_batch(counts).sum().clamp_min(1)
