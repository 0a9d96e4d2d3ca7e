"""Mirrors src/unisono/cli/experiment.py."""

from collections.abc import Callable
from pathlib import Path

import pytest

from unisono import experiments
from unisono.experiments.result import ExperimentResult


def test_they_are_listed(unisono: Callable[..., object]) -> None:
    run = unisono("experiment")
    assert run.status == 0 and "leave-one-out: " in run.out
    assert unisono("experiment", "--json").json["experiments"] == experiments.listed()


def test_settings_and_folder_reach_it(
    unisono: Callable[..., object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = {}

    def fake(out: Path, settings: list[str]) -> ExperimentResult:
        seen.update(out=out, settings=settings)
        return ExperimentResult("fake", {"a": 1}, "a table", out / "report.html")

    monkeypatch.setattr(experiments, "EXPERIMENTS", {"fake": ("for the test", fake)})
    words = ("experiment", "fake", "--out", tmp_path, "--set", "a=1", "--set", "b=2")
    assert unisono(*words, "--json").json == {"a": 1}
    assert seen == {"out": tmp_path / "fake", "settings": ["a=1", "b=2"]}
    assert "a table" in unisono(*words).out


def test_wrong_words(unisono: Callable[..., object]) -> None:
    assert "experiment" in unisono("experiment", "nonsense").complaint
    assert "name a recipe" in unisono("experiment", "leave-one-out").complaint
