"""Mirrors src/unisono/simulators/shapes/primitives.py."""

from collections.abc import Callable

import numpy as np
import pytest

from unisono.simulators.shapes import primitives
from unisono.simulators.shapes.primitives import Inside

BODIES: dict[str, tuple[Callable[[], Inside], float]] = {
    "box": (lambda: primitives.box((0.5, 0.6, 0.7)), 8 * 0.5 * 0.6 * 0.7),
    "ball": (lambda: primitives.ball((0.8, 0.6, 0.7)), 4 / 3 * np.pi * 0.8 * 0.6 * 0.7),
    "cylinder": (lambda: primitives.cylinder(0.5, 0.7), np.pi * 0.25 * 1.4),
    "cone": (lambda: primitives.cone(0.6, 0.7), np.pi * 0.36 * 1.4 / 3),
    "pyramid": (lambda: primitives.pyramid(0.6, 0.7), 1.44 * 1.4 / 3),
    "prism": (lambda: primitives.prism(4, np.sqrt(2) / 2, 0.5), 1.0),
    "moved": (lambda: primitives.moved(primitives.box((0.2,) * 3), (0.5, 0, 0)), 0.4**3),
}


@pytest.mark.parametrize("name", BODIES)
def test_volume_by_counting(name: str, rng: np.random.Generator) -> None:
    make, volume = BODIES[name]
    points = rng.uniform(-1, 1, (100_000, 3))
    share = (make()(points) <= 0).mean()
    assert 8 * share == pytest.approx(volume, abs=4 * 8 * np.sqrt(share * (1 - share) / 1e5))


@pytest.mark.parametrize("name", BODIES)
def test_never_more_than_the_distance_to_any_inside_point(
    name: str, rng: np.random.Generator
) -> None:
    body = BODIES[name][0]()
    points = rng.uniform(-1, 1, (3000, 3))
    inside = points[body(points) <= 0]
    outside = points[body(points) > 0][:200]
    away = np.linalg.norm(outside[:, None] - inside[None], axis=-1).min(axis=1)
    assert (body(outside) <= away + 1e-9).all()


def test_union_is_either(rng: np.random.Generator) -> None:
    one, two = primitives.box((0.2, 0.9, 0.2)), primitives.ball((0.5, 0.5, 0.5))
    points = rng.uniform(-1, 1, (2000, 3))
    either = (one(points) <= 0) | (two(points) <= 0)
    assert np.array_equal(primitives.union(one, two)(points) <= 0, either)
