r"""A few views of one thing to tokens and back: ``(B, V, C, H, W)``.

One encoder reads every view. ``ordered`` views (the first is always the front) are laid side by
side at each place and mixed by a linear map that knows which is which. Without order they are
pooled by attention over the views,

.. math:: y = \sum_v \mathrm{softmax}_v(w \cdot f_v)\, f_v ,

which does not change when views change places (Deep Sets, Zaheer et al., 1703.06114); what is
decoded then is a set as well, and its distance is that of the best assignment. A view that is
absent (mask all False) takes no part, and a learned vector says so.
"""

import math

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from unisono.codecs.autoencoder import Autoencoder
from unisono.codecs.convolutions import Decoder, Encoder, flat, folded, halved, levels_for
from unisono.codecs.token_grid import TokenGrid, places
from unisono.core.contracts import Latents
from unisono.core.errors import ShapeError

__all__ = ["ViewsCodec"]


class ViewsCodec(Autoencoder):
    """Autoencoder of sets of views of one size.

    Args:
        shape: ``(V, C, H, W)``.
        grid: Tokens, width and bottleneck.
        hidden: Channels of the finest level; coarser ones have up to four times as many.
        ordered: Whether a view's number tells where it was taken from.
    """

    def __init__(
        self,
        shape: tuple[int, int, int, int],
        grid: TokenGrid | None = None,
        hidden: int = 16,
        *,
        ordered: bool = True,
    ) -> None:
        super().__init__(shape, grid or TokenGrid())
        self.hidden = hidden
        if len(shape) != 4:
            raise ShapeError(f"the shape of views is (views, channels, height, width); got {shape}")
        views, channels, *sizes = shape
        levels = levels_for(sizes, self.grid.tokens)
        self.cells, self.ordered = halved(sizes, levels), ordered
        self.encoder: nn.Module = Encoder(sizes, channels, hidden, levels)
        decoder = Decoder(sizes, channels, hidden, levels)
        self.decoder: nn.Module = decoder
        width = decoder.width
        self.mix = nn.Linear(views * width if ordered else width, width)
        if ordered:
            self.absent = nn.Parameter(torch.zeros(views, width))
        else:
            self.attend = nn.Linear(width, 1)
        self.spread = nn.Linear(width, views * width)
        self.set_grid(places(self.cells), width)

    def features(self, data: Tensor, mask: Tensor) -> Latents:
        """Encode ``(B, V, C, H, W)`` in standard units."""
        views = self.shape[0]
        seen = mask.flatten(2).any(dim=2)  # (B, V)
        each = torch.unflatten(flat(self.encoder(data.flatten(0, 1))), 0, (-1, views))
        real = seen[:, :, None, None]
        if self.ordered:
            known = torch.where(real, each, self.absent[None, :, None, :])
            mixed: Tensor = self.mix(known.transpose(1, 2).flatten(2))
        else:
            score = self.attend(each).masked_fill(~real & real.any(1, keepdim=True), -torch.inf)
            mixed = self.mix((score.softmax(dim=1) * each).sum(dim=1))
        places_seen = seen.any(dim=1)[:, None].expand(-1, math.prod(self.cells))
        return Latents(mixed, places_seen)

    def rebuild(self, features: Tensor) -> Tensor:
        """Decode to ``(B, V, C, H, W)`` in standard units."""
        views = self.shape[0]
        each = torch.unflatten(self.spread(features), 2, (views, -1)).transpose(1, 2)
        out = self.decoder(folded(each.flatten(0, 1), self.cells))
        return torch.unflatten(out, 0, (-1, views))

    def error(self, decoded: Tensor, data: Tensor, mask: Tensor) -> Tensor:
        """Mean square over valid values; without order, that of the best assignment of views."""
        if self.ordered:
            return super().error(decoded, data, mask)
        truth = self.standard(data, mask).flatten(2)
        valid = mask.flatten(2).to(truth.dtype)
        gap = (decoded.flatten(2)[:, :, None] - truth[:, None]).square() * valid[:, None]
        cost = gap.sum(dim=-1)  # (B, decoded view, true view)
        rows = [linear_sum_assignment(c)[1] for c in cost.detach().cpu().double().numpy()]
        chosen = torch.as_tensor(np.array(rows), device=cost.device)[..., None]
        return cost.gather(2, chosen).sum() / valid.sum().clamp_min(1)
