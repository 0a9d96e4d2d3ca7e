r"""Images to tokens and back: a convolutional autoencoder, by default with a KL bottleneck.

Any size, any number of channels: :math:`(B, C, H, W)` in whatever unit the pixels have. The
convolutions halve the image until its grid is nearest to the tokens that are asked for, and
attention resamples the rest (``token_grid.py``). After the first stage of Rombach et al.,
2112.10752, without its adversarial and perceptual terms.
"""

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
from unisono.codecs.token_grid import TokenGrid, places
from unisono.core.contracts import Latents
from unisono.core.errors import ShapeError

__all__ = ["ImageCodec"]


class ImageCodec(Autoencoder):
    """Autoencoder of images of one size.

    Args:
        shape: ``(C, H, W)``.
        grid: Tokens, width and bottleneck.
        hidden: Channels of the finest level; coarser ones have up to four times as many.

    Example:
        >>> codec = ImageCodec((1, 28, 28), TokenGrid(tokens=49, width=8), hidden=4)
        >>> import torch
        >>> x = torch.zeros(2, 1, 28, 28)
        >>> codec.encode(x, torch.ones_like(x, dtype=torch.bool)).z.shape
        torch.Size([2, 49, 8])
    """

    def __init__(
        self, shape: tuple[int, int, int], grid: TokenGrid | None = None, hidden: int = 16
    ) -> None:
        super().__init__(shape, grid or TokenGrid(bottleneck="kl"))
        self.hidden = hidden
        if len(shape) != 3:
            raise ShapeError(f"the shape of an image is (channels, height, width); got {shape}.")
        levels = levels_for(shape[1:], self.grid.tokens)
        self.cells = halved(shape[1:], levels)
        self.encoder: nn.Module = Encoder(shape[1:], shape[0], hidden, levels)
        decoder = Decoder(shape[1:], shape[0], hidden, levels)
        self.decoder: nn.Module = decoder
        self.set_grid(places(self.cells), decoder.width)

    def features(self, data: Tensor, mask: Tensor) -> Latents:
        """Encode ``(B, C, H, W)`` in standard units."""
        return Latents(flat(self.encoder(data)), pool_mask(mask.any(dim=1), self.cells))

    def rebuild(self, features: Tensor) -> Tensor:
        """Decode to ``(B, C, H, W)`` in standard units."""
        out: Tensor = self.decoder(folded(features, self.cells))
        return out
