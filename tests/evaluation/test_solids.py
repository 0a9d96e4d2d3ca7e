"""Mirrors src/unisono/evaluation/solids.py."""

import itertools

import numpy as np
import pytest
from scipy.spatial import cKDTree

from unisono.core.errors import ShapeError, UnisonoError
from unisono.evaluation.solids import (
    best_level,
    chamfer,
    earth_mover,
    iou,
    one_nearest_neighbour,
    pairwise,
    pooled_iou,
    surface_points,
)


def boxes(*edges: int) -> np.ndarray:
    voxels = np.zeros((len(edges), 8, 8, 8))
    for k, edge in enumerate(edges):
        voxels[k, :edge, :edge, :edge] = 1
    return voxels


def test_iou_of_boxes() -> None:
    found = iou(boxes(4, 2, 0, 0), boxes(2, 4, 0, 1))
    np.testing.assert_allclose(found, [8 / 64, 8 / 64, 1.0, 0.0])
    pooled = pooled_iou(boxes(4, 2, 6), boxes(4, 4, 3))
    assert pooled == pytest.approx((64 + 8 + 27) / (64 + 64 + 216))
    assert pooled_iou(boxes(0), boxes(0)) == 1.0


def test_the_threshold_belongs_to_the_full() -> None:
    half = np.full((1, 2, 2, 2), 0.5)
    assert iou(half, np.ones((1, 2, 2, 2)))[0] == 1
    assert iou(half - 1e-6, np.ones((1, 2, 2, 2)))[0] == 0


def test_best_level_is_where_expected_overlap_says(rng: np.random.Generator) -> None:
    sure, likely, seldom = 0.95, 0.42, 0.15
    p = np.zeros((2000, 4, 4, 4))
    p[:, :2], p[:, 2], p[:, 3] = sure, likely, seldom
    truth = (rng.random(p.shape) < p).astype(np.float64)
    # 32 voxels at .95, 16 at .42: alone 30.4 / (32 + 9.1) = .74, and .42 < .74 / 1.74
    assert best_level(p, truth) == 0.7
    p[:, :2] = sure = 0.6
    truth = (rng.random(p.shape) < p).astype(np.float64)
    # 19.2 / (32 + 9.1) = .47, and .42 > .47 / 1.47 = .32; .15 is below
    assert best_level(p, truth) == 0.4


def test_chamfer_against_a_tree(rng: np.random.Generator) -> None:
    p, q = rng.random((40, 3)), rng.random((50, 3))
    one, two = cKDTree(q).query(p)[0], cKDTree(p).query(q)[0]
    assert chamfer(p, q) == pytest.approx((one**2).mean() + (two**2).mean())
    assert chamfer(p, p[::-1]) == pytest.approx(0, abs=1e-15)


def test_earth_mover_against_all_orders(rng: np.random.Generator) -> None:
    p, q = rng.random((6, 3)), rng.random((6, 3))
    best = min(
        np.linalg.norm(p - q[list(order)], axis=1).mean()
        for order in itertools.permutations(range(6))
    )
    assert earth_mover(p, q) == pytest.approx(best)
    assert earth_mover(p, p + [0.3, 0, 0.4]) <= 0.5 + 1e-12
    with pytest.raises(ShapeError, match="equal size"):
        earth_mover(p, q[:5])


def test_surface_points_lie_on_the_faces_evenly(rng: np.random.Generator) -> None:
    voxels = np.zeros((10, 10, 10))
    voxels[2:6, 3:5, 1:9] = 1
    low, high = np.array([0.2, 0.3, 0.1]), np.array([0.6, 0.5, 0.9])
    points = surface_points(voxels, 60_000, generator=rng)
    on = np.isclose(points, low) | np.isclose(points, high)
    assert on.any(axis=1).all()
    assert (points > low - 1e-9).all() and (points < high + 1e-9).all()
    size = high - low
    areas = np.array([size[1] * size[2], size[0] * size[2], size[0] * size[1]])
    np.testing.assert_allclose(on.mean(axis=0), areas / areas.sum(), atol=0.01)
    np.testing.assert_allclose(points.mean(axis=0), (low + high) / 2, atol=0.01)


def test_solids_at_the_edge_of_the_cube_are_closed(rng: np.random.Generator) -> None:
    points = surface_points(np.ones((3, 3, 3)), 2000, generator=rng)
    assert (np.isclose(points, 0) | np.isclose(points, 1)).any(axis=1).all()
    with pytest.raises(UnisonoError, match="without a full voxel"):
        surface_points(np.zeros((3, 3, 3)), 5, generator=rng)


def test_one_nearest_neighbour_of_known_sets(rng: np.random.Generator) -> None:
    x = np.array([0.0, 1.0, 10.0, 11.0])
    apart = np.abs(x[:, None] - x[None])
    assert one_nearest_neighbour(apart, np.array([True, True, False, False])) == 1.0
    assert one_nearest_neighbour(apart, np.array([True, False, True, False])) == 0.0
    same = rng.normal(size=(800, 3))
    apart = np.linalg.norm(same[:, None] - same[None], axis=-1)
    members = np.arange(800) % 2 == 0
    assert one_nearest_neighbour(apart, members) == pytest.approx(0.5, abs=0.07)


def test_pairwise_is_symmetric_and_sets_are_checked(rng: np.random.Generator) -> None:
    clouds = [rng.random((9, 3)) for _ in range(4)]
    found = pairwise(clouds, chamfer)
    assert np.array_equal(found, found.T) and not np.diag(found).any()
    assert found[1, 3] == chamfer(clouds[1], clouds[3])
    with pytest.raises(ShapeError, match="got 1 generated of 4"):
        one_nearest_neighbour(found, np.array([True, False, False, False]))
    with pytest.raises(ShapeError, match="distances should be 3 square"):
        one_nearest_neighbour(found, np.array([True, False, False]))
    with pytest.raises(ShapeError, match=r"\(solid, x, y, z\)"):
        iou(np.zeros((2, 2)), np.zeros((2, 2)))
