"""Mirrors src/unisono/experiments/ablation_report.py."""

import pytest

from unisono.experiments.ablation_report import ablation_outcome
from unisono.experiments.cells import Cell, CellResult
from unisono.experiments.collected import Collected

ARMS = {"none": 1.0, "both": 0.9, "shuffled_batch": 0.99, "shuffled_full": 1.0}


def results(arms: dict[str, float]) -> Collected:
    units = {"a": 1.0, "b": 1.01, "c": 0.99}
    found = [
        CellResult(
            Cell("gait", "ours", arm, seed=seed),
            {"mse": {u: mse * (1 + 0.002 * seed) for u in units}, "cover90": units},
            1.0,
            "c",
        )
        for arm, mse in arms.items()
        for seed in range(4)
    ]
    return Collected([CellResult(Cell("gait", "any", "ridge"), {"mse": units}, 1.0, "c"), *found])


def test_the_verdict_is_computed_and_every_arm_is_listed() -> None:
    outcome = ablation_outcome(results(ARMS))
    assert outcome.holds and "gait, ours (both, mse)" in outcome.words[0]
    figures = {f["name"]: f["value"] for f in outcome.figures}
    assert figures["gait, ours, both: mse over none"] == pytest.approx(0.9)
    assert figures["gait, ours, both: mse over the better shuffle"] == pytest.approx(0.9 / 0.99)
    listed = outcome.tables[-1].text()
    assert all(arm in listed for arm in (*ARMS, "ridge"))


def test_an_alignment_that_a_shuffle_equals_does_not_pay() -> None:
    outcome = ablation_outcome(results(ARMS | {"shuffled_full": 0.9}))
    assert not outcome.holds and "pays nowhere" in outcome.words[0]
    assert "no pairing is needed" in outcome.words[0]


def test_better_than_the_controls_but_not_than_none_is_said_so() -> None:
    outcome = ablation_outcome(results({**ARMS, "both": 0.97, "longer": 0.9}))
    assert not outcome.holds and "better than both shuffled controls at: gait" in outcome.words[0]
    figures = {f["name"]: f["value"] for f in outcome.figures}
    assert figures["gait, ours, both: mse over none of equal compute"] == pytest.approx(0.97 / 0.9)
