"""Geodesics go along the data where a line would cross the void."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.editing.bank import Bank
from unisono.editing.geodesics import NeighbourGraph, evenly


def test_even_points_are_evenly_apart() -> None:
    got = evenly([[0, 0], [1, 0], [1, 0], [1, 3]], 5)
    np.testing.assert_allclose(got, [[0, 0], [1, 0], [1, 1], [1, 2], [1, 3]])
    np.testing.assert_allclose(evenly([[2.0, 2.0], [2.0, 2.0]], 3), np.full((3, 2), 2.0))


def test_the_way_round_a_ring_is_the_shorter_arc(ring: Bank) -> None:
    graph = NeighbourGraph(ring, k=2)
    end = np.deg2rad(150)
    path = graph.path([1.0, 0.0], [np.cos(end), np.sin(end)], 50)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), 1, atol=2e-3)
    assert (path[:, 1] > -1e-9).all()  # by the upper half
    length = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
    np.testing.assert_allclose(length, end, rtol=1e-2)


def test_parts_without_a_way_are_told_apart() -> None:
    points = np.concatenate([np.random.default_rng(0).normal(size=(30, 2)) + o for o in (0, 100)])
    graph = NeighbourGraph(Bank(points, points), k=3)
    with pytest.raises(UnisonoError, match="no way along the data"):
        graph.path(points[0], points[-1], 10)


def test_repeated_places_are_joined() -> None:
    points = np.repeat(np.arange(6.0)[:, None], 3, axis=0)
    path = NeighbourGraph(Bank(points, points), k=8).path([0.0], [5.0], 6)
    np.testing.assert_allclose(path.ravel(), np.arange(6), atol=1e-9)
