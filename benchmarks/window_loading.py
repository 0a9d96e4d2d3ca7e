"""How fast batches of windows load: memory-mapped cache against random reads from the Zarr store.

Goal: the cache is at least 100 times as fast, and loading a batch takes under 2 % of the time of a
training step. The step it is compared with is a small one: forward and backward pass and optimiser
step of a two-layer transformer of width 64 on the same batch.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import xarray as xr
import zarr
from _record import figure, record
from zarr.storage import ZipStore

from unisono.core.random import numpy_generator
from unisono.recordings.dataset import Dataset
from unisono.recordings.sampler import EpochSampler
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.store import recording_file
from unisono.recordings.window_cache import WindowSet, open_windows
from unisono.recordings.windows import Cut

SEED = 0
BATCH, LENGTH, RATE = 64, 128, 100
STREAMS = {
    "angles": (22, "deg", "angle"),
    "grf": (12, "N", "force"),
    "moments": (14, "N*m", "moment"),
}
SECONDS, TRIALS = 20, 40


def recordings() -> list[xr.DataTree]:
    """Noise in the shape of trials: loading does not care what the numbers are."""
    rng = numpy_generator(SEED, "window-loading")
    stamps = np.arange(SECONDS * RATE) / RATE
    trees = []
    for number in range(TRIALS):
        parts = {
            name: make_stream(
                rng.normal(size=(len(stamps), width)).astype(np.float32), time=stamps,
                channels=[f"c{i}" for i in range(width)], units=unit, kind=kind,
            )
            for name, (width, unit, kind) in STREAMS.items()
        }  # fmt: skip
        trees.append(make_recording(parts, recording=f"t{number:03}", subject=f"s{number % 8}"))
    return trees


def seconds_each(call: Callable[[int], object], repeats: int) -> np.ndarray:
    call(0)
    times = []
    for number in range(1, repeats + 1):
        began = time.perf_counter()
        call(number)
        times.append(time.perf_counter() - began)
    return np.array(times)


def zarr_reader(dataset: Dataset, windows: WindowSet) -> Callable[[np.ndarray], None]:
    """Random windows straight from the store, with the arrays already open (its best case)."""
    opened = {
        name: zarr.open_group(
            ZipStore(recording_file(dataset.store.path, name), mode="r"), mode="r"
        )
        for name in dataset.recordings
    }
    arrays = {
        (name, stream, kind): opened[name][f"{stream}/{kind}"]
        for name in dataset.recordings
        for stream in STREAMS
        for kind in ("data", "valid")
    }
    table = windows.table
    names = table["recording"].to_list()
    firsts = np.rint(table["start_s"].to_numpy() * RATE).astype(int)

    def read(rows: np.ndarray) -> None:
        for stream in STREAMS:
            for kind in ("data", "valid"):
                np.stack(
                    [
                        arrays[names[row], stream, kind][firsts[row] : firsts[row] + LENGTH]
                        for row in rows
                    ]
                )

    return read


def training_step(windows: WindowSet) -> Callable[[object], None]:
    torch.manual_seed(SEED)
    width = sum(info.width for info in windows.streams.values())
    layer = torch.nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)
    body = torch.nn.TransformerEncoder(layer, 2)
    model = torch.nn.Sequential(torch.nn.Linear(width, 64), body, torch.nn.Linear(64, width))
    optimiser = torch.optim.AdamW(model.parameters())
    batch = torch.cat(list(windows.batch(np.arange(BATCH)).data.values()), dim=-1)

    def step(_: object) -> None:
        optimiser.zero_grad()
        (model(batch) - batch).square().mean().backward()
        optimiser.step()

    return step


def main() -> None:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        dataset = Dataset.create(Path(folder) / "noise.un", recordings())
        cut = Cut(tuple(STREAMS), rate_hz=RATE, length=LENGTH, stride=16)
        started = time.perf_counter()
        windows = open_windows(dataset, cut)
        building = time.perf_counter() - started
        sampler = EpochSampler(np.arange(len(windows)), BATCH, SEED)
        cached = seconds_each(lambda k: windows.batch(sampler.at(k)), 300)
        read = zarr_reader(dataset, windows)
        stored = seconds_each(lambda k: read(sampler.at(k)), 5)
        step = seconds_each(training_step(windows), 20)
    ratio = np.median(stored) / np.median(cached)
    share = np.median(cached) / np.median(step)
    figures = [
        figure("cache over Zarr", ratio, "times", low=float(stored.min() / cached.max()),
               high=float(stored.max() / cached.min())),
        figure("share of a training step", 100 * share, "%",
               low=100 * float(cached.min() / step.max()),
               high=100 * float(np.quantile(cached, 0.95) / step.min())),
        figure("batch from the cache", 1e3 * np.median(cached), "ms",
               low=1e3 * float(np.quantile(cached, 0.025)),
               high=1e3 * float(np.quantile(cached, 0.975))),
        figure("batch from Zarr", 1e3 * np.median(stored), "ms", low=1e3 * float(stored.min()),
               high=1e3 * float(stored.max())),
        figure("training step", 1e3 * np.median(step), "ms", low=1e3 * float(step.min()),
               high=1e3 * float(step.max())),
        figure("cutting and caching, per recording", 1e3 * building / TRIALS, "ms"),
    ]  # fmt: skip
    record(
        "window_loading",
        "Batches of 64 windows of 128 frames load at least 100 times as fast from the cache as by "
        "random reads from Zarr, in under 2 % of a training step.",
        bool(ratio >= 100 and share < 0.02),
        figures,
        [SEED],
        time.perf_counter() - began,
    )


if __name__ == "__main__":
    main()
