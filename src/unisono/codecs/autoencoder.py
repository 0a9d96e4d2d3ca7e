r"""What every trained codec shares: standardise, encode to the grid, decode, and its loss.

.. math:: z = \mathrm{bottleneck}(\mathrm{resample}(\mathrm{encoder}(x))), \qquad
          \hat x = \mathrm{decoder}(\mathrm{resample}^{-1}(z)),

trained on :math:`\mathrm{mean}\,(\hat x - x)^2 + \lambda\,\mathrm{KL}`. A modality brings an
encoder, a decoder and, where the mean square is not its natural distance, one of its own.
"""

import math
from abc import abstractmethod
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from unisono.codecs.bottleneck import Bottleneck
from unisono.codecs.token_grid import Resampler, TokenGrid, grid_sizes, places
from unisono.core.contracts import Latents, Loss
from unisono.core.errors import ShapeError, UnisonoError

__all__ = ["Autoencoder", "LatentStats", "latent_stats"]


class LatentStats(NamedTuple):
    """What a process wants to know of latents.

    Attributes:
        mean: Mean of each latent number, ``(N, d)``.
        std: One spread over all numbers about their means.
        rank: Effective rank over ``d``: the exponential of the entropy of the spectrum.
    """

    mean: Tensor
    std: float
    rank: float


def latent_stats(latents: Latents) -> LatentStats:
    """Measure latents over real tokens.

    The effective rank is that of Roy & Vetterli, *The effective rank*, EUSIPCO 2007: from 1 (all
    tokens on one line) to ``d``.

    Raises:
        UnisonoError: If no token is real.
    """
    share = latents.mask.double()[..., None]
    if not bool(latents.mask.any()):
        raise UnisonoError("no token of the latents is real; check the masks of the data.")
    z = latents.z.detach().double()
    mean = (z * share).sum(0) / share.sum(0).clamp_min(1)
    rows = (z - mean)[latents.mask]
    values = torch.linalg.eigvalsh(rows.T @ rows / len(rows)).clamp_min(0)
    total = values.sum()
    if float(total) <= 1e-12:
        return LatentStats(mean.to(latents.z.dtype), 0.0, 0.0)
    p = (values / total).clamp_min(1e-12)
    rank = math.exp(float(-(p * p.log()).sum()))
    return LatentStats(mean.to(latents.z.dtype), float(rows.square().mean().sqrt()), rank)


class Autoencoder(nn.Module):
    """Base of the trained codecs (``core.contracts.TrainedCodec``).

    A subclass calls ``set_grid`` once its convolutions stand, and gives ``features`` (data in
    standard units to ``M`` features) and ``rebuild`` (features to data in standard units).

    Args:
        shape: Shape of one item, without the batch.
        grid: Size and bottleneck of the latents.
    """

    offset: Tensor
    scale: Tensor
    hidden: int

    def __init__(self, shape: tuple[int, ...], grid: TokenGrid) -> None:
        super().__init__()
        if not shape or min(shape) < 1:
            raise ShapeError(f"the shape of an item must hold positive sizes; got {shape}.")
        self.shape, self.grid = tuple(shape), grid
        self.bottleneck = Bottleneck(grid)
        self.register_buffer("offset", torch.zeros(()))
        self.register_buffer("scale", torch.ones(()))

    def set_grid(self, source: Tensor, width: int) -> None:
        """Build both resamplers between ``M`` features of a width at places and the tokens."""
        target = places(grid_sizes(self.grid.tokens, source.shape[1]))
        if len(source) == len(target):
            target = source
        self.to_tokens = Resampler(source, target, width, self.bottleneck.width_in)
        self.from_tokens = Resampler(target, source, self.grid.width, width)

    @property
    def tokens(self) -> int:
        """Tokens of every latent."""
        return self.grid.tokens

    @property
    def width(self) -> int:
        """Width of a token."""
        return self.grid.width

    @abstractmethod
    def features(self, data: Tensor, mask: Tensor) -> Latents:
        """Encode data in standard units to ``(B, M, c)``."""

    @abstractmethod
    def rebuild(self, features: Tensor) -> Tensor:
        """Decode ``(B, M, c)`` to data in standard units."""

    def fit(self, data: Tensor, mask: Tensor) -> None:
        """Fit one offset and one scale over the valid values, in double precision.

        Raises:
            UnisonoError: If no value is valid or a valid value is not finite.
        """
        self.check(data, mask)
        count = int(mask.sum())
        if count == 0:
            raise UnisonoError("no value is valid in the training part; check the masks.")
        values = torch.where(mask, data, 0.0)
        mean = float(values.sum(dtype=torch.float64)) / count
        if not math.isfinite(mean):
            raise UnisonoError("the training part holds NaN or infinity; mask or remove them.")
        rest = torch.where(mask, data - mean, 0.0).square()
        std = math.sqrt(float(rest.sum(dtype=torch.float64)) / count)
        self.offset.fill_(mean)
        self.scale.fill_(std if std > 1e-8 else 1.0)

    def check(self, data: Tensor, mask: Tensor) -> None:
        """Refuse data of another shape than the codec was built for.

        Raises:
            ShapeError: Naming both shapes.
        """
        if tuple(data.shape[1:]) != self.shape:
            raise ShapeError(
                f"data should be (batch, {', '.join(map(str, self.shape))}); "
                f"got {tuple(data.shape)}."
            )
        if mask.shape != data.shape:
            raise ShapeError(f"mask should be {tuple(data.shape)}; got {tuple(mask.shape)}.")

    def standard(self, data: Tensor, mask: Tensor) -> Tensor:
        """Data in standard units, 0 where not valid."""
        return torch.where(mask, (data - self.offset) / self.scale, 0.0)

    def encode(self, data: Tensor, mask: Tensor, *, generator: Generator | None = None) -> Latents:
        """Encode; with a generator a ``kl`` bottleneck draws from its posterior."""
        self.check(data, mask)
        tokens = self.to_tokens(self.features(self.standard(data, mask), mask))
        return Latents(self.bottleneck(tokens.z, tokens.mask, generator).z, tokens.mask)

    def decode(self, latents: Latents) -> Tensor:
        """Decode to data in the unit of the data.

        Raises:
            ShapeError: If the latents are not on the codec's grid.
        """
        return self.physical(self.decode_standard(latents))

    def decode_standard(self, latents: Latents) -> Tensor:
        """Decode to what the network itself gives (standard units, or logits)."""
        if tuple(latents.z.shape[1:]) != (self.tokens, self.width):
            raise ShapeError(
                f"latents should be (batch, {self.tokens}, {self.width}); got "
                f"{tuple(latents.z.shape)}: give both ends of a bridge one token grid."
            )
        return self.rebuild(self.from_tokens(latents).z)

    def physical(self, decoded: Tensor) -> Tensor:
        """From what the network gives to the unit of the data."""
        return decoded * self.scale + self.offset

    def distance(self, predicted: Tensor, data: Tensor, mask: Tensor) -> Tensor:
        """Mean square over the valid values, in standard units squared."""
        return self.error((predicted - self.offset) / self.scale, data, mask)

    def error(self, decoded: Tensor, data: Tensor, mask: Tensor) -> Tensor:
        """Mean distance of what the network gives from data; a scalar."""
        gap = (decoded - self.standard(data, mask)).square()
        return (gap * mask).sum() / mask.sum().clamp_min(1)

    def loss(self, data: Tensor, mask: Tensor, *, generator: Generator) -> Loss:
        """Reconstruction and the bottleneck's own term."""
        self.check(data, mask)
        tokens = self.to_tokens(self.features(self.standard(data, mask), mask))
        squeezed = self.bottleneck(tokens.z, tokens.mask, generator)
        error = self.error(self.decode_standard(Latents(squeezed.z, tokens.mask)), data, mask)
        total = error + self.grid.kl_weight * squeezed.kl
        spread = squeezed.z[tokens.mask].detach().std(correction=0)
        parts = {"reconstruction": error.detach(), "kl": squeezed.kl.detach(), "latent_std": spread}
        return Loss(total, parts)
