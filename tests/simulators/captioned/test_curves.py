"""Mirrors src/unisono/simulators/captioned/curves.py."""

import numpy as np

from unisono.simulators.captioned.curves import bump, drift, eased, plateau


def test_easing_starts_and_ends_at_rest() -> None:
    x = np.linspace(0, 1, 10_001)
    y = eased(x)
    assert y[0] == 0 and y[-1] == 1 and (np.diff(y) >= 0).all()
    np.testing.assert_allclose(y + y[::-1], 1.0, atol=1e-12)
    speed = np.gradient(y, x)
    assert abs(speed[0]) < 1e-3 and abs(speed[-1]) < 1e-3 and abs(speed.max() - 1.875) < 1e-3


def test_plateaus_and_bumps() -> None:
    time = np.linspace(0, 4, 401)
    up = plateau(time, 1.0, 3.0, 0.5)
    assert up[time <= 0.5].max() == 0 and up[time >= 3.5].max() == 0
    np.testing.assert_allclose(up[(time >= 1.0) & (time <= 3.0)], 1.0, atol=1e-12)
    assert bump(np.array([-0.1, 0.0, 0.5, 1.0, 1.1])).tolist() == [0, 0, 1, 0, 0]


def test_drift_is_slow_and_of_spread_one() -> None:
    found = drift(20_000, 2, 20.0, generator=np.random.default_rng(0))
    np.testing.assert_allclose(found.std(axis=0), 1.0, atol=0.15)
    assert abs(np.corrcoef(found[1:, 0], found[:-1, 0])[0, 1]) > 0.95
