"""Mirrors src/unisono/evaluation/baselines.py."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsRegressor

from unisono.evaluation.baselines import (
    BASELINES,
    Knn,
    MeanCurve,
    baseline_bands,
    run_baselines,
)
from unisono.evaluation.features import Given, Pairs, WholeWindow
from unisono.evaluation.mlp import Mlp


def people(count: int, rng: np.random.Generator, first: int = 0) -> Pairs:
    windows = 4
    t = np.linspace(0, 2 * np.pi, 20)
    size = rng.normal(1.0, 0.2, (count * windows, 1, 1))
    x = size * np.stack([np.sin(t), np.cos(t)], -1) + 0.05 * rng.normal(
        size=(count * windows, 20, 2)
    )
    person = np.repeat(rng.normal(0, 0.1, (count, 1, 1)), windows, axis=0)
    y = 700 * (size * np.abs(np.sin(t))[:, None] + person)
    valid = np.ones_like(y, bool)
    valid[0, 5:8] = False
    subjects = np.repeat([f"s{first + k:02}" for k in range(count)], windows)
    return Pairs(Given(x, np.ones_like(x, bool)), y, valid, subjects)


@pytest.mark.parametrize("name", BASELINES)
def test_contract(name: str, rng: np.random.Generator) -> None:
    """Shape, finite, deterministic by its generator, blind to what is not valid."""
    pairs = people(6, rng)
    spoiled = Pairs(
        pairs.given, np.where(pairs.want_valid, pairs.want, 1e9), pairs.want_valid, pairs.subjects
    )
    make = BASELINES[name] if name != "mlp" else lambda: Mlp(steps=40)
    a, b = (
        make().fit(p, generator=np.random.default_rng(0)).predict(p.given) for p in (pairs, spoiled)
    )
    assert a.shape == pairs.want.shape
    assert np.isfinite(a).all()
    np.testing.assert_array_equal(a, b)
    assert BASELINES[name]().name == name


def test_mean_curve_counts_subjects_once(rng: np.random.Generator) -> None:
    y = np.array([1.0, 1.0, 1.0, 5.0]).reshape(4, 1, 1)
    given = Given(np.zeros((4, 1, 1)), np.ones((4, 1, 1), bool))
    pairs = Pairs(given, y, np.ones_like(y, bool), np.array(["a", "a", "a", "b"]))
    assert MeanCurve().fit(pairs, generator=rng).predict(given)[0].item() == 3.0


def test_knn_agrees_with_sklearn(rng: np.random.Generator) -> None:
    pairs, test = people(8, rng), people(3, rng)
    pairs = Pairs(pairs.given, pairs.want, np.ones_like(pairs.want_valid), pairs.subjects)
    ours = Knn().fit(pairs, generator=rng)
    layout = WholeWindow(pairs, generator=rng)
    theirs = KNeighborsRegressor(n_neighbors=ours.neighbours, weights="distance")
    theirs.fit(layout.inputs(pairs.given), pairs.want.reshape(len(pairs.want), -1))
    expected = theirs.predict(layout.inputs(test.given)).reshape(test.want.shape)
    np.testing.assert_allclose(ours.predict(test.given), expected, rtol=1e-3)


def test_mean_curve_loses_to_those_that_look(rng: np.random.Generator) -> None:
    pairs, test = people(10, rng), people(4, rng, first=10)
    found = run_baselines(pairs, test.given, generator=rng)
    error = {k: np.sqrt(((v.mean - test.want) ** 2).mean()) for k, v in found.items()}
    assert set(error) == {"mean_curve", "ridge", "knn", "mlp", "kernel"}
    assert max(error["ridge"], error["knn"], error["mlp"]) < 0.9 * error["mean_curve"]


def test_bands_around_a_baseline_cover_new_subjects(rng: np.random.Generator) -> None:
    inside = []
    for _ in range(20):
        pairs, test = people(10, rng), people(10, rng)
        found = run_baselines(
            pairs, test.given, generator=rng, names=["ridge"], banded=["ridge"], channels=["fz"]
        )
        bands = found["ridge"].bands
        assert bands is not None
        inside.append(((test.want >= bands.lower) & (test.want <= bands.upper)).mean((1, 2, 3)))
    # Out-of-fold models saw fewer subjects than the final one: the bands err to the wide side.
    above = np.mean(inside, axis=0) - np.array([0.5, 0.8, 0.9])
    assert ((above > -0.02) & (above < 0.1)).all()


def test_band_table_names_its_channels(rng: np.random.Generator) -> None:
    table = baseline_bands(MeanCurve, people(4, rng), channels=["fz"], generator=rng)
    assert (table.channels, table.subjects) == (("fz",), 4)
