r"""The sequence denoiser: own encoder, then a decoder that looks at the condition.

``hidden`` :math:`Z = h(x_t, t)` comes from the own encoder, which sees only the noisy target and
the time: it is what alignment acts on. The decoder then sees the condition in two ways, each of
which can be switched off:

- *frame-wise*: the memory token of the same instant is added to the decoder's input,
- *cross-attention*: every decoder block attends to the whole memory.

Cross-attention alone has to learn which frame belongs to which, and at small budgets does not.
"""

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F

from unisono.core.checks import check_range
from unisono.core.contracts import DenoiserOutput
from unisono.core.errors import ConfigError
from unisono.networks.attention import KeyValues
from unisono.networks.conditioning import Memory, TransformerSize
from unisono.networks.embeddings import TimeEmbedding, sinusoid

__all__ = ["DenoiserShape", "PreparedMemory", "SequenceDenoiser", "match_length"]


@dataclass(frozen=True)
class DenoiserShape:
    """How a sequence denoiser is built.

    Args:
        own_layers: Blocks of the own encoder.
        decoder_layers: Blocks of the decoder.
        framewise: Whether the memory token of the same instant enters the decoder's input.
        cross: Whether decoder blocks attend to the memory.
        adaptive_time: Whether time modulates the blocks (adaLN-Zero) or is added to the tokens.
        zero_output: Whether the last layer starts at zero, so that the prediction starts at zero.
    """

    own_layers: int = 4
    decoder_layers: int = 4
    framewise: bool = True
    cross: bool = True
    adaptive_time: bool = True
    zero_output: bool = True

    def __post_init__(self) -> None:
        check_range("own_layers", self.own_layers, 0, 64, closed=True)
        check_range("decoder_layers", self.decoder_layers, 1, 64, closed=True)
        if not (self.framewise or self.cross):
            raise ConfigError("framewise and cross are both off: the condition has no way in.")


class PreparedMemory(NamedTuple):
    """A memory with the keys and values of every decoder block, computed once a generation."""

    tokens: Tensor
    mask: Tensor
    layers: list[KeyValues]


def match_length(tokens: Tensor, mask: Tensor, length: int) -> Tensor:
    """Memory tokens ``(B, K, d)`` at ``length`` equally spaced instants; masked tokens count 0."""
    kept = tokens * mask[..., None]
    if kept.shape[1] == length:
        return kept
    moved = F.interpolate(kept.transpose(1, 2), size=length, mode="linear", align_corners=True)
    return moved.transpose(1, 2)


class SequenceDenoiser(nn.Module):
    """Denoise a sequence ``(B, L, D)`` under a memory.

    Args:
        channels: Channels ``D`` of the sequence.
        size: Sizes.
        shape: Layers and ways in of the condition.
    """

    def __init__(self, channels: int, size: TransformerSize, shape: DenoiserShape) -> None:
        super().__init__()
        self.shape, self.width = shape, size.width
        self.enter = nn.Linear(channels, size.width)
        self.time = TimeEmbedding(size.width)
        self.own = size.stack(shape.own_layers, adaptive=shape.adaptive_time)
        self.framewise = nn.Linear(size.width, size.width) if shape.framewise else None
        self.decoder = size.stack(
            shape.decoder_layers, cross=shape.cross, adaptive=shape.adaptive_time
        )
        self.leave = nn.Linear(size.width, channels)
        if shape.zero_output:
            nn.init.zeros_(self.leave.weight)
            nn.init.zeros_(self.leave.bias)

    def prepare(self, memory: Memory) -> PreparedMemory:
        """Project the memory for every decoder block; reuse it over the steps of a solver."""
        layers = self.decoder.memories(memory.tokens, memory.mask) if self.shape.cross else []
        return PreparedMemory(memory.tokens, memory.mask, layers)

    def encode(self, x: Tensor, t: Tensor, mask: Tensor) -> Tensor:
        """Latents ``(B, L, d)`` of the noisy target alone; see :meth:`forward`."""
        time = self.time(t)
        tokens = self.enter(x * mask[..., None])
        positions = sinusoid(t.new_tensor(range(x.shape[1])), self.width)
        tokens = tokens + positions.to(tokens.dtype)
        if not self.shape.adaptive_time:
            tokens = tokens + time[:, None, :]
        hidden: Tensor = self.own(tokens, mask, time=time)
        return hidden

    def forward(self, x: Tensor, t: Tensor, mask: Tensor, memory: PreparedMemory) -> DenoiserOutput:
        """Predict from ``x_t`` ``(B, L, D)`` at ``t`` ``(B,)`` in [0, 1].

        Args:
            x: Noisy target; samples outside the mask are ignored.
            t: Process time.
            mask: ``(B, L)``, True where a frame exists.
            memory: From :meth:`prepare`.
        """
        time = self.time(t)
        length = x.shape[1]
        hidden = self.encode(x, t, mask)
        inner = hidden
        if self.framewise is not None:
            inner = inner + self.framewise(match_length(memory.tokens, memory.mask, length))
        decoded = self.decoder(inner, mask, memories=memory.layers or None, time=time)
        return DenoiserOutput(self.leave(decoded), hidden)
