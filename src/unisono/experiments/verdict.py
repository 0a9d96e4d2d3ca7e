"""Whether alignment pays at a place: a goal that was set before looking.

It pays where, for the mean square error on unseen units,

- aligned over unaligned is at most 0.95 and its 95 % interval excludes 1, AND
- aligned over each shuffled control is at most 0.97 and its interval excludes 1, AND
- the 90 % bands cover no worse (the miss of the nominal level is not larger by more than 0.02).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from unisono.experiments.collected import Collected, Place
from unisono.experiments.pairing import Estimate

__all__ = ["GOALS", "SHUFFLED", "Verdict", "judge"]

GOALS = (0.95, 0.97)
"""Largest ratio over no alignment, and over a shuffled control."""

SHUFFLED = ("shuffled_batch", "shuffled_full")
"""The controls."""

_COVER_SLACK = 0.02


class Verdict(NamedTuple):
    """Whether an aligned arm pays.

    Attributes:
        place: Where.
        arm: The aligned arm.
        over_none: Ratio over no alignment.
        over_shuffled: The larger (worse) ratio over the shuffled controls.
        miss: How much farther from 0.9 the 90 % bands cover than without alignment.
        pays: Whether all three parts of the goal are met.
    """

    place: Place
    arm: str
    over_none: Estimate
    over_shuffled: Estimate
    miss: float
    pays: bool


def judge(
    found: Collected,
    place: Place,
    arm: str,
    figure: str = "mse",
    *,
    plain: str = "none",
    controls: Sequence[str] = SHUFFLED,
) -> Verdict:
    """Judge one aligned arm at one place.

    Args:
        found: All results.
        place: Where.
        arm: The aligned arm.
        figure: What is compared; lower is better.
        plain: The arm without alignment.
        controls: The shuffled arms.
    """
    none = found.ratio(place, arm, plain, figure)
    ratios = [found.ratio(place, arm, other, figure) for other in controls]
    known = [c for c in ratios if math.isfinite(c.value)]
    worst = max(known, key=lambda c: c.value) if known else ratios[0]
    covers = figure.rpartition("mse")[0] + "cover90"
    reached, before = (found.mean(place, a, covers).value for a in (arm, plain))
    miss = abs(reached - 0.9) - abs(before - 0.9)
    pays = (
        _below(none, GOALS[0])
        and len(known) == len(controls)
        and all(_below(c, GOALS[1]) for c in known)
        and not miss > _COVER_SLACK
    )
    return Verdict(place, arm, none, worst, miss, pays)


def _below(estimate: Estimate, goal: float) -> bool:
    # an interval that is not known excludes nothing
    return estimate.value <= goal and estimate.high < 1
