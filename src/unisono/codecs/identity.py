r"""The identity codec: latents are the channels themselves, standardised.

.. math:: z = (x - \mu) / \sigma

with ``mu`` and ``sigma`` of each channel over the valid samples of the training part. They are
buffers, so they are sealed with the weights: preprocessing is never shipped apart from a model.
"""

import torch
from torch import Tensor, nn

from unisono.core.checks import check_axes
from unisono.core.contracts import Latents
from unisono.core.errors import UnisonoError

__all__ = ["IdentityCodec"]


class IdentityCodec(nn.Module):
    """Standardise each channel of a stream.

    Args:
        channels: Number of channels ``D``.

    Example:
        >>> codec = IdentityCodec(1)
        >>> x = torch.tensor([[[1.0], [3.0]]])
        >>> codec.fit(x, torch.ones(1, 2, 1, dtype=torch.bool))
        >>> codec.encode(x, torch.ones(1, 2, 1, dtype=torch.bool)).z.flatten().tolist()
        [-1.0, 1.0]
    """

    mean: Tensor
    std: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("std", torch.ones(channels))

    def fit(self, data: Tensor, mask: Tensor) -> None:
        """Fit mean and spread over the valid samples of ``(B, L, D)``, in double precision.

        A channel that never varies gets spread 1, so that it stays finite.

        Raises:
            UnisonoError: If a channel has no valid sample.
        """
        check_axes(data=(data, "batch frame channel"), mask=(mask, "batch frame channel"))
        count = mask.sum(dim=(0, 1)).double()
        if bool((count == 0).any()):
            empty = torch.nonzero(count == 0).flatten().tolist()
            raise UnisonoError(
                f"channel {empty[0]} has no valid sample in the training part; "
                "leave it out with [data.channels] or import recordings that hold it."
            )
        here = mask.double()
        mean = (data.double() * here).sum(dim=(0, 1)) / count
        variance = ((data.double() - mean).square() * here).sum(dim=(0, 1)) / count
        spread = variance.sqrt()
        scale = mean.abs().clamp_min(1.0)
        spread = torch.where(spread > 1e-6 * scale, spread, torch.ones_like(spread))
        self.mean.copy_(mean.to(self.mean.dtype))
        self.std.copy_(spread.to(self.std.dtype))

    def encode(self, data: Tensor, mask: Tensor) -> Latents:
        """Standardise ``(B, L, D)``; samples outside the mask become 0, the training mean."""
        z = (data - self.mean) / self.std * mask
        return Latents(z, mask.any(dim=-1))

    def scaled(self, spread: Tensor) -> Tensor:
        """A standardised spread ``(..., D)`` in physical units."""
        return spread * self.std

    def decode(self, latents: Latents) -> Tensor:
        """Return ``(..., L, D)`` in physical units."""
        return latents.z * self.std + self.mean
