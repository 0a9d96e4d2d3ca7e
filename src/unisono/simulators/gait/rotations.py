r"""Rotations with their components first, so that time runs along contiguous memory.

A rotation matrix is an array ``(3, 3, ...)``, a vector ``(3, ...)``. Every joint with three degrees
of freedom turns by :math:`R = R_y(a) R_x(b) R_z(c)`: flexion first, then abduction, then rotation
about the segment's own long axis. ``x`` is forward, ``y`` left, ``z`` up; :math:`R_y(a)` with
``a > 0`` turns ``z`` towards ``x`` (nose down).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Angles", "angles_of", "compose", "cross", "multiply", "rotation", "turn", "turn_back"]

Array = npt.NDArray[np.float64]


class Angles(NamedTuple):
    """Angles in radians about ``y``, the new ``x`` and the newest ``z``."""

    a: Array
    b: Array
    c: Array


def rotation(a: Array, b: Array, c: Array) -> Array:
    """Return ``Ry(a) Rx(b) Rz(c)``, ``(3, 3, ...)``."""
    ca, sa, cb, sb, cc, sc = np.cos(a), np.sin(a), np.cos(b), np.sin(b), np.cos(c), np.sin(c)
    out = np.empty((3, 3, *np.broadcast_shapes(ca.shape, cb.shape, cc.shape)))
    sasb, casb = sa * sb, ca * sb
    out[0, 0], out[0, 1], out[0, 2] = ca * cc + sasb * sc, sasb * cc - ca * sc, sa * cb
    out[1, 0], out[1, 1], out[1, 2] = cb * sc, cb * cc, -sb
    out[2, 0], out[2, 1], out[2, 2] = casb * sc - sa * cc, sa * sc + casb * cc, ca * cb
    return out


def angles_of(r: Array) -> Angles:
    """Invert :func:`rotation` for ``|b| < 90`` degrees."""
    return Angles(
        np.arctan2(r[0, 2], r[2, 2]),
        -np.arcsin(np.clip(r[1, 2], -1, 1)),
        np.arctan2(r[1, 0], r[1, 1]),
    )


def turn(r: Array, v: Array) -> Array:
    """Return ``R v``, ``(3, ...)``."""
    out = np.empty((3, *np.broadcast_shapes(r.shape[2:], v.shape[1:])))
    for i in range(3):
        out[i] = r[i, 0] * v[0] + r[i, 1] * v[1] + r[i, 2] * v[2]
    return out


def turn_back(r: Array, v: Array) -> Array:
    """Return ``R^T v``, ``(3, ...)``."""
    return turn(r.swapaxes(0, 1), v)


def multiply(a: Array, b: Array) -> Array:
    """Return ``A B``, ``(3, 3, ...)``."""
    return np.stack([turn(a, b[:, j]) for j in range(3)], axis=1)


def compose(a: Array, b: Array) -> Array:
    """Return ``A^T B``, the rotation of ``B`` seen from ``A``, ``(3, 3, ...)``."""
    return np.stack([turn_back(a, b[:, j]) for j in range(3)], axis=1)


def cross(u: Array, v: Array) -> Array:
    """Return ``u x v``, ``(3, ...)``."""
    out = np.empty((3, *np.broadcast_shapes(u.shape[1:], v.shape[1:])))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        np.multiply(u[j], v[k], out=out[i])
        out[i] -= u[k] * v[j]
    return out
