"""Mirrors src/unisono/evaluation/doubts.py."""

from typing import Any

import pytest

from unisono.evaluation.doubts import find_doubts, verdict
from unisono.evaluation.leaks import KINDS


def interval(mean: float | None) -> dict[str, float | None]:
    return {"mean": mean, "low": mean, "high": mean}


def report(**target: object) -> dict[str, Any]:
    plain = {
        "tests": {
            "ridge": {
                "difference": -0.2,
                "low": -0.3,
                "high": -0.1,
                "p": 0.002,
                "better": 9.0,
                "subjects": 10.0,
            }
        },
        "methods": {"llma": {"nrmse": interval(0.4)}},
        "normaliser": {"by_channel": {"fz": 2.0}},
        "by_channel": {"llma": {"fz": {"rmse": 1.0}}},
        "coverage": {"0.9": 0.9},
        "bands": {"0.9": {"coverage": interval(0.9), "by_channel": {"fz": 0.9}}},
        "scores": {"energy": interval(0.2), "energy_independent": interval(0.3)},
    }
    return {
        "model": "llma",
        "leaks": [],
        "data": {"test_subjects": list("abcdefghij")},
        "targets": {"grf": plain | target},
        "audited": list(KINDS),
        "controls": {},
        "physics": {},
    }


def test_a_sound_report_has_no_doubts() -> None:
    assert find_doubts(report()) == []


@pytest.mark.parametrize(
    ("difference", "p", "words"),
    [
        (-0.2, 0.002, "llma beats ridge: nrmse 0.200 lower, paired p = 0.002"),
        (-0.2, 0.2, "llma does not beat ridge: nrmse 0.200 lower"),
        (0.1, 0.01, "llma is beaten by ridge: nrmse 0.100 higher"),
        (0.1, 0.5, "llma does not beat ridge: nrmse 0.100 higher"),
        (-0.1, 0.0001, "paired p < 0.001"),
        (None, 1.0, "cannot be compared"),
    ],
)
def test_verdict(difference: float | None, p: float, words: str) -> None:
    test = {"difference": difference, "p": p, "better": 9.0, "subjects": 10.0}
    assert words in verdict(report(tests={"ridge": test}), "grf", "ridge")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"normaliser": {"by_channel": {"fz": 0.0}}}, "did not vary in training"),
        ({"by_channel": {"llma": {"fz": {"rmse": None}}}}, "no valid test sample"),
        ({"coverage": {}, "bands": {}}, "no calibrated bands"),
        ({"bands": {"0.9": {"coverage": interval(0.7), "by_channel": {"fz": 0.85}}}}, "too narrow"),
        ({"bands": {"0.9": {"coverage": interval(0.99), "by_channel": {}}}}, "too wide"),
        (
            {"bands": {"0.9": {"coverage": interval(0.9), "by_channel": {"fz": 0.6}}}},
            "far too narrow for fz",
        ),
        (
            {"scores": {"energy": interval(0.3), "energy_independent": interval(0.3)}},
            "carry no more than their bands",
        ),
    ],
)
def test_each_doubt_is_said_alone(change: dict[str, Any], words: str) -> None:
    doubts = find_doubts(report(**change))
    assert len(doubts) == 1
    assert words in doubts[0]


def test_doubts_of_the_whole_report() -> None:
    found = report()
    found["leaks"] = [{}]
    found["audited"].remove("filter")
    found["data"]["test_subjects"] = ["a"]
    found["controls"] = {"shuffled_pairs": {"grf": {"nrmse": interval(0.41)}}}
    check = {"name": "friction", "value": 0.2, "threshold": 0.01, "passed": False}
    found["physics"] = {"grf": {"llma": [check], "measured": [check]}}
    doubts = find_doubts(found)
    assert [
        words in text
        for words, text in zip(
            (
                "leak",
                "Not audited for: filter",
                "Only 1 test subject",
                "control shuffled_pairs",
                "measured force fails it too",
            ),
            doubts,
            strict=True,
        )
    ] == [True] * 5
