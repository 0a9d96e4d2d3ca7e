"""Mirrors src/unisono/networks/lever_mechanics.py. Oracles: a throw, two turning masses."""

import math

import torch

from unisono.core.units import STANDARD_GRAVITY
from unisono.networks.lever_geometry import Landmarks, Limb
from unisono.networks.lever_mechanics import FORCE_BASES, force_bases, momentum_rate


def landmarks(limbs: tuple[Limb, ...] = ()) -> Landmarks:
    """Three points: the mass, and the two ends of a limb."""
    return Landmarks((), (), (), (), 0, (0, 3), (3, 6), limbs=limbs)


def test_who_stands_is_held_and_who_flies_is_not() -> None:
    time = torch.linspace(0, 0.4, 41)[None, :, None]
    still = torch.zeros(1, 41, 9)
    fall = still.clone()
    fall[..., 2:3] = -STANDARD_GRAVITY / 2 * time**2 + time
    seconds = torch.tensor([0.4])
    nothing, narrow, wide = force_bases(still, seconds, landmarks())
    assert FORCE_BASES == 3
    assert not nothing.any()
    weight = torch.tensor([0.0, 0.0, STANDARD_GRAVITY]).expand(1, 41, 3)
    torch.testing.assert_close(narrow, weight)
    torch.testing.assert_close(wide, weight)
    for base in force_bases(fall, seconds, landmarks())[1:]:
        torch.testing.assert_close(base, torch.zeros_like(base), atol=3e-3, rtol=0.0)


def test_a_rod_that_is_swung_needs_its_torque() -> None:
    """A limb of share m at r = (cos q, 0, sin q), and its counterweight.

    H = m r^2 q' (1 + m / (1 - m)), about -y.
    """
    time = torch.linspace(0, 0.8, 161)
    angle = 0.3 * torch.sin(2 * math.pi * time)
    share, radius = 0.2, 0.5
    near = radius * torch.stack([angle.cos(), 0 * angle, angle.sin()], dim=-1)
    x = torch.cat([torch.zeros(161, 3), near, near], dim=-1)[None] + torch.tensor(
        [1.0, 2.0, 3.0] * 3
    )
    at = landmarks((Limb(3, 6, share, 0.4),))
    found = momentum_rate(x, torch.tensor([0.8]), at)[0]
    bend = -0.3 * (2 * math.pi) ** 2 * torch.sin(2 * math.pi * time)
    # turning from x towards z is turning about -y
    expected = -share * radius**2 * bend * (1 + share / (1 - share))
    inside = slice(20, -20)
    scale = float(expected.abs().max())
    torch.testing.assert_close(found[inside, 1], expected[inside], atol=0.08 * scale, rtol=0.0)
    assert found[:, [0, 2]].abs().max() < 1e-3 * scale


def test_without_limbs_the_body_does_not_turn(generator: torch.Generator) -> None:
    x = torch.randn(2, 12, 9, generator=generator)
    assert not momentum_rate(x, torch.tensor([0.5, 0.6]), landmarks()).any()


def test_walking_on_changes_nothing(generator: torch.Generator) -> None:
    """Both are the same for whoever watches from a train."""
    x = torch.randn(2, 30, 9, generator=generator).cumsum(1) / 100
    seconds = torch.tensor([0.5, 0.5])
    time = torch.linspace(0, 0.5, 30)[None, :, None]
    moved = x + (torch.tensor([1.5, -0.3, 0.0]) * time).repeat(1, 1, 3) + 2.0
    at = landmarks((Limb(3, 6, 0.1, 0.433),))
    both = [[*force_bases(y, seconds, at), momentum_rate(y, seconds, at)] for y in (x, moved)]
    for mine, other in zip(*both, strict=True):
        torch.testing.assert_close(mine, other, atol=5e-3, rtol=1e-3)
