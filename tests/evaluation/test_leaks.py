"""Mirrors src/unisono/evaluation/leaks.py: every leak is planted and must be caught, alone."""

from dataclasses import replace

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.evaluation.leaks import (
    KINDS,
    AuditInput,
    Leak,
    Normaliser,
    Part,
    Signal,
    audit,
    audited,
)

LOW = {"type": "butterworth", "order": 4, "cutoff_hz": 12.0, "zero_phase": True}


def signal(rng: np.random.Generator, n: int, name: str, **options: object) -> Signal:
    values = rng.normal(5.0, 3.0, size=(n, 20, 2))
    valid = rng.random(values.shape) > 0.1
    channels = (f"{name}_a", f"{name}_b")
    return replace(Signal(np.where(valid, values, np.nan), valid, channels, LOW), **options)


def fitted(s: Signal) -> Normaliser:
    mean = np.array([s.values[..., d][s.valid[..., d]].mean() for d in range(2)])
    spread = np.array([s.values[..., d][s.valid[..., d]].std() for d in range(2)])
    return Normaliser(
        mean.astype(np.float32).astype(float), spread.astype(np.float32).astype(float)
    )


@pytest.fixture
def clean(rng: np.random.Generator) -> AuditInput:
    train = {name: signal(rng, 12, name) for name in ("angles", "grf")}
    test = {name: signal(rng, 6, name) for name in ("angles", "grf")}
    return AuditInput(
        parts={
            "train": Part(["a", "a", "b"], ["1", "1", "1"]),
            "calibration": Part(["c"], ["1"]),
            "test": Part(["d", "e"], ["1", "1"]),
        },
        evaluated=Part(["d", "e"], ["1", "1"]),
        calibration_subjects=["c"],
        train=train,
        test=test,
        normalisers={name: fitted(s) for name, s in train.items()},
        given=["angles"],
        want=["grf"],
    )


def only(found: AuditInput) -> Leak:
    leaks = audit(found)
    assert len(leaks) == 1, leaks
    return leaks[0]


def test_clean_run_has_no_leak(clean: AuditInput) -> None:
    assert audit(clean) == []
    assert audited(clean) == list(KINDS)
    assert audited(replace(clean, accepted=["filter"])) == list(KINDS[:-1])
    assert audited(AuditInput()) == []
    assert audit(AuditInput()) == []


def test_subject_in_two_parts(clean: AuditInput) -> None:
    parts = dict(clean.parts) | {"test": Part(["d", "b"], ["1", "2"])}
    leak = only(replace(clean, parts=parts))
    assert (leak.kind, leak.where) == ("subject_in_two_parts", "b")
    assert "both train and test" in leak.what


def test_windows_of_one_recording_in_two_parts(clean: AuditInput) -> None:
    parts = dict(clean.parts) | {"calibration": Part(["a"], ["1"])}
    kinds = [leak.kind for leak in audit(replace(clean, parts=parts, calibration_subjects=[]))]
    assert kinds == ["subject_in_two_parts", "window_in_two_parts"]


@pytest.mark.parametrize(
    ("source", "guess"),
    [("both", "train and test"), ("test", "on test"), ("elsewhere", "no part given")],
)
def test_normaliser_not_fitted_on_train(clean: AuditInput, source: str, guess: str) -> None:
    a, b = clean.train["grf"], clean.test["grf"]
    joined = Signal(np.concatenate([a.values, b.values]), np.concatenate([a.valid, b.valid]), ())
    wrong = {"both": fitted(joined), "test": fitted(b), "elsewhere": Normaliser(*np.ones((2, 2)))}
    planted = dict(clean.normalisers) | {"grf": wrong[source]}
    leak = only(replace(clean, normalisers=planted))
    assert (leak.kind, leak.where) == ("normaliser", "grf")
    assert guess in leak.what


def test_calibration_on_test_subjects(clean: AuditInput) -> None:
    leak = only(replace(clean, calibration_subjects=["c", "e"]))
    assert (leak.kind, leak.where) == ("calibration", "e")
    leak = only(replace(clean, calibration_subjects=["d"], evaluated=None))
    assert leak.where == "d"


@pytest.mark.parametrize("factor", [1.0, -0.001])
def test_target_in_the_input(clean: AuditInput, factor: float) -> None:
    given, want = clean.test["angles"], clean.test["grf"]
    values = given.values.copy()
    values[..., 1] = 3.0 + factor * want.values[..., 0]
    test = dict(clean.test) | {
        "angles": replace(given, values=values, valid=want.valid[..., :1] & given.valid)
    }
    planted = replace(clean, test=test)
    leak = only(planted)
    assert (leak.kind, leak.where) == ("target_in_input", "angles/angles_b")
    assert "grf/grf_a" in leak.what
    assert audit(replace(planted, accepted=["target_in_input"])) == []


def test_a_good_predictor_is_no_leak(clean: AuditInput, rng: np.random.Generator) -> None:
    given, want = clean.test["angles"], clean.test["grf"]
    near = want.values + 0.1 * rng.normal(size=want.values.shape)  # r about 0.9994
    test = dict(clean.test) | {"angles": replace(given, values=near, valid=want.valid)}
    assert audit(replace(clean, test=test)) == []


def test_evaluation_on_training_subjects(clean: AuditInput) -> None:
    leak = only(replace(clean, evaluated=Part(["a", "d"], ["1", "1"])))
    assert (leak.kind, leak.where) == ("evaluated_on_training", "a")
    assert "1 same recording" in leak.what


def test_filter_mismatch(clean: AuditInput) -> None:
    other = dict(LOW) | {"cutoff_hz": 50.0}
    streams = {
        part: dict(getattr(clean, part))
        | {"grf": replace(getattr(clean, part)["grf"], filter=other)}
        for part in ("train", "test")
    }
    planted = replace(clean, **streams)
    leak = only(planted)
    assert (leak.kind, leak.where) == ("filter", "angles, grf")
    assert "cutoff_hz 12.0 against 50.0" in leak.what
    assert audit(replace(planted, accepted=["filter"])) == []
    causal = replace(clean.test["angles"], filter=dict(LOW) | {"zero_phase": False})
    leaks = audit(replace(clean, test=dict(clean.test) | {"angles": causal}))
    assert [leak.where for leak in leaks] == ["angles", "angles, grf"]
    unknown = replace(clean.test["angles"], filter={})
    assert audit(replace(clean, test=dict(clean.test) | {"angles": unknown})) == []


def test_grave_leaks_cannot_be_accepted() -> None:
    with pytest.raises(UnisonoError, match="accepted must be one of"):
        AuditInput(accepted=["subject_in_two_parts"])


def test_many_names_are_cut_short(clean: AuditInput) -> None:
    many = Part([f"s{k}" for k in range(9)], ["1"] * 9)
    parts = {"train": many, "test": Part(many.subjects, ["2"] * 9)}
    leak = only(replace(clean, parts=parts, evaluated=None, calibration_subjects=[]))
    assert leak.where == "s0, s1, s2, s3, s4 and 4 more"
