"""Mirrors src/unisono/recordings/motion/rotations.py."""

import itertools

import numpy as np
from scipy.spatial.transform import Rotation

from unisono.recordings.motion.rotations import (
    about_vertical,
    from_euler,
    from_six,
    shortest_turn,
    to_euler,
    to_six,
)


def test_euler_angles_of_any_order_are_those_of_scipy(rng: np.random.Generator) -> None:
    degrees = rng.uniform(-80, 80, (20, 3))
    for order in itertools.permutations("XYZ"):
        axes = "".join(order)
        matrix = from_euler(axes, degrees)
        oracle = Rotation.from_euler(axes, degrees, degrees=True).as_matrix()
        np.testing.assert_allclose(matrix, oracle, atol=1e-12)
        np.testing.assert_allclose(to_euler(axes, matrix), np.unwrap(degrees, period=360, axis=0))


def test_joints_with_fewer_axes_come_back_and_gimbal_lock_is_a_rotation() -> None:
    hinge = np.linspace(-170, 400, 60)[:, None]
    np.testing.assert_allclose(to_euler("Y", from_euler("Y", hinge)), hinge, atol=1e-9)
    two = np.stack([np.linspace(0, 60, 9), np.linspace(-50, 20, 9)], axis=1)
    np.testing.assert_allclose(to_euler("ZX", from_euler("ZX", two)), two, atol=1e-9)
    locked = from_euler("ZXY", np.array([[20.0, 90.0, 30.0]]))
    np.testing.assert_allclose(from_euler("ZXY", to_euler("ZXY", locked)), locked, atol=1e-6)
    assert np.array_equal(from_euler("", np.zeros((2, 0))), np.stack([np.eye(3)] * 2))


def test_six_numbers_are_a_rotation_again_whatever_they_are(rng: np.random.Generator) -> None:
    matrix = Rotation.random(50, rng=rng).as_matrix()
    np.testing.assert_allclose(from_six(to_six(matrix)), matrix, atol=1e-12)
    stretched = to_six(matrix) * np.repeat(rng.uniform(0.1, 9, (50, 2)), 3, axis=1)
    np.testing.assert_allclose(from_six(stretched), matrix, atol=1e-12)
    for six in (np.zeros(6), np.array([1.0, 0, 0, 2, 0, 0]), np.array([0, 1.0, 0, 0, -1, 0])):
        found = from_six(six)
        np.testing.assert_allclose(found @ found.T, np.eye(3), atol=1e-12)
        assert np.isclose(np.linalg.det(found), 1.0)


def test_a_heading_turns_forward_to_the_left() -> None:
    turned = about_vertical(np.array([0.3])) @ np.array([0.0, 0.0, 1.0])
    np.testing.assert_allclose(turned[0], [np.sin(0.3), 0.0, np.cos(0.3)])


def test_the_shortest_turn_reaches_the_direction_without_twist(rng: np.random.Generator) -> None:
    u, v = rng.normal(size=(2, 40, 3))
    u[0], v[0] = [0.0, 2.0, 0.0], [0.0, -1.0, 0.0]  # opposite
    u[1], v[1] = [3.0, 0.0, 0.0], [1.0, 0.0, 0.0]  # the same
    found = shortest_turn(u, v)
    reached = np.einsum("nij,nj->ni", found, u / np.linalg.norm(u, axis=1, keepdims=True))
    np.testing.assert_allclose(reached, v / np.linalg.norm(v, axis=1, keepdims=True), atol=1e-6)
    np.testing.assert_allclose(
        found @ found.transpose(0, 2, 1), np.stack([np.eye(3)] * 40), atol=1e-6
    )
    axis = Rotation.from_matrix(found[2:]).as_rotvec()
    assert np.abs((axis * u[2:]).sum(axis=1)).max() < 1e-6  # about an axis across: no twist
