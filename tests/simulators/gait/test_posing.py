"""Mirrors src/unisono/simulators/gait/posing.py: the simulator's own walkers are the oracle."""

import numpy as np
import pytest

from unisono.core.errors import ShapeError, UnisonoError
from unisono.simulators.gait import random_subject, simulate
from unisono.simulators.gait.posing import POSED_LINES, pose
from unisono.simulators.gait.sensors import MARKERS


def test_angles_of_a_walker_put_the_joints_where_its_markers_are() -> None:
    rng = np.random.default_rng(3)
    subject = random_subject(rng, name="s")
    walk = simulate(subject, speed=1.3, strides=2, rng=rng)
    angles = {
        str(c): walk["angles"].data.values[:, i]
        for i, c in enumerate(walk["angles"].channel.values)
    }
    found = pose(angles, height_m=subject.height_m)
    site = {m.name: m for m in MARKERS}
    names = [str(c)[:-2] for c in walk["markers"].channel.values[::3]]
    marks = walk["markers"].data.values.reshape(len(walk["markers"].time), -1, 3)
    # A knee marker lies on the joint's axis, at a fixed side of it (the arms' abduction is no
    # recorded angle, so that elbows cannot be compared).
    out = abs(site["r_knee"].left) * subject.height_m
    gap = marks[:, names.index("r_knee")] - marks[:, names.index("l_knee")]
    right, left = (found.positions[:, found.points.index(f"{s}_knee")] for s in "rl")
    difference = np.linalg.norm(gap, axis=1) - np.linalg.norm(right - left, axis=1)
    assert np.abs(difference).max() <= 2 * out + 1e-9
    heel = marks[:, names.index("r_heel"), 0] - marks[:, names.index("l_heel"), 0]
    step = (
        found.positions[:, found.points.index("r_heel"), 0]
        - found.positions[:, found.points.index("l_heel"), 0]
    )
    assert np.corrcoef(heel, step)[0, 1] > 0.999
    assert np.abs(heel - step).max() < 0.05


def test_bones_keep_their_length_whatever_the_angles(rng: np.random.Generator) -> None:
    angles = {
        name: rng.uniform(-40, 40, 20)
        for name in ("r_hip_flexion", "l_knee_flexion", "pelvis_rotation", "r_elbow_flexion")
    }
    found = pose(angles, height_m=1.6)
    index = {p: k for k, p in enumerate(found.points)}
    for a, b in POSED_LINES:
        long = np.linalg.norm(found.positions[:, index[a]] - found.positions[:, index[b]], axis=1)
        assert np.ptp(long) < 1e-9, (a, b)


def test_standing_is_upright_and_as_tall_as_the_legs_are_long() -> None:
    found = pose({"r_knee_flexion": np.zeros(1)}, height_m=2.0)
    place = dict(zip(found.points, found.positions[0], strict=True))
    assert place["r_hip"][2] == place["l_hip"][2] == 0.0
    assert place["r_ankle"][2] == pytest.approx(-2 * (0.245 + 0.246))
    assert place["l_shoulder"][1] == pytest.approx(0.232) and place["head"][2] > 0.5


def test_what_cannot_be_posed() -> None:
    with pytest.raises(ShapeError, match="'r_beta'"):
        pose({"r_beta": np.zeros(2)})
    with pytest.raises(ShapeError, match="2 lengths"):
        pose({"r_knee_flexion": np.zeros(2), "l_knee_flexion": np.zeros(3)})
    with pytest.raises(UnisonoError, match="height_m"):
        pose({"r_knee_flexion": np.zeros(2)}, height_m=9.0)
    gone = pose({"r_knee_flexion": np.array([np.nan, 0.0])})
    assert np.isnan(gone.positions[0, gone.points.index("r_ankle")]).all()
    assert np.isfinite(gone.positions[1]).all()
