r"""Motions of any length as a few latent tokens and back: a variational transformer with skips.

.. math:: \mu, \ln\sigma^2 = E(x), \qquad z = \mu + \sigma\varepsilon, \qquad
          \hat x = D(\text{places}; z)

.. math:: L = \lVert \hat x - x \rVert^2 + w_g \lVert \hat p - p \rVert^2
              + w_m \lVert \dot{\hat p} - \dot p \rVert^2
              + w_k\, \mathrm{KL}\bigl(N(\mu, \sigma^2) \,\Vert\, N(0, 1)\bigr)

with :math:`p` the places of the joints in metres that the rows stand for, about the root and along
its path, and :math:`\dot p` their differences from frame to frame, m/s, without which rows that are
right on average tremble, and feet slide. The tokens are either

- ``placed``: token k is read off the encoder at three points of the k-th of K equal parts of the
  clip, and gives three points of the path that the decoder starts from, with straight lines
  between. What happens when is then learned in a few hundred steps; or
- ``asked``: learned tokens before the rows come out as mean and log-variance, and places in time
  look at the latents (MLD: Chen et al., 2212.04048; there places are learned, here they are sines,
  counted from both ends).

Rows are standardised part by part; contacts stay 0 or 1. With a stride of s, s rows stand side by
side in one place, which costs a share 1/s. With ``low_pass``, rows leave the decoder through a
binomial filter, in training as in use: what is slow the network makes up for, and what trembles
from frame to frame cannot pass.
"""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from unisono.codecs.motion_geometry import joint_places
from unisono.core.checks import check_axes, check_range
from unisono.core.contracts import Latents, Loss
from unisono.core.distributed import draw_global, masked_mean
from unisono.core.errors import ConfigError
from unisono.networks.conditioning import TransformerSize
from unisono.networks.embeddings import sinusoid
from unisono.networks.skip_stack import SkipStack
from unisono.recordings.motion.batches import MotionNormaliser
from unisono.recordings.motion.features import Layout

__all__ = ["MotionVAE", "MotionVAESettings", "Posterior"]

_LOG_VARIANCE = (-12.0, 6.0)
_POINTS = 3
"""Of the path that a placed token stands for."""
_SEEN = 256
"""Windows that principal directions are taken from."""


@dataclass(frozen=True)
class MotionVAESettings:
    """Settings of the motion VAE.

    Args:
        tokens: Latent tokens ``K``.
        width: Width ``d`` of a token.
        layers: Blocks of encoder and of decoder each, odd.
        kl: Weight of the divergence.
        geometric: Weight of the places of the joints.
        moving: Weight of their differences from frame to frame.
        distance: ``"square"``, or ``"smooth"`` (Huber's, as in the released code of MLD).
        stride: Rows that share a place.
        low_pass: Frames (odd) of the binomial filter that the decoder ends in; 0 for none.
        kind: What tokens are, see the module's docstring.
    """

    tokens: int = 4
    width: int = 32
    layers: int = 3
    kl: float = 1e-4
    geometric: float = 1.0
    moving: float = 0.3
    distance: Literal["square", "smooth"] = "square"
    stride: int = 1
    low_pass: int = 0
    kind: Literal["placed", "asked"] = "placed"

    def __post_init__(self) -> None:
        check_range("tokens", self.tokens, 1, 1024, closed=True)
        check_range("width", self.width, 1, 8192, closed=True)
        check_range("layers", self.layers, 1, 63, closed=True)
        check_range("stride", self.stride, 1, 64, closed=True)
        check_range("low_pass", self.low_pass, 0, 63, closed=True)
        if self.low_pass and self.low_pass % 2 == 0:
            raise ConfigError(f"low_pass is an odd number of frames, or 0; got {self.low_pass}.")
        for name in ("kl", "geometric", "moving"):
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
        self.placed = settings.kind == "placed"
        self.enter = nn.Linear(settings.stride * layout.size, width)
        if self.placed:
            self.to_latent = nn.Linear(_POINTS * width, 2 * self.width)
            self.from_latent = nn.Linear(self.width, _POINTS * width)
        else:
            self.asked = nn.Parameter(torch.randn(2 * self.tokens, width) * 0.02)
            self.to_latent = nn.Linear(width, self.width)
            self.from_latent = nn.Linear(self.width, width)
        self.encoder = SkipStack(size, settings.layers)
        self.place = nn.Linear(width, width)
        self.decoder = SkipStack(size, settings.layers, cross=not self.placed)
        self.leave = nn.Linear(width, settings.stride * layout.size)

    def fit(self, normaliser: MotionNormaliser) -> None:
        """Standardise as a normaliser says, which was fitted on clips of the TRAINING part only."""
        self.row_mean.copy_(torch.as_tensor(normaliser.mean))
        self.row_std.copy_(torch.as_tensor(normaliser.spread))

    @torch.no_grad()
    def begin_at(self, rows: Tensor, mask: Tensor) -> None:
        """Let the maps of rows in and out begin at the principal directions of training rows.

        What moves together then comes in and goes out together from the first step on.

        Args:
            rows: ``(B, L, F)`` in physical units; of many, some evenly spaced ones are used.
            mask: ``(B, L)``.
        """
        some = torch.linspace(0, len(rows) - 1, min(len(rows), _SEEN)).long()
        rows, mask = (x[some].to(self.row_mean.device) for x in (rows, mask))
        found = self._side_by_side(self.standardised(rows, mask))[self._places(mask)[1]].float()
        mean = found.mean(dim=0)
        _, sizes, ways = torch.linalg.svd(found - mean, full_matrices=False)
        ways = ways[: self.enter.out_features]
        count = len(ways)
        size = (sizes[:count].square().mean() / len(found)).sqrt().clamp_min(1e-6)
        self.enter.weight[:count], self.enter.bias[:count] = ways / size, -(ways @ mean) / size
        self.leave.weight[:, :count] = ways.T * size
        self.leave.bias.copy_(mean)

    def standardised(self, rows: Tensor, mask: Tensor) -> Tensor:
        """Rows as the network sees them; 0 outside of the mask."""
        return ((rows - self.row_mean) / self.row_std) * mask[..., None]

    def posterior(self, rows: Tensor, mask: Tensor) -> Posterior:
        """Encode rows ``(B, L, F)`` in physical units with mask ``(B, L)``."""
        check_axes(rows=(rows, "batch frame number"), mask=(mask, "batch frame"))
        x = self.enter(self._side_by_side(self.standardised(rows, mask)))
        frames, there = self._places(mask)
        x = x + sinusoid(frames, x.shape[-1]).to(x.dtype)
        if self.placed:
            count = there.sum(dim=1)
            nodes = torch.full_like(count, _POINTS * self.tokens)
            points = _read(self.encoder(x, there), count, _POINTS * self.tokens, nodes)
            found = self.to_latent(points.reshape(len(x), self.tokens, -1))
            mean, log_variance = found.float().chunk(2, dim=2)
        else:
            asked = self.asked.to(x.dtype).expand(len(x), -1, -1)
            seen = torch.cat([there.new_ones(len(x), len(self.asked)), there], dim=1)
            out = self.encoder(torch.cat([asked, x], dim=1), seen)[:, : len(self.asked)]
            mean, log_variance = self.to_latent(out).float().chunk(2, dim=1)
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
        frames, there = self._places(mask)
        # the places ask, and where the end lies they see from the other end
        left = mask.sum(dim=1, keepdim=True) - 1 - frames
        half = self.place.in_features // 4 * 2  # each end has sines and cosines
        place = torch.cat(
            [
                sinusoid(frames.expand(len(z), -1), half),
                sinusoid(left, self.place.in_features - half),
            ],
            dim=-1,
        )
        tokens = self.place(place.to(memory.dtype))
        if self.placed:
            points = memory.reshape(len(z), _POINTS * self.tokens, -1)
            count = torch.full_like(left[:, 0], points.shape[1])
            tokens = tokens + _read(points, count, tokens.shape[1], there.sum(dim=1))
            x = self.decoder(tokens, there)
        else:
            seen = torch.ones(memory.shape[:2], dtype=torch.bool, device=z.device)
            x = self.decoder(tokens, there, memories=self.decoder.memories(memory, seen))
        rows = self.leave(x).float()
        out: Tensor = rows.reshape(len(rows), -1, self.layout.size)[:, : mask.shape[1]]
        return out if self.settings.low_pass < 2 else _smoothed(out, mask, self.settings.low_pass)

    def _side_by_side(self, rows: Tensor) -> Tensor:
        """Rows ``(B, L, F)`` as ``(B, ceil(L / s), s F)``, zeros after the last."""
        stride = self.settings.stride
        rows = F.pad(rows, (0, 0, 0, -rows.shape[1] % stride))
        return rows.reshape(len(rows), -1, stride * rows.shape[-1])

    def _places(self, mask: Tensor) -> tuple[Tensor, Tensor]:
        """First frame of each place ``(n,)``, and which places hold a frame ``(B, n)``."""
        frames = torch.arange(0, mask.shape[1], self.settings.stride, device=mask.device)
        return frames, mask[:, frames]

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
        weights = {"places": self.settings.geometric, "velocities": self.settings.moving}
        if any(weights.values()):
            parts |= self._missed(rows * self.row_std + self.row_mean, data, mask)
        variance = found.std.square()
        kl = (found.mean.square() + variance - 1 - variance.log()) / 2
        parts["kl"] = masked_mean(kl, torch.ones_like(kl, dtype=torch.bool))
        total = recon + self.settings.kl * parts["kl"]
        for name, weight in weights.items():
            if weight:
                total = total + weight * parts[name]
        return Loss(total, {name: part.detach() for name, part in parts.items()})

    def _missed(self, rows: Tensor, data: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """How far joints are off, and how far their velocities."""
        made, true = (joint_places(x, self.layout) for x in (rows, data))
        both = mask[:, 1:] & mask[:, :-1]
        moved, moves = (self.layout.rate_hz * x.diff(dim=1) for x in (made, true))
        found = {"places": (made, true, mask), "velocities": (moved, moves, both)}
        return {
            name: masked_mean(self._distance(x, y), m[..., None, None].expand_as(y))
            for name, (x, y, m) in found.items()
        }

    def _distance(self, made: Tensor, true: Tensor) -> Tensor:
        if self.settings.distance == "smooth":
            return F.smooth_l1_loss(made, true, reduction="none")
        return (made - true).square()


def _smoothed(rows: Tensor, mask: Tensor, width: int) -> Tensor:
    """Rows ``(B, L, F)`` through the binomial filter.

    Before the first and behind the last row stand copies of it, so that a clip's ends do not hang
    on what it was padded with.
    """
    taps = torch.tensor([math.comb(width - 1, k) for k in range(width)], device=rows.device)
    count = mask.sum(dim=1, keepdim=True)
    at = torch.arange(-(width // 2), rows.shape[1] + width // 2, device=rows.device)
    at = torch.minimum(at.clamp_min(0)[None].expand(len(rows), -1), (count - 1).clamp_min(0))
    seen = rows.gather(1, at[..., None].expand(-1, -1, rows.shape[2]))
    windows = seen.unfold(1, width, 1)  # (B, L, F, width)
    return (windows * (taps / taps.sum()).to(rows.dtype)).sum(dim=-1)


def _read(x: Tensor, count: Tensor, points: int, parts: Tensor) -> Tensor:
    """Read a path at the middles of equal parts of it, with straight lines between.

    Args:
        x: ``(B, n, d)``.
        count: How many of its points each path has, ``(B,)``; they too are middles of equal parts.
        points: How many are read ``m``.
        parts: Into how many parts each path is divided, ``(B,)``; points behind the last read it.

    Returns:
        ``(B, m, d)``.
    """
    middle = torch.arange(points, device=x.device) + 0.5
    at = middle * (count / parts.clamp_min(1))[:, None] - 0.5
    at = torch.minimum(at.clamp_min(0.0), (count[:, None] - 1).clamp_min(0).to(at.dtype))
    low = at.floor().long()
    high = torch.minimum(low + 1, (count[:, None] - 1).clamp_min(0))
    share = (at - low)[..., None].to(x.dtype)
    before, after = (x.gather(1, i[..., None].expand(-1, -1, x.shape[2])) for i in (low, high))
    out: Tensor = before + share * (after - before)
    return out
