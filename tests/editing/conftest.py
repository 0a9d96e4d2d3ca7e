"""A map whose truth is known: a ring of radius 1, and codes that are smooth functions on it."""

import numpy as np
import pytest

from unisono.editing.bank import Bank


def codes_of(points: np.ndarray) -> np.ndarray:
    x, y = points.T
    return np.stack([x, y, x * y, x**2 - y, np.sin(2 * x)], axis=1)


@pytest.fixture
def ring() -> Bank:
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return Bank(points, codes_of(points))


@pytest.fixture
def disc() -> Bank:
    points = np.random.default_rng(0).uniform(-1, 1, size=(1500, 2))
    return Bank(points, codes_of(points))
