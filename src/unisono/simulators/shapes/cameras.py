r"""Views of a solid: silhouette, shading and depth from any camera.

The camera looks at the origin from azimuth :math:`\alpha` (from ``x`` towards ``y``) and elevation
:math:`\beta`; its image plane passes through the origin and shows :math:`\pm w` to each side, with
``z`` up. A ray through pixel centre ``q`` runs along the viewing direction (orthographic), or from
the eye at distance ``d`` through ``q`` (perspective). The implicit function bounds the distance to
the surface from below, so a ray may go on by its value without missing anything (sphere tracing;
Hart, *Vis. Comput.* 12, 1996); the first change of sign is refined by bisection. Shading is
Lambert's, :math:`a + (1 - a)\max(0, n \cdot l)`, the light standing beside the camera.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_choice, check_range
from unisono.core.errors import UnisonoError
from unisono.simulators.shapes.families import Solid
from unisono.simulators.shapes.primitives import Array

__all__ = ["PROJECTIONS", "Camera", "Image", "Rays", "render"]

PROJECTIONS = ("orthographic", "perspective")
"""How rays run."""

_REACH = float(np.sqrt(3.0))
_AMBIENT = 0.25


@dataclass(frozen=True)
class Camera:
    """Where a view is taken from.

    Args:
        azimuth: Degrees about the vertical.
        elevation: Degrees above the horizontal.
        size: Pixels an edge.
        half_width: Half-width ``w`` of what is seen in the plane through the origin.
        projection: One of ``PROJECTIONS``.
        distance: Distance of the eye from the origin (perspective).
        step: Least step along a ray: thinner parts than this can be missed.
    """

    azimuth: float = 0.0
    elevation: float = 0.0
    size: int = 32
    half_width: float = 1.0
    projection: str = "orthographic"
    distance: float = 4.0
    step: float = 0.01

    def __post_init__(self) -> None:
        check_choice("projection", self.projection, PROJECTIONS)
        check_range("elevation", self.elevation, -90, 90, closed=True)
        check_range("size", self.size, 1, 4096, closed=True)
        check_range("step", self.step, 0, 1)
        check_range("half_width", self.half_width, 0, float("inf"))
        if self.projection == "perspective" and self.distance <= _REACH:
            raise UnisonoError(
                f"distance must exceed {_REACH:.3f}, the reach of the world; got {self.distance}."
            )

    @property
    def axes(self) -> Array:
        """Rows: right, up, and towards the eye; ``(3, 3)``, orthonormal."""
        a, b = np.deg2rad([self.azimuth, self.elevation])
        back = np.array([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)])
        right = np.array([-np.sin(a), np.cos(a), 0.0])
        return np.stack([right, np.cross(back, right), back])


class Rays(NamedTuple):
    """Rays of the pixels: origins and unit directions, ``(size * size, 3)``, row by row."""

    origin: Array
    direction: Array


class Image(NamedTuple):
    """What a camera sees, each ``(size, size)``, first row on top.

    Attributes:
        silhouette: 1 where the solid is, else 0.
        shaded: Brightness in [0, 1]; 0 outside the solid.
        depth: Distance along the ray from the ball of radius sqrt(3) that holds the world; NaN
            outside the solid.
    """

    silhouette: Array
    shaded: Array
    depth: Array


def camera_rays(camera: Camera) -> Rays:
    """Rays through the centres of all pixels, starting outside the world."""
    right, up, back = camera.axes
    line = camera.half_width * ((2 * np.arange(camera.size) + 1) / camera.size - 1)
    plane = line[None, :, None] * right - line[:, None, None] * up
    points = plane.reshape(-1, 3)
    if camera.projection == "orthographic":
        return Rays(points + _REACH * back, np.broadcast_to(-back, points.shape))
    direction = points - camera.distance * back
    direction = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    return Rays(camera.distance * back + (camera.distance - _REACH) * direction, direction)


def render(solid: Solid, camera: Camera) -> Image:
    """Look at a solid.

    Example:
        >>> from unisono.simulators.shapes.families import random_solid
        >>> ball = random_solid(np.random.default_rng(0), family="ellipsoid")
        >>> render(ball, Camera(size=8)).silhouette.shape
        (8, 8)
    """
    rays = camera_rays(camera)
    rows, near, far = _walk(solid, rays, camera.step)
    origin, direction = rays.origin[rows], rays.direction[rows]
    for _ in range(10):
        middle = (near + far) / 2
        inside = solid.inside(origin + middle[:, None] * direction) <= 0
        far, near = np.where(inside, middle, far), np.where(inside, near, middle)
    place = origin + far[:, None] * direction
    right, up, back = camera.axes
    light = back + 0.5 * up + 0.3 * right
    facing = np.maximum(_normals(solid, place) @ (light / np.linalg.norm(light)), 0.0)
    count = len(rays.origin)
    flat = [np.zeros(count), np.zeros(count), np.full(count, np.nan)]
    flat[0][rows], flat[1][rows], flat[2][rows] = 1.0, _AMBIENT + (1 - _AMBIENT) * facing, far
    silhouette, shaded, depth = (v.reshape(camera.size, camera.size) for v in flat)
    return Image(silhouette, shaded, depth)


class _Hits(NamedTuple):
    rows: npt.NDArray[np.intp]  # rays that meet the solid
    before: Array  # a length along the ray outside the solid
    after: Array  # and one just inside


def _walk(solid: Solid, rays: Rays, step: float) -> _Hits:
    """Walk every ray through the unit ball by the distance that is certainly free, or a step."""
    across = (rays.origin * rays.direction).sum(axis=1)
    room = across**2 - (rays.origin**2).sum(axis=1) + 1.0  # solids lie within the unit ball
    rows = np.flatnonzero(room > 0)
    half = np.sqrt(room[rows])
    now, end = -across[rows] - half, -across[rows] + half
    before = now
    found = []
    while rows.size:
        points = rays.origin[rows] + now[:, None] * rays.direction[rows]
        free = solid.inside(points)
        hit = np.asarray(free <= 0)
        found.append(_Hits(rows[hit], before[hit], now[hit]))
        going = ~hit & np.asarray(now < end)
        rows, before, end = rows[going], now[going], end[going]
        now = before + np.maximum(free[going], step)
    if not found:
        return _Hits(rows, now, now)
    return _Hits(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _normals(solid: Solid, points: Array, step: float = 1e-4) -> Array:
    """Unit gradients of the implicit function by central differences, ``(n, 3)``."""
    shifts = step * np.eye(3)
    slope = np.stack([solid.inside(points + s) - solid.inside(points - s) for s in shifts], axis=-1)
    length = np.linalg.norm(slope, axis=-1, keepdims=True)
    return np.asarray(slope / np.maximum(length, 1e-12))
