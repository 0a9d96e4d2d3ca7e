"""Mirrors src/unisono/simulators/shapes/families.py."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.simulators.shapes.families import FAMILIES, POSES, random_solid


def test_there_are_enough_families() -> None:
    assert len(FAMILIES) >= 13


@pytest.mark.parametrize("family", FAMILIES)
def test_the_closed_form_volume_is_the_counted_one(family: str, rng: np.random.Generator) -> None:
    points = rng.uniform(-1, 1, (60_000, 3))
    for _ in range(3):
        solid = random_solid(rng, family=family)
        share = (solid.inside(points) <= 0).mean()
        error = 8 * np.sqrt(share * (1 - share) / len(points))
        assert 8 * share == pytest.approx(solid.volume, abs=4 * error)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_solid_lies_in_its_ball(family: str, rng: np.random.Generator) -> None:
    points = rng.normal(size=(4000, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    for pose in POSES:
        solid = random_solid(rng, family=family, pose=pose)
        assert (solid.inside(0.9501 * points) > 0).all()
        assert (solid.inside(points * rng.uniform(0.96, 1.7, (4000, 1))) > 0).all()


def test_a_turn_moves_the_inside_with_it(rng: np.random.Generator) -> None:
    solid = random_solid(rng, family="chair")
    np.testing.assert_allclose(solid.rotation @ solid.rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(solid.rotation) == pytest.approx(1)
    own = rng.uniform(-1, 1, (500, 3))
    world = solid.scale * own @ solid.rotation.T
    expected = solid.scale * solid.body.inside(own)
    np.testing.assert_allclose(solid.inside(world), expected, atol=1e-12)


def test_upright_solids_keep_the_vertical(rng: np.random.Generator) -> None:
    up = random_solid(rng, pose="upright").rotation @ [0, 0, 1]
    np.testing.assert_allclose(up, [0, 0, 1], atol=1e-12)
    assert np.array_equal(random_solid(rng, pose="fixed").rotation, np.eye(3))


def test_rotations_are_uniform(rng: np.random.Generator) -> None:
    turns = np.stack([random_solid(rng, family="box").rotation for _ in range(800)])
    np.testing.assert_allclose(turns.mean(axis=0), 0, atol=4 / np.sqrt(3 * 800))
    np.testing.assert_allclose((turns**2).mean(axis=0), 1 / 3, atol=0.05)


def test_the_same_draws_give_the_same_solid() -> None:
    points = np.random.default_rng(5).uniform(-1, 1, (100, 3))
    one, two = (random_solid(np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one.inside(points), two.inside(points))


def test_unknown_names_are_refused(rng: np.random.Generator) -> None:
    with pytest.raises(UnisonoError, match="Did you mean 'torus'"):
        random_solid(rng, family="torrus")
    with pytest.raises(UnisonoError, match="pose must be one of any, upright, fixed"):
        random_solid(rng, pose="free")
