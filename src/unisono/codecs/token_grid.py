r"""The token grid on which two modalities meet: features to ``N`` tokens of width ``d``.

A bridge needs one thing of its two ends: the same ``(N, d)``. A codec's convolutions give ``M``
features on a grid of their own; :class:`Resampler` carries them to ``N`` tokens (and back) by
attention from learned queries,

.. math:: y_n = W \sum_m \mathrm{softmax}_m\bigl(q_n \cdot k_m
          - |p_n - p_m|^2 / 2\sigma^2\bigr)\, v_m

with places ``p`` in the unit cube: each query starts as a local average around its own place and
learns where else to look. Queries in place of a fixed pooling follow Set Transformer (Lee et al.,
1810.00825) and Perceiver IO (Jaegle et al., 2107.14795). Where ``M = N`` the map is linear, token
by token.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from unisono.core.checks import check_choice, check_range
from unisono.core.contracts import Latents
from unisono.core.errors import ShapeError

__all__ = ["BOTTLENECKS", "Resampler", "TokenGrid", "grid_sizes", "places"]

BOTTLENECKS = ("kl", "norm", "none")
"""How latents are kept from growing or shrinking; see :class:`TokenGrid`."""


@dataclass(frozen=True)
class TokenGrid:
    """Size and bottleneck of the latents of a trained codec.

    Args:
        tokens: Number of tokens ``N``.
        width: Width ``d`` of a token.
        bottleneck: ``kl`` (a Gaussian posterior pulled to the standard normal), ``norm``
            (LayerNorm without parameters: every token has mean 0 and spread 1), or ``none``.
        kl_weight: Weight of the KL term per latent number beside the loss per data value.
    """

    tokens: int = 64
    width: int = 32
    bottleneck: str = "norm"
    kl_weight: float = 1e-4

    def __post_init__(self) -> None:
        check_range("tokens", self.tokens, 1, 65536, closed=True)
        check_range("width", self.width, 2, 65536, closed=True)
        check_choice("bottleneck", self.bottleneck, BOTTLENECKS)
        check_range("kl_weight", self.kl_weight, 0, math.inf, closed=True)


def grid_sizes(count: int, axes: int) -> tuple[int, ...]:
    """Factor a number of tokens into ``axes`` sizes that are as even as can be.

    Example:
        >>> grid_sizes(64, 2), grid_sizes(64, 3), grid_sizes(12, 2), grid_sizes(7, 2)
        ((8, 8), (4, 4, 4), (3, 4), (1, 7))
    """
    if axes == 1:
        return (count,)
    aim = count ** (1 / axes)
    divisors = [k for k in range(1, count + 1) if count % k == 0]
    first = min(divisors, key=lambda k: abs(math.log(k / aim)))
    return tuple(sorted((first, *grid_sizes(count // first, axes - 1))))


def places(sizes: tuple[int, ...]) -> Tensor:
    """Centres of the cells of a grid in the unit cube, ``(cells, axes)``, last axis fastest.

    Example:
        >>> places((2,)).flatten().tolist()
        [0.25, 0.75]
    """
    lines = [(torch.arange(size) + 0.5) / size for size in sizes]
    return torch.stack(torch.meshgrid(*lines, indexing="ij"), dim=-1).reshape(-1, len(sizes))


class Resampler(nn.Module):
    """Features ``(B, M, c)`` at places to tokens ``(B, N, d)`` at other places.

    Args:
        source: Places of the features, ``(M, axes)``.
        target: Places of the tokens, ``(N, axes)``.
        width_in: ``c``.
        width_out: ``d``.
    """

    nearest: Tensor

    def __init__(self, source: Tensor, target: Tensor, width_in: int, width_out: int) -> None:
        super().__init__()
        self.same = source.shape == target.shape and bool(torch.allclose(source, target))
        self.values = nn.Linear(width_in, width_out)
        squared = (target[:, None, :] - source[None, :, :]).square().sum(-1)  # (N, M)
        self.register_buffer("nearest", squared <= squared.amin(dim=1, keepdim=True) + 1e-6)
        if not self.same:
            spread = 0.5 * min(len(source), len(target)) ** (-1 / source.shape[1])
            self.locality = nn.Parameter(-squared / (2 * spread**2))
            self.queries = nn.Parameter(torch.zeros(len(target), width_in))
            self.keys = nn.Linear(width_in, width_in)

    def forward(self, features: Latents) -> Latents:
        """Resample; a token is real where a feature nearest to its place is.

        Raises:
            ShapeError: If the number of features is another one than was promised.
        """
        z, mask = features
        if z.shape[1] != self.nearest.shape[1]:
            raise ShapeError(
                f"features should have {self.nearest.shape[1]} places; got {z.shape[1]}: the "
                "codec was built for data of another shape."
            )
        if self.same:
            return Latents(self.values(z) * mask[..., None], mask)
        scale = z.shape[-1] ** -0.5
        scores = scale * (self.queries @ self.keys(z).transpose(1, 2)) + self.locality
        hidden = ~mask[:, None, :] & mask.any(dim=1)[:, None, None]
        weights = scores.masked_fill(hidden, -torch.inf).softmax(dim=-1)
        real = (mask[:, None, :] & self.nearest).any(dim=-1)
        return Latents(self.values(weights @ z) * real[..., None], real)
