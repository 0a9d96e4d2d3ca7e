r"""The narrow place of an autoencoder: what keeps latents from growing, shrinking or hiding.

- ``kl``: a Gaussian posterior :math:`N(\mu, \sigma^2)` a number, with
  :math:`\mathrm{KL} = \tfrac12(\mu^2 + \sigma^2 - 1 - \ln\sigma^2)` (Kingma & Welling, 1312.6114).
- ``norm``: LayerNorm without parameters over the width of each token. Unguarded latents shrink
  when a loss on the latents themselves is minimised with them; these cannot.
- ``none``: as they are.

At inference latents are the posterior mean.
"""

from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from unisono.codecs.token_grid import TokenGrid

__all__ = ["Bottleneck", "Squeezed"]

_LOG_VARIANCE = (-12.0, 6.0)


class Squeezed(NamedTuple):
    """Latents ``z`` ``(B, N, d)`` and the mean KL a latent number, in nats (0 without one)."""

    z: Tensor
    kl: Tensor


class Bottleneck(nn.Module):
    """Features ``(B, N, k d)`` to latents ``(B, N, d)``; ``k`` is 2 for ``kl``, else 1.

    Args:
        grid: Size and kind.
    """

    def __init__(self, grid: TokenGrid) -> None:
        super().__init__()
        self.grid = grid
        self.width_in = grid.width * (2 if grid.bottleneck == "kl" else 1)

    def forward(self, features: Tensor, mask: Tensor, generator: Generator | None) -> Squeezed:
        """Squeeze; with a generator the posterior is drawn from, without one its mean is given."""
        if self.grid.bottleneck != "kl":
            z = features
            if self.grid.bottleneck == "norm":
                z = F.layer_norm(features, (self.grid.width,)) * mask[..., None]
            return Squeezed(z, features.new_zeros(()))
        mean, log_variance = features.chunk(2, dim=-1)
        log_variance = log_variance.clamp(*_LOG_VARIANCE)
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)
        share = mask[..., None].expand_as(kl).to(kl.dtype)
        total = (kl * share).sum() / share.sum().clamp_min(1)
        if generator is None:
            return Squeezed(mean, total)
        noise = torch.randn(mean.shape, generator=generator, device=mean.device, dtype=mean.dtype)
        return Squeezed((mean + noise * (0.5 * log_variance).exp()) * mask[..., None], total)
