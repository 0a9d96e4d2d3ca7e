"""Checks on two forked ranks; the oracle is the same computation in one process.

Prints the name of each check that holds, once a rank.
"""

import os
import sys
import tempfile

import torch
import torch.distributed as dist
from torch import Tensor, nn

from unisono.core.distributed import World, draw_global, gather_batch, masked_mean, rank_slice, solo
from unisono.core.distributed import world as this_world
from unisono.core.errors import ShapeError


def problem() -> tuple[Tensor, Tensor, nn.Linear]:
    g = torch.Generator().manual_seed(3)
    x, mask = torch.randn(6, 4, generator=g), torch.rand(6, 4, generator=g) > 0.5
    net = nn.Linear(4, 4)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=g))
    return x, mask, net


def contrast(z: Tensor) -> Tensor:
    return nn.functional.cross_entropy(z @ z.T, torch.arange(len(z)))


def gradients() -> None:
    x, mask, net = problem()
    z = net(x)
    loss = contrast(z) + masked_mean_of_one(z.square(), mask) + z.mean()
    expected = torch.autograd.grad(loss, list(net.parameters()))
    mine = rank_slice(6)
    z = net(x[mine])
    share = (contrast(gather_batch(z)) + masked_mean(z.square(), mask[mine]) + z.mean()) / 2
    got = torch.autograd.grad(share, list(net.parameters()))
    total = share.detach().clone()
    dist.all_reduce(total)
    torch.testing.assert_close(total, loss.detach())
    for part, gradient in zip(got, expected, strict=True):
        dist.all_reduce(part)
        torch.testing.assert_close(part, gradient)


def masked_mean_of_one(values: Tensor, mask: Tensor) -> Tensor:
    return values[mask].mean()


WHOLE = torch.randn(6, 2, generator=torch.Generator().manual_seed(9))


def noise() -> None:
    g = torch.Generator().manual_seed(9)
    mine = draw_global(lambda n: torch.randn(n, 2, generator=g), 3)
    assert torch.equal(mine, WHOLE[rank_slice(6)])


def gather() -> None:
    mine = WHOLE[rank_slice(6)]
    assert torch.equal(gather_batch(mine), WHOLE)
    assert torch.equal(gather_batch(mine > 0), WHOLE > 0)
    try:
        rank_slice(7)
    except ShapeError as error:
        assert "multiple of 2" in str(error)
    else:
        raise AssertionError("7 windows on 2 ranks went through")


def alone() -> None:
    with solo():
        assert this_world() == World(0, 1) and gather_batch(WHOLE) is WHOLE
    assert this_world().size == 2


def main() -> int:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        rank = int(child == 0)
        meeting = f"file://{folder}/meet"
        dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=2)
        said = []
        for name, check in {
            "gradients": gradients,
            "noise": noise,
            "gather": gather,
            "solo": alone,
        }.items():
            check()
            said.append(name)
        dist.barrier()
        dist.destroy_process_group()
        if rank == 1:
            print(*said, flush=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(*said)
        return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
