"""Mirrors src/unisono/experiments/any_subset_report.py."""

import pytest

from unisono.experiments.any_subset_report import any_subset_outcome, spoken_part
from unisono.experiments.cells import Cell, CellResult
from unisono.experiments.collected import Collected

STREAMS = ("a", "b", "c")
HIDDEN = (0.5,)


def answers(given: str, coverage: float, width: float) -> dict[str, dict[str, float]]:
    """Figures of two subjects of everything that is not given."""
    figures = {}
    for want in STREAMS:
        if want not in given.split("+"):
            figures[f"mse.{want}"] = {"s1": 0.2, "s2": 0.4}
            figures[f"coverage.{want}"] = {"s1": coverage, "s2": coverage}
            figures[f"width.{want}"] = {"s1": width, "s2": 2 * width}
    return figures


def collected(coverage: float = 0.9, wider: float = 1.5) -> Collected:
    results = []
    for seed in (0, 1):
        for given in ("a", "b", "c", "a+b", "a+c", "b+c"):
            figures = answers(given, coverage, 1.0 + 0.01 * seed)
            results.append(CellResult(Cell("gait", "any", given, seed=seed), figures, 1.0, "x"))
        hidden = answers("a+b", coverage, wider * (1.0 + 0.01 * seed))
        cell = Cell("gait", "any", "a+b", "hidden=0.5", seed)
        results.append(CellResult(cell, hidden, 1.0, "x"))
    ridge = {"mse.b": {"s1": 0.4, "s2": 0.8}, "mse.c": {"s1": 0.2, "s2": 0.4}}
    results.append(CellResult(Cell("gait", "ridge", "a"), ridge, 1.0, "x"))
    return Collected(results)


def test_bands_that_hold_and_widen_hold_the_claim() -> None:
    found = any_subset_outcome(collected(), STREAMS, HIDDEN)
    assert found.holds
    figures = {f["name"]: f["value"] for f in found.figures}
    assert figures["coverage of 90 % bands, c"] == pytest.approx(0.9)
    assert figures["width with 50% of channels hidden over none"] == pytest.approx(1.5)


@pytest.mark.parametrize(("coverage", "wider"), [(0.8, 1.5), (0.9, 0.9)])
def test_bands_that_break_or_do_not_widen_break_the_claim(coverage: float, wider: float) -> None:
    assert not any_subset_outcome(collected(coverage, wider), STREAMS, HIDDEN).holds


def test_the_tables_hold_every_question_and_ridge_beside_it() -> None:
    found = any_subset_outcome(collected(), STREAMS, HIDDEN)
    error = found.tables[0]
    assert [row[0].lower() for row in error.rows][:3] == ["a", "b", "c"]
    assert list(error.rows[0][1:]) == ["", "0.30", "0.30"]
    ridge = next(t for t in found.tables if "ridge" in t.title)
    assert list(ridge.rows[0][1:]) == ["", "0.50", "1.00"]
    assert found.pictures["any-subset.png"].axes


def test_parts_are_named_by_what_they_lack() -> None:
    assert spoken_part("a+c", STREAMS) == "all but b"
    assert spoken_part("a", STREAMS) == "a"
