r"""A residual perceptron that denoises a single code: for codecs whose latents are one token.

.. math:: h_0 = W [x, y], \qquad
          h_{k+1} = h_k + V_k\, \mathrm{SiLU}\big((1 + a_k(t)) \odot U_k h_k + b_k(t)\big), \qquad
          F = g(t) \odot x + W' h_K

with time as scale and shift of each block, as in diffusion transformers (Peebles & Xie,
2212.09748), but without their normalisation of tokens, which takes the length of a lone token away.
The linear term :math:`g(t) \odot x` is the best answer for Gaussian codes; the rest learns what
differs.
Arguments and calls are those of :class:`unisono.networks.dit.DiT`.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unisono.core.contracts import Latents
from unisono.core.errors import ConfigError
from unisono.networks.bridge_network import (
    BridgeShape,
    NoiseEmbedding,
    SourceMemory,
    Tokens,
    zeroed,
)
from unisono.networks.conditioning import TransformerSize

__all__ = ["CodeDenoiser"]


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.enter, self.leave = nn.Linear(width, width), nn.Linear(width, width)
        self.modulate = nn.Linear(width, 2 * width)

    def forward(self, h: Tensor, time: Tensor) -> Tensor:
        scale, shift = self.modulate(time).chunk(2, dim=-1)
        out: Tensor = h + self.leave(F.silu((1 + scale) * self.enter(h) + shift))
        return out


class CodeDenoiser(nn.Module):
    """See the module's docstring.

    Args:
        tokens: What it joins; one token at either end.
        size: ``width`` is that of the blocks.
        shape: Its blocks are the encoder's and the decoder's together.

    Raises:
        ConfigError: If there is more than one token.
    """

    def __init__(self, tokens: Tokens, size: TransformerSize, shape: BridgeShape) -> None:
        super().__init__()
        if tokens.target != (1,):
            raise ConfigError(
                f"a perceptron denoises a single token; the latents have {tokens.target}. Take "
                "network = 'dit' or 'unet'."
            )
        self.time = NoiseEmbedding(size.width)
        self.enter = nn.Linear(2 * tokens.width, size.width)
        count = shape.encoder_layers + shape.decoder_layers
        self.blocks = nn.ModuleList(_Block(size.width) for _ in range(count))
        self.gain = zeroed(nn.Linear(size.width, tokens.width), zero=shape.zero_output)
        self.leave = zeroed(nn.Linear(size.width, tokens.width), zero=shape.zero_output)

    def prepare(self, source: Latents) -> SourceMemory:
        """Take a source ``(B, 1, d)`` as it is."""
        return SourceMemory(source.z, source.mask, [])

    def forward(self, x: Tensor, noise: Tensor, mask: Tensor, memory: SourceMemory) -> Tensor:
        """Return ``F`` ``(B, 1, d)``; see ``BridgeNetwork.forward``."""
        time = F.silu(self.time(noise))[:, None]
        x = x * mask[..., None]
        h = self.enter(torch.cat([x, memory.tokens.to(x.dtype)], dim=-1))
        for block in self.blocks:
            h = block(h, time)
        out: Tensor = self.gain(time) * x + self.leave(h)
        return out
