"""A live stream on simulated gait: latency of a chunk, and what not seeing the future costs.

    python benchmarks/streaming.py

A small model (angles to forces, trained once and kept under ``runs/benchmarks``) answers people it
has never met, who arrive 100 ms at a time at the model's own rate. Latency is the time from handing
over a chunk to holding its answer: a mean and calibrated bands for each frame. The rival, in the
same run, is the same model offline, which sees whole recordings. Errors are the root mean square
over frames and channels over that of each channel's own spread, person by person, with intervals
over people. Beside the answer that is told at once stand answers held back by 100 and 200 ms.

Goal: the 99th percentile of the latency is under 30 ms on two cores.
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
from unisono.api.streaming import Live
from unisono.core.random import numpy_generator
from unisono.evaluation.intervals import subject_interval
from unisono.recordings.signals.resampling import resample

PEOPLE, SECONDS, CHUNK_S = 12, 30.0, 0.1
DELAYS = (0.0, 0.1, 0.2)
THREADS = 2
CLAIM = (
    "A live stream answers each 100 ms chunk of 26 joint angles with forces and bands in under "
    "30 ms (99th percentile, 2 threads), and looks at nothing that comes later."
)

Array = npt.NDArray[np.float64]


class Run(NamedTuple):
    """One person's answers: seconds a chunk, instants, and mean, lower and upper (90 %)."""

    seconds: Array
    time: Array
    mean: Array
    lower: Array
    upper: Array


def at_model_rate(tree: xr.DataTree, rate: float) -> xr.DataTree:
    """The angles and forces of a person on the model's clock, forces in N/kg."""
    stamps = tree["angles"]["time"].values
    times = np.arange(round((stamps[-1] - stamps[0]) * rate)) / rate
    copy = tree.copy()
    for name in ("angles", "grf"):
        copy[name] = xr.DataTree(resample(tree[name].to_dataset(), times))
    return copy


def live(model: api.Model, tree: xr.DataTree, delay_s: float) -> Run:
    stream = model.stream(tree, options=Live(delay_s=delay_s))
    angles = tree["angles"]["data"].values
    size = round(CHUNK_S * model.cut.rate_hz)
    seconds, parts = [], []
    for start in range(0, len(angles), size):
        began = time.perf_counter()
        out = stream.push({"angles": angles[start : start + size]})
        seconds.append(time.perf_counter() - began)
        parts += [out] if out is not None else []
    rest = stream.finish()
    found = [p.parts["grf"] for p in [*parts, *([rest] if rest is not None else [])]]
    return Run(
        np.array(seconds),
        np.concatenate([p.time for p in found]),
        np.concatenate([p.mean for p in found]),
        np.concatenate([p.lower[-1] for p in found]),
        np.concatenate([p.upper[-1] for p in found]),
    )


def offline(model: api.Model, tree: xr.DataTree) -> Run:
    part = model.generate(tree, samples=20).parts["grf"]
    return Run(np.zeros(0), part.time, part.mean, part.lower[-1], part.upper[-1])


def truth_of(model: api.Model, tree: xr.DataTree) -> Array:
    grf = tree["grf"]["data"].sel(channel=list(model.streams["grf"].channels)).values
    return np.asarray(grf / tree.attrs["mass_kg"], dtype=np.float64)


def main() -> None:
    """Measure, print, record."""
    began = time.perf_counter()
    model = gait_model()
    torch.set_num_threads(THREADS)
    names = [f"live, held back {round(1000 * d)} ms" for d in DELAYS]
    nrmse: dict[str, list[float]] = {k: [] for k in (*names, "offline")}
    held: dict[str, list[float]] = {k: [] for k in (*names, "offline")}
    apart: list[float] = []
    latency = []
    for tree in (at_model_rate(t, model.cut.rate_hz) for t in strangers(PEOPLE, seconds=SECONDS)):
        truth = truth_of(model, tree)
        runs = {k: live(model, tree, d) for k, d in zip(names, DELAYS, strict=True)}
        runs["offline"] = offline(model, tree)
        latency.append(runs[names[0]].seconds)
        steady = slice(model.cut.length, None)  # the first window has no past to look at
        for name, run in runs.items():
            count = min(len(run.mean), len(truth))
            y, x = truth[:count][steady], run.mean[:count][steady]
            nrmse[name].append(float(np.sqrt(np.mean(((x - y) / truth.std(axis=0)) ** 2))))
            inside = (run.lower[:count][steady] <= y) & (y <= run.upper[:count][steady])
            held[name].append(float(inside.mean()))
        count = min(len(runs["offline"].mean), len(runs[names[0]].mean))
        gap = (runs[names[0]].mean[:count] - runs["offline"].mean[:count])[steady]
        apart.append(float(np.sqrt(np.mean((gap / truth.std(axis=0)) ** 2))))
    chunks = 1e3 * np.concatenate(latency)
    middle, high = (float(np.quantile(chunks, q)) for q in (0.5, 0.99))
    rng = numpy_generator(0, "interval")
    people = [str(i) for i in range(PEOPLE)]

    def over_people(name: str, values: list[float], unit: str) -> dict[str, object]:
        mean = subject_interval(np.array(values), people, generator=rng)
        return figure(name, mean.mean, unit, low=mean.low, high=mean.high)

    figures = [
        figure("latency of a 100 ms chunk, median", middle, "ms"),
        figure("latency of a 100 ms chunk, 99th percentile", high, "ms"),
        figure("latency of a 100 ms chunk, worst", float(chunks.max()), "ms"),
        figure("chunks", float(len(chunks))),
        figure("threads", float(torch.get_num_threads())),
        over_people("live against offline: rms difference", apart, "spreads"),
        *(over_people(f"{k}: error", v, "spreads") for k, v in nrmse.items()),
        *(over_people(f"{k}: held by 90 % bands", v, "1") for k, v in held.items()),
    ]
    for name in names:
        ratio = (np.array(nrmse[name]) / np.array(nrmse["offline"])).tolist()
        figures.append(over_people(f"{name}: error over offline", ratio, "times"))
    record("streaming", CLAIM, high < 30, figures, [0, 7001], time.perf_counter() - began)


if __name__ == "__main__":
    main()
