"""Mirrors src/unisono/evaluation/calibration.py: coverage on exchangeable synthetic subjects."""

import json
import math

import numpy as np
import pytest

from unisono.core.errors import ModelError, ShapeError, UnisonoError
from unisono.evaluation.calibration import (
    LEVELS,
    Bands,
    BandTable,
    CalibrationOptions,
    fit_bands,
    nest,
    point_bands,
    sample_bands,
)

FRAMES = 40


def people(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Errors of ``count`` exchangeable subjects, two windows each: own bias and own noise."""
    bias = rng.normal(0, 0.5, (count, 1, 1, 1))
    noise = np.exp(rng.normal(0, 0.3, (count, 1, 1, 1))) * rng.normal(size=(count, 2, FRAMES, 1))
    truth = (bias + noise).reshape(2 * count, FRAMES, 1)
    return truth, np.repeat(np.arange(count), 2)


def coverage(table: BandTable, truth: np.ndarray, raw: Bands) -> np.ndarray:
    bands = table.apply(raw)
    return ((truth >= bands.lower) & (truth <= bands.upper)).mean(axis=(1, 2, 3))


def trial(count: int, options: CalibrationOptions, rng: np.random.Generator) -> np.ndarray:
    truth, subject = people(count, rng)
    half = 0.3 * np.array([[[[0.6]]], [[[1.2]]], [[[1.6]]]])  # far too narrow, as samples often are

    def raw(y: np.ndarray) -> Bands:
        centre = np.zeros_like(y)
        return Bands(LEVELS, centre, centre - half, centre + half)

    table = fit_bands(
        raw(truth),
        truth,
        np.ones_like(truth, bool),
        subjects=list(subject),
        channels=["fz"],
        options=options,
    )
    new, _ = people(60, rng)
    return coverage(table, new, raw(new))


@pytest.mark.parametrize("kind", ["additive", "scale"])
@pytest.mark.parametrize("count", [5, 12])
def test_jackknife_bands_cover_new_subjects(
    count: int, kind: str, rng: np.random.Generator
) -> None:
    options = CalibrationOptions(kind=kind)
    found = np.mean([trial(count, options, rng) for _ in range(120)], axis=0)
    np.testing.assert_allclose(found, LEVELS, atol=0.03)


def test_hierarchical_bands_cover_at_least_their_level(rng: np.random.Generator) -> None:
    options = CalibrationOptions(correction="hierarchical")
    found = np.mean([trial(10, options, rng) for _ in range(120)], axis=0)
    assert (found >= np.array(LEVELS) - 0.005).all()
    plain = CalibrationOptions(correction="none")
    short = np.mean([trial(2, plain, rng) for _ in range(120)], axis=0)
    assert short[-1] < 0.89  # why a correction is needed


def test_hierarchical_refuses_too_few_subjects(rng: np.random.Generator) -> None:
    with pytest.raises(UnisonoError, match="needs 9 calibration subjects; got 8"):
        trial(8, CalibrationOptions(correction="hierarchical"), rng)
    trial(9, CalibrationOptions(correction="hierarchical"), rng)


def test_plain_offset_is_the_split_conformal_quantile(rng: np.random.Generator) -> None:
    """One frame a subject: the hierarchical rule is the ceil((K + 1) level)-th score."""
    y = rng.normal(size=(19, 1, 1))
    table = fit_bands(
        point_bands(np.zeros_like(y)),
        y,
        np.ones_like(y, bool),
        subjects=list(range(19)),
        channels=["x"],
        options=CalibrationOptions(correction="hierarchical"),
    )
    ordered = np.sort(np.abs(y).ravel())
    for level, (offset,) in zip(table.levels, table.offsets, strict=True):
        assert math.isclose(offset, ordered[math.ceil(20 * level - 1e-9) - 1])


def test_subjects_count_once_however_many_windows(rng: np.random.Generator) -> None:
    y = np.concatenate([np.full((90, 10, 1), 1.0), np.full((10, 10, 1), 5.0)])
    table = fit_bands(
        point_bands(np.zeros_like(y), [0.8]),
        y,
        np.ones_like(y, bool),
        subjects=["a"] * 90 + ["b"] * 10,
        channels=["x"],
        options=CalibrationOptions(correction="none"),
    )
    assert table.offsets == ((5.0,),)  # pooled frames would say 1


@pytest.mark.parametrize("kind", ["additive", "scale"])
def test_anchors_hold_each_stage_of_a_movement_not_only_the_whole(kind: str) -> None:
    rng = np.random.default_rng(5)
    louder = np.linspace(0.5, 3, FRAMES)[:, None]

    def make(count: int) -> tuple[np.ndarray, np.ndarray, Bands]:
        truth = louder * rng.normal(
            size=(2 * count, FRAMES, 1)
        )  # people alike: little left to luck
        raw = sample_bands(rng.normal(size=(50, *truth.shape)), 0 * truth)
        return truth, np.repeat(np.arange(count), 2), raw

    new, _, raw_new = make(200)
    missed = {}
    for anchors in (1, 11):
        truth, subject, raw = make(60)
        table = fit_bands(
            raw, truth, np.ones_like(truth, bool), subjects=list(subject), channels=["fz"],
            options=CalibrationOptions(kind=kind, anchors=anchors),
        )  # fmt: skip
        again = BandTable.from_dict(json.loads(json.dumps(table.to_dict())))
        assert again == table and len(table.offsets[0]) == anchors
        bands = table.apply(raw_new)
        held = ((new >= bands.lower) & (new <= bands.upper)).mean(axis=(1, 3))
        stages = held.reshape(len(LEVELS), 5, -1).mean(axis=2)
        missed[anchors] = np.abs(stages - np.array(LEVELS)[:, None]).max()
    assert missed[1] > 0.1
    assert missed[11] < 0.04


def test_an_anchor_near_which_nothing_is_valid_takes_the_whole_window(
    rng: np.random.Generator,
) -> None:
    truth, subject = people(6, rng)
    valid = np.ones_like(truth, bool)
    valid[:, :25] = False
    raw = point_bands(np.zeros_like(truth))
    tables = [
        fit_bands(
            raw, truth, valid, subjects=list(subject), channels=["x"],
            options=CalibrationOptions(anchors=n),
        )
        for n in (1, 5)
    ]  # fmt: skip
    assert tables[1].offsets[0][0] == tables[0].offsets[0][0]
    assert tables[1].offsets[0][4] != tables[0].offsets[0][0]


def test_bands_nest_and_never_cross(rng: np.random.Generator) -> None:
    centre = rng.normal(size=(6, 5, 2))
    samples = centre + rng.normal(size=(9, 6, 5, 2))
    raw = sample_bands(samples, centre)
    table = BandTable(
        LEVELS,
        ("a", "b"),
        ((2.0, -3.0), (0.1, -3.0), (0.0, 1.0)),
        (0.0, 0.0),
        "additive",
        "none",
        3,
    )
    bands = table.apply(raw)
    assert (bands.lower <= bands.upper).all()
    assert (np.diff(bands.lower, axis=0) <= 0).all()
    assert (np.diff(bands.upper, axis=0) >= 0).all()
    assert np.array_equal(nest(bands).lower, bands.lower)


def test_sample_bands_are_quantiles(rng: np.random.Generator) -> None:
    samples = rng.normal(size=(200, 2, 3, 1))
    bands = sample_bands(samples, samples.mean(0), levels=(0.9, 0.5))
    assert bands.levels == (0.5, 0.9)
    np.testing.assert_allclose(bands.lower[1], np.quantile(samples, 0.05, axis=0))
    np.testing.assert_allclose(bands.upper[0], np.quantile(samples, 0.75, axis=0))


def test_invalid_samples_change_nothing(rng: np.random.Generator) -> None:
    truth, subject = people(6, rng)
    valid = rng.random(truth.shape) > 0.3
    raw = point_bands(np.zeros_like(truth))
    tables = [
        fit_bands(raw, y, valid, subjects=list(subject), channels=["x"])
        for y in (truth, np.where(valid, truth, np.nan))
    ]
    assert tables[0] == tables[1]


def test_table_survives_json(rng: np.random.Generator) -> None:
    truth, subject = people(4, rng)
    table = fit_bands(
        point_bands(np.zeros_like(truth)),
        truth,
        np.ones_like(truth, bool),
        subjects=list(subject),
        channels=["fz"],
        options=CalibrationOptions(kind="scale"),
    )
    stored = json.loads(json.dumps(table.to_dict()))
    assert BandTable.from_dict(stored) == table
    with pytest.raises(ModelError, match="damaged"):
        BandTable.from_dict({k: v for k, v in stored.items() if k != "floor"})
    with pytest.raises(ModelError, match="another length"):
        BandTable.from_dict(stored | {"floor": []})
    with pytest.raises(ModelError, match="calibrate the model again"):
        table.apply(point_bands(np.zeros((1, 2, 3))))


def test_one_subject_says_what_was_used() -> None:
    y = np.ones((2, 3, 1))
    table = fit_bands(point_bands(y * 0), y, y > 0, subjects=["a", "a"], channels=["x"])
    assert (table.correction, table.subjects) == ("none", 1)
    with pytest.raises(ShapeError, match="no valid sample"):
        fit_bands(point_bands(y), y, y < 0, subjects=["a", "b"], channels=["x"])
    with pytest.raises(ShapeError, match="3 subjects"):
        fit_bands(point_bands(y), y, y > 0, subjects=["a"] * 3, channels=["x"])
