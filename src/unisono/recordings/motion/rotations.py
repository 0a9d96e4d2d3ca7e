r"""Rotations of joints: Euler angles of any order, six numbers, headings, the shortest turn.

A rotation matrix :math:`R` turns column vectors. Six numbers are its first two columns
:math:`(a, b)`; they are continuous, unlike angles or quaternions, and come back by Gram-Schmidt
(Zhou et al., "On the continuity of rotation representations", CVPR 2019, arXiv:1812.07035):

.. math:: e_1 = \frac{a}{|a|}, \quad
          e_2 = \frac{b - (e_1 \cdot b) e_1}{|b - (e_1 \cdot b) e_1|}, \quad
          R = (e_1, e_2, e_1 \times e_2)

``y`` is up: a heading :math:`\psi` turns ``z`` (forward) towards ``x`` (left).
"""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

__all__ = [
    "about_vertical",
    "from_euler",
    "from_six",
    "shortest_turn",
    "to_euler",
    "to_six",
]

Array = npt.NDArray[np.float64]

_SMALL = 1e-9


def from_euler(axes: str, degrees: Array) -> Array:
    """Product of rotations about the axes in their order, ``(..., 3, 3)``.

    Args:
        axes: Letters ``X``, ``Y``, ``Z``, as many as there are angles (none gives the identity).
        degrees: Angles, ``(..., len(axes))``.
    """
    matrix = np.broadcast_to(np.eye(3), (*degrees.shape[:-1], 3, 3)).copy()
    for number, axis in enumerate(axes):
        angle = np.deg2rad(degrees[..., number])
        fixed = "XYZ".index(axis)
        first, second = (fixed + 1) % 3, (fixed + 2) % 3
        turn = np.zeros_like(matrix)
        turn[..., fixed, fixed] = 1.0
        turn[..., first, first] = turn[..., second, second] = np.cos(angle)
        turn[..., second, first] = np.sin(angle)
        turn[..., first, second] = -np.sin(angle)
        matrix = matrix @ turn
    return matrix


def to_euler(axes: str, matrix: Array) -> Array:
    """Angles in degrees that :func:`from_euler` turns into these matrices, without jumps.

    With fewer than three axes, what the joint cannot do is left out.

    Args:
        axes: Up to three different letters.
        matrix: ``(frame, 3, 3)``.

    Returns:
        ``(frame, len(axes))``, continued over full turns from frame to frame.
    """
    order: Any = axes + "".join(letter for letter in "XYZ" if letter not in axes)
    with warnings.catch_warnings():
        # at gimbal lock one angle is free and scipy sets it to 0, which is a right answer
        warnings.filterwarnings("ignore", message="Gimbal lock", category=UserWarning)
        angles = Rotation.from_matrix(matrix).as_euler(order, degrees=True)
    return np.asarray(np.unwrap(angles[:, : len(axes)], period=360.0, axis=0), dtype=np.float64)


def to_six(matrix: Array) -> Array:
    """The first column, then the second, ``(..., 6)``."""
    return np.concatenate([matrix[..., 0], matrix[..., 1]], axis=-1)


def from_six(six: Array) -> Array:
    """The nearest rotation by Gram-Schmidt, ``(..., 3, 3)``.

    Columns that vanish or are parallel leave a direction open; any one is taken, so that what a
    network makes up is a rotation always.
    """
    first = _unit(six[..., :3], np.array([1.0, 0.0, 0.0]))
    rest = six[..., 3:] - (first * six[..., 3:]).sum(axis=-1, keepdims=True) * first
    second = _unit(rest, _across(first))
    return np.stack([first, second, np.cross(first, second)], axis=-1)


def about_vertical(angle: Array) -> Array:
    """Rotations about ``y`` by radians, ``(..., 3, 3)``."""
    matrix = np.zeros((*angle.shape, 3, 3))
    matrix[..., 1, 1] = 1.0
    matrix[..., 0, 0] = matrix[..., 2, 2] = np.cos(angle)
    matrix[..., 0, 2] = np.sin(angle)
    matrix[..., 2, 0] = -np.sin(angle)
    return matrix


def shortest_turn(start: Array, stop: Array) -> Array:
    r"""The rotation without twist that turns one direction into another, ``(..., 3, 3)``.

    With unit vectors :math:`u, v` and :math:`w = u \times v`:
    :math:`R = I + [w] + [w]^2 / (1 + u \cdot v)`; opposite ones turn half round about any axis
    across them. The lengths of the vectors do not matter.
    """
    u = _unit(start, np.array([1.0, 0.0, 0.0]))
    v = _unit(stop, u)
    cosine = (u * v).sum(axis=-1)[..., None, None]
    cross = _skew(np.cross(u, v))
    near = np.maximum(1 + cosine, _SMALL)
    turn = np.eye(3) + cross + cross @ cross / near
    axis = _across(u)
    half = 2 * axis[..., :, None] * axis[..., None, :] - np.eye(3)
    return np.asarray(np.where(1 + cosine < 1e-7, half, turn), dtype=np.float64)


def _unit(vector: Array, otherwise: Array) -> Array:
    size = np.linalg.norm(vector, axis=-1, keepdims=True)
    good = size > _SMALL
    unit = np.where(good, vector / np.where(good, size, 1.0), otherwise)
    return np.asarray(unit, dtype=np.float64)


def _across(unit: Array) -> Array:
    """Some unit vector at right angles to each."""
    flat = np.abs(unit[..., :1]) > 0.9
    other = np.where(flat, np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]))
    cross = np.cross(unit, other)
    return np.asarray(cross / np.linalg.norm(cross, axis=-1, keepdims=True), dtype=np.float64)


def _skew(vector: Array) -> Array:
    zero = np.zeros_like(vector[..., 0])
    x, y, z = vector[..., 0], vector[..., 1], vector[..., 2]
    rows = [[zero, -z, y], [z, zero, -x], [-y, x, zero]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
