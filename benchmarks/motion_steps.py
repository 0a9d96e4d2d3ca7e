"""How many steps a motion needs: quality and time at 1 to 50, beside MDM's way and MLD's.

``student``: the latent denoiser's own, taught to land in one to four steps where the teacher walks
in twenty. ``teacher``: latent diffusion by DDIM. ``as MLD``: the same latents with that paper's
noise, prediction, guidance and pooled text. ``rows``: diffusion of the rows themselves with a
network of the same width and depth (MDM's way), by DDIM in 50 and in all 1000 levels. All answer
the same captions of pairs that were never trained, from one evaluator; seconds are of one motion,
on one core, all measured in this run.

    python benchmarks/motion_steps.py
"""

import argparse
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from _bridge_arms import cell
from _gait_model import RUNS
from _motion_arms import Rows, Task, add_options, answers, bench_of
from _motion_raw import raw_answers, trained_raw
from _motion_scores import evaluator_of, scored
from _record import figure, record

from unisono.methods.lead_sampling import Asking

CLAIM = (
    "Two steps of the student are within 10 % of fifty of the teacher in FID and in R-precision@3 "
    "(simulated clips, pairs of content and style that were never trained)."
)


class Way(NamedTuple):
    """What is asked, and what answers."""

    task: Task
    make: Callable[[], list[Rows]]


def main() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser, captions=96)
    parser.add_argument("--raw-steps", type=int, default=2000)
    parser.add_argument("--raw-captions-slow", type=int, default=52)
    args = parser.parse_args()
    begun = time.monotonic()
    bench = bench_of(args)
    task, judge = bench.task, evaluator_of(bench, args.evaluator_steps)
    few, mld, plain = (bench.trained(arm, 0) for arm in ("few steps", "as MLD", "plain"))
    raw = trained_raw(RUNS / bench.kept / "seed0" / "rows", plain, task, args.raw_steps, 0)
    short = task._replace(
        test=task.test[: args.raw_captions_slow], captions=task.captions[: args.raw_captions_slow]
    )
    ways: dict[str, Way] = {}
    for steps in (1, 2, 4):
        ways[f"student, {steps}"] = Way(task, lambda n=steps: answers(few, task, 0, Asking(n)))
    for steps in (1, 2, 4, 10, 50):
        ways[f"teacher, {steps}"] = Way(task, lambda n=steps: answers(plain, task, 0, Asking(n)))
    ways["as MLD, 50"] = Way(task, lambda: answers(mld, task, 0, Asking(50)))
    ways["rows, 50"] = Way(task, lambda: raw_answers(raw, plain, task, 0, 50))
    ways["rows, 1000"] = Way(short, lambda: raw_answers(raw, plain, short, 0, 1000))
    table: dict[str, Mapping[str, Any]] = {
        "real": scored("real", task, task.rows(task.test), judge)
    }
    for name, way in ways.items():

        def measure(name: str = name, way: Way = way) -> Mapping[str, Any]:
            start = time.process_time()
            rows = way.make()
            seconds = (time.process_time() - start) / len(rows)
            return {**scored(name, way.task, rows, judge), "seconds": [seconds] * 3}

        table[name] = cell(
            f"{bench.kept}/steps/{name.replace(', ', '_').replace(' ', '_')}", measure
        ).found
        print(name, {k: round(v[0], 4) for k, v in table[name].items()}, flush=True)
    figures = [
        figure(f"{row}: {name}", *found[:1], low=found[1], high=found[2])
        for row, columns in table.items()
        for name, found in columns.items()
        if name in ("fid", "r3", "mm_distance", "foot skate", "seconds")
    ]
    two, fifty = table["student, 2"], table["teacher, 50"]
    holds = two["fid"][0] <= 1.1 * fifty["fid"][0] and two["r3"][0] >= 0.9 * fifty["r3"][0]
    record("motion_steps", CLAIM, holds, figures, [0], time.monotonic() - begun)


if __name__ == "__main__":
    main()
