import csv
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from training_toys import ToyMethod, toy_settings, toy_source

from unisono.training.distributed import (
    check_agreement,
    joined,
    local_rank,
    share_weights,
    sum_over_ranks,
)
from unisono.training.folder import checkpoints_of
from unisono.training.log import CSV_NAME
from unisono.training.loop import train


def test_alone_nothing_is_joined_shared_or_summed() -> None:
    x = torch.ones(2)
    with joined():
        assert not torch.distributed.is_initialized()
        sum_over_ranks([x])
        share_weights(nn.Linear(1, 1))
        check_agreement(3, torch.device("cpu"))
    assert x.eq(1).all() and local_rank() == 0


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / CSV_NAME).open(newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.slow
def test_torchrun_on_two_ranks_is_the_run_of_one(tmp_path: Path) -> None:
    """Masks, drawn noise and in-batch negatives included; stopped and resumed on the way."""
    one = ToyMethod(20, dropout=0.0)
    train(one, toy_source(), toy_settings(), tmp_path / "one")
    script = Path(__file__).with_name("torchrun_toy.py")
    launch = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
    ]
    done = subprocess.run(
        [*launch, str(script), str(tmp_path / "two")], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "rank 0: another rank was asked to at 8" in done.stdout
    assert "rank 1: stop at 8" in done.stdout
    assert done.stdout.count("choose a batch size that is a multiple of 2") == 2
    assert done.stdout.count("go on from steps [20, 0]") == 2
    rows, others = table(tmp_path / "one"), table(tmp_path / "two")
    assert len(rows) == len(others) == 8
    for row, other in zip(rows, others, strict=True):
        for name in ("loss", "fit", "contrast", "denoise", "gradient_norm", "learning_rate"):
            if row[name]:
                assert float(other[name]) == pytest.approx(float(row[name]), rel=1e-5), (row, name)
    saved = checkpoints_of(tmp_path / "two").latest()
    assert saved is not None
    for name, tensor in one.state_dict().items():
        torch.testing.assert_close(saved.tensors[f"model/{name}"], tensor, rtol=1e-4, atol=1e-5)
