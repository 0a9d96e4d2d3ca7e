r"""A convolutional U-Net over the token grid as the rival of the bridge network.

The source's token of the same place is joined along the channels; each level halves the grid, time
enters every block as a scale and a shift (Ho et al., 2006.11239; Karras et al., 2206.00364). Grids
of one, two or three axes.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unisono.core.contracts import Latents
from unisono.core.errors import ConfigError
from unisono.networks.bridge_network import BridgeShape, NoiseEmbedding, SourceMemory, Tokens
from unisono.networks.conditioning import TransformerSize
from unisono.networks.sequence_denoiser import match_length

__all__ = ["UNet"]

_CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
_MODE = {1: "linear", 2: "bilinear", 3: "trilinear"}


class _Block(nn.Module):
    """Two convolutions with a residual, modulated by time."""

    def __init__(self, axes: int, width_in: int, width: int, time: int) -> None:
        super().__init__()
        conv = _CONV[axes]
        groups = math.gcd(8, width)
        self.first = conv(width_in, width, 3, padding=1)
        self.norm = nn.GroupNorm(groups, width)
        self.modulate = nn.Linear(time, 2 * width)
        self.second = conv(width, width, 3, padding=1)
        self.skip = conv(width_in, width, 1) if width_in != width else nn.Identity()

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        h = self.norm(self.first(x))
        both = self.modulate(F.silu(time))
        shift, scale = both.view(*both.shape, *([1] * (x.ndim - 2))).chunk(2, dim=1)
        out: Tensor = self.skip(x) + self.second(F.silu(h * (1 + scale) + shift))
        return out


class UNet(nn.Module):
    """See the module's docstring; arguments as of ``BridgeNetwork``.

    Args:
        tokens: What it joins; where the source has another number of tokens, its tokens are
            interpolated to the target's.
        size: ``width`` is the number of channels of the finest level; coarser ones have twice.
        shape: Blocks a level are the decoder's layers.

    Raises:
        ConfigError: If the grid has more than three axes.
    """

    def __init__(self, tokens: Tokens, size: TransformerSize, shape: BridgeShape) -> None:
        super().__init__()
        axes = len(tokens.target)
        if axes not in _CONV:
            raise ConfigError(f"a U-Net knows grids of 1 to 3 axes; got {tokens.target}.")
        self.grid, self.axes = tokens.target, axes
        fine, coarse, blocks = size.width, 2 * size.width, shape.decoder_layers
        self.time = NoiseEmbedding(fine)

        def level(width_in: int, width: int) -> nn.ModuleList:
            widths = [width_in] + [width] * blocks
            pairs = zip(widths, widths[1:], strict=False)
            return nn.ModuleList(_Block(axes, a, b, fine) for a, b in pairs)

        self.down = level(2 * tokens.width, fine)
        self.middle = level(fine, coarse)
        self.up = level(coarse + fine, fine)
        self.leave = _CONV[axes](fine, tokens.width, 1)
        if shape.zero_output:
            nn.init.zeros_(self.leave.weight)
            if self.leave.bias is not None:
                nn.init.zeros_(self.leave.bias)

    def prepare(self, source: Latents) -> SourceMemory:
        """Bring a source ``(B, K, d)`` to the target's ``N`` places."""
        tokens = match_length(source.z, source.mask, math.prod(self.grid))
        mask = torch.ones(tokens.shape[:2], dtype=torch.bool, device=tokens.device)
        return SourceMemory(tokens, mask, [])

    def forward(self, x: Tensor, noise: Tensor, mask: Tensor, memory: SourceMemory) -> Tensor:
        """Return ``F`` ``(B, N, d)``; see ``BridgeNetwork.forward``."""
        time = self.time(noise)
        both = torch.cat([x * mask[..., None], memory.tokens.to(x.dtype)], dim=-1)
        h = both.transpose(1, 2).reshape(len(x), -1, *self.grid)
        h = self._level(self.down, h, time)
        pooled = F.interpolate(h, size=[(n + 1) // 2 for n in self.grid], mode="nearest")
        deep = self._level(self.middle, pooled, time)
        deep = F.interpolate(deep, size=self.grid, mode=_MODE[self.axes], align_corners=False)
        h = self._level(self.up, torch.cat([deep, h], dim=1), time)
        out: Tensor = self.leave(h).flatten(2).transpose(1, 2)
        return out

    @staticmethod
    def _level(blocks: nn.ModuleList, h: Tensor, time: Tensor) -> Tensor:
        for block in blocks:
            h = block(h, time)
        return h
