r"""Solvers of a flow's ordinary differential equation ``dz/dt = u(z, t)``, from ``t = 1`` to 0.

============  =====================================================  =====  ==================
solver        step of length ``h`` (negative)                        order  evaluations a step
============  =====================================================  =====  ==================
``Euler``     ``z + h u(z, t)``                                      1      1
``Midpoint``  ``z + h u(z + h/2 u(z, t), t + h/2)``                  2      2
``Heun``      ``z + h/2 (u(z, t) + u(z + h u(z, t), t + h))``        2      2 (1 in the last)
============  =====================================================  =====  ==================

Butcher, *Numerical Methods for Ordinary Differential Equations*, 2016, section 232. The velocity
is not defined by an estimate at ``t = 0``, so Heun's last step is Euler's (as in Karras et al.,
2206.00364); ``Midpoint`` never goes there and keeps its order.
"""

from dataclasses import dataclass

from torch import Generator, Tensor

from unisono.core.contracts import Denoiser
from unisono.processes.flow import LinearFlow
from unisono.processes.solvers import State, estimate_at

__all__ = ["Euler", "Heun", "Midpoint"]


@dataclass(frozen=True)
class _OnFlow:
    process: LinearFlow
    steps: int = 10

    def __post_init__(self) -> None:
        self.grid()

    def grid(self) -> Tensor:
        """See :meth:`Solver.grid`."""
        return self.process.grid(self.steps)


@dataclass(frozen=True)
class Euler(_OnFlow):
    """First order, one evaluation a step.

    Args:
        process: The flow.
        steps: Steps of the walk.
    """

    def step(self, denoise: Denoiser, state: State, until: float, *, generator: Generator) -> State:
        """See :meth:`Solver.step`. Deterministic."""
        z, t = state.z, state.t
        estimate = estimate_at(denoise, z, t)
        return state.moved(
            z + (until - t) * self.process.velocity(estimate, z, t), until, estimate, t
        )


@dataclass(frozen=True)
class Midpoint(_OnFlow):
    """Second order, two evaluations a step; keeps the spread best for its cost.

    Args:
        process: The flow.
        steps: Steps of the walk (two evaluations each).
    """

    def step(self, denoise: Denoiser, state: State, until: float, *, generator: Generator) -> State:
        """See :meth:`Solver.step`. Deterministic."""
        z, t = state.z, state.t
        half = (t + until) / 2
        first = self.process.velocity(estimate_at(denoise, z, t), z, t)
        between = z + (half - t) * first
        estimate = estimate_at(denoise, between, half)
        slope = self.process.velocity(estimate, between, half)
        return state.moved(z + (until - t) * slope, until, estimate, half)


@dataclass(frozen=True)
class Heun(_OnFlow):
    """Second order but for the last step, two evaluations a step.

    Args:
        process: The flow.
        steps: Steps of the walk (two evaluations each but for the last).
    """

    def step(self, denoise: Denoiser, state: State, until: float, *, generator: Generator) -> State:
        """See :meth:`Solver.step`. Deterministic."""
        z, t = state.z, state.t
        estimate = estimate_at(denoise, z, t)
        slope = self.process.velocity(estimate, z, t)
        ahead = z + (until - t) * slope
        at = t
        if until > 0:
            at = until
            estimate = estimate_at(denoise, ahead, until)
            slope = (slope + self.process.velocity(estimate, ahead, until)) / 2
        return state.moved(z + (until - t) * slope, until, estimate, at)
