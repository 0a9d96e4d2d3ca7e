"""Time several calls in turn, so that a busy machine is as unfair to one as to another.

A median comes with its 95 % interval from order statistics: with ``n`` times in order, the median
lies between the ``k``-th and the ``(n + 1 - k)``-th with probability ``1 - 2 P[Bin(n, 1/2) < k]``,
whatever the distribution (Conover, Practical Nonparametric Statistics, 1999, section 3.2). With
fewer than 6 times it is their range.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

__all__ = ["Median", "median", "time_in_turn"]

Times = npt.NDArray[np.float64]


class Median(NamedTuple):
    """A median and its 95 % interval."""

    value: float
    low: float
    high: float


def median(values: Sequence[float] | Times) -> Median:
    """Median with its interval; see the module."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    below = int(stats.binom.ppf(0.025, len(ordered), 0.5))
    k = max(below if len(ordered) > 5 else 1, 1)
    return Median(float(np.median(ordered)), float(ordered[k - 1]), float(ordered[-k]))


def time_in_turn(
    calls: Mapping[str, Callable[[], object]], rounds: int, *, warm_up: int = 1
) -> dict[str, Times]:
    """Seconds of each call by the clock, one call of each a round, ``(rounds,)``.

    Args:
        calls: What is timed, by name.
        rounds: How often.
        warm_up: Rounds before that are not timed.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(-warm_up, rounds):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            if number >= 0:
                times[name].append(time.perf_counter() - began)
    return {name: np.array(found) for name, found in times.items()}
