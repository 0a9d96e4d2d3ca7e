r"""How far two unpaired samples of latents lie apart, as a loss: the sliced Wasserstein distance.

.. math:: W^2 = E_\theta \int_0^1 \bigl(F^{-1}_{\theta \cdot u}(q) - F^{-1}_{\theta \cdot v}(q)
          \bigr)^2 dq

over random unit directions (Rabin et al., 2011; Bonneel et al., 2015). It needs no pairs and no
critic, and vanishes only where the distributions are the same.
"""

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from unisono.alignment.similarity import unit
from unisono.core.checks import check_axes, check_range

__all__ = ["sliced_wasserstein"]


def sliced_wasserstein(
    u: Tensor, v: Tensor, *, directions: int = 64, generator: Generator
) -> Tensor:
    """Return the mean squared distance of the projected quantiles; a scalar.

    Args:
        u: ``(n, d)``.
        v: ``(m, d)``; ``m`` may differ from ``n``.
        directions: Random directions.
        generator: Where they come from.

    Returns:
        0 with zero gradient where a side is empty. For two Gaussians whose means differ by
        ``delta`` it is ``|delta|^2 / d``.
    """
    check_axes(u=(u, "n latent"), v=(v, "m latent"))
    check_range("directions", directions, 1, 1_000_000, closed=True)
    if not len(u) or not len(v):
        return (u.sum() + v.sum()) * 0.0
    shape = (u.shape[1], directions)
    drawn = torch.randn(shape, generator=generator, device=generator.device).to(u.device)
    ways = unit(drawn.T).T.to(u.dtype)
    with torch.autocast(u.device.type, enabled=False):  # sorted values differ by little
        first, second = ((side @ ways).sort(dim=0).values.T[None] for side in (u, v))
    # quantiles at as many places as the larger side has
    places = max(len(u), len(v))
    first, second = (
        s if s.shape[-1] == places else F.interpolate(s, size=places, mode="linear")
        for s in (first, second)
    )
    return (first - second).square().mean()
