"""Legs reach the ankle in stance and pass into swing without a jump."""

import numpy as np

from unisono.simulators.gait.legs import _not_straight, _quintic, _soft_quintic, straight_height
from unisono.simulators.gait.trial import Trial


def test_segments_keep_their_lengths_and_meet_the_feet(walk: Trial) -> None:
    legs, body, track = walk.motion.legs, walk.motion.body, walk.motion.track
    hip, knee, ankle, ball = (legs.origins[:, :, i] for i in range(4))
    np.testing.assert_allclose(np.linalg.norm(knee - hip, axis=0), body.thigh[0], atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(ankle - knee, axis=0), body.shank[0], atol=1e-9)
    up = ankle[2][track.stance] - track.foot.up[track.stance]
    assert np.abs(up).max() < 1e-9
    far = np.hypot(body.ball[0], body.mtp[0] - body.ankle[0])
    np.testing.assert_allclose(np.linalg.norm(ball - ankle, axis=0), far, atol=1e-9)


def test_joints_pass_from_stance_to_swing_smoothly(walk: Trial) -> None:
    """A broken joint would show as a kink far larger than the curve's own bend."""
    knee = walk.motion.legs.knee[0]
    bend = np.abs(np.diff(knee, n=2, axis=-1))
    assert np.degrees(bend.max()) < 6


def test_quintic_meets_both_ends() -> None:
    start, end = np.array([[0.3], [1.0], [-2.0]]), np.array([[-0.1], [0.5], [4.0]])
    h = 1e-4
    for x0, want in ((0.0, start), (1.0, end)):
        y = [float(_quintic(start, end, np.array([x0 + k * h]))[0]) for k in (-1, 0, 1)]
        got = [y[1], (y[2] - y[0]) / (2 * h), (y[2] - 2 * y[1] + y[0]) / h**2]
        np.testing.assert_allclose(got, want[:, 0], atol=1e-3)


def test_soft_quintic_meets_the_ends_too_beyond_its_limit() -> None:
    start, end = np.array([[0.1], [5.0], [60.0]]), np.array([[0.0], [-4.0], [-80.0]])
    x = np.array([[0.0, 1e-4, 2e-4, 1 - 2e-4, 1 - 1e-4, 1.0]])
    y = _soft_quintic(start, end, x, 1.0)[0]
    np.testing.assert_allclose([y[0], y[-1]], [0.1, 0.0], atol=1e-12)
    np.testing.assert_allclose((y[1] - y[0]) / 1e-4, 5.0, atol=0.02)
    np.testing.assert_allclose((y[-1] - y[-2]) / 1e-4, -4.0, atol=0.02)
    np.testing.assert_allclose((y[2] - 2 * y[1] + y[0]) / 1e-8, 60.0, rtol=0.05)


def test_a_swinging_knee_does_not_straighten() -> None:
    knee = np.radians(np.linspace(-20, 40, 601))
    bent = _not_straight(knee)
    assert np.degrees(bent.min()) > 2.4
    np.testing.assert_array_equal(bent[knee > np.radians(5.5)], knee[knee > np.radians(5.5)])
    assert np.all(np.diff(bent) > 0)


def test_straightest_stance_knee_is_the_wished_one(walk: Trial) -> None:
    motion = walk.motion
    rise = straight_height(motion.body, motion.track, motion.legs.origins[:, :, 0])
    assert np.abs(rise).max() < 1e-4
