"""The random numbers of a run: functions of the seed and the step, so that none need be saved.

What a method draws comes from a generator derived from ``(seed, "train", step)``. Dropout inside
a network draws from torch's own global generators: within :func:`seeded` those are derived from
the same purpose, and afterwards they are as they were.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Generator

from unisono.core.random import derive_seed, generator

__all__ = ["seeded"]


@contextmanager
def seeded(
    seed: int, *purpose: str | int, device: torch.device, rank: int = 0
) -> Iterator[Generator]:
    """Yield a generator on ``device``, with torch's global generators seeded in the block.

    Args:
        seed: Seed of the run.
        *purpose: What the numbers are for, e.g. ``"train", 12``.
        device: Where the numbers are drawn.
        rank: Sets the global generators (dropout) of the ranks apart; the yielded generator is
            the same on every rank, see :func:`unisono.core.distributed.draw_global`.

    Example:
        >>> with seeded(0, "train", 3, device=torch.device("cpu")) as g:
        ...     first = torch.rand(1), torch.rand(1, generator=g)
        >>> with seeded(0, "train", 3, device=torch.device("cpu")) as g:
        ...     first == (torch.rand(1), torch.rand(1, generator=g))
        True
    """
    on_cuda = device.type == "cuda"
    number = derive_seed(seed, *purpose, "global", rank)
    with torch.random.fork_rng([device] if on_cuda else []):
        # not torch.manual_seed: without CUDA in use it queues a call for later, every time
        torch.default_generator.manual_seed(number)
        if on_cuda:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(number)
        yield generator(seed, *purpose, device=device)
