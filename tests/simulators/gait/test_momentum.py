"""Angular momentum against the textbook form; what is allowed is none in flight."""

import numpy as np

from unisono.simulators.gait.fit import reference_body
from unisono.simulators.gait.momentum import allowed, spans, spin, untwist
from unisono.simulators.gait.plan import even_steps
from unisono.simulators.gait.rotations import rotation
from unisono.simulators.gait.spectral import derivative
from unisono.simulators.gait.steps import Steps, airborne
from unisono.simulators.gait.table import fitted_shape


def _steps() -> Steps:
    shape = fitted_shape("run", "normal", 3.0)
    return even_steps(shape, 3.0, reference_body(1), strides=2, running=True)


def test_spin_is_inertia_times_angular_velocity() -> None:
    """For a segment that turns about its own axes: ``L = R I R^T omega``."""
    t = 2 * np.pi * np.arange(64) / 64
    a, zero = 0.4 * np.sin(t), np.zeros(64)
    turned = rotation(a[None, None], zero[None, None], zero[None, None])
    body, per = reference_body(1), np.array([[0.8]])
    got = spin(turned, body, slice(1, 2), per)
    rate = derivative(a) / 0.8
    np.testing.assert_allclose(got[1, 0], body.inertias[1, 1, 0] * rate, atol=1e-9)
    np.testing.assert_allclose(got[[0, 2], 0], 0, atol=1e-9)


def test_spans_part_the_time_in_mid_flight() -> None:
    steps = _steps()
    time = np.arange(512) / 512 * steps.period[:, None]
    own = spans(steps, time)
    np.testing.assert_array_equal(own.sum(axis=1), 1)
    np.testing.assert_allclose(own.mean(axis=-1), 0.25, atol=0.01)
    change = np.abs(np.diff(own[0], axis=-1)).sum(axis=0) > 0
    assert np.all(airborne(steps, time)[0, 1:][change])


def test_allowed_gives_as_much_in_each_step_and_nothing_in_flight(
    rng: np.random.Generator,
) -> None:
    steps = _steps()
    time = np.arange(512) / 512 * steps.period[:, None]
    own, down = spans(steps, time), (~airborne(steps, time)).astype(float)
    rate = rng.normal(size=(3, 1, 512))
    got = allowed(rate, down, down, own)
    np.testing.assert_array_equal(got[:, :, down[0] == 0], 0)
    want = np.einsum("ibn,bsn->ibs", rate, own)
    np.testing.assert_allclose(np.einsum("ibn,bsn->ibs", got, own), want, atol=1e-9)


def test_untwist_turns_against_the_excess() -> None:
    t = 2 * np.pi * np.arange(64) / 64
    excess = np.stack([0 * t, np.cos(t), 0 * t])[:, None]
    turned = untwist(excess, reference_body(1), np.array([[1.0]]))
    bend = derivative(turned, 2)
    assert bend[0, 0] @ excess[1, 0] > 0  # nose down is a positive turn about y
    np.testing.assert_allclose(bend[1:], 0, atol=1e-12)
