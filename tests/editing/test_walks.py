"""Lines, arcs and splines against their closed forms and another library; no walk forecasts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import splev, splprep

from unisono.core.errors import ShapeError, UnisonoError
from unisono.editing.walks import SplineWalk, lerp, slerp


def test_lerp_is_the_line() -> None:
    got = lerp([0.0, 2.0], [4.0, 0.0], [0, 0.25, 1, 1.5])
    np.testing.assert_allclose(got, [[0, 2], [1, 1.5], [4, 0], [6, -1]])


@given(st.floats(0.05, 3.0), st.floats(0, 1), st.floats(0.3, 4))
def test_slerp_keeps_length_and_speed(theta: float, share: float, length: float) -> None:
    p = np.array([length, 0.0])
    q = length * np.array([np.cos(theta), np.sin(theta)])
    got = slerp(p, q, [share])[0]
    want = length * np.array([np.cos(share * theta), np.sin(share * theta)])
    np.testing.assert_allclose(got, want, atol=1e-8)


def test_slerp_of_parallel_and_opposite_vectors() -> None:
    np.testing.assert_allclose(slerp([1.0, 0.0], [2.0, 0.0], [0.5]), [[1.5, 0]])
    np.testing.assert_allclose(slerp([0.0, 0.0], [2.0, 0.0], [0.5]), [[1, 0]])
    with pytest.raises(UnisonoError, match="away from each other"):
        slerp([1.0, 0.0], [-1.0, 0.0], [0.5])


def test_an_interpolating_spline_is_that_of_another_library(rng: np.random.Generator) -> None:
    points = rng.normal(size=(9, 3))
    walk = SplineWalk(points)
    curve, place = splprep(points.T, s=0)
    at = np.linspace(0, 1, 40)
    np.testing.assert_allclose(walk.at(at), np.stack(splev(at, curve), axis=1), atol=1e-9)
    np.testing.assert_allclose(walk.at(place), points, atol=1e-12)


def test_splines_have_any_dimension_and_few_points() -> None:
    wide = np.random.default_rng(0).normal(size=(6, 64))
    np.testing.assert_allclose(SplineWalk(wide, at=range(6)).at([3.0])[0], wide[3])
    pair = SplineWalk([[0.0], [2.0]], at=[0, 1])
    np.testing.assert_allclose(pair.at([0.25]), [[0.5]])
    noisy = SplineWalk([[0.0], [2.0], [1.0]], at=[0, 1, 2], noise=0.1)
    assert noisy.at([1.0]).shape == (1, 1)


def test_smoothing_takes_noise_away() -> None:
    rng = np.random.default_rng(0)
    at = np.linspace(0, 2 * np.pi, 80)
    truth = np.stack([np.cos(at), np.sin(at)], axis=1)
    seen = truth + 0.1 * rng.normal(size=truth.shape)

    def error(noise: float) -> float:
        return float(np.sqrt(((SplineWalk(seen, at=at, noise=noise).at(at) - truth) ** 2).mean()))

    assert error(0.1) < 0.5 * error(0.0)


def test_curves_do_not_forecast_and_bad_points_are_one_line() -> None:
    walk = SplineWalk(np.eye(4), at=[0, 1, 2, 3])
    with pytest.raises(UnisonoError, match="use a forecast"):
        walk.at([3.5])
    with pytest.raises(UnisonoError, match="use a forecast"):
        walk.at([np.nan])
    with pytest.raises(UnisonoError, match="parameter of the curve is not finite"):
        SplineWalk(np.eye(4), at=[0, 1, np.nan, 3])
    with pytest.raises(UnisonoError, match="distinct"):
        SplineWalk(np.zeros((4, 2)))
    with pytest.raises(UnisonoError, match="at least two"):
        SplineWalk(np.zeros((1, 2)))
    with pytest.raises(ShapeError, match="two points of one map"):
        lerp([0.0, 1.0], [0.0, 1.0, 2.0], [0.5])
    with pytest.raises(UnisonoError, match="not finite"):
        lerp([0.0, np.nan], [0.0, 1.0], [0.5])
