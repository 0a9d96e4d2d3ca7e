r"""Signals to tokens and back: strided convolutions over time, with the mask as an input.

Any channels, rate and length: :math:`(B, L, D)` in physical units, each channel standardised over
its valid samples. The encoder sees the samples (0 where not valid) beside the mask itself, so that
a gap is not taken for a mean. Tokens lie evenly over the window whatever its rate, which is how two
streams of different rate and length meet on one grid; a token is real where a frame near its place
is.
"""

import torch
from torch import Tensor, nn

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
from unisono.codecs.identity import IdentityCodec
from unisono.codecs.token_grid import TokenGrid, places
from unisono.core.contracts import Latents
from unisono.core.errors import ShapeError

__all__ = ["StreamCodec"]


class StreamCodec(Autoencoder):
    """Autoencoder of windows of one length.

    Args:
        shape: ``(L, D)``: frames and channels.
        grid: Tokens, width and bottleneck.
        hidden: Channels of the finest level; coarser ones have up to four times as many.
    """

    def __init__(
        self, shape: tuple[int, int], grid: TokenGrid | None = None, hidden: int = 32
    ) -> None:
        super().__init__(shape, grid or TokenGrid())
        self.hidden = hidden
        if len(shape) != 2:
            raise ShapeError(f"the shape of a window is (frames, channels); got {shape}.")
        self.offset = torch.zeros(shape[1])
        self.scale = torch.ones(shape[1])
        levels = levels_for(shape[:1], self.grid.tokens)
        self.cells = halved(shape[:1], levels)
        self.encoder: nn.Module = Encoder(shape[:1], 2 * shape[1], hidden, levels)
        decoder = Decoder(shape[:1], shape[1], hidden, levels)
        self.decoder: nn.Module = decoder
        self.set_grid(places(self.cells), decoder.width)

    def fit(self, data: Tensor, mask: Tensor) -> None:
        """Fit mean and spread of each channel over its valid samples.

        Raises:
            UnisonoError: If a channel has no valid sample.
        """
        self.check(data, mask)
        channels = IdentityCodec(self.shape[1])
        channels.fit(torch.where(mask, data, 0.0), mask)
        self.offset.copy_(channels.mean)
        self.scale.copy_(channels.std)

    def features(self, data: Tensor, mask: Tensor) -> Latents:
        """Encode ``(B, L, D)`` in standard units."""
        seen = torch.cat([data, mask.to(data.dtype)], dim=-1)
        real = pool_mask(mask.any(dim=-1), self.cells)
        return Latents(flat(self.encoder(seen.transpose(1, 2))), real)

    def rebuild(self, features: Tensor) -> Tensor:
        """Decode to ``(B, L, D)`` in standard units."""
        out: Tensor = self.decoder(folded(features, self.cells))
        return out.transpose(1, 2)
