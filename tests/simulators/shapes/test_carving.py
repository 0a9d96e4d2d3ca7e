"""Mirrors src/unisono/simulators/shapes/carving.py."""

from itertools import pairwise, product

import numpy as np
import pytest

from unisono.core.errors import ShapeError
from unisono.simulators.shapes.cameras import Camera, render
from unisono.simulators.shapes.carving import carved
from unisono.simulators.shapes.dataset import CAMERAS, solid_pairs
from unisono.simulators.shapes.families import Body, Solid
from unisono.simulators.shapes.primitives import ball
from unisono.simulators.shapes.voxels import voxelise

BALL = Solid("ball", Body(ball((1, 1, 1)), 4 / 3 * np.pi, 1.0), np.eye(3), 0.7)


def seen_by(cameras: list[Camera]) -> np.ndarray:
    return np.stack([render(BALL, camera).silhouette for camera in cameras])[None]


@pytest.mark.parametrize("projection", ["orthographic", "perspective"])
def test_the_hull_holds_the_solid_and_shrinks_with_every_view(projection: str) -> None:
    angles = list(product((0, 50, 110), (-30, 20)))
    cameras = [Camera(a, e, size=128, projection=projection) for a, e in angles]
    solid = voxelise(BALL, size=16) > 0
    views = seen_by(cameras)
    hulls = [carved(views[:, :count], cameras[:count], size=16)[0] >= 1 for count in (1, 2, 4, 6)]
    for wide, narrow in pairwise(hulls):
        assert narrow.sum() < wide.sum()
        assert not (narrow & ~wide).any()
    missed = solid & ~hulls[-1]  # the centre of a voxel may fall into the pixel beside the outline
    assert missed.sum() <= 0.02 * solid.sum()
    assert hulls[-1].sum() <= 1.35 * solid.sum()


def test_a_view_along_an_axis_is_the_silhouette_stretched_along_it() -> None:
    pairs = solid_pairs(5, seed=3, size=16, cameras=(Camera(size=16), Camera(90, 0, size=16)))
    volume = carved(pairs.views[:, :1, 0], [Camera(size=16)], size=16)
    picture = pairs.views[:, 0, 0, ::-1].transpose(0, 2, 1)  # right is +y, up is +z
    np.testing.assert_array_equal(volume, np.broadcast_to(picture[:, None], volume.shape))


def test_absent_views_are_not_asked() -> None:
    cameras = [Camera(c.azimuth, c.elevation, size=16) for c in CAMERAS]
    views = solid_pairs(3, seed=1, size=16, cameras=tuple(cameras)).views[:, :, 0]
    seen = np.array([[True, False, True, True]] * 2 + [[False] * 4])
    found = carved(views, cameras, size=8, seen=seen)
    kept = [0, 2, 3]
    np.testing.assert_array_equal(
        found[:2], carved(views[:2, kept], [cameras[k] for k in kept], size=8)
    )
    assert not found[2].any()


def test_what_no_image_shows_is_in_no_silhouette() -> None:
    narrow = Camera(size=8, half_width=0.5)
    found = carved(np.ones((1, 1, 8, 8), dtype=np.float32), [narrow], size=8)[0]
    assert found[:, 2:6, 2:6].all()
    assert found.sum() == 8 * 16


@pytest.mark.parametrize("shape", [(1, 2, 8, 8), (1, 1, 8, 4), (1, 8, 8)])
def test_views_of_other_cameras_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="as large as the cameras' images"):
        carved(np.ones(shape, dtype=np.float32), [Camera(size=8)], size=4)
