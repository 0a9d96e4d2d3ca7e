"""The conditional latent diffusion under a map, on wakes: what comes back, and what an edit costs.

    python benchmarks/latent_diffusion.py [--steps 3000]

Eight wakes in blocks (:mod:`_maps`); the diffusion lives on 64 whitened principal axes and is
conditioned on the Reynolds number. On held-out frames, PSNR in dB (range: largest minus smallest
fitted value):

- without an edit: field, code, noise (50 steps of inversion), code (50 steps back), field;
- the round trip in the code: relative error, with fixed points and naive;
- an edit (the frame four to six frames on, its point on the map being known): lifted in clean codes
  and decoded; lifted in noise codes and sampled; and, beside them, no edit at all. What the lift
  misses of the frame's own start is carried along in both.

Joint against after: the image autoencoder with the map's contrast in its loss while the diffusion
is trained (``align``), against the same autoencoder without it and a map fitted afterwards: error
of the Reynolds number and R2 of the frames decoded from the map by neighbours on held-out frames.
"""

import argparse
import dataclasses
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from _maps import Array, blocks, place, table_of, train, wakes
from _record import figure, record

from unisono.api.map_data import FrameWindows, spreads
from unisono.core.contracts import StreamInfo
from unisono.editing.bank import Bank
from unisono.editing.lift import NeighbourLift
from unisono.experiments.field_sets import FieldSet
from unisono.experiments.gap_rivals import psnr
from unisono.methods.conda_diffusion import ConDADiffusion, DiffusionSettings, ItemShape
from unisono.recordings.frame_table import FrameTable
from unisono.recordings.sampler import EpochSampler
from unisono.training.data import Source
from unisono.training.loop import train as run_training
from unisono.training.settings import TrainingSettings

GOAL_DB, GOAL_TRIP, STEPS, AHEAD = 30.0, 1e-4, 50, (4, 5, 6)
TRAINING = TrainingSettings(
    batch_size=128, learning_rate=2e-3, weight_decay=1e-4, warmup_steps=100, ema_decay=0.995,
    precision="fp32", device="cpu", checkpoint_every=100_000, log_every=100,
)  # fmt: skip


class Parts(NamedTuple):
    """Both parts of the wakes."""

    data: FieldSet
    fit: FrameTable
    held: FrameTable


def parts() -> Parts:
    """The first eighty frames of each hundred, and the rest."""
    data = wakes()
    fit, held = [], []
    for name, frames in data.frames.items():
        label = {"reynolds": data.conditions[name]}
        for start in range(0, len(frames), 100):
            block = frames[start : start + 100]
            kept = blocks(len(block))
            fit.append((name, block[kept], label))
            held.append((name, block[~kept], label))
    return Parts(data, table_of(fit), table_of(held))


def diffusion(found: Parts, how: DiffusionSettings, batch: int) -> ConDADiffusion:
    """Train one."""
    item = (1, *found.data.shape) if how.codec == "image" else (found.fit.values.shape[1],)
    count = len(found.fit.values)
    method = ConDADiffusion(how, ItemShape(item, ("reynolds",)), places=count)
    rows = np.arange(count)
    windows = FrameWindows(found.fit, spreads(found.fit))
    source = Source(windows, EpochSampler(rows, batch, 0), rows)
    how_long = dataclasses.replace(TRAINING, batch_size=batch)
    with tempfile.TemporaryDirectory() as folder:
        run_training(method, source, how_long, Path(folder) / "run")
    return method


def known(found: Parts, table: FrameTable) -> torch.Tensor:
    """Conditions of a table's frames, in units of the fitted part's spread."""
    spread = spreads(found.fit)["reynolds"]
    values = (table.labels["reynolds"].astype(float) - spread.mean) / spread.std
    return torch.from_numpy(values).float()[:, None]


def relative(back: torch.Tensor, truth: torch.Tensor) -> float:
    """Relative error."""
    return float((back - truth).norm() / truth.norm())


def trips(found: Parts, method: ConDADiffusion, span: float) -> dict[str, float]:
    """Without an edit."""
    frames = torch.from_numpy(found.held.values)
    z0, y = method.encode(frames), known(found, found.held)
    noise = method.invert(z0, y, steps=STEPS, iterations=20)
    back = method.sample(noise, y, steps=STEPS)
    naive = method.sample(method.invert(z0, y, steps=STEPS, iterations=0), y, steps=STEPS)
    error = float((method.decode(back) - frames).square().mean())
    return {
        "without an edit: PSNR, dB": psnr(error, span),
        "round trip in the code: relative error": relative(back, z0),
        "the same, naive inversion": relative(naive, z0),
        "spread of the noise found (1 for an exact model)": float(noise.std()),
    }


def edits(found: Parts, method: ConDADiffusion, span: float, steps: int) -> dict[str, float]:
    """Frames moved to where they will be, in clean codes and in noise."""
    words = [f"steps={steps}", "offset=2", "codes=64", "seed=0"]
    chart = train(found.fit, found.data.info, ["time", "reynolds"], words, dims=8)
    points = place(chart, found.fit).points, place(chart, found.held).points
    wrong: dict[str, list[float]] = {}
    codes, noises = [], []
    for table in (found.fit, found.held):
        y, z0 = known(found, table), method.encode(torch.from_numpy(table.values))
        codes.append(z0)
        noises.append(method.invert(z0, y, steps=STEPS, iterations=8))
    y = known(found, found.held)
    sequence = found.held.sequence
    for ahead in AHEAD:
        first = np.flatnonzero(sequence[:-ahead] == sequence[ahead:])[::3]
        last = first + ahead
        truth = torch.from_numpy(found.held.values[last])
        clean = _moved(points, codes, found.fit, (first, last))
        noise = _moved(points, noises, found.fit, (first, last))
        answers = {
            "clean codes": method.decode(clean),
            "noise": method.decode(method.sample(noise, y[first], steps=STEPS)),
            "no edit": torch.from_numpy(found.held.values[first]),
        }
        for name, answer in answers.items():
            wrong.setdefault(name, []).append(float((answer - truth).square().mean()))
    return {
        f"edit rendered through {name}: PSNR, dB": psnr(float(np.mean(v)), span)
        for name, v in wrong.items()
    }


def _moved(
    points: tuple[Array, Array],
    latents: list[torch.Tensor],
    table: FrameTable,
    ends: tuple[np.ndarray, np.ndarray],
) -> torch.Tensor:
    """Latents ``z + lift(c') - lift(c)``."""
    shape = latents[0].shape[1:]
    lift = NeighbourLift(Bank(points[0], latents[0].flatten(1).numpy(), table.sequence), k=5)
    there, here = (lift.lift(points[1][rows]).codes for rows in (ends[1], ends[0]))
    change = torch.from_numpy(there - here).float().reshape(-1, *shape)
    return latents[1][ends[0]] + change


def told(fit: Array, held: Array, found: Parts) -> tuple[float, float]:
    """Error of the Reynolds number and R2 of frames, by neighbours on a map."""
    near = Bank(fit, fit).near(held, 10).place
    numbers = found.fit.labels["reynolds"].astype(float)[near].mean(axis=1)
    guess = found.fit.values[near].mean(axis=1)
    left = ((guess - found.held.values) ** 2).sum()
    total = ((found.held.values - found.fit.values.mean(axis=0)) ** 2).sum()
    error = np.abs(numbers - found.held.labels["reynolds"].astype(float)).mean()
    return float(error), 1 - float(left / total)


def joint(found: Parts, steps: int) -> dict[str, float]:
    """Alignment while the diffusion is trained, and a map fitted after it."""
    out = {}
    base = DiffusionSettings(
        codec="image", tokens=16, token_width=8, width=48, blocks=1, codec_steps=steps, steps=steps
    )
    for name, align in (("joint", 0.1), ("after", 0.0)):
        method = diffusion(found, dataclasses.replace(base, align=align), batch=32)
        latents = [
            torch.cat([method.encode(f.reshape(-1, 1, *found.data.shape)) for f in frames])
            .flatten(1)
            .detach()
            for frames in (torch.from_numpy(t.values).split(256) for t in (found.fit, found.held))
        ]
        if method.encoder is not None:
            with torch.no_grad():
                fit, held = (method.encoder(z[:, None]).double().numpy() for z in latents)
        else:
            tables = [
                t._replace(values=z.numpy())
                for t, z in zip((found.fit, found.held), latents, strict=True)
            ]
            width = tables[0].values.shape[1]
            names = tuple(f"z{i}" for i in range(width))
            info = StreamInfo("latent", names, ("1",) * width, "feature", 0.0)
            words = [f"steps={steps}", "offset=2", "codes=64", "seed=0"]
            chart = train(tables[0], info, ["time"], words, dims=8)
            fit, held = (place(chart, t).points for t in tables)
        error, r2 = told(fit, held, found)
        out[f"{name}: error of the Reynolds number"] = error
        out[f"{name}: R2 of frames from the map"] = r2
    return out


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--joint-steps", type=int, default=600)
    given = parser.parse_args()
    begun, found = time.monotonic(), parts()
    span = float(found.fit.values.max() - found.fit.values.min())
    method = diffusion(found, DiffusionSettings(steps=given.steps), TRAINING.batch_size)
    values = trips(found, method, span)
    print(values, flush=True)  # the rest takes as long again
    values |= edits(found, method, span, 800)
    values |= joint(found, given.joint_steps)
    figures = [figure(name, value) for name, value in values.items()]
    holds = (
        values["without an edit: PSNR, dB"] >= GOAL_DB
        and values["round trip in the code: relative error"] < GOAL_TRIP
    )
    claim = (
        f"Latent diffusion of wakes: held-out frames through inversion and back at {GOAL_DB:g} dB "
        f"or more, the round trip at {STEPS} steps within {GOAL_TRIP:g} of the code"
    )
    record("latent_diffusion", claim, holds, figures, [0], time.monotonic() - begun)


if __name__ == "__main__":
    main()
