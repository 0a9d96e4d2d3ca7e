"""Mirrors src/unisono/simulators/captioned/posing.py."""

import numpy as np
import pytest

from unisono.recordings.motion.kinematics import placed
from unisono.simulators.captioned.posing import Plan, posed, still_plan


@pytest.fixture
def plan(rng: np.random.Generator) -> Plan:
    """Anything at all within reach, turned anywhere."""
    plan = still_plan(40, 20.0)
    plan.heading = np.linspace(0, 4, 40)
    plan.height = rng.uniform(0.6, 0.95, 40)
    plan.hips = rng.normal(0, 8, (40, 3))
    plan.toes = rng.normal(0, 0.04, (40, 2, 3)) + np.array(
        [[[0.1, 0.05, 0.1]], [[-0.1, 0.05, 0.1]]]
    ).swapaxes(0, 1)
    plan.feet = np.stack(
        [plan.heading[:, None] + rng.normal(0, 0.2, (40, 2)), rng.uniform(0, 40, (40, 2))], axis=-1
    )
    turn = np.stack([np.cos(plan.heading), np.sin(plan.heading)], axis=1)
    x, z = plan.toes[..., 0].copy(), plan.toes[..., 2].copy()
    plan.toes[..., 0] = turn[:, :1] * x + turn[:, 1:] * z
    plan.toes[..., 2] = -turn[:, 1:] * x + turn[:, :1] * z
    return plan


def test_feet_are_where_they_were_planned(plan: Plan) -> None:
    motion = posed(plan)
    names = motion.rig.names
    where = placed(motion)
    toes = where.positions[:, [names.index("LeftToeBase"), names.index("RightToeBase")]]
    np.testing.assert_allclose(toes, plan.toes, atol=1e-9)
    ahead = where.rotations[:, names.index("LeftToeBase")][..., 2]  # the toes lie flat
    np.testing.assert_allclose(ahead[:, 1], 0.0, atol=1e-9)
    np.testing.assert_allclose(
        np.arctan2(ahead[:, 0], ahead[:, 2]), np.angle(np.exp(1j * plan.feet[:, 0, 0])), atol=1e-9
    )


def test_knees_bend_forward_and_hips_come_down_when_a_leg_is_short(plan: Plan) -> None:
    plan.hips[:] = 0
    motion = posed(plan)
    names = motion.rig.names
    at = placed(motion).positions
    forward = np.stack([np.sin(plan.heading), 0 * plan.heading, np.cos(plan.heading)], axis=1)
    for side in ("Left", "Right"):
        hip, knee, ankle = (
            at[:, names.index(f"{side}{part}")] for part in ("UpLeg", "Leg", "Foot")
        )
        ahead = ((knee - (hip + ankle) / 2) * forward).sum(axis=1)
        assert ahead.min() > 0
    assert (motion.root[:, 1] <= plan.height + 1e-9).all()
    plan.height[:] = 3.0
    assert posed(plan).root[:, 1].max() < 1.1


def test_arms_go_where_their_angles_say() -> None:
    plan = still_plan(4, 20.0)
    plan.height[:] = 0.9
    plan.toes[:, 0, 0], plan.toes[:, 1, 0] = 0.09, -0.09
    plan.arms[1, :, 0] = 90.0  # forward
    plan.arms[2, :, 1] = 90.0  # sideways
    plan.arms[3, :, 1:] = (90.0, 90.0, 90.0)  # forearms up
    motion = posed(plan)
    names, at = motion.rig.names, placed(motion).positions
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        shoulder, elbow, hand = (
            at[:, names.index(f"{side}{part}")] for part in ("Arm", "ForeArm", "Hand")
        )
        ways = (elbow - shoulder) / 0.28
        np.testing.assert_allclose(ways[0], [0, -1, 0], atol=1e-6)
        np.testing.assert_allclose(ways[1], [0, 0, 1], atol=1e-6)
        np.testing.assert_allclose(ways[2], [sign, 0, 0], atol=1e-6)
        np.testing.assert_allclose((hand - elbow)[3] / 0.25, [0, 1, 0], atol=1e-6)
