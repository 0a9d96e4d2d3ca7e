r"""Motions of any length as a few latent tokens and back: a variational transformer with skips.

Two sets of learned tokens stand before the rows and come out as mean and log-variance; the decoder
turns places in time, one a frame, into rows by looking at the latents:

.. math:: \mu, \ln\sigma^2 = E([q, x]), \qquad z = \mu + \sigma\varepsilon, \qquad
          \hat x = D(\text{places}; z)

.. math:: L = \lVert \hat x - x \rVert^2 + w_g \lVert \hat p - p \rVert^2
              + w_k\, \mathrm{KL}\bigl(N(\mu, \sigma^2) \,\Vert\, N(0, 1)\bigr)

with :math:`p` the places of the joints in metres that the rows stand for, about the root and along
its path (after MLD: Chen et al., 2212.04048; there places in time are learned, here they are sines,
counted from both ends). Rows are standardised part by part; contacts stay 0 or 1.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from unisono.codecs.motion_geometry import joint_places
from unisono.core.checks import check_axes, check_range
from unisono.core.contracts import Latents, Loss
from unisono.core.distributed import draw_global, masked_mean
from unisono.networks.conditioning import TransformerSize
from unisono.networks.embeddings import sinusoid
from unisono.networks.skip_stack import SkipStack
from unisono.recordings.motion.batches import MotionNormaliser
from unisono.recordings.motion.features import Layout

__all__ = ["MotionVAE", "MotionVAESettings", "Posterior"]

_LOG_VARIANCE = (-12.0, 6.0)


@dataclass(frozen=True)
class MotionVAESettings:
    """Settings of the motion VAE.

    Args:
        tokens: Latent tokens ``K``.
        width: Width ``d`` of a token.
        layers: Blocks of encoder and of decoder each, odd.
        kl: Weight of the divergence.
        geometric: Weight of the places of the joints.
        distance: ``"square"``, or ``"smooth"`` (Huber's, as in the released code of MLD).
    """

    tokens: int = 4
    width: int = 32
    layers: int = 3
    kl: float = 1e-4
    geometric: float = 1.0
    distance: Literal["square", "smooth"] = "square"

    def __post_init__(self) -> None:
        check_range("tokens", self.tokens, 1, 1024, closed=True)
        check_range("width", self.width, 1, 8192, closed=True)
        check_range("layers", self.layers, 1, 63, closed=True)
        for name in ("kl", "geometric"):
            check_range(name, getattr(self, name), 0.0, 1e4, closed=True)


class Posterior(NamedTuple):
    """Distribution of the latents, each ``(B, K, d)``."""

    mean: Tensor
    std: Tensor

    def draw(self, noise: Tensor) -> Tensor:
        """Latents for standard normal noise of the same shape."""
        return self.mean + self.std * noise


class MotionVAE(nn.Module):
    """The codec; see the module's docstring.

    Args:
        layout: What a row holds.
        settings: Sizes and weights.
        size: Of its transformers.
    """

    row_mean: Tensor
    row_std: Tensor

    def __init__(self, layout: Layout, settings: MotionVAESettings, size: TransformerSize) -> None:
        super().__init__()
        self.layout, self.settings = layout, settings
        self.tokens, self.width = settings.tokens, settings.width
        self.register_buffer("row_mean", torch.zeros(layout.size))
        self.register_buffer("row_std", torch.ones(layout.size))
        width = size.width
        self.enter = nn.Linear(layout.size, width)
        self.asked = nn.Parameter(torch.randn(2 * self.tokens, width) * 0.02)
        self.encoder = SkipStack(size, settings.layers)
        self.to_latent = nn.Linear(width, self.width)
        self.from_latent = nn.Linear(self.width, width)
        self.place = nn.Linear(width, width)
        self.decoder = SkipStack(size, settings.layers, cross=True)
        self.leave = nn.Linear(width, layout.size)

    def fit(self, normaliser: MotionNormaliser) -> None:
        """Standardise as a normaliser says, which was fitted on clips of the TRAINING part only."""
        self.row_mean.copy_(torch.as_tensor(normaliser.mean))
        self.row_std.copy_(torch.as_tensor(normaliser.spread))

    def standardised(self, rows: Tensor, mask: Tensor) -> Tensor:
        """Rows as the network sees them; 0 outside of the mask."""
        return ((rows - self.row_mean) / self.row_std) * mask[..., None]

    def posterior(self, rows: Tensor, mask: Tensor) -> Posterior:
        """Encode rows ``(B, L, F)`` in physical units with mask ``(B, L)``."""
        check_axes(rows=(rows, "batch frame number"), mask=(mask, "batch frame"))
        x = self.enter(self.standardised(rows, mask))
        frames = torch.arange(x.shape[1], device=x.device)
        x = x + sinusoid(frames, x.shape[-1]).to(x.dtype)
        asked = self.asked.to(x.dtype).expand(len(x), -1, -1)
        seen = torch.cat([mask.new_ones(len(x), len(self.asked)), mask], dim=1)
        found = self.encoder(torch.cat([asked, x], dim=1), seen)[:, : len(self.asked)]
        mean, log_variance = self.to_latent(found).float().chunk(2, dim=1)
        return Posterior(mean, (log_variance.clamp(*_LOG_VARIANCE) / 2).exp())

    def encode(self, data: Tensor, mask: Tensor) -> Latents:
        """Means of the latents of rows; see :meth:`posterior`."""
        z = self.posterior(data, mask).mean
        return Latents(z, torch.ones(z.shape[:2], dtype=torch.bool, device=z.device))

    def decode(self, z: Tensor, mask: Tensor) -> Tensor:
        """Rows ``(B, L, F)`` in physical units of latents ``(B, K, d)``; 0 outside of the mask.

        Args:
            z: Latents.
            mask: ``(B, L)``: how many frames are wanted of each.
        """
        check_axes(z=(z, "batch token width"), mask=(mask, "batch frame"))
        rows = self._decode(z, mask) * self.row_std + self.row_mean
        return rows * mask[..., None]

    def _decode(self, z: Tensor, mask: Tensor) -> Tensor:
        memory = self.from_latent(z)
        frames = torch.arange(mask.shape[1], device=z.device)
        width = memory.shape[-1]
        # the places ask, and where the end lies they see from the other end
        left = mask.sum(dim=1, keepdim=True) - 1 - frames
        place = torch.cat(
            [
                sinusoid(frames.expand(len(z), -1), width)[..., : width // 2],
                sinusoid(left, width)[..., : width - width // 2],
            ],
            dim=-1,
        )
        seen = torch.ones(memory.shape[:2], dtype=torch.bool, device=z.device)
        tokens = self.place(place.to(memory.dtype))
        x = self.decoder(tokens, mask, memories=self.decoder.memories(memory, seen))
        out: Tensor = self.leave(x)
        return out.float()

    def loss(self, data: Tensor, mask: Tensor, *, generator: Generator) -> Loss:
        """Reconstruction, places of joints, and divergence of a batch.

        Args:
            data: ``(B, L, F)`` in physical units.
            mask: ``(B, L)``.
            generator: Where the latents' noise comes from.
        """
        found = self.posterior(data, mask)
        noise = draw_global(
            lambda n: torch.randn(
                (n, *found.mean.shape[1:]), generator=generator, device=data.device
            ),
            len(data),
        )
        rows = self._decode(found.draw(noise), mask)
        goal = self.standardised(data, mask)
        everywhere = mask[..., None].expand_as(goal)
        recon = masked_mean(self._distance(rows, goal), everywhere)
        parts = {"reconstruction": recon}
        if self.settings.geometric:
            made, true = (
                joint_places(x, self.layout) for x in (rows * self.row_std + self.row_mean, data)
            )
            parts["places"] = masked_mean(
                self._distance(made, true), mask[..., None, None].expand_as(true)
            )
        variance = found.std.square()
        kl = (found.mean.square() + variance - 1 - variance.log()) / 2
        parts["kl"] = masked_mean(kl, torch.ones_like(kl, dtype=torch.bool))
        total = recon + self.settings.kl * parts["kl"]
        if "places" in parts:
            total = total + self.settings.geometric * parts["places"]
        return Loss(total, {name: part.detach() for name, part in parts.items()})

    def _distance(self, made: Tensor, true: Tensor) -> Tensor:
        if self.settings.distance == "smooth":
            return F.smooth_l1_loss(made, true, reduction="none")
        return (made - true).square()
