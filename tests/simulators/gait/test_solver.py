"""The fixed point satisfies its equations, whatever the start."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.simulators.gait.fit import reference_body
from unisono.simulators.gait.plan import even_steps
from unisono.simulators.gait.solver import GRAVITY, Motion, cutoff, scale_steps, solve
from unisono.simulators.gait.spectral import derivative
from unisono.simulators.gait.steps import Steps, locate, pressure, push
from unisono.simulators.gait.table import fitted_shape


def _steps(strides: int = 1) -> Steps:
    shape = fitted_shape("walk", "normal", 1.3)
    return even_steps(shape, 1.3, reference_body(1), strides=strides, running=False)


@pytest.fixture(scope="module")
def motion() -> Motion:
    return solve(_steps(), reference_body(1), rounds=30, goal=1e-8)


def test_it_converges(motion: Motion) -> None:
    assert motion.miss.max() < 1e-8


def test_posed_body_has_the_wanted_centre_but_for_smoothing(motion: Motion) -> None:
    weight = (motion.body.masses / motion.body.mass)[7:, 0]
    assert abs(weight.sum() - 0.394) < 0.02  # both legs
    assert np.abs(motion.root - motion.centre + motion.start.above).max() < 1e-7


def test_horizontal_motion_obeys_the_moment_equation(motion: Motion) -> None:
    """``-z F_x - (p_x - x) F_z = L_y'`` on the grid, with the solver's own momentum."""
    steps, body = motion.steps, motion.body
    per = float(steps.period[0])
    x, _, z = motion.centre[:, 0]
    acceleration = derivative(motion.centre, 2)[:, 0] / per**2
    force = body.mass[0] * acceleration
    force[2] += body.mass[0] * GRAVITY
    track = motion.track
    s = np.where(track.stance, track.u / track.end, 0.0)
    wish = push(track.shape, s, running=False) * track.place.pick(motion.amplitude)
    along = pressure(steps, body, track.shape, s)
    place = track.base[0] + along * np.cos(track.heading)
    middle = (wish * place)[0].sum(axis=0) / wish[0].sum(axis=0)
    left = -z * force[0] - (middle - x) * force[2]
    assert np.abs(left - motion.start.rate[1, 0]).max() < 0.05  # N m of about 40


def test_two_strides_are_the_one_twice(motion: Motion) -> None:
    twice = solve(_steps(2), reference_body(1), rounds=30, goal=1e-8)
    knee = twice.legs.knee[0, 0].reshape(2, -1)
    np.testing.assert_allclose(knee[0], knee[1], atol=1e-5)
    np.testing.assert_allclose(knee[0], motion.legs.knee[0, 0], atol=1e-4)


def test_a_warm_start_leads_to_the_same_motion(motion: Motion) -> None:
    again = solve(_steps(), reference_body(1), rounds=30, goal=1e-8, start=motion.start)
    np.testing.assert_allclose(again.centre, motion.centre, atol=1e-6)


def test_scaled_steps_carry_the_weight() -> None:
    steps = _steps(3)
    count = 3 * 128
    time = np.arange(count) / count * steps.period[:, None]
    place = locate(steps, time)
    s = place.elapsed / place.pick(steps.duration)
    shapes = push(place.shape_of(steps), s, running=False)
    total = (shapes * place.pick(scale_steps(steps, shapes, time))).sum(axis=1)
    assert abs(total.mean() - 1) < 1e-12


def test_no_rounds_no_motion() -> None:
    with pytest.raises(UnisonoError, match="rounds"):
        solve(_steps(), reference_body(1), rounds=0)


def test_running_is_smoothed_less_than_walking() -> None:
    assert cutoff(_steps()) < 20
