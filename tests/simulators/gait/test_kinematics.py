"""The moving body: against finite differences and against the solver's own pose."""

import numpy as np

from unisono.simulators.gait.body import SEGMENTS
from unisono.simulators.gait.kinematics import COORDINATES, coordinates, point_on, resample
from unisono.simulators.gait.trial import Trial


def test_accelerations_are_those_of_the_positions(walk: Trial) -> None:
    state = resample(walk.motion, 3000)
    step = float(walk.motion.steps.period[0]) / 3000
    for i in (0, 4, 8, 12, 14):
        x = state.centre.position[:, 0, i]
        second = (np.roll(x, -1, -1) - 2 * x + np.roll(x, 1, -1)) / step**2
        assert np.abs(second - state.centre.acceleration[:, 0, i]).max() < 0.02


def test_angular_velocity_is_that_of_the_rotation(walk: Trial) -> None:
    state = resample(walk.motion, 3000)
    step = float(walk.motion.steps.period[0]) / 3000
    r = state.rotation[:, :, 0, SEGMENTS.index("l_foot")]
    rate = (np.roll(r, -1, -1) - np.roll(r, 1, -1)) / (2 * step)
    skew = np.einsum("ikn,jkn->ijn", rate, r)
    got = np.stack([skew[2, 1], skew[0, 2], skew[1, 0]])
    omega = state.omega[:, 0, SEGMENTS.index("l_foot")]
    assert np.abs(got - omega).max() < 1e-3 * np.abs(omega).max()


def test_motion_is_continuous_over_strides_and_back_to_its_start(walk: Trial) -> None:
    rows = coordinates(walk.motion)[:, 0]
    jumps = np.abs(np.diff(np.concatenate([rows, rows[:, :1]], axis=1), axis=1)).max(axis=1)
    assert np.all(jumps < 0.35)  # rad or m between grid points; a broken joint would be larger
    speed = walk.state.angles.rate[:, 0]
    assert np.abs(np.diff(np.concatenate([speed, speed[:, :1]], axis=1), axis=1)).max() < 6


def test_strides_differ_from_one_another(walk: Trial) -> None:
    knee = coordinates(walk.motion)[COORDINATES.index("r_knee"), 0].reshape(3, -1)
    assert np.degrees(np.abs(knee - knee.mean(axis=0)).max()) > 0.2


def test_centre_of_mass_of_the_segments_is_the_solved_one(walk: Trial) -> None:
    weight = walk.motion.body.masses[:, 0] / walk.subject.mass_kg
    got = np.einsum("s,isn->in", weight, walk.state.centre.position[:, 0])
    np.testing.assert_allclose(got, walk.state.whole.position[:, 0], atol=1e-12)


def test_a_point_at_the_origin_is_the_origin(walk: Trial) -> None:
    point = point_on(walk.state, "r_shank", np.zeros((3, 1)))
    i = SEGMENTS.index("r_shank")
    np.testing.assert_array_equal(point.position, walk.state.origin.position[:, :, i])
