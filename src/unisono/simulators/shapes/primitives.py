r"""Implicit functions of simple bodies: negative inside, positive outside, zero on the surface.

Each takes points ``(..., 3)`` and returns ``(...)``, a lower bound of the distance to the surface
(so that normals are its gradient). Bodies are joined by ``min``, cut by ``max`` and hollowed by
``max(a, -b)`` (constructive solid geometry; Ricci, *Comput. J.* 16, 1973). All are centred on the
origin; where they have an axis it is ``z``.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

__all__ = [
    "Array",
    "Inside",
    "ball",
    "box",
    "cone",
    "cylinder",
    "moved",
    "prism",
    "pyramid",
    "union",
]

Array = npt.NDArray[np.float64]
Inside = Callable[[Array], Array]


def box(half: Sequence[float]) -> Inside:
    """A box of half-lengths ``(a, b, c)``."""
    size = np.asarray(half)
    return lambda p: np.asarray((np.abs(p) - size).max(axis=-1))


def ball(half: Sequence[float]) -> Inside:
    """An ellipsoid of half-axes ``(a, b, c)``."""
    size = np.asarray(half)
    return lambda p: (np.linalg.norm(p / size, axis=-1) - 1) * size.min()


def cylinder(radius: float, half: float) -> Inside:
    """A cylinder of a radius and half-height."""
    return lambda p: np.maximum(np.hypot(p[..., 0], p[..., 1]) - radius, np.abs(p[..., 2]) - half)


def cone(radius: float, half: float) -> Inside:
    """A cone with its base of a radius at ``-half`` and its tip at ``+half``."""
    slope = np.hypot(1, radius / (2 * half))

    def inside(p: Array) -> Array:
        edge = radius * (half - p[..., 2]) / (2 * half)
        side = (np.hypot(p[..., 0], p[..., 1]) - edge) / slope
        return np.asarray(np.maximum(side, np.abs(p[..., 2]) - half))

    return inside


def pyramid(base: float, half: float) -> Inside:
    """A pyramid on a square of half-length ``base`` at ``-half``, with its tip at ``+half``."""
    slope = np.hypot(1, base / (2 * half))

    def inside(p: Array) -> Array:
        edge = base * (half - p[..., 2]) / (2 * half)
        side = (np.abs(p[..., :2]).max(axis=-1) - edge) / slope
        return np.asarray(np.maximum(side, np.abs(p[..., 2]) - half))

    return inside


def prism(sides: int, radius: float, half: float) -> Inside:
    """A regular prism of so many sides whose corners lie on a circle of a radius."""
    turns = 2 * np.pi * (np.arange(sides) + 0.5) / sides
    normals = np.stack([np.cos(turns), np.sin(turns)])
    reach = radius * np.cos(np.pi / sides)

    def inside(p: Array) -> Array:
        return np.asarray(
            np.maximum((p[..., :2] @ normals).max(axis=-1) - reach, np.abs(p[..., 2]) - half)
        )

    return inside


def moved(body: Inside, by: Sequence[float]) -> Inside:
    """The same body elsewhere."""
    shift = np.asarray(by, dtype=np.float64)
    return lambda p: body(p - shift)


def union(*bodies: Inside) -> Inside:
    """All bodies together."""

    def inside(p: Array) -> Array:
        return np.asarray(np.minimum.reduce([body(p) for body in bodies]))

    return inside
