r"""Preconditioning of a bridge's network, from the spread and covariance of the two ends.

With :math:`\sigma_0` and :math:`\sigma_T` the spread of target and source, ``k`` their
covariance, and the weights ``(a, b, s)`` of target, source and noise,

.. math:: A = a^2 \sigma_0^2 + b^2 \sigma_T^2 + 2 a b k + s^2, \quad
          c_{in} = A^{-1/2}, \quad
          c_{skip} = \frac{a \sigma_0^2 + b k}{A}, \quad
          c_{out} = \sqrt{\frac{b^2 (\sigma_0^2 \sigma_T^2 - k^2) + \sigma_0^2 s^2}{A}}

.. math:: D(z_t, t) = c_{skip} z_t + c_{out} F(c_{in} z_t,\; c_{noise}), \qquad
          c_{noise} = 250 \ln \tau

(Zhou et al., 2309.16948, section 4.2). The network's input and its target then have spread 1 at
every time, the target's part that is linear in ``z_t`` is taken off, and the loss weighted by
:math:`1/c_{out}^2` is the plain squared error of ``F``. Where every walk starts at one point
(:math:`\sigma_T = 0`), ``A`` is 0 at the source and the limit holds: :math:`c_{out} = \sigma_0`.
The published constant (both spreads 0.5, covariance 0) holds for latents that happen to have it:
:class:`RunningEnds` measures them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from unisono.core.checks import check_axes, check_range
from unisono.core.distributed import masked_mean
from unisono.processes.bridge import Bridge
from unisono.processes.paths import expand

__all__ = ["CONSTANT", "BridgeDenoiser", "Ends", "RunningEnds", "Scalings", "scalings"]

_LEAST_SPREAD = 1e-4
"""Spread below which an end counts as constant: dividing by it would amplify rounding."""


class Ends(NamedTuple):
    """Second moments of the two ends about their means, each a number or a scalar tensor.

    Attributes:
        target: Spread of the target.
        source: Spread of the source; 0 where every walk starts at one point.
        covariance: Mean product of the two ends, element by element.
    """

    target: Tensor | float
    source: Tensor | float
    covariance: Tensor | float


CONSTANT = Ends(0.5, 0.5, 0.0)
"""What published code assumes of every latent space."""


class Scalings(NamedTuple):
    """Factors of a preconditioned network, each with the shape of ``t``.

    Attributes:
        inside: ``c_in``.
        skip: ``c_skip``.
        out: ``c_out``.
        noise: ``c_noise``, what the network is told of the time.
    """

    inside: Tensor
    skip: Tensor
    out: Tensor
    noise: Tensor


def scalings(bridge: Bridge, t: Tensor, ends: Ends) -> Scalings:
    """Return the factors at each time, computed in float64, in the dtype of ``t``.

    Args:
        bridge: The bridge.
        t: Times, any shape.
        ends: Moments of the two ends.

    Example:
        >>> from unisono.processes.bridge_base import VEBase
        >>> t = torch.tensor(1 / 80, dtype=torch.float64)
        >>> [round(x.item(), 5) for x in scalings(Bridge(VEBase(80.0)), t, CONSTANT)]
        [0.89451, 0.20001, 0.44722, 0.0]
    """
    a, b, s = bridge.weights(t.to(torch.float64))
    sd, se, cov = (torch.as_tensor(end, dtype=torch.float64, device=t.device) for end in ends)
    total = a**2 * sd**2 + b**2 * se**2 + 2 * a * b * cov + s**2
    tiny = torch.finfo(torch.float32).tiny
    inside = total.clamp_min(tiny).rsqrt()
    # rounding, or moments that were measured on different batches, must not give a negative root
    rest = (b**2 * (se**2 * sd**2 - cov**2) + sd**2 * s**2).clamp_min(0.0)
    # at a source without spread there is nothing to skip: all that is told comes from the network
    out = torch.where(total > tiny, rest.sqrt() * inside, sd)
    noise = 250.0 * bridge.native(t).clamp_min(tiny).log()
    found = (inside, (a * sd**2 + b * cov) * inside**2, out, noise)
    return Scalings(*(factor.to(t.dtype) for factor in found))


class RunningEnds(nn.Module):
    r"""Moments of the two ends, measured while training and sealed with the weights.

    Means of :math:`z_0, z_T, z_0^2, z_T^2, z_0 z_T` over all valid elements of the global batch,
    averaged exponentially; early averages are exact means.

    Args:
        decay: Weight of the past, in [0, 1).
    """

    moments: Tensor
    count: Tensor

    def __init__(self, decay: float = 0.99) -> None:
        super().__init__()
        check_range("decay", decay, 0.0, 1.0 - 1e-12, closed=True)
        self.decay = decay
        self.register_buffer("moments", torch.zeros(5, dtype=torch.float64))
        self.register_buffer("count", torch.zeros((), dtype=torch.float64))

    @torch.no_grad()
    def update(self, target: Tensor, source: Tensor, mask: Tensor) -> None:
        """Take in a batch.

        Args:
            target: ``(B, N, d)``.
            source: Like ``target``.
            mask: ``(B, N)`` bool, True where a token is real in both.
        """
        check_axes(
            target=(target, "batch token width"),
            source=(source, "batch token width"),
            mask=(mask, "batch token"),
        )
        x, y = target.detach().to(torch.float64), source.detach().to(torch.float64)
        here = mask[..., None].expand_as(x)
        parts = (x, y, x * x, y * y, x * y)
        now = torch.stack([masked_mean(part, here) for part in parts])
        self.count += 1
        share = torch.maximum(1 / self.count, torch.full_like(self.count, 1 - self.decay))
        self.moments.lerp_(now, share)

    def ends(self) -> Ends:
        """Return the moments; before any batch, those of independent ends of spread 1."""
        x, y, xx, yy, xy = self.moments.unbind()
        if self.count == 0:
            return Ends(torch.ones_like(x), torch.ones_like(x), torch.zeros_like(x))
        sd = (xx - x**2).clamp_min(_LEAST_SPREAD**2).sqrt()
        se = (yy - y**2).clamp_min(0.0).sqrt()
        bound = sd * se
        return Ends(sd, se, torch.clamp(xy - x * y, -bound, bound))


@dataclass(frozen=True)
class BridgeDenoiser:
    """A network's output, read as an estimate of the target: what solvers consume.

    Args:
        predict: ``(c_in z, c_noise) -> F``, with the condition already bound.
        bridge: The bridge it was trained on.
        ends: Moments of the two ends.
    """

    predict: Callable[[Tensor, Tensor], Tensor]
    bridge: Bridge
    ends: Ends

    def __call__(self, z: Tensor, t: Tensor) -> Tensor:
        """Return the estimate of the target, like ``z``."""
        factors = scalings(self.bridge, t, self.ends)
        inside, skip, out = (expand(f, z).to(z.dtype) for f in factors[:3])
        return skip * z + out * self.predict(inside * z, factors.noise.to(z.dtype))
