import subprocess
import sys
from pathlib import Path

import pytest
import torch

from unisono.core.distributed import (
    World,
    draw_global,
    gather_batch,
    masked_mean,
    rank_slice,
    world,
)
from unisono.core.errors import ShapeError


def test_alone_everything_is_the_identity(generator: torch.Generator) -> None:
    x = torch.randn(3, 2, generator=generator)
    assert world() == World(0, 1) and rank_slice(7) == slice(0, 7)
    assert gather_batch(x) is x
    assert torch.equal(draw_global(lambda n: x[:n], 3), x)


def test_masked_mean_is_the_slow_loop(generator: torch.Generator) -> None:
    x = torch.randn(3, 4, 2, generator=generator, requires_grad=True)
    mask = torch.rand(3, 4, 2, generator=generator) > 0.4
    kept = [
        x[i, j, k].item() for i in range(3) for j in range(4) for k in range(2) if mask[i, j, k]
    ]
    assert masked_mean(x, mask).item() == pytest.approx(sum(kept) / len(kept), rel=1e-5)


def test_masked_mean_forgets_what_is_masked_and_survives_nothing_valid() -> None:
    x = torch.tensor([[1.0, float("nan")]], requires_grad=True)
    masked_mean(x, torch.tensor([[True, False]])).backward()
    assert x.grad is not None and x.grad.tolist() == [[1.0, 0.0]]
    assert masked_mean(x, torch.zeros(1, 2).bool()).item() == 0
    with pytest.raises(ShapeError):
        masked_mean(torch.zeros(2, 3), torch.zeros(2, 2).bool())


@pytest.mark.slow
def test_two_ranks_agree_with_one_process() -> None:
    """In a process of its own, for it forks, which threads of other tests would not survive."""
    script = Path(__file__).with_name("two_ranks.py")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["gradients", "noise", "gather", "solo"] * 2
