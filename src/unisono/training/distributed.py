r"""Several processes that train one run, under ``torchrun``.

Every rank builds the same method, takes its part of the same global batch, and the gradients are
summed in one flat all-reduce with the loss's parts. The weights are whole on every rank. The sum
is taken here and not by ``DistributedDataParallel``, because a method's front is ``loss``, not
``forward``, and because the parts, the stop request and the NaN check ride along for free.
What a loss has to do is written in :mod:`unisono.core.distributed`.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor, nn

from unisono.core.distributed import gather_batch, world
from unisono.training.errors import TrainingError

__all__ = ["check_agreement", "joined", "local_rank", "share_weights", "sum_over_ranks"]


def local_rank() -> int:
    """Number of this process among those of this computer."""
    return int(os.environ.get("LOCAL_RANK", "0"))


@contextmanager
def joined(device: str = "auto") -> Iterator[None]:
    """Join the process group that ``torchrun`` announces, and leave it at the end.

    Does nothing in a single process, or where the caller has joined already.

    Args:
        device: As in the settings: on a CPU the ranks talk through gloo, on CUDA through NCCL.
    """
    several = int(os.environ.get("WORLD_SIZE", "1")) > 1
    if not several or dist.is_initialized():
        yield
        return
    on_cuda = torch.cuda.is_available() and device != "cpu"
    if on_cuda:
        torch.cuda.set_device(local_rank())
    dist.init_process_group("nccl" if on_cuda else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def share_weights(module: nn.Module) -> None:
    """Give every rank the weights and buffers of the first."""
    if world().size > 1:
        for tensor in module.state_dict().values():
            dist.broadcast(tensor, src=0)


def sum_over_ranks(tensors: Sequence[Tensor]) -> None:
    """Replace each tensor by its sum over the ranks, in one message a type of number."""
    if world().size == 1:
        return
    for dtype in dict.fromkeys(t.dtype for t in tensors):
        same = [t for t in tensors if t.dtype == dtype]
        flat = torch.cat([t.reshape(-1) for t in same])
        dist.all_reduce(flat)
        start = 0
        for tensor in same:
            tensor.copy_(flat[start : start + tensor.numel()].view_as(tensor))
            start += tensor.numel()


def check_agreement(step: int, device: torch.device) -> None:
    """Refuse ranks that would go on from different steps.

    Raises:
        TrainingError: If they do: a rank does not see the folder of the checkpoints.
    """
    size = world().size
    steps = gather_batch(torch.tensor([step], device=device)).tolist()
    if steps != [step] * size:
        raise TrainingError(
            f"the ranks would go on from steps {steps}; put the run's folder where every rank "
            "sees it."
        )
