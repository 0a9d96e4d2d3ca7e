"""Mirrors src/unisono/simulators/shapes/voxels.py."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.simulators.shapes.families import FAMILIES, Body, Solid, random_solid
from unisono.simulators.shapes.primitives import box
from unisono.simulators.shapes.voxels import voxel_centres, voxelise


@pytest.mark.parametrize("family", FAMILIES)
def test_volume_of_voxels_is_that_of_the_solid(family: str, rng: np.random.Generator) -> None:
    solid = random_solid(rng, family=family)
    found = voxelise(solid, size=32, finer=2).sum(dtype=np.float64) * (2 / 32) ** 3
    assert found == pytest.approx(solid.volume, rel=0.04)


def test_a_box_on_the_grid_is_exact() -> None:
    solid = Solid("box", Body(box((0.5, 0.25, 0.75)), 0.75, 1.0), np.eye(3), 1.0)
    voxels = voxelise(solid, size=8)
    assert np.argwhere(voxels).min(axis=0).tolist() == [2, 3, 1]
    assert voxels.sum() * (2 / 8) ** 3 == pytest.approx(solid.volume)


def test_a_half_turn_turns_the_voxels(rng: np.random.Generator) -> None:
    solid = random_solid(rng, family="corner")
    half = np.diag([-1.0, -1.0, 1.0])
    turned = Solid(solid.family, solid.body, half @ solid.rotation, solid.scale)
    assert np.array_equal(voxelise(turned, size=16), voxelise(solid, size=16)[::-1, ::-1])


def test_finer_voxels_hold_shares(rng: np.random.Generator) -> None:
    solid = random_solid(rng, family="ellipsoid")
    shares = voxelise(solid, size=8, finer=4)
    assert ((shares > 0) & (shares < 1)).any()
    blocks = voxelise(solid, size=32).reshape(8, 4, 8, 4, 8, 4)
    np.testing.assert_allclose(shares, blocks.mean(axis=(1, 3, 5)))


def test_centres_and_sizes() -> None:
    assert voxel_centres(4)[1, 2, 3].tolist() == [-0.25, 0.25, 0.75]
    with pytest.raises(UnisonoError, match="size must lie in"):
        voxelise(random_solid(np.random.default_rng(0)), size=0)
