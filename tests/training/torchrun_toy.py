"""Trains the toy as one of several ranks: stops at half, resumes, and checks odd batches."""

import sys
from pathlib import Path

import torch
import torch.distributed as dist
from training_toys import ToyMethod, toy_settings, toy_source

from unisono.core.distributed import world
from unisono.core.errors import ShapeError
from unisono.training.distributed import joined
from unisono.training.errors import TrainingError, TrainingStopped
from unisono.training.loop import Hooks, train


def main(folder: Path) -> None:
    with joined("cpu"):
        rank = world().rank
        # each rank starts elsewhere: the first one's weights must win
        method = ToyMethod(20, dropout=0.0)
        if rank == 1:
            with torch.no_grad():
                for p in method.parameters():
                    p.add_(1.0)
        calls: list[int] = []
        # only the second rank is asked to stop: the first must follow
        asked = Hooks(stop=lambda: rank == 1 and len(calls) == 7 or calls.append(0) is not None)
        try:
            train(method, toy_source(), toy_settings(), folder, hooks=asked)
        except TrainingStopped as stopped:
            print(f"rank {rank}: {stopped.reason} at {stopped.step}")
        method = ToyMethod(20, dropout=0.0)
        train(method, toy_source(), toy_settings(), folder, resume=True)
        try:
            train(method, toy_source(size=7), toy_settings(), folder / "odd")
        except ShapeError as error:
            print(f"rank {rank}: {error}")
        elsewhere = folder if rank == 0 else folder / "elsewhere"
        try:
            train(ToyMethod(20), toy_source(), toy_settings(), elsewhere, resume=True)
        except TrainingError as error:
            print(f"rank {rank}: {error}")
        dist.barrier()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
