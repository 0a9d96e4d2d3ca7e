"""Mirrors src/unisono/networks/lever_geometry.py. Oracle: moments made from force and arms."""

import sys
from pathlib import Path

import pytest
import torch

from unisono.networks.lever_geometry import at_reference, body_of, from_reference, turned

sys.path.insert(0, str(Path(__file__).parent))
from lever_world import landmarks, world  # noqa: E402 - found by the line above


def test_a_moment_at_any_point_is_the_forces_about_that_point(generator: torch.Generator) -> None:
    found = world(generator)
    body = body_of(found.x, landmarks())
    force, moments = found.y[..., :3], found.y[..., 3:]
    for reference in range(2):
        carried = at_reference(moments, force, body, reference, 0)
        expected = torch.linalg.cross(found.pressure - body.references[:, :, reference], force)
        # both joints' moments are of one force, so that they agree at any point
        torch.testing.assert_close(carried[..., :3], expected, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(carried[..., 3:], expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_the_way_back_returns_the_moments(turn: int, generator: torch.Generator) -> None:
    found = world(generator)
    body = body_of(found.x, landmarks())
    force, moments = found.y[..., :3], found.y[..., 3:]
    carried = at_reference(moments, force, body, 1, turn)
    back = from_reference(carried, force, body, 1, turn)
    torch.testing.assert_close(back, moments, atol=1e-4, rtol=1e-4)
    seen = turned(force, body, turn)
    again = turned(seen, body, turn, back=True)
    torch.testing.assert_close(again, force, atol=1e-4, rtol=1e-4)


def test_frames_of_the_body_turn_with_it(generator: torch.Generator) -> None:
    """A window seen from elsewhere has other positions and the same moments at its joints."""
    found = world(generator)
    body = body_of(found.x, landmarks())
    angle = torch.tensor(0.7)
    turn = torch.eye(3)
    turn[0, 0], turn[0, 1], turn[1, 0], turn[1, 1] = (
        angle.cos(), -angle.sin(), angle.sin(), angle.cos(),
    )  # fmt: skip
    points = found.x[..., 1:].unflatten(-1, (-1, 3)) @ turn.T + torch.tensor([3.0, -2.0, 0.0])
    moved = body_of(torch.cat([found.x[..., :1], points.flatten(-2)], -1), landmarks())
    force, moments = found.y[..., :3], found.y[..., 3:]
    for way in (1, 2):  # by foot and by hips
        expected = at_reference(moments, force, body, 0, way)
        again = at_reference(moments, force @ turn.T, moved, 0, way)
        torch.testing.assert_close(again, expected, atol=1e-4, rtol=1e-4)
    hips = body.turns[:, :, 2]
    torch.testing.assert_close(hips @ hips.transpose(-1, -2), torch.eye(3).expand_as(hips))
    assert (hips[..., 0, 0] > 0.5).all()  # forward is forward
