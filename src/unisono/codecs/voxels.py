r"""Solids to tokens and back: occupancies ``(B, X, Y, Z)`` in [0, 1].

The decoder gives logits; their distance from the data is the binary cross-entropy in nats a voxel,

.. math:: -\bigl(y \ln p + (1 - y) \ln(1 - p)\bigr), \qquad p = 1 / (1 + e^{-l}),

and ``decode`` gives the probability :math:`p` that a voxel is full. Threshold at 1/2 for a solid.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unisono.codecs.autoencoder import Autoencoder
from unisono.codecs.convolutions import (
    Decoder,
    Encoder,
    flat,
    folded,
    halved,
    levels_for,
    pool_mask,
)
from unisono.codecs.token_grid import TokenGrid, places
from unisono.core.contracts import Latents
from unisono.core.errors import ShapeError, UnisonoError

__all__ = ["VoxelCodec"]

_LEAST = 1e-6  # probability


class VoxelCodec(Autoencoder):
    """Autoencoder of occupancies of one size.

    Args:
        shape: ``(X, Y, Z)``.
        grid: Tokens, width and bottleneck.
        hidden: Channels of the finest level; coarser ones have up to four times as many.
    """

    def __init__(
        self, shape: tuple[int, int, int], grid: TokenGrid | None = None, hidden: int = 8
    ) -> None:
        super().__init__(shape, grid or TokenGrid())
        self.hidden = hidden
        if len(shape) != 3:
            raise ShapeError(f"the shape of voxels is (X, Y, Z); got {shape}.")
        levels = levels_for(shape, self.grid.tokens)
        self.cells = halved(shape, levels)
        self.encoder: nn.Module = Encoder(shape, 1, hidden, levels)
        decoder = Decoder(shape, 1, hidden, levels)
        self.decoder: nn.Module = decoder
        self.set_grid(places(self.cells), decoder.width)

    def fit(self, data: Tensor, mask: Tensor) -> None:
        """Check that the training part holds occupancies; they are centred on 1/2.

        Raises:
            UnisonoError: If a valid value is outside [0, 1] or not a number.
        """
        self.check(data, mask)
        if not bool(((data >= 0) & (data <= 1) | ~mask).all()):
            raise UnisonoError("voxels should be occupancies in [0, 1]; scale or threshold them.")
        self.offset.fill_(0.5)
        self.scale.fill_(0.5)

    def features(self, data: Tensor, mask: Tensor) -> Latents:
        """Encode ``(B, X, Y, Z)`` in standard units."""
        return Latents(flat(self.encoder(data[:, None])), pool_mask(mask, self.cells))

    def rebuild(self, features: Tensor) -> Tensor:
        """Decode to logits ``(B, X, Y, Z)``."""
        out: Tensor = self.decoder(folded(features, self.cells))
        return out[:, 0]

    def physical(self, decoded: Tensor) -> Tensor:
        """Probabilities from logits."""
        return torch.sigmoid(decoded)

    def distance(self, predicted: Tensor, data: Tensor, mask: Tensor) -> Tensor:
        """Mean binary cross-entropy of probabilities, nats a valid voxel."""
        p = predicted.float().clamp(_LEAST, 1 - _LEAST)
        cross = -(data * p.log() + (1 - data) * (1 - p).log())
        return (torch.where(mask, cross, 0.0)).sum() / mask.sum().clamp_min(1)

    def error(self, decoded: Tensor, data: Tensor, mask: Tensor) -> Tensor:
        """Mean binary cross-entropy of logits, nats a valid voxel."""
        clean = torch.where(mask, data, 0.0)
        cross = F.binary_cross_entropy_with_logits(decoded.float(), clean.float(), reduction="none")
        return (cross * mask).sum() / mask.sum().clamp_min(1)
