"""A leg of two joints whose moments follow from force and arms exactly: the oracle of levers."""

from typing import NamedTuple

import torch
from torch import Tensor

from unisono.networks.lever_geometry import Landmarks

NAMES = ("hip", "knee", "ankle", "heel", "toe", "far", "mass", "front", "up")
AXES = (((0, -1.0), (1, 1.0), (2, 1.0)), ((0, 1.0), (2, -1.0), (1, 1.0)))


class World(NamedTuple):
    """Windows of a leg: given channels, force and moments, subjects, durations."""

    x: Tensor
    y: Tensor
    subject: Tensor
    seconds: Tensor
    pressure: Tensor


def landmarks() -> Landmarks:
    """Channel 0 is an angle; the points follow."""
    at = {name: 1 + 3 * k for k, name in enumerate(NAMES)}
    segment = (at["knee"], at["front"], at["up"])
    return Landmarks(
        centres=(at["knee"], at["ankle"]),
        segments=(segment, segment),
        axes=AXES,
        references=((at["mass"], at["mass"]), (at["ankle"], at["hip"])),
        mass_centre=at["mass"],
        foot=(at["heel"], at["toe"]),
        hips=(at["hip"], at["far"]),
    )


def world(generator: torch.Generator, people: int = 8, each: int = 3, frames: int = 16) -> World:
    """Windows in which the force follows the lean, and moments the force and the arms."""
    n = people * each
    subject = torch.arange(n) // each
    wave = torch.randn(n, 1, generator=generator)
    time = torch.linspace(0, 1, frames)[None]
    own = torch.randn(people, generator=generator)[subject][:, None]
    lean = 0.1 * torch.sin(3 * time + wave) + 0.03 * own
    zero = torch.zeros_like(lean)

    def at(x: Tensor | float, y: Tensor | float, z: Tensor | float) -> Tensor:
        return torch.stack([zero + x, zero + y, zero + z], dim=-1)

    places = {
        "hip": at(lean, 0.1 * wave * time, 0.9),
        "knee": at(0.5 * lean + 0.02 * own, 0.02, 0.5),
        "ankle": at(0.0, 0.0, 0.1),
        "heel": at(-0.05, 0.0, 0.02),
        "toe": at(0.15, 0.02 * wave, 0.02),
        "far": at(lean, 0.3, 0.9),
        "mass": at(lean, 0.12, 1.0),
    }
    turn = 0.3 * wave * time
    places["front"] = places["knee"] + at(turn.cos(), turn.sin(), 0.0)
    places["up"] = places["knee"] + at(0.0, 0.0, 1.0)
    force = at(10 * lean, 0.5 * wave, 9 + 2 * torch.cos(3 * time + wave))
    pressure = at(0.1 * time, 0.0, 0.0)
    forward = at(turn.cos(), turn.sin(), 0.0)
    axes = (at(-turn.sin(), turn.cos(), 0.0), forward, at(0.0, 0.0, 1.0))
    moments = []
    for joint, signs in zip(("knee", "ankle"), AXES, strict=True):
        whole = torch.linalg.cross(pressure - places[joint], force)
        moments += [sign * (axes[axis] * whole).sum(-1) for axis, sign in signs]
    x = torch.cat([turn[..., None], *(places[name] for name in NAMES)], dim=-1)
    y = torch.cat([force, torch.stack(moments, dim=-1)], dim=-1)
    return World(x, y, subject, torch.full((n,), 0.6), pressure)
