"""Motion ten times as long as anything trained on: does it hold, window by window?

Each of a few texts is said for ten times the longest motion of the training; the model makes it in
pieces that run into one another. Of every tenth: sliding feet and FID to the real clips of the same
contents. Of every transition: the jerk in the half second about it, beside that of stretches of the
same motions without one, and of real clips.

    python benchmarks/motion_long.py
"""

import argparse
import time
from collections.abc import Mapping

import numpy as np
from _bridge_arms import cell
from _motion_arms import Rows, Task, add_options, bench_of
from _motion_scores import evaluator_of, fid_of, skate
from _record import figure, record

from unisono.api.motion_model import MotionModel, MotionSampling
from unisono.evaluation.intervals import bootstrap_interval
from unisono.evaluation.motion import jitter
from unisono.evaluation.text_motion_nets import MotionEvaluator
from unisono.recordings.motion.features import recovered_positions

SAID: Mapping[str, str] = {
    "a person walks": "walk",
    "a person runs": "run",
    "a person walks backwards": "walk-back",
    "a person waves the left hand": "wave-left-hand",
    "a person waves both hands": "wave-both-hands",
    "a person squats": "squat",
    "a person bows": "bow",
    "an old person walks": "walk",
}
WINDOWS, BLEND_SECONDS = 10, 0.4
CLAIM = (
    "Ten times the length of training: in the last tenth FID is at most 1.25 times that of the "
    "first and feet slide at most 0.05 more often, and transitions are no more than 1.5 times as "
    "jerky as real motion (simulated clips)."
)


def long_rows(model: MotionModel, samples: int) -> dict[str, np.ndarray]:
    """Rows ``(samples, 10 L, F)`` of each text."""
    seconds = WINDOWS * model.method.frames / model.layout.rate_hz
    options = MotionSampling(seconds=seconds, samples=samples, blend_seconds=BLEND_SECONDS)
    return {text: model.generate(text, options=options).rows.astype(np.float32) for text in SAID}


def transitions(model: MotionModel) -> list[int]:
    """First frames after the middle of each blend."""
    frames = WINDOWS * model.method.frames
    blend = max(2, round(BLEND_SECONDS * model.layout.rate_hz))
    count = int(np.ceil(frames / (model.method.frames - blend)))
    return [round(frames * i / count) - blend // 2 for i in range(1, count)]


def jerks(rows: Rows, model: MotionModel, middles: list[int]) -> list[float]:
    """Mean size of the jerk in half a second about each of these frames, m/s^3."""
    half = round(model.layout.rate_hz / 4)
    where = recovered_positions(rows.astype(np.float64), model.layout)
    return [
        jitter(where[m - half : m + half], rate_hz=model.layout.rate_hz)
        for m in middles
        if half <= m <= len(where) - half
    ]


def measured(
    model: MotionModel, task: Task, judge: MotionEvaluator, samples: int
) -> dict[str, list[float]]:
    """All figures, by window where there are windows."""
    made = long_rows(model, samples)
    contents = set(SAID.values())
    real = [c.rows for c in task.corpus.clips if c.labels["content"] in contents]
    real = [r for r in real if len(r) >= 60]
    length = model.method.frames
    found: dict[str, list[float]] = {"fid": [], "foot skate": []}
    for window in range(WINDOWS):
        rows = [r[window * length : (window + 1) * length] for many in made.values() for r in many]
        found["fid"].append(fid_of(judge, rows, real))
        found["foot skate"].append(skate(task, rows))
    found["foot skate, real"] = [skate(task, real)]
    where = transitions(model)
    between = [(a + b) // 2 for a, b in zip(where, where[1:], strict=False)]
    flat = [r for many in made.values() for r in many]
    found["jerk at transitions"] = [float(np.mean(jerks(r, model, where))) for r in flat]
    found["jerk between them"] = [float(np.mean(jerks(r, model, between))) for r in flat]
    found["jerk, real"] = [float(np.mean(jerks(r, model, [len(r) // 2]))) for r in real]
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser, captions=192)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--arm", default="transformer")
    args = parser.parse_args()
    begun = time.monotonic()
    bench = bench_of(args)
    task, judge = bench.task, evaluator_of(bench, args.evaluator_steps)
    model = bench.trained(args.arm, 0)
    found = cell(f"{bench.kept}/long", lambda: measured(model, task, judge, args.samples)).found
    figures, rng = [], np.random.default_rng(0)
    for name, values in found.items():
        if name in ("fid", "foot skate"):
            figures += [figure(f"{name}, tenth {i + 1}", v) for i, v in enumerate(values)]
        elif len(values) == 1:
            figures.append(figure(name, values[0]))
        else:
            mean = bootstrap_interval(np.array(values), generator=rng)
            figures.append(figure(name, mean.mean, "m/s^3", low=mean.low, high=mean.high))
    fid, slides = found["fid"], found["foot skate"]
    holds = (
        fid[-1] <= 1.25 * fid[0]
        and slides[-1] <= slides[0] + 0.05
        and np.mean(found["jerk at transitions"]) <= 1.5 * np.mean(found["jerk, real"])
    )
    record("motion_long", CLAIM, bool(holds), figures, [0], time.monotonic() - begun)


if __name__ == "__main__":
    main()
