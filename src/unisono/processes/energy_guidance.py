r"""Guidance by an energy: a denoiser in, a denoiser out.

Samples of :math:`p(z_0)\, e^{-\lambda E(z_0)}` are wanted. With the score of the noised target
tilted by :math:`e^{-\lambda E(\hat z_0(z_t))}` (Chung et al., 2209.14687), Tweedie's formula turns
the change of the score into a change of the estimate,

.. math:: \hat z_0' = \hat z_0 - \lambda \frac{s_t^2}{a_t}\, \nabla_{z_t} E(\hat z_0(z_t))

with ``a`` and ``s`` the weights of target and noise. It is exact where ``E`` is linear and the
target normal; where ``E`` is curved it pulls too hard, since it looks at the estimate and not at
the spread about it (on a normal target of spread 0.5 and a quadratic, 0.72 where 0.5 is exact).
``through = False`` leaves the network out of the gradient (He et al., 2311.16424):
:math:`\partial \hat z_0 / \partial z_t` is then the identity times :math:`v_t a_t / s_t^2`, where
the spread :math:`v_t` of the target given the noisy one is that of a standard normal target,
:math:`v_t = s_t^2 / (a_t^2 + s_t^2)`, so that

.. math:: \hat z_0' = \hat z_0 - \lambda v_t\, \nabla_{\hat z_0} E(\hat z_0)

costs no backward pass. Since it changes the estimate alone, every solver works with it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from unisono.core.checks import check_range
from unisono.core.contracts import Denoiser, Process
from unisono.processes.paths import expand, scale_of

__all__ = ["EnergyGuided"]

_LEAST_SIGNAL = 1e-3
"""Below this weight of the target nothing is known of it, and no gradient is taken."""


@dataclass(frozen=True)
class EnergyGuided:
    """A denoiser pulled toward low energy.

    Args:
        denoise: The denoiser.
        process: Its process, from standard normal noise.
        energy: ``E``: estimates ``(batch, ...)`` to one number each, ``(batch,)``, differentiable.
        weight: ``lambda``, 0 or more; 0 changes nothing.
        through: Whether the gradient goes through the network.
        limit: Largest change of an estimate's element, in spreads of the target; where the energy
            is far from linear, an early step would else be thrown out of the data.

    Example:
        >>> from unisono.processes.flow import LinearFlow
        >>> tilt = lambda x: x.sum(dim=1)
        >>> guided = EnergyGuided(lambda z, t: 0 * z, LinearFlow(), tilt, 1.0, through=False)
        >>> guided(torch.zeros(1, 1), torch.full((1,), 0.5)).item()
        -0.5
    """

    denoise: Denoiser
    process: Process
    energy: Callable[[Tensor], Tensor]
    weight: float
    through: bool = True
    limit: float = 4.0

    def __post_init__(self) -> None:
        check_range("weight", self.weight, 0.0, float("inf"), closed=True)
        check_range("limit", self.limit, 0.0, float("inf"))

    def __call__(self, z: Tensor, t: Tensor) -> Tensor:
        """Return the guided estimate of the target, like ``z``."""
        if self.weight == 0:
            return self.denoise(z, t)
        signal, noise = scale_of(self.process, t)
        with torch.enable_grad():
            if self.through:
                entry = z.detach().requires_grad_()
                estimate = self.denoise(entry, t)
            else:
                estimate = entry = self.denoise(z, t).detach().requires_grad_()
            (slope,) = torch.autograd.grad(self.energy(estimate).sum(), entry)
        if self.through:
            factor = noise.square() / signal.clamp(min=_LEAST_SIGNAL)
        else:
            factor = noise.square() / (signal.square() + noise.square())
        factor = torch.where(signal < _LEAST_SIGNAL, torch.zeros_like(factor), factor)
        change = self.weight * expand(factor, z) * slope
        return estimate.detach() - change.clamp(-self.limit, self.limit)
