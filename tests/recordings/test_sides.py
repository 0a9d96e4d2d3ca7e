"""Mirrors src/unisono/recordings/sides.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unisono.recordings.sides import partner, split_side, swap_side, unsided


@pytest.mark.parametrize(
    ("name", "side", "base"),
    [
        ("r_knee_flexion", "right", "knee_flexion"),
        ("l_fz", "left", "fz"),
        ("RKneeAngles_x", "right", "KneeAngles_x"),
        ("LKneeAngles_x", "left", "KneeAngles_x"),
        ("LASI", "left", "ASI"),
        ("knee_angle_r", "right", "knee_angle"),
        ("knee_angle_r_beta", "right", "knee_angle_beta"),
        ("hip_flexion_l_moment", "left", "hip_flexion_moment"),
        ("ground_force_r_vx", "right", "ground_force_vx"),
        ("L.ASIS", "left", "ASIS"),
        ("r.PSIS", "right", "PSIS"),
        ("RightUpLeg_Zrotation", "right", "UpLeg_Zrotation"),
        ("left foot", "left", "foot"),
        ("foot_left", "left", "foot"),
        ("footRight", "right", "foot"),
        ("Subject1:RHEE", "right", "Subject1:HEE"),
        ("1_ground_force_vx", "", "1_ground_force_vx"),
        ("ground_force_vx", "", "ground_force_vx"),
        ("pelvis_list", "", "pelvis_list"),
        ("L5", "", "L5"),
        ("Root", "", "Root"),
        ("leftover", "", "leftover"),
        ("C7", "", "C7"),
    ],
)
def test_spellings_of_a_side(name: str, side: str, base: str) -> None:
    assert split_side(name) == (side, base)
    if side:
        assert split_side(swap_side(name)).side == {"right": "left", "left": "right"}[side]
        assert swap_side(swap_side(name)) == name
        assert unsided(swap_side(name)) == base
    else:
        assert swap_side(name) == name


def test_a_glued_letter_needs_its_partner_or_a_known_word() -> None:
    assert split_side("LUMB", ["LUMB", "C7"]).side == ""
    assert split_side("LUMB", ["LUMB", "RUMB"]).side == "left"
    assert split_side("RHEE", ["RHEE"]).side == "right"
    assert split_side("RKneeMoment_x", ["RKneeMoment_x"]).side == "right"


def test_partner_follows_the_spelling_that_is_there() -> None:
    names = ["L.ASIS", "r.ASIS", "L_ankle", "r_ankle"]
    assert partner("r_ankle", names) == "L_ankle"
    assert partner("L.ASIS", names) == "r.ASIS"
    assert partner("r_heel", names) == "l_heel"


@given(st.from_regex(r"[a-z0-9_.RL]{1,20}", fullmatch=True))
def test_swapping_twice_returns_the_name(name: str) -> None:
    swapped = swap_side(name)
    assert swap_side(swapped) == name
    assert (swapped == name) == (split_side(name).side == "")
