r"""Latents of a motion into the space of texts, and back.

.. math:: z' = E(z) \in \mathbb R^c, \qquad \hat z = D(z')

``transformer``: the latent tokens and one that asks go through self-attention; back, learned tokens
ask the code (latent realignment, arXiv 2410.14508). ``mlp``: three layers each, the control. The
code may have ``free`` numbers more than the text has, which no text pulls on; in the transformer
each latent token keeps its share of them, so that they need not fit through one token.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from unisono.core.checks import check_range
from unisono.networks.conditioning import TransformerSize

__all__ = ["Projector", "ProjectorShape"]


@dataclass(frozen=True)
class ProjectorShape:
    """What is projected, and into what.

    Args:
        tokens: Latent tokens ``K``.
        latent: Width of a latent token ``d``.
        text: Width of a text's code ``c``.
        kind: ``"transformer"`` or ``"mlp"``.
        layers: Blocks each way, or hidden layers of the MLP.
        free: Numbers of the code beside those that texts pull on.
    """

    tokens: int
    latent: int
    text: int
    kind: Literal["transformer", "mlp"] = "transformer"
    layers: int = 2
    free: int = 0

    def __post_init__(self) -> None:
        for name in ("tokens", "latent", "text"):
            check_range(name, getattr(self, name), 1, 65536, closed=True)
        check_range("layers", self.layers, 1, 64, closed=True)
        check_range("free", self.free, 0, 65536, closed=True)

    @property
    def code(self) -> int:
        """Numbers of a code."""
        return self.text + self.free


class Projector(nn.Module):
    """Both ways; see the module's docstring.

    Args:
        shape: What is projected.
        size: Width, heads, feed-forward, dropout.
    """

    def __init__(self, shape: ProjectorShape, size: TransformerSize) -> None:
        super().__init__()
        self.shape, width = shape, size.width
        if shape.kind == "mlp":
            flat = shape.tokens * shape.latent
            self.there: nn.Module = _mlp(flat, shape.code, size, shape.layers)
            self.again: nn.Module = _mlp(shape.code, flat, size, shape.layers)
            return
        share = -(-shape.free // shape.tokens)
        self.enter = nn.Linear(shape.latent, width)
        self.asked = nn.Parameter(0.02 * torch.randn(shape.tokens + 1, width))
        self.there = size.stack(shape.layers)
        self.to_code = nn.Linear(width, shape.text)
        self.to_free = nn.Linear(width, share) if share else None
        self.from_code = nn.Linear(shape.text, width)
        self.from_free = nn.Linear(share, width) if share else None
        self.asking = nn.Parameter(0.02 * torch.randn(shape.tokens, width))
        self.again = size.stack(shape.layers)
        self.leave = nn.Linear(width, shape.latent)

    def forward(self, z: Tensor) -> Tensor:
        """Codes ``(B, c + free)`` of latents ``(B, K, d)``."""
        if self.shape.kind == "mlp":
            code: Tensor = self.there(z.flatten(1))
            return code
        tokens = torch.cat([self.enter(z), z.new_zeros(len(z), 1, self.asked.shape[-1])], dim=1)
        found = self.there(tokens + self.asked, _everywhere(tokens))
        out: Tensor = self.to_code(found[:, -1])
        if self.to_free is None:
            return out
        free = self.to_free(found[:, :-1]).flatten(1)[:, : self.shape.free]
        return torch.cat([out, free], dim=1)

    def back(self, code: Tensor) -> Tensor:
        """Latents ``(B, K, d)`` of codes ``(B, c + free)``."""
        if self.shape.kind == "mlp":
            flat: Tensor = self.again(code)
            return flat.view(len(flat), self.shape.tokens, self.shape.latent)
        told = self.from_code(self.aligned(code))[:, None]
        asking = self.asking.to(told.dtype).expand(len(told), -1, -1)
        if self.from_free is not None:
            free = code[:, self.shape.text :]
            free = nn.functional.pad(free, (0, -self.shape.free % self.shape.tokens))
            asking = asking + self.from_free(free.reshape(len(free), self.shape.tokens, -1))
        tokens = torch.cat([told, asking], dim=1)
        out: Tensor = self.leave(self.again(tokens, _everywhere(tokens))[:, 1:])
        return out

    def aligned(self, code: Tensor) -> Tensor:
        """The part of codes that texts pull on, ``(B, c)``."""
        return code[:, : self.shape.text]


def _everywhere(tokens: Tensor) -> Tensor:
    return torch.ones(tokens.shape[:2], dtype=torch.bool, device=tokens.device)


def _mlp(enter: int, leave: int, size: TransformerSize, layers: int) -> nn.Sequential:
    parts: list[nn.Module] = [nn.Linear(enter, size.feedforward), nn.GELU()]
    for _ in range(layers - 1):
        parts += [nn.Linear(size.feedforward, size.feedforward), nn.GELU()]
    return nn.Sequential(*parts, nn.Linear(size.feedforward, leave))
