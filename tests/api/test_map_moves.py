"""Moves on a map whose geometry is known: rings of a size, two clouds."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from unisono.api.map_chart import Map
from unisono.api.map_moves import Moved, toward_class, toward_value
from unisono.core.errors import ModelError, UnisonoError
from unisono.editing.bank import Bank


def chart_of(
    points: np.ndarray, labels: dict[str, np.ndarray], codes: np.ndarray | None = None
) -> Map:
    """What the moves look at of a map."""
    bank = Bank(points, points if codes is None else codes)
    return cast(Map, SimpleNamespace(bank=bank, labels=labels))


def rings() -> Map:
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = np.concatenate([r * ring for r in (1.0, 2.0, 3.0)])
    labels = {"speed": np.repeat([1.0, 2.0, 3.0], 200)}
    return chart_of(points, labels)


def test_points_go_to_the_ring_of_the_value_at_their_own_phase() -> None:
    chart = rings()
    start = chart.bank.coordinates[:200:20]
    for value in (2.0, 3.0, 1.5, 2.25):
        got = toward_value(chart, Moved(start, start), "speed", value, 1.0)
        np.testing.assert_allclose(got.points, value * start, atol=0.03)
        np.testing.assert_allclose(got.codes, value * start, atol=0.03)
    half = toward_value(chart, Moved(start, start), "speed", 3.0, 0.5)
    np.testing.assert_allclose(half.points, 2 * start, atol=0.03)


def test_what_the_map_does_not_tell_apart_is_kept() -> None:
    """Codes have a style that the map does not show; frames keep theirs."""
    chart = rings()
    points = np.repeat(chart.bank.coordinates, 2, axis=0)
    style = np.tile([0.0, 5.0], len(points) // 2)
    codes = np.c_[points, style]
    double = chart_of(points, {"speed": np.repeat(chart.labels["speed"], 2)}, codes)
    got = toward_value(double, Moved(points[:40], codes[:40]), "speed", 3.0, 1.0)
    np.testing.assert_allclose(got.codes[:, 2], style[:40], atol=0.3)
    np.testing.assert_allclose(got.codes[:, :2], 3 * points[:40], atol=0.05)


def test_labels_without_steps_take_the_data_near_the_value() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 10, size=(4000, 2))
    chart = chart_of(points, {"x": points[:, 0]})
    start = np.array([[2.0, 5.0]])
    got = toward_value(chart, Moved(start, start), "x", 7.0, 1.0)
    np.testing.assert_allclose(got.points, [[7, 5]], atol=0.8)


def test_a_cloud_is_carried_to_the_other_class() -> None:
    rng = np.random.default_rng(0)
    points = np.concatenate([0.3 * rng.normal(size=(100, 2)) + c for c in ([0, 0], [4, 1])])
    words = np.repeat(["straight", "turn"], 100)
    chart = chart_of(points, {"task": words})
    moved = toward_class(chart, points[:20], "turn", 1.0)
    said = chart_of(points, {"turning": words == "turn"})
    np.testing.assert_array_equal(toward_class(said, points[:20], "True", 1.0), moved)
    assert np.linalg.norm(moved - [4, 1], axis=1).max() < 1.5
    np.testing.assert_array_equal(toward_class(chart, points[100:105], "turn", 1.0),
                                  points[100:105])  # fmt: skip
    with pytest.raises(ModelError, match="has no class 'tun'.*Did you mean 'turn'"):
        toward_class(chart, points[:2], "tun", 1.0)


def test_values_outside_of_the_data_are_refused() -> None:
    with pytest.raises(UnisonoError, match="speed 4 lies outside of the data, which have 1 to 3"):
        toward_value(rings(), Moved(np.zeros((1, 2)), np.zeros((1, 2))), "speed", 4.0, 1.0)
