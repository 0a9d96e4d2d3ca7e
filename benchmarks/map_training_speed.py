"""Training of a map beside the cebra package: equal encoder, batch and data, in one run.

    pip install cebra      # the rival; not a dependency of the project
    python benchmarks/map_training_speed.py

Both train a four-layer perceptron (64 - 32 - 32 - 32 - 8) on one frame at a time, squared Euclidean
InfoNCE, temperature 1, positives by time, from random weights, on the same 4800 x 64 codes, on one
thread. Seconds are the processor's own, so that other work on the machine counts for neither.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from _record import figure, record

from unisono.core.contracts import Batch
from unisono.core.random import generator, numpy_generator
from unisono.methods.conda import ConDA, ConDASettings, MapShape
from unisono.recordings.sampler import EpochSampler
from unisono.training.data import Source
from unisono.training.loop import train
from unisono.training.settings import TrainingSettings

FRAMES, WIDTH = 4800, 64
GOAL = 10.0
LARGE = 2048  # anchors from which the goal is asked: below, a step is bound by what a loop does


class Codes:
    """Eight sequences of a noisy cycle in 64 channels."""

    def __init__(self) -> None:
        rng = numpy_generator(0, "map speed")
        phase = np.arange(FRAMES) * 0.13
        waves = [f(k * phase) for k in (1, 2, 3) for f in (np.sin, np.cos)]
        values = np.stack(waves, axis=1) @ rng.normal(size=(6, WIDTH))
        self.values = (values + 0.1 * rng.normal(size=values.shape)).astype(np.float32)
        self.frames = torch.from_numpy(self.values)
        self.sequence = torch.arange(FRAMES) // (FRAMES // 8)

    def batch(self, rows: np.ndarray) -> Batch:
        """Return the frames of these rows, as training asks for them."""
        pick = torch.from_numpy(rows)
        none = torch.full((len(rows),), -1)
        return Batch({"frames": self.frames[pick][:, None]}, {}, pick, self.sequence[pick], none)


def ours(codes: Codes, steps: int, batch: int) -> tuple[float, float]:
    """Steps a second of the training loop, and the loss of the final map."""
    how = ConDASettings(
        dims=8, codes=WIDTH, hidden=(32, 32, 32), negatives=batch, steps=steps, time_rule="exact",
        offset=2, begin="random",
    )  # fmt: skip
    method = ConDA(how, MapShape(WIDTH, FRAMES))
    settings = TrainingSettings(
        batch_size=batch, learning_rate=3e-3, weight_decay=0.0, warmup_steps=10,
        schedule="constant", ema_decay=0.0, precision="fp32", device="cpu",
        checkpoint_every=10**9, log_every=100,
    )  # fmt: skip
    rows = np.arange(FRAMES)
    source = Source(codes, EpochSampler(rows, batch, 0), rows)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.process_time()
        train(method, source, settings, Path(folder) / "run")
        seconds = time.process_time() - begun
    g = generator(0, "judge")
    whole = codes.batch(rows)
    with torch.no_grad():
        losses = [
            method.loss(whole, phase=method.phases[0], step=0, generator=g).total.item()
            for _ in range(4)
        ]
    return steps / seconds, float(np.mean(losses))


def rival(codes: Codes, steps: int, batch: int) -> tuple[float, float]:
    """The same of the cebra package; its final loss is the mean of its last steps."""
    import cebra

    model = cebra.CEBRA(
        model_architecture="offset1-model-mse", batch_size=batch, temperature=1.0,
        distance="euclidean", conditional="time", time_offsets=2, output_dimension=8,
        num_hidden_units=32, max_iterations=steps, learning_rate=3e-3, device="cpu", verbose=False,
    )  # fmt: skip
    begun = time.process_time()
    model.fit(codes.values)
    seconds = time.process_time() - begun
    return steps / seconds, float(np.mean(np.asarray(model.state_dict_["loss"])[-20:]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=int, nargs="*", default=[128, 512, 2048, 4096])
    parser.add_argument("--work", type=int, default=100_000, help="anchors a run, over all steps")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    begun, codes = time.monotonic(), Codes()
    ours(codes, 20, 128), rival(codes, 20, 128)  # what is imported on first use
    figures, holds = [], True
    for batch in given.batches:
        steps = max(given.work // batch, 100)
        pairs = [
            (ours(codes, steps, batch), rival(codes, steps, batch)) for _ in range(given.repeats)
        ]
        ratios = [a[0] / b[0] for a, b in pairs]
        losses = [np.mean([side[1] for side in sides]) for sides in zip(*pairs, strict=True)]
        figures += [
            figure(f"batch {batch}: steps a second, over cebra", float(np.median(ratios)),
                   low=min(ratios), high=max(ratios)),
            figure(f"batch {batch}: steps a second", np.median([a[0] for a, _ in pairs]), "1/s"),
            figure(f"batch {batch}: of cebra", np.median([b[0] for _, b in pairs]), "1/s"),
            figure(f"batch {batch}: loss", losses[0], "nat"),
            figure(f"batch {batch}: loss of cebra", losses[1], "nat"),
        ]  # fmt: skip
        holds &= losses[0] <= losses[1] + 0.02 and (batch < LARGE or min(ratios) >= GOAL)
    claim = (
        f"In batches of {LARGE} and more, a map trains at least {GOAL:g} times as many steps a "
        "second of one core as the cebra package on equal network, batch and data in one run; in "
        "all batches to an equal or lower loss"
    )
    record("map_training_speed", claim, bool(holds), figures, [0], time.monotonic() - begun)


if __name__ == "__main__":
    main()
