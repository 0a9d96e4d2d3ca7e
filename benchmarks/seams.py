"""Long recordings: are there seams where windows meet?

    python benchmarks/seams.py

A small model (angles to forces, windows of 64 frames at 50 Hz, half of each overlapping) generates
for people it has never met who walk for over a minute. Frames within two of a window's first or
last are **at a seam**; the others are inside. Compared are the error (root mean square in each
channel's spread) and the roughness (root mean square of the second difference, over that of the
truth at the same frames), person by person, of the mean, of a sample, and of the rival: the same
windows one after the other without overlap and blending. Intervals are over people.

Goal: error and roughness at seams are at most 5 % above those inside, for mean and samples.
"""

import time
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from _gait_model import gait_model, strangers
from _record import figure, record

from unisono import api
from unisono.api.inputs import make_inputs
from unisono.core.contracts import Batch
from unisono.core.random import generator, numpy_generator
from unisono.core.timeline import Timeline
from unisono.evaluation.intervals import subject_interval
from unisono.recordings.signals.resampling import resample

PEOPLE, SECONDS, NEAR, LIMIT = 10, 62.0, 2, 1.05
CLAIM = (
    "For recordings of over a minute, error and roughness of mean and samples where windows begin "
    "and end are at most 5 % above those inside them."
)

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class Ratios(NamedTuple):
    """At seams over inside: error and roughness."""

    error: float
    rough: float


def ratios(made: Array, truth: Array, seam: Mask) -> Ratios:
    spread = truth.std(axis=0)
    error = np.square((made - truth) / spread).mean(axis=1)
    bend, own = (np.square(np.diff(x / spread, n=2, axis=0)).mean(axis=1) for x in (made, truth))
    at, off = seam[1:-1], ~seam[1:-1]
    rough = (bend[at].mean() / own[at].mean()) / (bend[off].mean() / own[off].mean())
    return Ratios(float(np.sqrt(error[seam].mean() / error[~seam].mean())), float(np.sqrt(rough)))


def seams_of(starts: list[int], length: int, frames: int) -> Mask:
    seam = np.zeros(frames, dtype=bool)
    for start in starts:
        for edge in (start, start + length):
            if NEAR < edge < frames - NEAR:  # the ends of a recording are no seam
                seam[edge - NEAR : edge + NEAR] = True
    return seam


def one_after_another(model: api.Model, tree: xr.DataTree) -> tuple[Array, Mask]:
    """The rival: means of windows that touch and do not overlap."""
    inputs = make_inputs(model, tree)
    line, length = inputs.timeline, model.cut.length
    if line is None:
        raise TypeError("the model has no fixed windows")
    whole = line.join(inputs.batch.data["angles"])
    count = whole.shape[1] // length
    cut = Timeline(count * length, length, tuple(range(0, count * length, length)))
    windows = cut.split(whole[:, : count * length])
    known = {k: v[:1].repeat(count) for k, v in inputs.batch.known.items()}
    zero = torch.zeros(count, dtype=torch.int64)
    mask = {"angles": torch.ones_like(windows, dtype=torch.bool)}
    batch = Batch({"angles": windows}, mask, zero, zero, zero - 1, known)
    drawn = model.method.generate(batch, ["grf"], samples=0, steps=1, generator=generator(0, "r"))
    mean = drawn["grf"].mean.flatten(0, 1).double().numpy()
    return mean, seams_of(list(cut.starts), length, len(mean))


def main() -> None:
    """Measure, print, record."""
    began = time.perf_counter()
    model = gait_model()
    found: dict[str, list[Ratios]] = {"mean": [], "sample": [], "touching windows": []}
    seconds = []
    for tree in strangers(PEOPLE, seconds=SECONDS):
        out = model.generate(tree, options=api.Sampling(samples=1)).parts["grf"]
        seconds.append(out.time[-1] - out.time[0])
        node = resample(tree["grf"].to_dataset(), out.time)
        grf = node["data"].sel(channel=list(out.channels)).values
        truth = np.asarray(grf / tree.attrs["mass_kg"], dtype=np.float64)
        line = make_inputs(model, tree).timeline
        if line is None:
            raise TypeError("the model has no fixed windows")
        seam = seams_of(list(line.starts), line.length, len(truth))
        found["mean"].append(ratios(out.mean, truth, seam))
        found["sample"].append(ratios(out.samples[0].astype(np.float64), truth, seam))
        rival, own = one_after_another(model, tree)
        found["touching windows"].append(ratios(rival, truth[: len(rival)], own))
        print({k: tuple(round(x, 3) for x in v[-1]) for k, v in found.items()}, flush=True)
    rng = numpy_generator(0, "interval")
    people = [str(i) for i in range(PEOPLE)]
    figures, worst = [], 0.0
    for name, rows in found.items():
        for what in Ratios._fields:
            values = np.array([getattr(row, what) for row in rows])
            mean = subject_interval(values, people, generator=rng)
            label = f"{name}: {'roughness' if what == 'rough' else what} at seams over inside"
            figures.append(figure(label, mean.mean, "times", low=mean.low, high=mean.high))
            if name != "touching windows":
                worst = max(worst, mean.mean)
    figures.append(figure("shortest recording", float(min(seconds)), "s"))
    record("seams", CLAIM, worst <= LIMIT, figures, [0, 7001], time.perf_counter() - began)


if __name__ == "__main__":
    main()
