"""Mirrors src/unisono/evaluation/motion.py."""

import math

import numpy as np
import pytest

from unisono.core.errors import ShapeError
from unisono.evaluation.motion import floor_height, foot_skate, jitter, mpjpe, penetration


def slow_skate(feet: np.ndarray, rate: float) -> tuple[float, float, int]:
    """The definition, frame by frame."""
    seen = []
    for k in range(len(feet) - 1):
        for j in range(feet.shape[1]):
            if feet[k, j, 1] < 0.05 and feet[k + 1, j, 1] < 0.05:
                dx, dz = feet[k + 1, j, [0, 2]] - feet[k, j, [0, 2]]
                seen.append(math.hypot(dx, dz) * rate)
    return sum(s > 0.2 for s in seen) / len(seen), sum(seen) / len(seen), len(seen)


def test_feet_that_stand_do_not_skate_and_those_that_slide_do(rng: np.random.Generator) -> None:
    feet = rng.uniform(0, 0.1, (60, 4, 3))
    np.testing.assert_allclose(foot_skate(feet, rate_hz=20.0), slow_skate(feet, 20.0))
    still = np.repeat(feet[:1], 20, axis=0) * [1.0, 0.0, 1.0]
    assert foot_skate(still, rate_hz=20.0) == (0.0, 0.0, 76)
    lifted = foot_skate(still, rate_hz=20.0, floor=-1.0)  # never near: no figure, not a good one
    assert math.isnan(lifted.share) and math.isnan(lifted.speed) and lifted.frames == 0
    up = still.copy()
    up[:, 0, 1] = np.arange(20) % 2 * 0.04  # up and down is no slide
    assert foot_skate(up, rate_hz=20.0).share == 0.0


def test_jitter_is_the_third_derivative(rng: np.random.Generator) -> None:
    t = np.arange(30) / 50.0
    cubic = np.stack([t**3, 2 * t**2, 5 * t], axis=1)[:, None]
    assert np.isclose(jitter(cubic, rate_hz=50.0), 6.0)
    parabola = np.stack([t**2, -3 * t**2, 1 + 0 * t], axis=1)[:, None]
    assert jitter(parabola, rate_hz=50.0) < 1e-6
    shaken = parabola + 1e-3 * rng.normal(size=parabola.shape)
    # third differences of white noise have 20 times its variance in each of three axes
    expected = 1e-3 * 50.0**3 * math.sqrt(20) * math.sqrt(8 / math.pi)
    assert abs(jitter(shaken, rate_hz=50.0) / expected - 1) < 0.35


def test_depth_below_the_floor() -> None:
    feet = np.zeros((4, 2, 3))
    feet[:, 0, 1] = [0.1, -0.02, -0.06, 0.0]
    assert np.allclose(penetration(feet), (0.08 / 8, 0.06))
    assert np.allclose(penetration(feet, floor=-0.06), (0.0, 0.0))
    walk = np.zeros((1000, 2, 3))
    walk[:, :, 1] = 0.3
    walk[:500, 0, 1] = walk[500:, 1, 1] = 0.07
    walk[3, 0, 1] = -0.4  # one bad sample is no floor
    assert np.isclose(floor_height(walk), 0.07)


def test_distances_of_joints() -> None:
    truth = np.zeros((2, 3, 3))
    off = truth + [0.3, 0.0, 0.4]
    assert np.isclose(mpjpe(off, truth), 0.5) and mpjpe(off, truth, aligned=True) == 0.0
    off[0, 2] += [0.0, 0.6, 0.0]
    assert np.isclose(mpjpe(off, truth, aligned=True), 0.1)


def test_what_has_no_frames_or_feet_is_refused() -> None:
    with pytest.raises(ShapeError, match="2 frames or more"):
        foot_skate(np.zeros((1, 1, 3)), rate_hz=20.0)
    with pytest.raises(ShapeError, match="one joint or more"):
        penetration(np.zeros((5, 0, 3)))
    with pytest.raises(ShapeError, match="4 frames"):
        jitter(np.zeros((3, 2, 3)), rate_hz=20.0)
    with pytest.raises(ShapeError, match="truth has frame"):
        mpjpe(np.zeros((3, 2, 3)), np.zeros((4, 2, 3)))
