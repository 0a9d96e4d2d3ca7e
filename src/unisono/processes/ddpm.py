r"""Ancestral sampling of a variance-preserving diffusion.

From ``t`` to ``s < t``, with :math:`A` the signal power and :math:`\alpha = A_t/A_s`,

.. math:: z_s = \frac{\sqrt{A_s}\,(1 - \alpha)}{1 - A_t}\,\hat z_0
              + \frac{\sqrt{\alpha}\,(1 - A_s)}{1 - A_t}\,z_t
              + \sqrt{\frac{(1 - \alpha)(1 - A_s)}{1 - A_t}}\;\varepsilon

(Ho, Jain & Abbeel, 2006.11239, eqs. 6 and 7, for neighbouring levels; the same posterior for any
stride). At ``s = 0`` it returns the estimate itself, without noise.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from unisono.core.contracts import Denoiser
from unisono.processes.diffusion import VP, Spacing
from unisono.processes.solvers import State, estimate_at

__all__ = ["DDPM"]


@dataclass(frozen=True)
class DDPM:
    """Ancestral sampler; the variance is that of the true posterior ("fixed small").

    Args:
        process: The diffusion.
        steps: Steps of the walk; None for all ``T`` levels.
        spacing: How the levels are chosen, see :meth:`VP.grid`.
    """

    process: VP
    steps: int | None = None
    spacing: Spacing = "trailing"

    def __post_init__(self) -> None:
        self.grid()

    def grid(self) -> Tensor:
        """See :meth:`Solver.grid`."""
        steps = self.process.steps if self.steps is None else self.steps
        return self.process.grid(steps, self.spacing)

    def step(self, denoise: Denoiser, state: State, until: float, *, generator: Generator) -> State:
        """See :meth:`Solver.step`."""
        z, t = state.z, state.t
        log_t, log_s = self.process.log_power_at(t), self.process.log_power_at(until)
        left_t, left_s = -math.expm1(log_t), -math.expm1(log_s)  # 1 - A without cancellation
        added = -math.expm1(log_t - log_s)  # 1 - alpha
        estimate = estimate_at(denoise, z, t)
        on_estimate = math.exp(log_s / 2) * added / left_t
        on_z = math.exp((log_t - log_s) / 2) * left_s / left_t
        mean = on_estimate * estimate + on_z * z
        if left_s > 0:
            noise = torch.randn(z.shape, generator=generator, dtype=z.dtype, device=z.device)
            mean = mean + math.sqrt(added * left_s / left_t) * noise
        return state.moved(mean, until, estimate, t)
