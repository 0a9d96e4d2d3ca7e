"""Kill a tiny run with SIGKILL at random moments, resume it, and compare with the unbroken one.

The children are forked after the imports and a first step, so that a run takes a fraction of a
second and the kill falls into training rather than into loading libraries.
"""

import dataclasses
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from training_toys import ToyMethod, toy_settings, toy_source

from unisono.training.folder import checkpoints_of
from unisono.training.log import CSV_NAME
from unisono.training.loop import train


class Ending(NamedTuple):
    """What a finished run leaves: the name vouches for every bit of the weights."""

    checkpoint: str
    table: bytes
    curve: tuple[tuple[int, float], ...]


@dataclasses.dataclass(frozen=True)
class Trial:
    """One run that was killed and resumed.

    Args:
        after_s: When it was killed, s after its start, each time.
        resumed_at: Steps in its newest checkpoint after each kill.
        weights_equal: Whether the final weights are those of the unbroken run, bit for bit.
        log_equal: Whether the table and the curve are.
    """

    after_s: list[float]
    resumed_at: list[int]
    weights_equal: bool
    log_equal: bool


def child(folder: Path, steps: int) -> int:
    """Fork a process that trains, or goes on training, in ``folder``; return its number."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            settings = toy_settings(checkpoint_every=3)
            train(ToyMethod(steps), toy_source(), settings, folder, resume=True)
            status = 0
        finally:
            os._exit(status)
    return pid


def finish(folder: Path, steps: int) -> float:
    """Train to the end; return how long it took, s."""
    begun = time.monotonic()
    _, status = os.waitpid(child(folder, steps), 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"training in {folder} failed")
    return time.monotonic() - begun


def ending(folder: Path) -> Ending:
    board = EventAccumulator(str(folder / "tensorboard")).Reload().Scalars("loss")
    newest = checkpoints_of(folder).paths()[0]
    curve = tuple((event.step, event.value) for event in board)
    return Ending(newest.name, (folder / CSV_NAME).read_bytes(), curve)


def steps_saved(folder: Path) -> int:
    paths = checkpoints_of(folder).paths()
    return int(paths[0].name.split("-")[1]) if paths else 0


def kill_once(folder: Path, steps: int, after: float) -> bool:
    """Train and kill; False where the run was over before."""
    pid = child(folder, steps)
    time.sleep(after)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


def trials(count: int, *, steps: int, kills: int, seed: int) -> list[Trial]:
    """Kill ``count`` runs ``kills`` times each, at moments spread over the length of a run."""
    torch.set_num_threads(1)  # OpenMP does not survive a fork
    rng, done = np.random.default_rng(seed), []
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        # torch loads parts of itself at the first step: once here, not in every child
        train(ToyMethod(2), toy_source(), toy_settings(), root / "warm")
        length = min(finish(root / f"unbroken{k}", steps) for k in range(2))
        truth = ending(root / "unbroken0")
        while len(done) < count:
            folder = root / f"trial{len(done)}.{rng.integers(1 << 40)}"
            moments, saved = [], []
            while len(moments) < kills:
                after = float(rng.uniform(0, length / kills))
                if not kill_once(folder, steps, after):
                    break  # it was faster than expected: not a kill, so not a trial
                moments.append(after)
                saved.append(steps_saved(folder))
            if len(moments) < kills:
                continue
            finish(folder, steps)
            end = ending(folder)
            done.append(
                Trial(moments, saved, end.checkpoint == truth.checkpoint, end[1:] == truth[1:])
            )
    return done


if __name__ == "__main__":
    found = trials(int(sys.argv[1]), steps=int(sys.argv[2]), kills=1, seed=0)
    print(json.dumps([dataclasses.asdict(trial) for trial in found]))
