r"""Walks between points of a map: these look at both ends. Forecasts are another module.

- :func:`lerp`: :math:`(1 - a) p + a q`.
- :func:`slerp`: :math:`[\sin((1 - a)\theta)\, p + \sin(a\theta)\, q] / \sin\theta`, :math:`\theta`
  the angle between them (Shoemake, 1985); ``lerp`` where it vanishes.
- :class:`SplineWalk`: a cubic B-spline through ordered points, over their own times or over chord
  length; interpolating (not-a-knot), or smoothing with as few knots as the noise allows in each
  coordinate (Dierckx, 1993).
"""

import warnings
from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.interpolate import UnivariateSpline, make_interp_spline

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import ShapeError, UnisonoError
from unisono.editing.bank import Array

__all__ = ["SplineWalk", "lerp", "slerp"]

_FLAT = 1e-6  # radians below which an arc is a line


def _ends(start: npt.ArrayLike, end: npt.ArrayLike) -> tuple[Array, Array]:
    p, q = np.asarray(start, np.float64), np.asarray(end, np.float64)
    if p.shape != q.shape or p.ndim != 1:
        raise ShapeError(
            f"a walk goes between two points of one map; got shapes {p.shape} and {q.shape}."
        )
    if not (np.isfinite(p).all() and np.isfinite(q).all()):
        raise UnisonoError("an end of the walk is not finite; choose another point.")
    return p, q


def lerp(start: npt.ArrayLike, end: npt.ArrayLike, shares: npt.ArrayLike) -> Array:
    """Return points on the straight line, ``(m, d)``.

    Args:
        start: ``(d,)``.
        end: ``(d,)``.
        shares: How far along each is, ``(m,)``; beyond 0 to 1 it goes on straight.

    Raises:
        ShapeError: If the ends are not two points of one map.
    """
    p, q = _ends(start, end)
    a = np.asarray(shares, np.float64).reshape(-1, 1)
    return np.asarray((1 - a) * p + a * q)


def slerp(start: npt.ArrayLike, end: npt.ArrayLike, shares: npt.ArrayLike) -> Array:
    """Return points on the arc between two vectors, ``(m, d)``; see :func:`lerp`.

    Raises:
        UnisonoError: If the vectors point away from each other, where no arc is shortest.
    """
    p, q = _ends(start, end)
    lengths = np.linalg.norm(p) * np.linalg.norm(q)
    if lengths == 0:
        return lerp(p, q, shares)
    theta = float(np.arccos(np.clip(p @ q / lengths, -1, 1)))
    if theta < _FLAT:
        return lerp(p, q, shares)
    if np.pi - theta < _FLAT:
        raise UnisonoError("the ends point away from each other; go there by way of a third point.")
    a = np.asarray(shares, np.float64).reshape(-1, 1)
    return np.asarray((np.sin((1 - a) * theta) * p + np.sin(a * theta) * q) / np.sin(theta))


class SplineWalk:
    """A cubic B-spline through ordered points.

    Args:
        points: ``(n, d)``, at least 4 distinct ones; fewer are joined by a curve of lower degree.
        at: Increasing parameters of the points, such as their times, ``(n,)``; None for the
            share of the chord length, 0 to 1.
        noise: Standard deviation of the noise in each coordinate. 0 passes through all points; else
            the squared residuals of a coordinate may sum to ``n noise^2`` (Reinsch, 1967).

    Raises:
        ShapeError: If the axes disagree.
        UnisonoError: If there are fewer than two points, one or its parameter is not finite, or the
            parameters do not increase.

    Example:
        >>> walk = SplineWalk([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]], at=[0, 1, 2])
        >>> np.round(walk.at([1.0]), 6).tolist()
        [[1.0, 1.0]]
    """

    def __init__(
        self, points: npt.ArrayLike, at: npt.ArrayLike | None = None, *, noise: float = 0.0
    ) -> None:
        array = np.asarray(points, np.float64)
        sizes = check_axes(points=(array, "point map"))
        check_range("noise", noise, 0, float("inf"), closed=True)
        if sizes["point"] < 2:
            raise UnisonoError("a curve needs at least two points.")
        if not np.isfinite(array).all():
            raise UnisonoError("a point of the curve is not finite; leave it out.")
        if at is None:
            chord = np.linalg.norm(np.diff(array, axis=0), axis=1)
            place = np.concatenate([[0.0], np.cumsum(chord)]) / max(float(chord.sum()), 1e-300)
        else:
            place = np.asarray(at, np.float64)
        check_axes(points=(array, "point map"), at=(place, "point"))
        if not np.isfinite(place).all():
            raise UnisonoError("a parameter of the curve is not finite; leave its point out.")
        if (np.diff(place) <= 0).any():
            raise UnisonoError("points of a curve must be distinct and in order; drop the repeats.")
        self.start, self.stop = float(place[0]), float(place[-1])
        self._curve = _curve(array, place, noise)

    def at(self, parameters: npt.ArrayLike) -> Array:
        """Return points of the curve, ``(m, d)``.

        Raises:
            UnisonoError: If a parameter lies beyond the points (a spline does not forecast), or is
                not a number.
        """
        place = np.asarray(parameters, np.float64).ravel()
        slack = 1e-9 * (self.stop - self.start)
        if not ((place >= self.start - slack) & (place <= self.stop + slack)).all():
            raise UnisonoError(
                f"the curve runs from {self.start:g} to {self.stop:g}; beyond its ends use a "
                "forecast."
            )
        return self._curve(np.clip(place, self.start, self.stop))


def _curve(points: Array, place: Array, noise: float) -> Callable[[Array], Array]:
    """A function from parameters ``(m,)`` to points ``(m, d)``."""
    degree: Literal[1, 2, 3] = 3 if len(points) > 3 else 2 if len(points) > 2 else 1
    if noise == 0:
        whole = make_interp_spline(place, points, k=degree)
        return lambda at: np.asarray(whole(at), np.float64)
    with warnings.catch_warnings():
        # it says where it stopped adding knots short of the residual allowed; that is no harm
        warnings.simplefilter("ignore", UserWarning)
        allowed = len(points) * noise**2
        each = [UnivariateSpline(place, column, k=degree, s=allowed) for column in points.T]
    return lambda at: np.stack([np.asarray(curve(at)) for curve in each], axis=1)
