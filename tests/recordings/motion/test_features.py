"""Mirrors src/unisono/recordings/motion/features.py."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import ShapeError, UnisonoError
from unisono.recordings.formats.bvh import read_bvh
from unisono.recordings.formats.bvh_skeleton import Joint, Skeleton
from unisono.recordings.motion.clips import motion_of
from unisono.recordings.motion.features import (
    Layout,
    Start,
    foot_contacts,
    from_features,
    headings,
    recovered_positions,
    start_of,
    to_features,
)
from unisono.recordings.motion.kinematics import Motion, placed
from unisono.recordings.motion.rig import Rig
from unisono.recordings.motion.rotations import about_vertical


@pytest.fixture(scope="module")
def turning(shared_data: Callable[[str], Path]) -> Motion:
    """A real clip of somebody who walks and turns."""
    file = next(iter(sorted(shared_data("bandai").rglob("*walk-turn-left_normal*.bvh"))))
    return motion_of(read_bvh(file))


def test_real_motion_comes_back_to_a_tenth_of_a_millimetre(turning: Motion) -> None:
    layout, start = Layout.of(turning), start_of(turning)
    rows = to_features(turning, layout)
    assert rows.shape == (len(turning), layout.size)
    truth = placed(turning).positions
    again = from_features(rows, layout, turning.rig, start)
    np.testing.assert_allclose(placed(again).positions, truth, atol=1e-6)
    np.testing.assert_allclose(again.rotations, turning.rotations, atol=1e-9)  # joint by joint
    np.testing.assert_allclose(recovered_positions(rows, layout, start), truth, atol=1e-6)
    single = from_features(rows.astype(np.float32).astype(np.float64), layout, turning.rig, start)
    np.testing.assert_allclose(placed(single).positions, truth, atol=1e-4)


def test_place_and_compass_do_not_matter(turning: Motion) -> None:
    spin = about_vertical(np.array(2.0))
    turns = turning.rotations.copy()
    turns[:, 0] = spin @ turns[:, 0]
    moved = Motion(turning.rig, turns, turning.root @ spin.T + [5.0, 0, -3.0], turning.rate_hz)
    layout = Layout.of(turning)
    np.testing.assert_allclose(to_features(moved, layout), to_features(turning, layout), atol=1e-8)
    angle = start_of(moved).heading - start_of(turning).heading
    assert math.isclose(math.remainder(angle - 2.0, 2 * math.pi), 0.0, abs_tol=1e-9)


def test_the_known_263_numbers_are_recovered_as_published(turning: Motion) -> None:
    layout = Layout.of(turning, kind="humanml3d")
    rows = to_features(turning, layout)
    assert layout.size == 12 * len(turning.rig.names) - 5 + 4
    start = start_of(turning)
    truth = placed(turning).positions[:-1]
    np.testing.assert_allclose(_published_recovery(rows, layout.joints),
                               recovered_positions(rows, layout), atol=1e-9)  # fmt: skip
    again = from_features(rows, layout, turning.rig, start)
    np.testing.assert_allclose(placed(again).positions, truth, atol=1e-4)


def _published_recovery(rows: np.ndarray, joints: int) -> np.ndarray:
    """The recovery of HumanML3D's release, frame by frame with quaternions (w, x, y, z)."""

    def turn(q: np.ndarray, v: np.ndarray) -> np.ndarray:
        return v + 2 * np.cross(q[1:], np.cross(q[1:], v) + q[0] * v)

    angle, place, found = 0.0, np.zeros(3), []
    for k, row in enumerate(rows):
        if k:
            angle += rows[k - 1, 0]
        back = np.array([np.cos(angle), 0.0, -np.sin(angle), 0.0])
        if k:
            place = place + turn(back, np.array([rows[k - 1, 1], 0.0, rows[k - 1, 2]]))
        root = np.array([place[0], row[3], place[2]])
        local = row[4 : 4 + 3 * (joints - 1)].reshape(-1, 3)
        rest = [turn(back, point) + [root[0], 0.0, root[2]] for point in local]
        found.append([root, *rest])
    return np.array(found)


def test_a_layout_of_22_joints_and_4_feet_has_263_numbers() -> None:
    layout = Layout(22, 4, 20.0, "humanml3d")
    assert layout.size == 263
    where = {name: (layout.part(name).start, layout.part(name).stop) for name in layout.sizes}
    assert where["positions"] == (4, 67) and where["rotations"] == (67, 193)
    assert where["velocities"] == (193, 259) and where["contacts"] == (259, 263)
    with pytest.raises(UnisonoError, match="part must be one of"):
        layout.part("positons")
    with pytest.raises(UnisonoError, match="kind must be one of"):
        Layout(22, 4, 20.0, "kit")


def _pole() -> Rig:
    places, turns = ("Xposition", "Yposition", "Zposition"), ("Yrotation", "Xrotation", "Zrotation")
    joints = (
        Joint("a", -1, (0.0, 0.0, 0.0), places + turns),
        Joint("b", 0, (0.0, -1.0, 0.0), turns),
    )
    return Rig(Skeleton(joints), 0, ((0.0, 0.0, 0.0), (0.0, -1.0, 0.0)), (), "y", "m", (), (1,))


def test_a_circle_is_a_constant_row() -> None:
    frames, rate = 50, 10.0
    angle = 0.2 * np.arange(frames)  # 2 rad/s, radius 3 m, facing along the circle
    turns = np.stack([about_vertical(angle), np.broadcast_to(np.eye(3), (frames, 3, 3))], axis=1)
    root = np.stack([-3 * np.cos(angle), np.full(frames, 1.2), 3 * np.sin(angle)], axis=1)
    motion = Motion(_pole(), turns, root, rate)
    layout = Layout.of(motion)
    rows = to_features(motion, layout)
    np.testing.assert_allclose(rows - rows[:1], 0, atol=1e-9)
    assert np.isclose(rows[0, 0], 2.0) and np.isclose(rows[0, 3], 1.2)
    chord = 2 * 3 * np.sin(0.1) * rate
    assert np.isclose(np.hypot(*rows[0, 1:3]), chord) and rows[0, 2] > 5.9  # forward
    again = from_features(rows, layout, motion.rig, Start(0.0, -3.0, 0.0))
    np.testing.assert_allclose(again.root, root, atol=1e-9)


def test_a_heading_that_cannot_be_seen_stays() -> None:
    motion = Motion(_pole(), np.broadcast_to(np.eye(3), (4, 2, 3, 3)), np.zeros((4, 3)), 10.0)
    flip = np.stack([about_vertical(np.array(0.4)), np.diag([1.0, -1, -1]) @ np.diag([-1.0, 1, -1])
                     @ np.diag([1.0, -1, -1]), np.diag([-1.0, -1, 1]), np.eye(3)])  # fmt: skip
    found = headings(placed(motion).positions, motion.rig, flip)
    assert np.isclose(found[0], 0.4) and np.isclose(found[2], found[1])


def test_feet_stand_while_they_are_slow() -> None:
    path = np.zeros((5, 2, 3))
    path[:, 1, 2] = [0.0, 0.01, 0.02, 0.2, 0.4]  # 0.1 m/s, then 1.8 and 2 m/s at 10 Hz
    found = foot_contacts(path, _pole(), rate_hz=10.0, speed=0.5)
    assert found[:, 0].tolist() == [1, 1, 0, 0, 0]


def test_feet_at_the_top_of_a_jump_do_not_stand() -> None:
    time = np.arange(20) / 20.0
    path = np.zeros((20, 2, 3))
    path[:, 1, 1] = np.maximum(4.0 * (time - 0.25) - 4.905 * (time - 0.25) ** 2, 0.0) / 4
    high = path[:, 1, 1] > 0.15  # about the top, where it is slow
    by_speed, by_both = (
        foot_contacts(path, _pole(), rate_hz=20.0, speed=0.5, height=height)[:, 0]
        for height in (0.0, 0.06)
    )
    assert by_speed[high].any() and not by_both[high].any()
    ground = path[:, 1, 1] == 0.0
    np.testing.assert_array_equal(by_both[ground], by_speed[ground])
    assert by_both[:4].all()


def test_what_does_not_fit_is_refused(turning: Motion) -> None:
    layout = Layout.of(turning)
    rows = to_features(turning, layout)
    with pytest.raises(ShapeError, match="rows should be"):
        from_features(rows[:, 1:], layout, turning.rig)
    with pytest.raises(ShapeError, match="joints, the rig 2"):
        from_features(rows, layout, _pole())
    with pytest.raises(ShapeError, match="two frames or more"):
        to_features(Motion(turning.rig, turning.rotations[:1], turning.root[:1], 30.0), layout)
    with pytest.raises(ShapeError, match=r"use Layout\.of"):
        to_features(turning, Layout(3, 1, turning.rate_hz))
