r"""Frames to codes by principal axes: exact where it is wide enough, and its residual is known.

With the mean :math:`\mu` and a scale :math:`s` for each channel, fitted on the training part,

.. math:: z = P^\top \frac{x - \mu}{s}, \qquad \hat x = \mu + s\,(P z)

``P`` being the leading axes of the scaled frames, ``(D, w)`` with orthonormal columns. What a frame
has beside its reconstruction, :math:`x - \hat x`, is orthogonal to every code: an edit of codes can
keep it, and then loses nothing.

Axes of wide frames are found by a randomised range finder with power iterations (Halko, Martinsson
& Tropp, SIAM Review 53, 2011).
"""

import torch
from torch import Generator, Tensor, nn

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import UnisonoError

__all__ = ["PrincipalAxes"]

_EXACT = 700
"""Up to so many frames or channels the axes are exact."""

_MORE, _POWERS = 10, 3


class PrincipalAxes(nn.Module):
    """A linear codec of frames.

    Args:
        channels: ``D``.
        width: ``w``, at most ``D``.
    """

    mean: Tensor
    scale: Tensor
    axes: Tensor

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        check_range("width", width, 1, channels, closed=True)
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("scale", torch.ones(channels))
        self.register_buffer("axes", torch.eye(channels, width))

    def fit(self, frames: Tensor, scale: Tensor, *, generator: Generator) -> None:
        """Fit on frames of the TRAINING part, ``(n, D)``.

        Args:
            frames: The frames.
            scale: Scale of each channel, ``(D,)``, above 0; the codec divides it by the root mean
                square of all scaled channels, so that a scaled frame has unit spread.
            generator: Where the range finder's directions come from.

        Raises:
            UnisonoError: If there are fewer frames than axes.
        """
        check_axes(frames=(frames, "frame channel"), scale=(scale, "channel"))
        width = self.axes.shape[1]
        if len(frames) <= width:
            raise UnisonoError(
                f"{len(frames)} frames are too few for codes of width {width}; take narrower codes."
            )
        mean = frames.mean(dim=0)
        scaled = (frames - mean) / scale
        level = scaled.square().mean().sqrt().clamp(min=1e-12)
        self.mean.copy_(mean)
        self.scale.copy_(scale * level)
        self.axes.copy_(_leading(scaled / level, width, generator))

    def encode(self, frames: Tensor) -> Tensor:
        """Return codes ``(n, w)`` of frames ``(n, D)``."""
        return ((frames - self.mean) / self.scale) @ self.axes

    def decode(self, codes: Tensor) -> Tensor:
        """Return frames ``(n, D)`` of codes ``(n, w)``."""
        return self.mean + self.scale * (codes @ self.axes.T)


def _leading(values: Tensor, width: int, generator: Generator) -> Tensor:
    """Leading right singular vectors, ``(D, width)``, each with its largest entry positive."""
    if min(values.shape) <= _EXACT:
        axes = torch.linalg.svd(values, full_matrices=False).Vh[:width].T
    else:
        count = min(width + _MORE, min(values.shape))
        start = torch.randn(
            values.shape[1], count, generator=generator, dtype=values.dtype, device=values.device
        )
        basis = torch.linalg.qr(values @ start).Q
        for _ in range(_POWERS):
            basis = torch.linalg.qr(values @ torch.linalg.qr(values.T @ basis).Q).Q
        axes = torch.linalg.svd(basis.T @ values, full_matrices=False).Vh[:width].T
    largest = axes.abs().argmax(dim=0)
    signed: Tensor = axes * torch.sign(axes.gather(0, largest[None]))
    return signed
