r"""What mechanics tells of force and moment before anything is learned: Newton's and Euler's laws.

Symbols: ``n`` windows of ``L`` frames; everything a kilogram of body mass. With the centre of mass
:math:`c(t)` and limbs of mass share :math:`\mu_i` at :math:`r_i`, what is left of the body (trunk,
head, arms) at the place :math:`r_0` that makes :math:`c = \sum_i \mu_i r_i`,

.. math::

    F = \ddot c + g\,e_\mathrm{up}, \qquad
    \dot H = \sum_i \mu_i\,(r_i - c) \times (\ddot r_i - \ddot c)

are the force of the ground on *both* feet, and its moment about the centre of mass but for the
limbs' own rotation. While one foot is in the air they are the loaded foot's; while two share the
load the rest is what a kernel has to learn, and it learns that from fewer people than the whole.
Mass shares and places of a limb's centre are those of Winter, "Biomechanics and Motor Control of
Human Movement", 2009, table 4.1. Second derivatives are those of
:func:`unisono.networks.lever_features.accelerations`: a narrow parabola keeps the landing, a wide
one the quiet of markers that tremble, and which to believe is left to the stacking.
"""

import torch
from torch import Tensor

from unisono.core.units import STANDARD_GRAVITY
from unisono.networks.lever_features import accelerations
from unisono.networks.lever_geometry import Landmarks

__all__ = ["FORCE_BASES", "force_bases", "momentum_rate"]

_FORCE_WIDTHS_S = (0.03, 0.06)
_MOMENTUM_WIDTH_S = 0.05

FORCE_BASES = 1 + len(_FORCE_WIDTHS_S)
"""How many force bases there are."""


def force_bases(x: Tensor, seconds: Tensor, at: Landmarks) -> list[Tensor]:
    """What a force is counted from: nothing, and Newton's force by each width, ``(n, L, 3)``.

    Args:
        x: Given channels, ``(n, L, D)``; positions in metres.
        seconds: Duration of each window, ``(n,)``.
        at: Where the positions lie among them.

    Returns:
        Forces a kilogram, N/kg, along the axes of the positions.
    """
    mass = x[..., at.mass_centre : at.mass_centre + 3]
    weight = torch.zeros_like(mass)
    weight[..., at.up] = STANDARD_GRAVITY
    whole = [accelerations(mass, seconds, width_s=w) + weight for w in _FORCE_WIDTHS_S]
    return [torch.zeros_like(mass), *whole]


def momentum_rate(x: Tensor, seconds: Tensor, at: Landmarks) -> Tensor:
    """Rate of the angular momentum about the centre of mass, ``(n, L, 3)``, N*m/kg.

    Args:
        x: Given channels, ``(n, L, D)``; positions in metres.
        seconds: Duration of each window, ``(n,)``.
        at: Where positions and limbs lie among them; without limbs the rate is 0.
    """
    mass = x[..., at.mass_centre : at.mass_centre + 3]
    if not at.limbs:
        return torch.zeros_like(mass)
    away = [
        x[..., limb.near : limb.near + 3] * (1 - limb.along)
        + x[..., limb.far : limb.far + 3] * limb.along
        - mass
        for limb in at.limbs
    ]
    shares = [limb.share for limb in at.limbs]
    rest = 1 - sum(shares)
    away.append(
        -sum((s * a for s, a in zip(shares, away, strict=True)), torch.zeros_like(mass)) / rest
    )
    places = torch.stack(away, dim=2)
    rates = accelerations(places.flatten(2), seconds, width_s=_MOMENTUM_WIDTH_S).view_as(places)
    weights = x.new_tensor([*shares, rest])[:, None]
    found: Tensor = (weights * torch.linalg.cross(places, rates)).sum(dim=2)
    return found
