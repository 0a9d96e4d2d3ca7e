r"""Motions that are asked more than a text says: rows that are known, places to go through.

A **goal** gives each decoded motion an energy, half the mean squared miss in spreads,

.. math:: E = \tfrac12 \sum_i w_i \Bigl(\frac{x_i - x_i^\star}{\sigma_i}\Bigr)^2 / \sum_i w_i

Sampling is pulled toward low energy (:mod:`unisono.processes.energy_guidance`) with the decoder in
the gradient and the denoiser not; what is left is taken off the latents themselves afterwards by
Adam, which a spring holds to where the sample was:

.. math:: \min_z\; \lambda E(z) + \tfrac12 \lVert z - z_\mathrm{sample} \rVert^2 / \rho^2
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Generator, Tensor

from unisono.codecs.motion_geometry import joint_places
from unisono.core.checks import check_axes, check_range
from unisono.core.contracts import Denoiser
from unisono.methods.lead import LEAD
from unisono.networks.text_denoiser import Spoken
from unisono.processes.energy_guidance import EnergyGuided
from unisono.recordings.motion.features import Layout

__all__ = ["Asking", "Goal", "PlaceGoal", "RowGoal", "Sampled", "sampled"]


class Goal(Protocol):
    """What is wanted of a motion besides its text."""

    def energy(self, rows: Tensor) -> Tensor:
        """Energy of each motion ``(B,)``, from rows ``(B, L, F)`` in physical units."""
        ...


@dataclass(frozen=True)
class RowGoal:
    """Rows that should be as given.

    Args:
        rows: ``(B, L, F)`` or ``(1, L, F)``.
        weight: How much each number counts, ``(L, F)``, 0 or more.
        std: Spread of each number, ``(F,)``.
    """

    rows: Tensor
    weight: Tensor
    std: Tensor

    def energy(self, rows: Tensor) -> Tensor:
        """See :class:`Goal`."""
        missed = (rows - _counting(self.rows, self.weight)) / self.std
        return _half_mean(missed.square(), self.weight, axes=(1, 2))


@dataclass(frozen=True)
class PlaceGoal:
    """Places that joints should be at.

    Args:
        places: ``(B, L, J, 3)`` or ``(1, L, J, 3)``, metres, from where the motion begins.
        weight: How much each coordinate counts, ``(L, J, 3)``, 0 or more.
        layout: The layout of the rows.
        spread: A miss of so many metres counts as one.
    """

    places: Tensor
    weight: Tensor
    layout: Layout
    spread: float = 0.1

    def __post_init__(self) -> None:
        check_axes(places=(self.places, "b l j x"), weight=(self.weight, "l j x"))
        check_range("spread", self.spread, 0.0, 1e3)

    def energy(self, rows: Tensor) -> Tensor:
        """See :class:`Goal`."""
        wanted = _counting(self.places, self.weight)
        missed = (joint_places(rows, self.layout) - wanted) / self.spread
        return _half_mean(missed.square(), self.weight, axes=(1, 2, 3))


def _counting(wanted: Tensor, weight: Tensor) -> Tensor:
    """What is wanted, 0 where it does not count and may be NaN: gradients would be NaN too."""
    return torch.where(weight > 0, wanted, torch.zeros_like(wanted))


def _half_mean(squared: Tensor, weight: Tensor, *, axes: tuple[int, ...]) -> Tensor:
    return (squared * weight).sum(dim=axes) / weight.sum().clamp_min(1e-9) / 2


@dataclass(frozen=True)
class Asking:
    """How motions are sampled.

    Args:
        steps: Solver steps.
        guidance: Weight of the text; the settings' where None.
        goals: What else is wanted; all energies are added.
        strength: Weight of the energies while sampling.
        polish: Steps of Adam on the latents afterwards; 0 leaves what was sampled.
        spring: ``rho``: how far from the sample the latents are let, in spreads of latents.
        project: Whether latents go through the projector (where there is one).
    """

    steps: int = 20
    guidance: float | None = None
    goals: tuple[Goal, ...] = ()
    strength: float = 30.0
    polish: int = 60
    spring: float = 1.0
    project: bool = True

    def __post_init__(self) -> None:
        check_range("steps", self.steps, 1, 1000, closed=True)
        check_range("strength", self.strength, 0.0, 1e6, closed=True)
        check_range("polish", self.polish, 0, 100_000, closed=True)
        check_range("spring", self.spring, 0.0, 1e6)


class Sampled(NamedTuple):
    """Motions.

    Attributes:
        rows: ``(B, L, F)`` in physical units, 0 outside of the mask.
        latents: ``(B, N, d)``, as they diffuse.
        missed: Energy of each that is left, ``(B,)``; 0 without goals.
    """

    rows: Tensor
    latents: Tensor
    missed: Tensor


def sampled(
    method: LEAD, said: Spoken, mask: Tensor, asking: Asking, *, generator: Generator
) -> Sampled:
    """Sample a motion for each text.

    Args:
        method: The trained method.
        said: Texts and lengths, of ``B`` motions.
        mask: ``(B, L)``: the frames of each.
        asking: How, and what else is wanted.
        generator: Where the noise comes from.
    """

    def decode(z: Tensor) -> Tensor:
        return method.decoded(z, mask, project=asking.project)

    def energy(z: Tensor) -> Tensor:
        rows = decode(z)
        return torch.stack([goal.energy(rows) for goal in asking.goals]).sum(dim=0)

    def pulled(denoise: Denoiser) -> Denoiser:
        return EnergyGuided(
            denoise, method.process, energy, asking.strength, through=False, limit=1.0
        )

    with torch.no_grad():
        z = method.walked(
            said,
            steps=asking.steps,
            generator=generator,
            guidance=asking.guidance,
            wrap=pulled if asking.goals and asking.strength else None,
        )
    if asking.goals and asking.polish:
        z = _polished(z, energy, asking)
    with torch.no_grad():
        missed = energy(z) if asking.goals else z.new_zeros(len(z))
        return Sampled(decode(z), z, missed)


def _polished(z: Tensor, energy: Callable[[Tensor], Tensor], asking: Asking) -> Tensor:
    """Latents moved to lower energy, near where they were."""
    with torch.enable_grad():
        moved = z.detach().clone().requires_grad_()
        optimiser = torch.optim.Adam([moved], lr=0.05)
        for _ in range(asking.polish):
            optimiser.zero_grad()
            held = ((moved - z) / asking.spring).square().sum(dim=(1, 2)) / 2
            total = (asking.strength * energy(moved) + held).sum()
            total.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    return moved.detach()
