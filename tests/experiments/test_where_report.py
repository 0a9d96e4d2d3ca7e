"""Mirrors src/unisono/experiments/where_report.py."""

import pytest

from unisono.experiments.cells import Cell, CellResult
from unisono.experiments.collected import Collected
from unisono.experiments.where_report import where_outcome

UNITS = {"a": 1.0, "b": 1.01, "c": 0.99}
ARMS = {"none": 1.0, "hard": 0.9, "hard~batch": 1.0, "hard~full": 1.0}


def results(arms: dict[str, float], later: dict[str, float]) -> Collected:
    """Seeds 0 to 2 are the search, 3 and 4 the confirmation."""
    found = []
    for seed in range(5):
        for arm, mse in (later if seed >= 3 else arms).items():
            by = {u: mse * x * (1 + 0.002 * seed) for u, x in UNITS.items()}
            figures = {"mse": by, "cover90": UNITS, "late.mse": by, "late.cover90": UNITS}
            cell = Cell("gait", "ours", arm, "pairs=0.1", seed)
            found.append(CellResult(cell, figures, 1.0, "c"))
    alone = Cell("gait", "ours", "none", "alone=0.1")
    return Collected([*found, CellResult(alone, {"mse": UNITS}, 1.0, "c")])


def test_a_winner_that_is_confirmed_is_found() -> None:
    outcome = where_outcome(results(ARMS, ARMS))
    assert outcome.holds and "gait, ours, pairs=0.1, hard, mse" in outcome.words[0]
    assert len(outcome.tables[0].rows) == 2  # whole and late
    assert {"llma-where.png", "llma-where-pairs.png"} == set(outcome.pictures)
    assert "none" in outcome.tables[1].text()


def test_undoing_the_harm_of_what_a_form_adds_is_no_win() -> None:
    arms = {"recovering": 0.9, "recovering~batch": 1.0, "recovering~full": 1.0}
    whole = {**arms, "none+recovering": 1.0, "none": 1.0}
    assert where_outcome(results(whole, whole)).holds
    harmed = {**whole, "none": 0.9}
    outcome = where_outcome(results(harmed, harmed))
    assert not outcome.holds and outcome.figures[0]["value"] == pytest.approx(1.0)


@pytest.mark.parametrize("later", [{}, {**ARMS, "hard": 0.97}])
def test_luck_is_not_enough(later: dict[str, float]) -> None:
    outcome = where_outcome(results(ARMS, later))
    assert not outcome.holds and "none is confirmed" in outcome.words[0]
