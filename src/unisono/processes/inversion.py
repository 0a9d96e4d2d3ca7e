r"""DDIM run upward: from data to the noise that a deterministic sampler turns back into them.

The exact inverse of a DDIM step from ``s`` down to ``t < s`` solves

.. math:: z_s = \sqrt{A_s}\,\frac{z_t - \sqrt{1 - A_t}\, e}{\sqrt{A_t}} + \sqrt{1 - A_s}\, e,
          \qquad e = \hat\varepsilon(z_s, s)

The naive inversion (Dhariwal & Nichol, 2105.05233, appendix F) takes
:math:`e = \hat\varepsilon(z_t, t)` from the lower end: first order in the step, and the latents
it finds spread too little. Fixed-point iteration from :math:`z_s := z_t` solves the equation and
gives an exact round trip on the same grid (Pan et al., 2309.04907).
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from unisono.core.checks import check_range
from unisono.core.contracts import Denoiser
from unisono.processes.diffusion import VP, Spacing
from unisono.processes.solvers import State, estimate_at

__all__ = ["DDIMInversion"]


@dataclass(frozen=True)
class DDIMInversion:
    """Inversion of :class:`~unisono.processes.ddim.DDIM` with ``eta = 0``; walk it with ``solve``.

    Sample back with ``DDIM(process, steps, spacing=spacing)``. The naive form evaluates the first
    step at the lowest noise level instead of at ``t = 0``, where noise cannot be told from data;
    ``"linspace"`` makes that step one level long, so that nothing is lost.

    Args:
        process: The diffusion.
        steps: Steps of the walk, at most ``T``.
        iterations: Most fixed-point iterations a step (one evaluation each), fewer where rounding
            is reached; 0 is the naive form.
        spacing: How the levels are chosen, see :meth:`VP.grid`.
    """

    process: VP
    steps: int = 50
    iterations: int = 0
    spacing: Spacing = "linspace"

    def __post_init__(self) -> None:
        check_range("iterations", self.iterations, 0, 10_000, closed=True)
        self.grid()

    def grid(self) -> Tensor:
        """See :meth:`Solver.grid`; the times rise."""
        return self.process.grid(self.steps, self.spacing).flip(0)

    def step(self, denoise: Denoiser, state: State, until: float, *, generator: Generator) -> State:
        """See :meth:`Solver.step`. Deterministic."""
        z, t = state.z, state.t
        log_t, log_s = self.process.log_power_at(t), self.process.log_power_at(until)
        up = math.exp((log_s - log_t) / 2)
        on_eps = math.sqrt(-math.expm1(log_s)) - up * math.sqrt(-math.expm1(log_t))
        if self.iterations == 0:
            place = max(t, 1 / self.process.steps)
            estimate = estimate_at(denoise, z, place)
            return state.moved(
                up * z + on_eps * self._eps(estimate, z, place), until, estimate, place
            )
        moved = estimate = z
        for _ in range(self.iterations):
            before = moved
            estimate = estimate_at(denoise, moved, until)
            moved = up * z + on_eps * self._eps(estimate, moved, until)
            rounding = 4 * torch.finfo(moved.dtype).eps * moved.abs().max()
            if (moved - before).abs().max() <= rounding:  # the fixed point, as near as floats go
                break
        return state.moved(moved, until, estimate, until)

    def _eps(self, estimate: Tensor, z: Tensor, t: float) -> Tensor:
        log_power = self.process.log_power_at(t)
        return (z - math.exp(log_power / 2) * estimate) / math.sqrt(-math.expm1(log_power))
