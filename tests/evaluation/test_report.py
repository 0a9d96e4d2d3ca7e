"""Mirrors src/unisono/evaluation/report.py: the shape is a promise, so it is spelled out here."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from unisono.evaluation.calibration import LEVELS, sample_bands
from unisono.evaluation.inputs import EvaluationInput, Provenance, TargetInput
from unisono.evaluation.leaks import AuditInput, Part
from unisono.evaluation.physics import ForceLayout, PhysicsContext
from unisono.evaluation.report import Report, evaluate_predictions

METHODS = ("llma", "mean_curve", "ridge", "knn", "mlp")


def inputs(rng: np.random.Generator) -> EvaluationInput:
    subjects = [f"s{k}" for k in range(7) for _ in range(3)]
    t = np.linspace(0, np.pi, 24)
    n = len(subjects)
    size = rng.normal(9.81, 1.0, (n, 1, 1))
    truth = size * np.stack([np.sin(t), 0.2 * np.cos(t), 0.05 * np.cos(2 * t)], axis=-1)
    valid = np.ones_like(truth, bool)
    valid[0, :4] = False
    noise = {m: 0.1 * (k + 1) for k, m in enumerate(METHODS)}
    spread = truth.std((0, 1))
    predictions = {m: truth + s * spread * rng.normal(size=truth.shape) for m, s in noise.items()}
    samples = predictions["llma"] + 0.1 * spread * rng.normal(size=(20, *truth.shape))
    target = TargetInput(
        np.where(valid, truth, np.nan),
        valid,
        ("fz", "fx", "fy"),
        ("N/kg",) * 3,
        spread,
        predictions,
        step=np.full(n, 0.01),
        samples=samples,
        bands=sample_bands(samples, predictions["llma"]),
        controls={"shuffled_pairs": truth[::-1]},
        force=ForceLayout((0,), ((1, 2),)),
        physics=PhysicsContext(np.full(n, 9.81), np.zeros(n, bool)),
    )
    return EvaluationInput(
        {"grf": target},
        subjects,
        conditions=["walk", "run", ""] * 7,
        provenance=Provenance("0.1.0", "abc", "unisono evaluate m d", "sha256:00"),
    )


@pytest.fixture
def report(rng: np.random.Generator) -> Report:
    return evaluate_predictions(inputs(rng), generator=rng)


def test_shape_is_the_promised_one(report: Report) -> None:
    data = json.loads(report.to_json())
    assert {"unisono", "commit", "command", "data", "targets", "controls", "leaks", "physics"} <= (
        set(data)
    )
    assert data["data"]["digest"] == "sha256:00"
    assert data["data"]["test_subjects"] == [f"s{k}" for k in range(7)]
    grf = data["targets"]["grf"]
    assert grf["unit"] == "N/kg"
    assert set(grf["methods"]) == set(METHODS)
    for row in grf["methods"].values():
        for metric in ("rmse", "nrmse", "r", "peak", "impulse"):
            assert set(row[metric]) == {"mean", "low", "high"}
            assert all(isinstance(v, float) for v in row[metric].values())
    assert set(grf["coverage"]) == {"0.5", "0.8", "0.9"} == {f"{x:g}" for x in LEVELS}
    assert all(isinstance(v, float) for v in (*grf["coverage"].values(), grf["width"]))
    assert data["leaks"] == []
    assert not report.failed
    assert data["controls"]["shuffled_pairs"]["grf"]["nrmse"]["mean"] > 0
    checks = {c["name"]: c for c in data["physics"]["grf"]["llma"]}
    assert checks["mean_vertical"]["passed"] is None
    assert checks["negative_vertical"]["threshold"] == 0.01


def test_figures_are_those_of_the_arrays(report: Report) -> None:
    grf = report.data["targets"]["grf"]
    means = [grf["methods"][m]["nrmse"]["mean"] for m in METHODS]
    np.testing.assert_allclose(means, [0.1, 0.2, 0.3, 0.4, 0.5], rtol=0.1)
    assert grf["best"] == "llma"
    assert grf["tests"]["ridge"]["p"] == 2 / 2**7
    assert len(grf["phase"]["llma"]) == 24
    assert set(grf["by_condition"]["llma"]) == {"walk", "run", "unknown"}
    assert set(grf["by_subject"]["ridge"]["s3"]) == {"fz", "fx", "fy"}
    assert set(grf["by_channel"]["mlp"]) == {"fz", "fx", "fy"}
    assert grf["time_unit"] == "s"


def test_a_leak_fails_the_report(rng: np.random.Generator) -> None:
    part = Part(["s1"], ["r"])
    leaky = replace(inputs(rng), audit=AuditInput(parts={"train": part, "test": part}))
    found = evaluate_predictions(leaky, generator=rng)
    assert found.failed
    kinds = [leak["kind"] for leak in json.loads(found.to_json())["leaks"]]
    assert kinds == ["subject_in_two_parts", "window_in_two_parts"]
    assert "no figure here may be used" in found.data["doubts"][0]


def test_what_could_not_be_taken_is_null(rng: np.random.Generator, tmp_path: Path) -> None:
    y = np.ones((2, 5, 1))
    target = TargetInput(y, y > 0, ("x",), ("N",), np.zeros(1), {"llma": y})
    found = evaluate_predictions(EvaluationInput({"grf": target}, ["a", "a"]), generator=rng)
    data = json.loads(found.save(tmp_path / "report.json").read_text())
    row = data["targets"]["grf"]["methods"]["llma"]
    assert row["nrmse"] == {"mean": None, "low": None, "high": None}
    assert row["rmse"] == {"mean": 0.0, "low": None, "high": None}
    assert data["targets"]["grf"]["coverage"] == {}
    assert data["targets"]["grf"]["width"] is None


def test_same_seed_same_report(rng: np.random.Generator) -> None:
    given = inputs(rng)
    a, b = (evaluate_predictions(given, generator=np.random.default_rng(4)) for _ in range(2))
    assert a.to_json() == b.to_json()
