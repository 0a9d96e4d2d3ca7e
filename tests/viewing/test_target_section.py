"""Mirrors src/unisono/viewing/target_section.py."""

import re
from typing import Any

import numpy as np
import pytest

from unisono.evaluation.inputs import EvaluationInput
from unisono.evaluation.report import evaluate_predictions
from unisono.viewing.panels import choose_panels
from unisono.viewing.target_section import target_section, verdict_item


@pytest.fixture
def data(evaluation: EvaluationInput) -> dict[str, Any]:
    return dict(evaluate_predictions(evaluation, generator=np.random.default_rng(0)).data)


def test_the_best_of_each_column_is_marked(data: dict[str, Any]) -> None:
    page = target_section(data, "grf", [])
    rows = re.findall(r'<tr[^>]*><th scope="row">([^<]*)</th>(.*?)</tr>', page)[:5]
    methods = data["targets"]["grf"]["methods"]
    assert [name for name, _ in rows] == [m.replace("_", " ") for m in methods]
    for column, (metric, better) in enumerate([("nrmse", min), ("rmse", min), ("r", max)]):
        winner = better(methods, key=lambda m, k=metric: methods[m][k]["mean"])
        marked = [n for n, r in rows if 'class="best"' in re.findall(r"<td[^>]*>", r)[column]]
        assert marked == [winner.replace("_", " ")]


def test_curves_are_drawn_with_their_subjects(
    data: dict[str, Any], evaluation: EvaluationInput
) -> None:
    page = target_section(data, "grf", choose_panels(evaluation, "grf"))
    assert page.count("<svg") == 9 + 3
    assert len(re.findall("worst of 8 subjects", page)) >= 3
    assert "50%, 80%, 90% bands" in page
    for part in ("Bands", "Scores of samples", "By channel", "By subject", "By condition"):
        assert f"<summary>{part}</summary>" in page


def test_verdicts_are_honest(data: dict[str, Any]) -> None:
    assert '<li class="won">grf: llma beats ridge' in verdict_item(data, "grf", "ridge")
    data["targets"]["grf"]["tests"]["ridge"]["p"] = 0.3
    said = verdict_item(data, "grf", "ridge", named=False)
    assert said.startswith('<li class="open">llma does not beat ridge')
    data["targets"]["grf"]["tests"]["ridge"] |= {"p": 0.01, "difference": 0.2}
    assert 'class="lost"' in verdict_item(data, "grf", "ridge")
    data["leaks"] = [{}]
    assert "not to be used" in verdict_item(data, "grf", "ridge")
