"""Mirrors src/unisono/experiments/result.py."""

from pathlib import Path

from unisono.experiments import listed
from unisono.experiments.result import ExperimentResult


def test_the_table_ends_with_the_page() -> None:
    result = ExperimentResult("x", {}, "a table", Path("out/report.html"))
    assert result.table() == "a table\nwrote out/report.html"


def test_every_experiment_says_what_it_does() -> None:
    assert all(len(text) > 20 for text in listed().values())
