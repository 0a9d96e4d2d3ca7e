"""Whether alignment pays at a place: a goal that was set before looking.

It pays where, for the mean square error on unseen units,

- aligned over unaligned is at most 0.95 and its 95 % interval excludes 1, whatever is trained
  without alignment: a form that does more than align is compared with itself without it AND with
  the plain training, or it could win by undoing the harm of what it adds, AND
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
        over_none: The larger (worse) ratio over what is trained without alignment.
        over_shuffled: The larger (worse) ratio over the shuffled controls.
        miss: How much farther from 0.9 the 90 % bands cover than those of the first plain arm.
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
    plain: Sequence[str] = ("none",),
    controls: Sequence[str] = SHUFFLED,
) -> Verdict:
    """Judge one aligned arm at one place.

    Args:
        found: All results.
        place: Where.
        arm: The aligned arm.
        figure: What is compared; lower is better.
        plain: The arms without alignment.
        controls: The shuffled arms.
    """
    nones = [found.ratio(place, arm, other, figure) for other in plain]
    shuffles = [found.ratio(place, arm, other, figure) for other in controls]
    covers = figure.rpartition("mse")[0] + "cover90"
    reached, before = (found.mean(place, a, covers).value for a in (arm, plain[0]))
    miss = abs(reached - 0.9) - abs(before - 0.9)
    pays = (
        all(_below(ratio, GOALS[0]) for ratio in nones)
        and all(_below(ratio, GOALS[1]) for ratio in shuffles)
        and not miss > _COVER_SLACK
    )
    return Verdict(place, arm, _worst(nones), _worst(shuffles), miss, pays)


def _worst(ratios: Sequence[Estimate]) -> Estimate:
    known = [ratio for ratio in ratios if math.isfinite(ratio.value)]
    return max(known, key=lambda ratio: ratio.value) if known else ratios[0]


def _below(estimate: Estimate, goal: float) -> bool:
    # an interval that is not known excludes nothing
    return estimate.value <= goal and estimate.high < 1
