"""Latents of the training part, computed once, and the scale on which they are diffused."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from unisono.codecs.motion_vae import MotionVAE, Posterior
from unisono.core.contracts import Batch
from unisono.core.freezing import freeze

__all__ = ["LatentCache", "Scaler", "frozen"]

_CHUNK = 256
_LEAST = 1e-3


class Scaler(nn.Module):
    """Latents to mean 0 and spread 1, number by number, and back; or as they are.

    Args:
        tokens: Tokens of a latent.
        width: Width of a token.
        on: Whether it does anything.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, tokens: int, width: int, *, on: bool) -> None:
        super().__init__()
        self.on = on
        self.register_buffer("mean", torch.zeros(tokens, width))
        self.register_buffer("std", torch.ones(tokens, width))

    def fit(self, latents: Tensor) -> None:
        """Measure latents ``(n, K, d)`` of the training part."""
        if self.on:
            self.mean.copy_(latents.mean(dim=0))
            self.std.copy_(latents.std(dim=0).clamp_min(_LEAST))

    def there(self, z: Tensor) -> Tensor:
        """Scale."""
        return (z - self.mean) / self.std

    def back(self, z: Tensor) -> Tensor:
        """Undo."""
        return z * self.std + self.mean


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Within it, the module drops nothing out, and none of its parameters requires gradients.

    A part whose phase has just ended is still in training mode when the next phase begins.
    """
    wanted = [p.requires_grad for p in module.parameters()]
    modes = [part.training for part in module.modules()]
    freeze(module)
    try:
        yield
    finally:
        for parameter, want in zip(module.parameters(), wanted, strict=True):
            parameter.requires_grad_(want)
        for part, mode in zip(module.modules(), modes, strict=True):
            part.training = mode


@dataclass(frozen=True)
class LatentCache:
    """Posteriors of windows.

    Args:
        mean: ``(n, K, d)``.
        std: Likewise.
        place: Where the window of a row of the table stands, ``(rows,)``; -1 where it is none.
    """

    mean: Tensor
    std: Tensor
    place: Tensor

    @classmethod
    def of(cls, vae: MotionVAE, windows: Batch) -> "LatentCache":
        """Encode windows, a few at a time, without gradient.

        Latents must not depend on whether the VAE was frozen yet, or on autocast, in which a
        resumed run comes here, or it would not be the same run: dropout would be cached with them,
        and attention picks another kernel for weights that require gradients, which rounds
        otherwise.
        """
        device = vae.row_mean.device
        found = []
        whole = torch.autocast(device.type, enabled=False)
        with torch.no_grad(), frozen(vae), whole:
            for start in range(0, windows.size, _CHUNK):
                part = slice(start, start + _CHUNK)
                mask = windows.mask["motion"][part].any(dim=-1)
                rows = windows.data["motion"][part]
                found.append(vae.posterior(rows.to(device), mask.to(device)))
        place = torch.full((int(windows.index.max()) + 1,), -1, dtype=torch.int64)
        place[windows.index] = torch.arange(windows.size)
        return cls(
            torch.cat([p.mean for p in found]),
            torch.cat([p.std for p in found]),
            place.to(device),
        )

    def of_rows(self, rows: Tensor) -> Posterior:
        """Posteriors of these rows of the table, ``(B,)``."""
        at = self.place[rows]
        return Posterior(self.mean[at], self.std[at])

    def spread_out(self) -> Tensor:
        """Means and one spread to either side of them: the moments of draws, ``(2 n, K, d)``."""
        return torch.cat([self.mean - self.std, self.mean + self.std])
