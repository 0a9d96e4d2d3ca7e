"""Mirrors src/unisono/experiments/collected.py."""

import pytest

from unisono.experiments.cells import Cell, CellResult
from unisono.experiments.collected import Collected, Place


def result(arm: str, seed: int, value: float) -> CellResult:
    cell = Cell("gait", "ours", arm, seed=seed)
    return CellResult(cell, {"mse": {"a": value, "b": 2 * value}}, 3.0, "c")


FOUND = Collected([result("none", 0, 1.0), result("none", 1, 1.0), result("both", 0, 0.5)])
PLACE = Place("gait", "ours")


def test_arms_are_compared_on_what_both_have() -> None:
    assert FOUND.places == [PLACE] and FOUND.arms(PLACE) == ["none", "both"]
    assert FOUND.figures(PLACE, "both") == ["mse"]
    found = FOUND.ratio(PLACE, "both", "none", "mse")
    assert found.value == pytest.approx(0.5) and found.seeds == 1
    assert FOUND.difference(PLACE, "both", "none", "mse").value == pytest.approx(-0.75)
    assert FOUND.mean(PLACE, "none", "mse").value == pytest.approx(1.5)


def test_what_was_not_measured_is_empty() -> None:
    assert FOUND.of(PLACE, "both", "crps") == {} and FOUND.of(PLACE, "ridge", "mse") == {}
    assert FOUND.seeds == [0, 1] and FOUND.seconds == 9.0
