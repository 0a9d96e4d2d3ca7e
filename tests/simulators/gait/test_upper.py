"""The phase follows the strikes; the upper body is where its joints put it."""

from dataclasses import replace

import numpy as np

from unisono.simulators.gait.body import SEGMENTS, build_bodies
from unisono.simulators.gait.parameters import Shape
from unisono.simulators.gait.plan import even_steps
from unisono.simulators.gait.upper import Trunk, carry, gait_phase


def test_phase_is_whole_and_half_at_uneven_strikes() -> None:
    body = build_bodies(np.array([70.0]), np.array([1.74]), np.array([False]))
    steps = even_steps(Shape(), 1.3, body, strides=3, running=False)
    late = np.array([[[0.0, 0.02, -0.01], [0.01, 0.02, 0.0]]])
    steps = replace(steps, strike=steps.strike + late)
    phase = gait_phase(steps, steps.strike.reshape(1, -1))
    np.testing.assert_allclose(phase[0], [0, 1, 2, 0.5, 1.5, 2.5], atol=1e-5)


def test_upright_body_stacks_up() -> None:
    body = build_bodies(np.array([70.0]), np.array([1.74]), np.array([False]))
    still = np.zeros((3, 1, 1))
    upper = carry(body, Trunk(still, still, np.zeros((1, 2, 1)), np.zeros((1, 2, 1))))
    height = upper.centres[2, 0, :, 0]
    assert height[0] < height[1] < height[2]  # pelvis, trunk, head
    neck = float(body.lumbar[0] + body.neck[0])
    np.testing.assert_allclose(height[2], neck + body.centres[2, SEGMENTS.index("head"), 0])
    np.testing.assert_allclose(upper.centres[1, 0, 3], -upper.centres[1, 0, 4])  # arms mirror
