"""Mirrors src/unisono/viewing/text_table.py."""

from dataclasses import replace

import numpy as np

from unisono.evaluation.inputs import EvaluationInput
from unisono.evaluation.leaks import AuditInput, Part
from unisono.evaluation.report import evaluate_predictions
from unisono.viewing.text_table import text_table


def test_table_fits_a_terminal_and_holds_the_figures(evaluation: EvaluationInput) -> None:
    report = evaluate_predictions(evaluation, generator=np.random.default_rng(0))
    said = text_table(report)
    assert max(len(line) for line in said.splitlines()[:9]) <= 100
    row = next(line for line in said.splitlines() if line.startswith("  ridge"))
    ridge = report.data["targets"]["grf"]["methods"]["ridge"]
    assert row.split()[1] == f"{ridge['nrmse']['mean']:.3f}"
    assert row.split()[-1] == f"{ridge['impulse']['mean']:.3g}"
    assert "llma beats ridge" in said
    assert "90% band holds" in said
    assert "Doubts:" in said


def test_a_leak_comes_first(evaluation: EvaluationInput) -> None:
    part = Part(["s"], ["1"])
    leaky = replace(evaluation, audit=AuditInput(parts={"train": part, "test": part}))
    said = text_table(evaluate_predictions(leaky, generator=np.random.default_rng(0)))
    assert said.startswith("FAILED: 2 leak(s)")
    assert "llma beats" not in said
