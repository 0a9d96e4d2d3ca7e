"""Mirrors src/unisono/simulators/shapes/dataset.py."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.simulators.shapes.cameras import Camera
from unisono.simulators.shapes.dataset import solid_pairs
from unisono.simulators.shapes.families import FAMILIES

SMALL = (Camera(size=8), Camera(azimuth=90, size=8))


def test_a_solid_depends_on_the_seed_and_its_number_alone() -> None:
    whole = solid_pairs(6, seed=3, size=8, cameras=SMALL)
    part = solid_pairs(2, seed=3, first=4, size=8, cameras=SMALL)
    assert np.array_equal(whole.voxels[4:], part.voxels)
    assert np.array_equal(whole.views[4:], part.views)
    other = solid_pairs(2, seed=4, first=4, size=8, cameras=SMALL)
    assert not np.array_equal(part.voxels, other.voxels)


def test_families_take_turns_and_channels_are_as_asked() -> None:
    pairs = solid_pairs(len(FAMILIES) + 1, seed=0, size=8, cameras=SMALL, kind="both")
    assert pairs.family.tolist() == [*range(len(FAMILIES)), 0]
    assert pairs.views.shape == (len(FAMILIES) + 1, 2, 2, 8, 8)
    silhouette, shaded = pairs.views[:, :, 0], pairs.views[:, :, 1]
    assert set(np.unique(silhouette)) == {0.0, 1.0}
    assert ((shaded > 0) == (silhouette > 0)).all()
    assert len({v.tobytes() for v in pairs.voxels}) == len(pairs.voxels)


def test_bad_requests_are_refused() -> None:
    with pytest.raises(UnisonoError, match="kind must be one of silhouette, shaded, both"):
        solid_pairs(1, seed=0, kind="colour")
    with pytest.raises(UnisonoError, match="count must lie in"):
        solid_pairs(0, seed=0)
