r"""The covariance of a residual, measured while training: what a bridge's noise is coloured with.

A bridge that carries a residual :math:`u` in units where :math:`\operatorname{cov} u = I` has
nothing left to learn but what differs from item to item: before training its samples already have
the residual's covariance. With the running second moments ``C`` of ``K`` numbers at a time,

.. math:: S = (1 - \rho)\, C + \rho\, \frac{\operatorname{tr} C}{K} I, \qquad
          P = \Bigl(\frac{K}{\operatorname{tr} C}\Bigr)^{1/2} S^{1/2}, \qquad
          \text{residual} = \sigma\, P u,

with :math:`S^{1/2}` the symmetric root, the one that moves tokens least, and :math:`\sigma` the
residual's root mean square, which is measured elsewhere
(:class:`~unisono.processes.bridge_scaling.RunningEnds`). The shrinkage :math:`\rho` keeps
directions that a residual hardly takes from being blown up.
"""

from typing import Any

import torch
from torch import Tensor, nn

from unisono.core.checks import check_axes, check_range
from unisono.core.distributed import gather_batch, world

__all__ = ["ResidualColour"]

_SHRINK = 0.02
_EVERY = 50
_EARLY = 10  # batches before which nothing is coloured: their covariance is one of few items


class ResidualColour(nn.Module):
    """Between residuals and noise of spread 1; the identity until enough was measured.

    Args:
        size: ``K``, numbers that vary together; of longer rows, every ``K`` are alike.
        decay: Weight of the past in the second moments, in [0, 1); early ones are exact means.
    """

    second: Tensor
    count: Tensor
    paint: Tensor
    strip: Tensor

    def __init__(self, size: int, decay: float = 0.998) -> None:
        super().__init__()
        check_range("size", size, 1, 65536, closed=True)
        check_range("decay", decay, 0.0, 1.0 - 1e-12, closed=True)
        self.size, self.decay = size, decay
        self.register_buffer("second", torch.zeros(size, size))
        self.register_buffer("count", torch.zeros((), dtype=torch.float64))
        self.register_buffer("paint", torch.eye(size))
        self.register_buffer("strip", torch.eye(size))

    @torch.no_grad()
    def update(self, residual: Tensor, mask: Tensor) -> None:
        """Take in a batch; now and then the colours follow.

        Args:
            residual: ``(B, N, d)``.
            mask: ``(B, N)`` bool, which tokens are real; rows with one that is not are left out.
        """
        check_axes(residual=(residual, "batch token width"), mask=(mask, "batch token"))
        rows = residual.detach().float().reshape(-1, self.size)
        whole = mask[..., None].expand_as(residual).reshape(-1, self.size).all(dim=1)
        rows = rows[whole]
        with torch.autocast(rows.device.type, enabled=False):
            found = torch.cat([rows.T @ rows, rows.new_full((1, self.size), float(len(rows)))])
        if world().size > 1:
            found = gather_batch(found[None]).sum(dim=0)
        # of what is not finite the training tells; it must not stay here
        if not found[-1, 0] or not bool(found.isfinite().all()):
            return
        self.count += 1
        share = torch.maximum(1 / self.count, torch.full_like(self.count, 1 - self.decay))
        self.second.lerp_(found[:-1] / found[-1, 0], share.float())
        if self.count >= _EARLY and self.count % (_EARLY if self.count < _EVERY else _EVERY) == 0:
            self._mix()

    def _mix(self) -> None:
        spread, axes = torch.linalg.eigh(self.second.double())
        spread = spread.clamp_min(0.0)
        level = spread.mean()
        if not level > 0:
            return
        root = ((1 - _SHRINK) * spread / level + _SHRINK).sqrt()
        self.paint.copy_((axes * root) @ axes.T)
        self.strip.copy_((axes / root) @ axes.T)

    def painted(self, noise: Tensor) -> Tensor:
        """Give noise ``(..., N, d)`` of spread 1 the residual's covariance, up to its size."""
        return self._through(noise, self.paint)

    def stripped(self, residual: Tensor) -> Tensor:
        """The inverse of :meth:`painted`."""
        return self._through(residual, self.strip)

    def _through(self, values: Tensor, by: Tensor) -> Tensor:
        with torch.autocast(values.device.type, enabled=False):  # each undoes the other
            return (values.reshape(-1, self.size) @ by.to(values.dtype)).view(values.shape)

    def _load_from_state_dict(  # torch's own hook
        self,
        state_dict: dict[str, Tensor],
        prefix: str,
        *rest: Any,  # noqa: ANN401 - what torch passes on
    ) -> None:
        # bridges sealed before residuals were coloured had noise of one spread
        for name, usual in self.named_buffers():
            state_dict.setdefault(f"{prefix}{name}", usual)
        super()._load_from_state_dict(state_dict, prefix, *rest)
