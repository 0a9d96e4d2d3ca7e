"""The shipped curves are series whose derivatives are right."""

import numpy as np

from unisono.simulators.gait.curves import curve


def test_derivative_agrees_with_differences() -> None:
    knee, h = curve("run", "knee", np.array([2.5, 4.0])), 1e-5
    u = np.tile(np.linspace(0, 1, 20), (2, 1))
    slope = (knee.at(u + h) - knee.at(u - h)) / (2 * h)
    np.testing.assert_allclose(knee.at(u, 1), slope, atol=1e-6)


def test_curves_look_like_people() -> None:
    u = np.linspace(0, 1, 200)[None]
    knee = np.degrees(curve("walk", "knee", np.array([1.3])).at(u))
    assert 55 < knee.max() < 70
    assert 0 < knee.min() < 10
    ankle = np.degrees(curve("run", "ankle", np.array([2.5])).at(u))
    assert 15 < ankle.max() < 30
    assert -25 < ankle.min() < -8


def test_between_two_speeds_lies_between_their_curves() -> None:
    u = np.linspace(0, 1, 50)[None]
    low, mid, high = (curve("run", "thigh", np.array([v])).at(u) for v in (2.5, 3.0, 3.5))
    np.testing.assert_allclose(mid, (low + high) / 2, atol=1e-12)
