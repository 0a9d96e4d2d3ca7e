"""Mirrors src/unisono/experiments/verdict.py."""

import math

import pytest

from unisono.experiments.cells import Cell, CellResult
from unisono.experiments.collected import Collected, Place
from unisono.experiments.verdict import judge

PLACE = Place("gait", "ours")


def results(arms: dict[str, float], covers: dict[str, float], wobble: float = 0.01) -> Collected:
    found = []
    for arm, mse in arms.items():
        for seed in range(4):
            steps = (-2, -1, 0, 0, 1, 2)
            sway = {u: math.exp(wobble * k) for u, k in zip("abcdef", steps, strict=True)}
            noise = sway if arm == "both" else dict.fromkeys(sway, 1.0)
            figures = {
                "mse": {u: mse * noise[u] for u in sway},
                "cover90": dict.fromkeys(sway, covers.get(arm, 0.9)),
            }
            found.append(CellResult(Cell("gait", "ours", arm, seed=seed), figures, 1.0, "c"))
    return Collected(found)


GOOD = {"none": 1.0, "both": 0.9, "shuffled_batch": 1.0, "shuffled_full": 1.01}


@pytest.mark.parametrize(
    ("arms", "covers", "wobble", "pays"),
    [
        (GOOD, {}, 0.01, True),
        (GOOD | {"both": 0.97}, {}, 0.01, False),  # too little over none
        (GOOD | {"shuffled_batch": 0.9}, {}, 0.01, False),  # a shuffle does as well
        (GOOD, {"both": 0.85}, 0.01, False),  # coverage is worse
        (GOOD, {"none": 0.8, "both": 0.85}, 0.01, True),  # coverage is better
        (GOOD, {}, 0.2, False),  # the interval holds 1
        ({"none": 1.0, "both": 0.9, "shuffled_full": 1.0}, {}, 0.01, False),  # a control lacks
    ],
)
def test_all_parts_of_the_goal_are_needed(
    arms: dict[str, float], covers: dict[str, float], wobble: float, pays: bool
) -> None:
    verdict = judge(results(arms, covers, wobble), PLACE, "both")
    assert verdict.pays is pays
    assert verdict.over_none.value == pytest.approx(arms["both"], rel=0.05)


def test_the_harder_control_is_the_one_that_is_told() -> None:
    verdict = judge(results(GOOD | {"shuffled_batch": 0.92}, {}), PLACE, "both")
    assert verdict.over_shuffled.value == pytest.approx(0.9 / 0.92, rel=0.05)
