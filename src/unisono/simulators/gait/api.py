"""Recordings of simulated people: one, or as many as are asked for."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np
import xarray as xr

from unisono.core.checks import check_choice, check_range
from unisono.core.errors import UnisonoError
from unisono.core.random import numpy_generator
from unisono.simulators.gait.aims import STYLES
from unisono.simulators.gait.streams import recording_of
from unisono.simulators.gait.subject import Subject, random_subject
from unisono.simulators.gait.trial import Request, gait_of, run_trial

__all__ = ["random_recordings", "simulate"]


def simulate(
    subject: Subject,
    *,
    speed: float,
    rng: np.random.Generator,
    style: str = "normal",
    strides: int = 4,
    rate_hz: float = 100.0,
) -> xr.DataTree:
    """Simulate consecutive strides of a person.

    All strides are one solution, each with its own timing, places and shape; the recording is
    smooth throughout, Newton's laws hold in every sample, and it could be repeated end to end.

    Args:
        subject: Who.
        speed: 0.6 to 2.2 m/s walks, 2.5 to 4.5 m/s runs.
        rng: Where variation comes from.
        style: One of ``STYLES``.
        strides: Number of strides.
        rate_hz: Samples a second.

    Raises:
        UnisonoError: If the speed or style is not simulated, or no attempt passes the judge.
    """
    trial = run_trial(subject, Request(speed, style, strides, rate_hz), rng)
    return recording_of(trial, f"{subject.name}_{style}_{speed:.2f}")


class _Task(NamedTuple):
    seed: int
    number: int
    trials: int
    styles: tuple[str, ...]
    speeds: tuple[float, ...] | None


def _one_subject(task: _Task) -> list[xr.DataTree]:
    """All trials of one person; whom no style suits is drawn anew."""
    for again in range(10):
        rng = numpy_generator(task.seed, "gait", task.number, again)
        subject = random_subject(rng, name=f"sim{task.number:03d}")
        try:
            return [_one_trial(subject, trial, task, rng) for trial in range(task.trials)]
        except UnisonoError:
            continue
    raise UnisonoError(f"no person of seed {task.seed} can be simulated; choose other speeds.")


def _one_trial(subject: Subject, trial: int, task: _Task, rng: np.random.Generator) -> xr.DataTree:
    style = task.styles[trial % len(task.styles)]
    if task.speeds is None:
        speed = float(np.clip(rng.normal(1.3, 0.2), 0.8, 1.7))
    else:
        speed = float(task.speeds[(trial // len(task.styles)) % len(task.speeds)])
    if gait_of(speed) == "run":
        style = "normal"
    tree = simulate(subject, speed=speed, style=style, rng=rng)
    tree.attrs["recording"] = f"{subject.name}_t{trial:02d}"
    tree.name = tree.attrs["recording"]
    return tree


def random_recordings(
    count_subjects: int,
    *,
    trials: int,
    seed: int,
    styles: Sequence[str] = ("normal",),
    speeds: Sequence[float] | None = None,
    processes: int = 1,
) -> Iterator[xr.DataTree]:
    """Simulate many people, each on several trials.

    The recordings depend on the seed alone, not on the number of processes.

    Args:
        count_subjects: Number of people.
        trials: Trials of each; styles and speeds take turns.
        seed: Seed of everything.
        styles: Styles in turn.
        speeds: Speeds in m/s in turn; by default walking speeds are drawn around 1.3.
        processes: Number of processes to spread people over.

    Raises:
        UnisonoError: If a style or speed is not simulated, or none is given.
    """
    check_range("count_subjects", count_subjects, 0, float("inf"))
    check_range("styles", len(styles), 1, float("inf"), closed=True)
    for style in styles:
        check_choice("style", style, STYLES)
    if speeds is not None:
        check_range("speeds", len(speeds), 1, float("inf"), closed=True)
        for speed in speeds:
            gait_of(speed)
    tasks = [
        _Task(seed, i, trials, tuple(styles), None if speeds is None else tuple(speeds))
        for i in range(count_subjects)
    ]
    if processes <= 1:
        for task in tasks:
            yield from _one_subject(task)
        return
    with ProcessPoolExecutor(processes) as pool:
        for trees in pool.map(_one_subject, tasks):
            yield from trees
