"""Simulated gait: how fast, how exact, how often refused, and how like people.

Claim: on one core at least 40 walking strides a second are simulated, be they ordinary, slow or
fast, or of any style (solved, with forces, moments and all streams as a recording, refused attempts
included), and every figure lies where the tests of the simulator ask. Times are processor time of
one process, so that other work on the machine does not count.
Run: ``OMP_NUM_THREADS=1 python benchmarks/gait_simulator.py``.
"""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from _record import figure, record

from unisono.core.errors import UnisonoError
from unisono.simulators.gait import STYLES
from unisono.simulators.gait.solver import GRAVITY
from unisono.simulators.gait.streams import recording_of
from unisono.simulators.gait.subject import random_subject
from unisono.simulators.gait.trial import TRIES, Request, Trial, attempt, run_trial

SEED = 7
STRIDES = 4
GOAL = 40.0


class Group(NamedTuple):
    """Trials of one kind."""

    name: str
    speeds: tuple[float, ...]
    style: str


GROUPS = (
    Group("walk", (0.8, 1.0, 1.2, 1.3, 1.4, 1.6), "normal"),
    Group("walk slow and fast", (0.6, 0.7, 1.8, 2.0, 2.2), "normal"),
    *(Group(style, (0.9, 1.2, 1.4), style) for style in STYLES if style != "normal"),
    Group("run", (2.5, 3.0, 3.5, 4.0, 4.5), "normal"),
)


class Timing(NamedTuple):
    """Trials that held, strides a second of processor time, and the refused part."""

    trials: list[Trial]
    rate: float
    refused: float


def requests(group: Group, count: int) -> Iterator[Request]:
    for i in range(count):
        yield Request(group.speeds[i % len(group.speeds)], group.style, STRIDES)


def simulate(group: Group, count: int) -> Timing:
    """As the front door does it: draw again what is refused, and build the recording."""
    rng = np.random.default_rng(SEED)
    for request in requests(group, len(group.speeds)):  # the average person's strides, once each
        recording_of(attempt(random_subject(rng), request, rng)[0], "t")
    trials, refused = [], 0
    began = time.process_time()
    for request in requests(group, count):
        while True:
            try:
                trial = run_trial(random_subject(rng), request, rng)
                break
            except UnisonoError:  # nobody holds at every speed: draw another person
                refused += TRIES
        recording_of(trial, "t")
        refused += trial.rejected
        trials.append(trial)
    seconds = time.process_time() - began
    return Timing(trials, count * STRIDES / seconds, refused / (refused + count))


def humps(trial: Trial) -> tuple[float, float, float]:
    """First peak, valley, second peak of the right foot's first step, in body weights."""
    steps = trial.motion.steps
    s = (trial.time - steps.strike[0, 0, 0]) % float(steps.period[0]) / steps.duration[0, 0, 0]
    force = trial.loads.force[2, 0, 0] / (trial.subject.mass_kg * GRAVITY)
    first = force[(s > 0.08) & (s < 0.45)].max()
    return first, force[(s > 0.35) & (s < 0.65)].min(), force[(s > 0.55) & (s < 0.95)].max()


def residual(trial: Trial) -> float:
    """Largest departure of the total force from mass times acceleration less gravity, BW."""
    mass = trial.subject.mass_kg
    pull = np.einsum(
        "s,isn->in", trial.motion.body.masses[:, 0], trial.state.centre.acceleration[:, 0]
    )
    pull[2] += mass * GRAVITY
    return float(np.abs(trial.loads.force[:, 0].sum(axis=1) - pull).max() / (mass * GRAVITY))


def spread(name: str, values: list[float], unit: str) -> dict[str, Any]:
    """Median with the range that holds 95 % of the trials."""
    low, middle, high = np.percentile(values, [2.5, 50, 97.5])
    return figure(name, middle, unit, low=low, high=high)


def main() -> None:
    began = time.monotonic()
    figures: list[dict[str, Any]] = []
    timing = {group.name: simulate(group, 60 if group.name == "walk" else 20) for group in GROUPS}
    for name, got in timing.items():
        figures.append(figure(f"{name}: strides a second of one core", got.rate, "1/s"))
        figures.append(figure(f"{name}: attempts refused", got.refused, "1"))
    trials = [t for got in timing.values() for t in got.trials]
    figures.append(figure("largest Newton residual", max(map(residual, trials)), "BW"))
    weights = [
        abs(t.loads.force[2, 0].sum(axis=0).mean() / (t.subject.mass_kg * GRAVITY) - 1)
        for t in trials
    ]
    figures.append(figure("largest error of the mean vertical force", max(weights), "BW"))
    walking = timing["walk"].trials
    for k, name in enumerate(("first hump", "valley", "second hump")):
        figures.append(spread(f"walk: {name}", [humps(t)[k] for t in walking], "BW"))
    for k, name in ((np.min, "braking"), (np.max, "propulsion")):
        rows = [k(t.loads.force[0, 0]) / (t.subject.mass_kg * GRAVITY) for t in walking]
        figures.append(spread(f"walk: {name}", [float(r) for r in rows], "BW"))
    rise = [float(np.ptp(t.motion.centre[2])) for t in walking]
    figures.append(spread("walk: rise of the centre of mass", rise, "m"))
    peaks = [
        float(t.loads.force[2].max() / (t.subject.mass_kg * GRAVITY)) for t in timing["run"].trials
    ]
    figures.append(spread("run: peak", peaks, "BW"))
    holds = (
        min(got.rate for name, got in timing.items() if name != "run") >= GOAL
        and max(map(residual, trials)) < 1e-6
        and max(weights) < 1e-3
        and all(0.9 < humps(t)[k] < 1.5 for t in walking for k in (0, 2))
        and all(1.8 < p < 3.2 for p in peaks)
    )
    claim = (
        f"At least {GOAL:g} walking strides a second on one core, ordinary, slow or fast (0.6 to "
        "2.2 m/s) and in every style, as recordings with refused attempts included; Newton exact "
        "to 1e-6, weight to 0.1 %, humps 0.9 to 1.5 and running peaks 1.8 to 3.2 body weights."
    )
    record("gait_simulator", claim, bool(holds), figures, [SEED], time.monotonic() - began)


if __name__ == "__main__":
    main()
