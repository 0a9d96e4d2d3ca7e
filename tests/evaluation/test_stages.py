"""Mirrors src/unisono/evaluation/stages.py."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.evaluation.stages import along_window, near_anchor


@pytest.mark.parametrize(("frames", "anchors"), [(50, 6), (7, 3), (4, 4), (101, 11)])
def test_anchors_look_as_far_as_their_neighbours_and_the_outer_ones_half_as_far(
    frames: int, anchors: int
) -> None:
    near = near_anchor(frames, anchors)
    places = np.linspace(0, frames - 1, anchors)
    reach = places[1]
    for a, place in enumerate(places):
        far = reach / 2 if a in (0, anchors - 1) else reach
        assert np.flatnonzero(near[a]).tolist() == [
            frame for frame in range(frames) if abs(frame - place) <= far + 1e-9
        ]
    assert near.any(axis=0).all()  # no frame is left out


def test_lines_are_those_of_numpy(rng: np.random.Generator) -> None:
    values = rng.normal(size=(2, 5, 3))
    found = along_window(values, 23)
    for k in range(2):
        for d in range(3):
            want = np.interp(np.linspace(0, 4, 23), np.arange(5), values[k, :, d])
            np.testing.assert_allclose(found[k, :, d], want)


def test_one_anchor_is_the_whole_window() -> None:
    assert near_anchor(9, 1).all()
    np.testing.assert_array_equal(along_window(np.array([[2.0, 3.0]]), 4), [[2.0, 3.0]] * 4)
    with pytest.raises(UnisonoError, match="anchors"):
        near_anchor(9, 0)
