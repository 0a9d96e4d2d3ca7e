r"""Contrast of two latent spaces item by item, as one vector or token by token.

*Flat*: items are whole latents, :math:`S_{ij} = \cos(\mathrm{vec}\, u_i, \mathrm{vec}\, v_j)/\tau`.

*Token by token*: at every place ``n`` the items are the tokens there,
:math:`S^n_{ij} = \cos(u_{in}, v_{jn})/\tau`, and the losses of the places are averaged. Negatives
share the place of the positive, so that where a token lies tells nothing of which pair it is of.
"""

import torch
from torch import Tensor

from unisono.alignment.objectives import one_way_info_nce, symmetric_cross_entropy
from unisono.alignment.similarity import cosine_scores
from unisono.core.checks import check_axes, check_choice
from unisono.core.contracts import Latents
from unisono.core.errors import UnisonoError

__all__ = ["DIRECTIONS", "GRAINS", "flat_scores", "latent_contrast"]

GRAINS = ("flat", "tokens")
"""What an item is: a whole latent, or a token."""

DIRECTIONS = ("symmetric", "one_way")
"""Both ways (Radford et al., 2103.00020), or from the first side's items alone."""

_LOSSES = {"symmetric": symmetric_cross_entropy, "one_way": one_way_info_nce}


def flat_scores(u: Latents, v: Latents, *, temperature: float) -> Tensor:
    """Return cosines of whole latents over the temperature, ``(B, B)``; masked tokens count 0."""
    check_axes(u=(u.z, "batch token width"), v=(v.z, "batch token width"))
    both = u.mask & v.mask
    first, second = ((side.z * both[..., None]).flatten(1) for side in (u, v))
    return cosine_scores(first, second, temperature=temperature)


def latent_contrast(
    u: Latents,
    v: Latents,
    *,
    temperature: float,
    grain: str = "flat",
    direction: str = "symmetric",
) -> Tensor:
    """Return the contrastive loss of paired latents, in nats.

    Args:
        u: Anchors, ``(B, N, d)``.
        v: Their partners, ``(B, N, d)``, by row.
        temperature: ``tau``, above 0.
        grain: One of :data:`GRAINS`.
        direction: One of :data:`DIRECTIONS`.

    Raises:
        UnisonoError: If there is a single item, which has nothing to be told from.
        ShapeError: If the two sides are not on one token grid.

    Example:
        >>> z = torch.zeros(4, 3, 2)
        >>> same = Latents(z, torch.ones(4, 3, dtype=torch.bool))
        >>> round(latent_contrast(same, same, temperature=0.1).item(), 4)  # ln 4
        1.3863
    """
    check_choice("grain", grain, GRAINS)
    check_choice("direction", direction, DIRECTIONS)
    check_axes(u=(u.z, "batch token width"), v=(v.z, "batch token width"))
    if len(u.z) < 2:
        raise UnisonoError(
            "InfoNCE has nothing to tell a single pair from; take batches of two or more, or set "
            "its weight to 0."
        )
    # logits of cosines over a small temperature are not for 8 bits
    with torch.autocast(u.z.device.type, enabled=False):
        u, v = Latents(u.z.float(), u.mask), Latents(v.z.float(), v.mask)
        return _contrast(u, v, temperature, grain, direction)


def _contrast(u: Latents, v: Latents, temperature: float, grain: str, direction: str) -> Tensor:
    loss = _LOSSES[direction]
    if grain == "flat":
        return loss(flat_scores(u, v, temperature=temperature))
    both = u.mask & v.mask
    places = [
        loss(cosine_scores(u.z[:, n], v.z[:, n], temperature=temperature), valid=both[:, n])
        for n in range(u.z.shape[1])
    ]
    # a place where no pair is real has loss 0 and counts by the pairs that it has
    share = both.sum(dim=0).to(u.z.dtype)
    return (torch.stack(places) * share).sum() / share.sum().clamp_min(1)
