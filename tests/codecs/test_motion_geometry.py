"""Mirrors src/unisono/codecs/motion_geometry.py."""

import numpy as np
import pytest
import torch

from unisono.codecs.motion_geometry import joint_places, root_track
from unisono.core.errors import ShapeError
from unisono.recordings.motion.features import Layout, recovered_positions


@pytest.mark.parametrize("kind", ["full", "humanml3d"])
def test_places_are_those_of_the_arrays(kind: str, rng: np.random.Generator) -> None:
    layout = Layout(5, 2, 20.0, kind)
    rows = rng.normal(size=(3, 17, layout.size))
    found = joint_places(torch.from_numpy(rows), layout)
    for clip, places in zip(rows, found.numpy(), strict=True):
        np.testing.assert_allclose(places, recovered_positions(clip, layout), atol=1e-9)


def test_gradients_reach_the_turns() -> None:
    layout = Layout(5, 2, 20.0)
    rows = torch.zeros(1, 6, layout.size, dtype=torch.float64)
    rows[..., layout.part("travel")] = 1.0
    rows.requires_grad_()
    root_track(rows, layout).root[:, -1, 0].sum().backward()
    slope = rows.grad[0, :, layout.part("turn")].flatten()  # type: ignore[index]
    assert (slope[:-1] > 0).all() and slope[-1] == 0  # to the left, all but the last


def test_rows_of_another_layout_are_refused() -> None:
    with pytest.raises(ShapeError, match="rows should be"):
        root_track(torch.zeros(1, 4, 7), Layout(5, 2, 20.0))
