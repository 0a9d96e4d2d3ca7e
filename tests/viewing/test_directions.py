"""Mirrors src/unisono/viewing/directions.py."""

import numpy as np
import pytest

from unisono.viewing.directions import guess_vertical, upright

UNIT = {"x": 0, "y": 1, "z": 2}


@pytest.mark.parametrize("up", ["x", "y", "z", "-x", "-y", "-z"])
def test_the_vertical_goes_up_and_no_person_is_mirrored(up: str) -> None:
    turn = upright({}, up)
    vertical = np.zeros(3)
    vertical[UNIT[up[-1]]] = -1.0 if up.startswith("-") else 1.0
    np.testing.assert_allclose(vertical @ turn, [0, 0, 1])
    np.testing.assert_allclose(turn @ turn.T, np.eye(3))
    assert np.linalg.det(turn) == pytest.approx(1)


def test_a_left_handed_frame_is_mirrored() -> None:
    assert np.linalg.det(upright({"handedness": "left"}, "y")) == pytest.approx(-1)


def test_the_vertical_is_where_a_body_extends_though_its_root_stays_behind(
    rng: np.random.Generator,
) -> None:
    body = rng.uniform([-0.2, 0, -0.3], [0.2, 1.7, 0.3], (1, 30, 3))
    walk = body + np.linspace(0, 9, 50)[:, None, None] * [0, 0, 1]
    walk[:, 0] = 0.0
    walk[3, 4] = np.nan
    assert guess_vertical(walk) == "y"
    assert guess_vertical(np.full((2, 3, 3), np.nan)) == "z"
