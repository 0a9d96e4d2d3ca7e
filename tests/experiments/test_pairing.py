"""Mirrors src/unisono/experiments/pairing.py."""

import math

import numpy as np
import pytest
from scipy import stats

from unisono.experiments.pairing import Estimate, crossed, difference, mean_of, ratio, shown


def test_one_seed_is_a_students_interval_over_units(rng: np.random.Generator) -> None:
    values = rng.normal(size=12)
    found = crossed(values[None])
    low, high = stats.t.interval(0.95, 11, values.mean(), stats.sem(values))
    assert found.low == pytest.approx(low) and found.high == pytest.approx(high)
    assert crossed(values[:, None]).low == pytest.approx(low)  # seeds alone, likewise


def test_the_interval_covers_the_truth_when_seeds_and_units_vary(
    rng: np.random.Generator,
) -> None:
    inside = 0
    for _ in range(400):
        table = 0.3 + rng.normal(size=(5, 1)) + rng.normal(size=(1, 8))
        table = table + 0.5 * rng.normal(size=(5, 8))
        found = crossed(table)
        inside += found.low <= 0.3 <= found.high
    # the naive interval over all 40 values would cover about 0.5
    assert 0.92 <= inside / 400 <= 1.0


def test_a_ratio_is_paired_and_geometric() -> None:
    a = {0: {"s": 2.0, "u": 8.0}, 1: {"s": 2.0, "u": 8.0}}
    b = {0: {"s": 1.0, "u": 2.0}, 1: {"s": 1.0, "u": 2.0}, 2: {"s": 5.0, "u": 5.0}}
    found = ratio(a, b)
    assert found.value == pytest.approx(math.sqrt(2 * 4))
    assert (found.seeds, found.units) == (2, 2)
    assert difference(a, b).value == pytest.approx(3.5)
    assert mean_of(b).value == pytest.approx((1 + 2 + 1 + 2 + 5 + 5) / 6)


def test_what_cannot_be_compared_is_not_a_number() -> None:
    assert math.isnan(ratio({}, {0: {"s": 1.0}}).value)
    assert math.isnan(ratio({0: {"s": 0.0}}, {0: {"s": 1.0}}).value)
    alone = ratio({0: {"s": 1.0}}, {0: {"s": 2.0}})
    assert alone.value == pytest.approx(0.5) and math.isnan(alone.low)
    assert shown(alone) == "0.500" and shown(Estimate(math.nan, 0, 0, 0, 0)) == "-"
