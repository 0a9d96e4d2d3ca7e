"""Rotations against SciPy's."""

import numpy as np
from scipy.spatial.transform import Rotation

from unisono.simulators.gait.rotations import (
    angles_of,
    compose,
    cross,
    multiply,
    rotation,
    turn,
    turn_back,
)


def test_agrees_with_scipy_and_back(rng: np.random.Generator) -> None:
    angles = rng.uniform(-1.4, 1.4, size=(3, 50))
    mine = rotation(*angles)
    want = Rotation.from_euler("YXZ", angles.T).as_matrix()
    np.testing.assert_allclose(mine.transpose(2, 0, 1), want, atol=1e-14)
    np.testing.assert_allclose(np.stack(angles_of(mine)), angles, atol=1e-12)


def test_products_agree_with_matmul(rng: np.random.Generator) -> None:
    a, b = rotation(*rng.normal(size=(3, 7))), rotation(*rng.normal(size=(3, 7)))
    v = rng.normal(size=(3, 7))
    slow = np.stack([a[:, :, i] @ b[:, :, i] for i in range(7)], axis=-1)
    np.testing.assert_allclose(multiply(a, b), slow, atol=1e-14)
    back = np.stack([a[:, :, i].T @ b[:, :, i] for i in range(7)], axis=-1)
    np.testing.assert_allclose(compose(a, b), back, atol=1e-14)
    np.testing.assert_allclose(turn_back(a, turn(a, v)), v, atol=1e-14)
    np.testing.assert_allclose(cross(a[:, 0], a[:, 1]), a[:, 2], atol=1e-14)
