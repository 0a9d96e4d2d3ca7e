"""A plain diffusion transformer as the rival of the bridge network.

Every target token is joined with the source's token of the same place along the channels, and a
stack of self-attention modulated by time gives the answer (Peebles & Xie, 2212.09748): no encoder
of the source, no cross-attention, no blank tokens.
"""

import torch
from torch import Tensor, nn

from unisono.core.contracts import Latents
from unisono.networks.bridge_network import (
    BridgeShape,
    NoiseEmbedding,
    SourceMemory,
    Tokens,
    zeroed,
)
from unisono.networks.conditioning import TransformerSize
from unisono.networks.embeddings import grid_sinusoid
from unisono.networks.sequence_denoiser import match_length

__all__ = ["DiT"]


class DiT(nn.Module):
    """See the module's docstring; arguments as of ``BridgeNetwork``.

    Args:
        tokens: What it joins; where the source has another number of tokens, its tokens are
            interpolated to the target's.
        size: Width, heads, feed-forward, dropout.
        shape: Its blocks are the encoder's and the decoder's together.
    """

    place: Tensor

    def __init__(self, tokens: Tokens, size: TransformerSize, shape: BridgeShape) -> None:
        super().__init__()
        width = size.width
        self.enter = nn.Linear(2 * tokens.width, width)
        self.time = NoiseEmbedding(width)
        self.stack = size.stack(shape.encoder_layers + shape.decoder_layers, adaptive=True)
        self.register_buffer("place", grid_sinusoid(tokens.target, width), persistent=False)
        self.leave = zeroed(nn.Linear(width, tokens.width), zero=shape.zero_output)

    def prepare(self, source: Latents) -> SourceMemory:
        """Bring a source ``(B, K, d)`` to the target's ``N`` places."""
        tokens = match_length(source.z, source.mask, len(self.place))
        mask = torch.ones(tokens.shape[:2], dtype=torch.bool, device=tokens.device)
        return SourceMemory(tokens, mask, [])

    def forward(self, x: Tensor, noise: Tensor, mask: Tensor, memory: SourceMemory) -> Tensor:
        """Return ``F`` ``(B, N, d)``; see ``BridgeNetwork.forward``."""
        both = torch.cat([x * mask[..., None], memory.tokens.to(x.dtype)], dim=-1)
        inner = self.stack(self.enter(both) + self.place, mask, time=self.time(noise))
        out: Tensor = self.leave(inner)
        return out
