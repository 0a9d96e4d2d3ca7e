"""Mirrors src/unisono/recordings/motion/standing.py."""

from dataclasses import replace

import numpy as np
import pytest

from unisono.core.errors import ShapeError
from unisono.evaluation.motion import foot_skate, jitter
from unisono.recordings.motion.features import foot_contacts
from unisono.recordings.motion.humanoid import humanoid_rig
from unisono.recordings.motion.kinematics import Motion, placed
from unisono.recordings.motion.rotations import from_euler
from unisono.recordings.motion.standing import legs_of, standing
from unisono.simulators.captioned import Script, captioned_motion


@pytest.fixture(scope="module")
def walk() -> Motion:
    return captioned_motion(Script("walk", seconds=3.0), generator=np.random.default_rng(0))


def contacts_of(motion: Motion) -> np.ndarray:
    return foot_contacts(
        placed(motion).positions, motion.rig, rate_hz=motion.rate_hz, speed=0.3, height=0.06
    )


def slides(motion: Motion) -> float:
    toes = placed(motion).positions[:, list(motion.rig.feet)[1::2]]
    return foot_skate(toes, rate_hz=motion.rate_hz).share


def test_legs_are_found() -> None:
    rig = humanoid_rig()
    names = [[rig.names[joint] for joint in leg[:4]] for leg in legs_of(rig)]
    assert names == [
        [f"{side}UpLeg", f"{side}Leg", f"{side}Foot", f"{side}ToeBase"]
        for side in ("Left", "Right")
    ]


def test_a_body_that_glides_walks_again(walk: Motion) -> None:
    """Half as far as its steps are long, and trembling legs: both are mended."""
    rng = np.random.default_rng(0)
    legs = [walk.rig.names.index(f"{side}UpLeg") for side in ("Left", "Right")]
    turns = walk.rotations.copy()
    turns[:, legs] @= from_euler("X", rng.normal(0, 1.5, (len(walk), 2, 1)))
    root = walk.root * [0.5, 1.0, 0.5]
    glides = Motion(walk.rig, turns, root, walk.rate_hz)
    found = standing(glides, contacts_of(walk))
    assert slides(glides) > 0.8 and slides(found) < 0.2, (slides(glides), slides(found))
    far = [np.linalg.norm((m.root[-1] - m.root[0])[[0, 2]]) for m in (walk, glides, found)]
    assert abs(far[2] - far[0]) < 0.1 * far[0] < 0.3 * abs(far[1] - far[0]), far
    kept = standing(glides, contacts_of(walk), follow=False)
    np.testing.assert_array_equal(kept.root, glides.root)
    assert slides(kept) < slides(glides)


def test_the_head_does_not_tremble_with_a_foot(walk: Motion) -> None:
    rng = np.random.default_rng(0)
    legs = [walk.rig.names.index(f"{side}UpLeg") for side in ("Left", "Right")]
    turns = walk.rotations.copy()
    turns[:, legs] @= from_euler("X", rng.normal(0, 1.0, (len(walk), 2, 1)))
    trembles = Motion(walk.rig, turns, walk.root, walk.rate_hz)
    found = standing(trembles, contacts_of(walk))
    shaken = [jitter(m.root[:, None], rate_hz=m.rate_hz) for m in (walk, found)]
    assert shaken[1] < shaken[0] + 25, shaken
    assert slides(found) < 0.15 < slides(trembles)


def test_what_stands_well_stays(walk: Motion) -> None:
    found = standing(walk, contacts_of(walk))
    apart = placed(found).positions - placed(walk).positions
    assert np.linalg.norm(apart, axis=-1).max() < 0.05
    where = placed(found)
    upper = legs_of(walk.rig)[0]
    bone = where.positions[:, upper.knee] - where.positions[:, upper.hip]
    np.testing.assert_allclose(
        np.linalg.norm(bone, axis=1), np.linalg.norm(walk.rig.metres[upper.knee]), atol=1e-9
    )


def test_nothing_to_hold_changes_nothing(walk: Motion) -> None:
    none = np.zeros((len(walk), 4))
    found = standing(walk, none)
    np.testing.assert_allclose(found.rotations, walk.rotations, atol=1e-9)
    np.testing.assert_array_equal(found.root, walk.root)
    bare = replace(walk, rig=replace(walk.rig, feet=()))
    assert standing(bare, np.zeros((len(walk), 0))) is bare
    with pytest.raises(ShapeError, match="contacts should be"):
        standing(walk, none[:, :3])
