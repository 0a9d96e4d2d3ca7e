"""Rhythms are those that are published for adults."""

import numpy as np

from unisono.simulators.gait.body import build_bodies
from unisono.simulators.gait.parameters import Shape
from unisono.simulators.gait.plan import even_steps, rhythm


def test_walking_keeps_its_walk_ratio() -> None:
    speed = np.array([0.8, 1.3, 2.0])
    beat = rhythm(speed, np.full(3, 1.74), running=False)
    cadence = 120 / beat.stride
    np.testing.assert_allclose(speed * 60 / cadence / cadence, 0.0064, rtol=1e-12)
    np.testing.assert_allclose(beat.stance[1], 0.622)


def test_running_has_flight_and_walking_double_support() -> None:
    tall = np.full(2, 1.74)
    assert np.all(rhythm(np.array([2.5, 4.5]), tall, running=True).stance < 0.5)
    assert np.all(rhythm(np.array([0.6, 2.2]), tall, running=False).stance > 0.5)


def test_even_steps_alternate() -> None:
    body = build_bodies(np.array([70.0]), np.array([1.74]), np.array([False]))
    steps = even_steps(Shape(), 1.3, body, strides=3, running=False)
    order = np.sort(steps.strike.ravel())
    np.testing.assert_allclose(np.diff(order), steps.stride[0] / 2)
    np.testing.assert_allclose(steps.cycle, steps.stride[0])
