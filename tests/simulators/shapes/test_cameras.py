"""Mirrors src/unisono/simulators/shapes/cameras.py."""

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, binary_erosion

from unisono.core.errors import UnisonoError
from unisono.simulators.shapes.cameras import Camera, camera_rays, render
from unisono.simulators.shapes.families import FAMILIES, Body, Solid, random_solid
from unisono.simulators.shapes.primitives import ball, box
from unisono.simulators.shapes.voxels import voxelise

AXES = {  # azimuth, elevation -> voxels as the camera sees them, first row on top
    (0, 0): lambda v: v.max(axis=0).T[::-1],  # right is +y, up is +z
    (90, 0): lambda v: v.max(axis=1).T[::-1, ::-1],  # right is -x
    (0, 90): lambda v: v.max(axis=2)[:, :],  # right is +y, up is -x
}


@pytest.mark.parametrize(
    ("family", "angles"), [(name, list(AXES)[k % 3]) for k, name in enumerate(FAMILIES)]
)
def test_the_silhouette_is_the_projection_of_the_voxels(
    family: str, angles: tuple[int, int], rng: np.random.Generator
) -> None:
    solid = random_solid(rng, family=family)
    camera = Camera(azimuth=angles[0], elevation=angles[1], size=32)
    seen = render(solid, camera).silhouette > 0
    shadow = AXES[angles](voxelise(solid, size=96)) > 0
    shadow = shadow.reshape(32, 3, 32, 3)[:, 1, :, 1]  # at the centres of the pixels
    differ = seen != shadow
    band = binary_dilation(shadow) & ~binary_erosion(shadow)
    assert not (differ & ~band).any()  # they differ on the outline at most
    assert differ.sum() <= 0.12 * shadow.sum()


def test_a_ball_is_a_disc_from_everywhere_of_the_known_area() -> None:
    sphere = Solid("ball", Body(ball((1, 1, 1)), 4 / 3 * np.pi, 1.0), np.eye(3), 0.8)
    distance, reach = 4.0, 0.8
    far = distance * reach / np.sqrt(distance**2 - reach**2)  # radius of the outline, in the plane
    for azimuth, elevation in [(0, 0), (33, -50), (200, 80)]:
        flat = render(sphere, Camera(azimuth, elevation, size=64))
        near = render(sphere, Camera(azimuth, elevation, size=64, projection="perspective"))
        cell = (2 / 64) ** 2
        assert flat.silhouette.sum() * cell == pytest.approx(np.pi * 0.64, rel=0.01)
        assert near.silhouette.sum() * cell == pytest.approx(np.pi * far**2, rel=0.01)
        assert np.nanmin(flat.depth) == pytest.approx(np.sqrt(3) - 0.8, abs=2e-3)


def test_shading_is_lamberts_on_a_box() -> None:
    cube = Solid("box", Body(box((0.5, 0.5, 0.5)), 1.0, 1.0), np.eye(3), 1.0)
    image = render(cube, Camera(size=16))
    light = np.array([1.0, 0.3, 0.5])
    expected = 0.25 + 0.75 / np.linalg.norm(light)
    np.testing.assert_allclose(image.shaded[image.silhouette > 0], expected, atol=1e-6)
    assert not image.shaded[image.silhouette == 0].any()
    np.testing.assert_allclose(image.depth[image.silhouette > 0], np.sqrt(3) - 0.5, atol=1e-3)


def test_turning_the_camera_is_turning_the_solid_back(rng: np.random.Generator) -> None:
    solid = random_solid(rng, family="stairs")
    turn = Camera(azimuth=40).axes[2], Camera(azimuth=0).axes[2]
    angle = np.arctan2(turn[0][1], turn[0][0])
    c, s = np.cos(-angle), np.sin(-angle)
    back = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    moved = Solid(solid.family, solid.body, back @ solid.rotation, solid.scale)
    one, two = render(solid, Camera(azimuth=40)), render(moved, Camera(azimuth=0))
    assert (one.silhouette != two.silhouette).sum() <= 1
    both = (one.silhouette > 0) & (two.silhouette > 0)
    assert np.quantile(np.abs(one.shaded - two.shaded)[both], 0.95) < 1e-3


def test_a_far_eye_sees_as_parallel_rays_do(rng: np.random.Generator) -> None:
    solid = random_solid(rng, family="cross")
    far = render(solid, Camera(30, 20, projection="perspective", distance=500.0))
    assert (far.silhouette != render(solid, Camera(30, 20)).silhouette).sum() <= 4


def test_axes_are_a_right_handed_frame() -> None:
    axes = Camera(azimuth=70, elevation=-30).axes
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)
    rays = camera_rays(Camera(azimuth=70, elevation=-30, size=4))
    np.testing.assert_allclose(rays.direction, -np.tile(axes[2], (16, 1)))


def test_bad_cameras_are_refused() -> None:
    with pytest.raises(UnisonoError, match="projection must be one of"):
        Camera(projection="fisheye")
    with pytest.raises(UnisonoError, match="distance must exceed 1.732"):
        Camera(projection="perspective", distance=1.0)
    with pytest.raises(UnisonoError, match="elevation must lie in"):
        Camera(elevation=100)
