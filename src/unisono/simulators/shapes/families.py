r"""Seventeen families of solids with random proportions, each with its volume in closed form.

A family draws proportions and returns a body in its own axes with its volume :math:`V_0` and a
radius :math:`\rho` that holds it. A :class:`Solid` is a body turned by a rotation ``R`` and scaled
by ``s``, so that a point ``p`` of the world is inside where :math:`f(R^\top p / s) \le 0` and the
volume is :math:`s^3 V_0`. The world is the cube :math:`[-1, 1]^3`, ``z`` up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from unisono.core.checks import check_choice
from unisono.simulators.shapes.primitives import (
    Array,
    Inside,
    ball,
    box,
    cone,
    cylinder,
    moved,
    prism,
    pyramid,
    union,
)

__all__ = ["FAMILIES", "POSES", "Body", "Solid", "random_solid"]

POSES = ("any", "upright", "fixed")
"""Any rotation, a turn about the vertical only, or none."""

Draw = Callable[[float, float], float]


class Body(NamedTuple):
    """A body in its own axes: implicit function, volume, and the radius of a ball that holds it."""

    inside: Inside
    volume: float
    radius: float


@dataclass(frozen=True)
class Solid:
    """A body in the world.

    Args:
        family: Name in ``FAMILIES``.
        body: The body in its own axes.
        rotation: ``(3, 3)``, own axes to world.
        scale: World lengths for one of the body's own.
    """

    family: str
    body: Body
    rotation: Array
    scale: float

    @property
    def volume(self) -> float:
        """Volume in the world's unit cubed."""
        return self.scale**3 * self.body.volume

    def inside(self, points: Array) -> Array:
        """Implicit function at points of the world ``(..., 3)``: negative inside; ``(...)``."""
        return self.scale * self.body.inside(points @ self.rotation / self.scale)


def _ellipsoid(draw: Draw) -> Body:
    half = (1.0, draw(0.4, 1), draw(0.4, 1))
    return Body(ball(half), 4 / 3 * np.pi * float(np.prod(half)), max(half))


def _box(draw: Draw) -> Body:
    half = (1.0, draw(0.3, 1), draw(0.3, 1))
    return Body(box(half), 8 * float(np.prod(half)), float(np.linalg.norm(half)))


def _cylinder(draw: Draw) -> Body:
    r, h = draw(0.3, 1), draw(0.3, 1)
    return Body(cylinder(r, h), 2 * np.pi * r**2 * h, float(np.hypot(r, h)))


def _cone(draw: Draw) -> Body:
    r, h = draw(0.5, 1), draw(0.5, 1)
    return Body(cone(r, h), 2 / 3 * np.pi * r**2 * h, float(np.hypot(r, h)))


def _pyramid(draw: Draw) -> Body:
    b, h = draw(0.5, 1), draw(0.4, 1)
    return Body(pyramid(b, h), 8 / 3 * b**2 * h, float(np.sqrt(2 * b**2 + h**2)))


def _prism(draw: Draw) -> Body:
    sides, r, h = (3, 5, 6)[int(draw(0, 3))], draw(0.5, 1), draw(0.3, 1)
    area = sides / 2 * r**2 * np.sin(2 * np.pi / sides)
    return Body(prism(sides, r, h), 2 * area * h, float(np.hypot(r, h)))


def _torus(draw: Draw) -> Body:
    big, small = 1.0, draw(0.2, 0.45)

    def inside(p: Array) -> Array:
        ring = np.hypot(p[..., 0], p[..., 1]) - big
        return np.asarray(np.hypot(ring, p[..., 2]) - small)

    return Body(inside, 2 * np.pi**2 * big * small**2, big + small)


def _capsule(draw: Draw) -> Body:
    r, h = draw(0.25, 0.6), 1.0

    def inside(p: Array) -> Array:
        along = p[..., 2] - np.clip(p[..., 2], -h, h)
        return np.asarray(np.sqrt(p[..., 0] ** 2 + p[..., 1] ** 2 + along**2) - r)

    return Body(inside, 2 * np.pi * r**2 * h + 4 / 3 * np.pi * r**3, h + r)


def _cross(draw: Draw) -> Body:
    w = draw(0.15, 0.4)
    bars = union(box((1, w, w)), box((w, 1, w)), box((w, w, 1)))
    return Body(bars, 24 * w**2 - 16 * w**3, float(np.sqrt(1 + 2 * w**2)))


def _corner(draw: Draw) -> Body:
    """An L: two plates at a right angle."""
    t, w, up = draw(0.15, 0.4), draw(0.3, 1), draw(0.6, 1)
    low = moved(box((1, w, t)), (0, 0, -1 + t))
    high = moved(box((t, w, up)), (-1 + t, 0, -1 + up))
    volume = 8 * (w * t + t * w * up - t * w * t)
    return Body(union(low, high), volume, float(np.sqrt(2 + w**2)))


def _tube(draw: Draw) -> Body:
    r, h = draw(0.6, 1), draw(0.3, 1)
    hole = draw(0.4, 0.75) * r
    outer, inner = cylinder(r, h), cylinder(hole, 2 * h)
    return Body(
        lambda p: np.maximum(outer(p), -inner(p)),
        2 * np.pi * (r**2 - hole**2) * h,
        float(np.hypot(r, h)),
    )


def _bowl(draw: Draw) -> Body:
    hole = draw(0.55, 0.85)

    def inside(p: Array) -> Array:
        far = np.linalg.norm(p, axis=-1)
        return np.asarray(np.maximum(np.maximum(far - 1, hole - far), p[..., 2]))

    return Body(inside, 2 / 3 * np.pi * (1 - hole**3), 1.0)


def _dumbbell(draw: Draw) -> Body:
    big, d = draw(0.35, 0.55), 1.0
    r = draw(0.35, 0.7) * big
    balls = [moved(ball((big,) * 3), (0, 0, z)) for z in (-d, d)]
    reach = float(np.sqrt(big**2 - r**2))  # where the bar leaves a ball
    bar = np.pi * r**2 * 2 * (d - reach)
    cap = big - reach
    lens = np.pi * cap**2 * (3 * big - cap) / 3
    volume = 2 * (4 / 3 * np.pi * big**3) + bar - 2 * lens
    return Body(union(cylinder(r, d - reach), *balls), float(volume), d + big)


def _table(draw: Draw) -> Body:
    w, h = draw(0.6, 1), draw(0.5, 0.9)
    top, leg = draw(0.08, 0.16), draw(0.08, 0.18)
    parts = [moved(box((1, w, top)), (0, 0, h - top))]
    tall = h - top  # half-height of a leg
    parts += [
        moved(box((leg, leg, tall)), (x * (1 - leg), y * (w - leg), -top))
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    volume = 8 * (w * top + 4 * leg**2 * tall)
    return Body(union(*parts), volume, float(np.sqrt(1 + w**2 + h**2)))


def _chair(draw: Draw) -> Body:
    w, leg = draw(0.45, 0.6), draw(0.07, 0.13)
    seat, back = draw(0.07, 0.12), draw(0.07, 0.12)
    low, tall = draw(0.35, 0.5), draw(0.35, 0.5)  # half-heights of a leg and of the back
    parts = [box((w, w, seat)), moved(box((back, w, tall)), (-w + back, 0, seat + tall))]
    parts += [
        moved(box((leg, leg, low)), (x * (w - leg), y * (w - leg), -seat - low))
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    volume = 8 * (w**2 * seat + back * w * tall + 4 * leg**2 * low)
    reach = seat + 2 * max(low, tall)
    return Body(union(*parts), volume, float(np.sqrt(2 * w**2 + reach**2)))


def _stairs(draw: Draw) -> Body:
    w, h, steps = draw(0.4, 1), draw(0.5, 1), 3
    parts = [
        moved(box((1 / steps, w, h * (k + 1) / steps)), (2 * k / steps - 2 / 3, 0, h * (k - 2) / 3))
        for k in range(steps)
    ]
    volume = 8 * w * h * (1 / steps) * (steps + 1) / 2
    return Body(union(*parts), volume, float(np.sqrt(1 + w**2 + h**2)))


def _channel(draw: Draw) -> Body:
    """A U: a box with a groove along ``x``."""
    w, h, t = draw(0.5, 1), draw(0.4, 0.9), draw(0.15, 0.3)
    outer = box((1, w, h))
    groove = moved(box((2, w - t, h)), (0, 0, t))
    return Body(
        lambda p: np.maximum(outer(p), -groove(p)),
        8 * w * h - 4 * (w - t) * (2 * h - t),
        float(np.sqrt(1 + w**2 + h**2)),
    )


FAMILIES: Mapping[str, Callable[[Draw], Body]] = {
    "ellipsoid": _ellipsoid,
    "box": _box,
    "cylinder": _cylinder,
    "cone": _cone,
    "pyramid": _pyramid,
    "prism": _prism,
    "torus": _torus,
    "capsule": _capsule,
    "cross": _cross,
    "corner": _corner,
    "tube": _tube,
    "bowl": _bowl,
    "dumbbell": _dumbbell,
    "table": _table,
    "chair": _chair,
    "stairs": _stairs,
    "channel": _channel,
}
"""Makers of bodies of random proportions; each takes ``draw(low, high)``, uniform."""


def random_solid(rng: np.random.Generator, *, family: str = "", pose: str = "any") -> Solid:
    """Draw a solid that lies within the ball of radius 0.95.

    Args:
        rng: Where all variation comes from.
        family: One of ``FAMILIES``; by default drawn.
        pose: One of ``POSES``.

    Raises:
        UnisonoError: If the family or pose is not known.

    Example:
        >>> random_solid(np.random.default_rng(0), family="torus").family
        'torus'
    """
    check_choice("pose", pose, POSES)
    if family:
        check_choice("family", family, FAMILIES)
    name = family or list(FAMILIES)[int(rng.integers(len(FAMILIES)))]
    body = FAMILIES[name](lambda low, high: float(rng.uniform(low, high)))
    turn = np.eye(3)
    if pose == "any":
        turn = Rotation.from_quat(rng.normal(size=4)).as_matrix()
    elif pose == "upright":
        turn = Rotation.from_euler("z", rng.uniform(0, 2 * np.pi)).as_matrix()
    return Solid(name, body, turn, float(rng.uniform(0.7, 0.95)) / body.radius)
