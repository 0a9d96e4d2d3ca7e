"""Neighbours agree with brute force; confidence is a p-value; bad points are refused in words."""

import numpy as np
import pytest

from unisono.core.errors import ShapeError, UnisonoError
from unisono.editing.bank import Bank


def test_neighbours_agree_with_brute_force(disc: Bank, rng: np.random.Generator) -> None:
    points = rng.uniform(-1, 1, size=(50, 2))
    near = disc.near(points, 4)
    away = np.linalg.norm(points[:, None] - disc.coordinates[None], axis=2)
    np.testing.assert_array_equal(near.place, np.argsort(away, axis=1)[:, :4])
    np.testing.assert_allclose(near.distance, np.sort(away, axis=1)[:, :4])


def test_confidence_is_uniform_on_the_data_and_small_off_them(disc: Bank) -> None:
    rng = np.random.default_rng(3)
    seen = disc.confidence(disc.near(rng.uniform(-1, 1, size=(1000, 2)), 5))
    for level in (0.1, 0.5, 0.9):
        assert abs((seen <= level).mean() - level) < 0.06
    off = disc.confidence(disc.near([[3.0, 0.0], [0.0, -5.0]], 5))
    np.testing.assert_allclose(off, 1 / 1501)


def test_frames_of_one_sequence_do_not_vouch_for_one_another() -> None:
    time = np.arange(100)
    lines = [np.stack([time / 100, np.full(100, y)], axis=1) for y in (0.0, 0.3, 0.6)]
    points, name = np.concatenate(lines), np.repeat([0, 1, 2], 100)
    between = [[0.5, 0.45]]
    alone = Bank(points, points)
    grouped = Bank(points, points, name)
    assert alone.confidence(alone.near(between, 3))[0] < 0.01
    assert grouped.confidence(grouped.near(between, 3))[0] > 0.5


def test_bad_points_and_banks_are_one_clear_line(disc: Bank) -> None:
    with pytest.raises(UnisonoError, match="k is 2000, but the bank has 1500 places"):
        disc.near([[0, 0]], 2000)
    with pytest.raises(ShapeError, match="points of another model"):
        disc.near([[0, 0, 0]], 1)
    with pytest.raises(UnisonoError, match="not finite"):
        disc.near([[np.nan, 0]], 1)
    with pytest.raises(UnisonoError, match="empty"):
        Bank(np.zeros((0, 2)), np.zeros((0, 3)))
    with pytest.raises(UnisonoError, match="codes of the bank hold values that are not finite"):
        Bank(np.zeros((2, 2)), np.full((2, 3), np.inf))
    with pytest.raises(ShapeError):
        Bank(np.zeros((2, 2)), np.zeros((3, 3)))
