r"""Denoising diffusion implicit models: any stride, any amount of noise.

From ``t`` to ``s < t``, with :math:`A` the signal power and
:math:`\hat\varepsilon = (z_t - \sqrt{A_t}\,\hat z_0)/\sqrt{1 - A_t}`,

.. math:: z_s = \sqrt{A_s}\,\hat z_0 + \sqrt{1 - A_s - \sigma^2}\,\hat\varepsilon
              + \sigma \varepsilon, \qquad
          \sigma = \eta \sqrt{\frac{1 - A_s}{1 - A_t}} \sqrt{1 - \frac{A_t}{A_s}}

(Song, Meng & Ermon, 2010.02502, eqs. 12 and 16).
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from unisono.core.checks import check_range
from unisono.core.contracts import Denoiser
from unisono.processes.diffusion import VP, Spacing
from unisono.processes.solvers import State, estimate_at

__all__ = ["DDIM"]


@dataclass(frozen=True)
class DDIM:
    """Implicit sampler.

    Args:
        process: The diffusion.
        steps: Steps of the walk, at most ``T``.
        eta: 0 is deterministic, 1 has the variance of ancestral sampling.
        spacing: How the levels are chosen, see :meth:`VP.grid`.
    """

    process: VP
    steps: int = 50
    eta: float = 0.0
    spacing: Spacing = "trailing"

    def __post_init__(self) -> None:
        check_range("eta", self.eta, 0.0, 1.0, closed=True)
        self.grid()

    def grid(self) -> Tensor:
        """See :meth:`Solver.grid`."""
        return self.process.grid(self.steps, self.spacing)

    def step(self, denoise: Denoiser, state: State, until: float, *, generator: Generator) -> State:
        """See :meth:`Solver.step`."""
        z, t = state.z, state.t
        log_t, log_s = self.process.log_power_at(t), self.process.log_power_at(until)
        left_t, left_s = -math.expm1(log_t), -math.expm1(log_s)  # 1 - A without cancellation
        sigma = self.eta * math.sqrt(left_s / left_t * -math.expm1(log_t - log_s))
        estimate = estimate_at(denoise, z, t)
        eps = (z - math.exp(log_t / 2) * estimate) / math.sqrt(left_t)
        moved = math.exp(log_s / 2) * estimate + math.sqrt(max(left_s - sigma**2, 0.0)) * eps
        if sigma > 0:
            noise = torch.randn(z.shape, generator=generator, dtype=z.dtype, device=z.device)
            moved = moved + sigma * noise
        return state.moved(moved, until, estimate, t)
