r"""How alike two latents are, as scores for a softmax.

.. math:: \phi(u, v) = \frac{u \cdot v}{\lVert u \rVert \lVert v \rVert\, \tau}
          \qquad\text{or}\qquad \phi(u, v) = -\frac{\lVert u - v \rVert^2}{\tau}

The first is that of CLIP (Radford et al., 2103.00020); the second, with the SQUARED distance, is
what CEBRA computes (Schneider, Lee & Mathis, Nature 2023).
"""

import math

import torch
from torch import Tensor

from unisono.core.checks import check_axes, check_range

__all__ = ["cosine_scores", "distance_scores", "unit"]

_NOTHING = 1e-12  # squared length below which a vector has no direction


def unit(z: Tensor) -> Tensor:
    """Divide vectors ``(..., d)`` by their length; those without a direction become 0.

    The gradient is finite everywhere, also at exactly 0.
    """
    squared = z.square().sum(dim=-1, keepdim=True)
    has_direction = squared > _NOTHING
    # The inner where keeps the gradient of rsqrt away from 0; the outer one sets the value.
    scale = torch.where(has_direction, squared, 1.0).rsqrt()
    return torch.where(has_direction, z * scale, z * 0.0)


def cosine_scores(u: Tensor, v: Tensor, *, temperature: float) -> Tensor:
    """Return the cosine of every pair over the temperature, ``(n, k)``.

    Args:
        u: ``(n, d)``.
        v: ``(k, d)``.
        temperature: ``tau``, above 0, without unit.
    """
    check_axes(u=(u, "n latent"), v=(v, "k latent"))
    check_range("temperature", temperature, 0.0, math.inf)
    return unit(u) @ unit(v).T / temperature


def distance_scores(u: Tensor, v: Tensor, *, temperature: float) -> Tensor:
    """Return minus the squared distance of every pair over the temperature, ``(n, k)``.

    Args:
        u: ``(n, d)``.
        v: ``(k, d)``.
        temperature: ``tau``, above 0, in squared latent units.

    Example:
        >>> distance_scores(torch.zeros(1, 2), torch.ones(1, 2), temperature=4.0).item()
        -0.5
    """
    check_axes(u=(u, "n latent"), v=(v, "k latent"))
    check_range("temperature", temperature, 0.0, math.inf)
    centre = v.detach().mean(dim=0)  # a common shift changes no distance, but keeps digits
    u, v = u - centre, v - centre
    squared = u.square().sum(1)[:, None] + v.square().sum(1)[None, :] - 2 * u @ v.T
    return -squared / temperature
