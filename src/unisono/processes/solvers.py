r"""Walking a process from source to data: the one loop, and what a solver supplies to it.

A solver is a frozen dataclass with a time grid and one step. It consumes only a denoiser
``(z, t) -> estimate of the target`` and its process; conditions and guidance live in the denoiser.
To add one, write the two methods of :class:`Solver` and add a line to ``SOLVERS`` in
``tests/processes/test_solvers.py``.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Generator, Tensor

from unisono.core.contracts import Denoiser

__all__ = ["Solution", "Solver", "State", "estimate_at", "solve"]


class State(NamedTuple):
    """Where a walk stands.

    Attributes:
        z: Latents at ``t``, ``(batch, ...)``.
        t: The time.
        source: What the walk started from (bridges need it), like ``z``.
        estimate: The last estimate of the target, like ``z``; None before the first step.
        estimated_at: The time of that estimate (multi-step solvers need it).
    """

    z: Tensor
    t: float
    source: Tensor
    estimate: Tensor | None = None
    estimated_at: float | None = None

    def moved(self, z: Tensor, t: float, estimate: Tensor, estimated_at: float) -> "State":
        """Return the state after a step to ``z`` at ``t``."""
        return State(z, t, self.source, estimate, estimated_at)


class Solver(Protocol):
    """A way to walk a process."""

    def grid(self) -> Tensor:
        """Return the times to visit, ``(steps + 1,)`` float64, in the order of the walk."""
        ...

    def step(self, denoise: Denoiser, state: State, until: float, *, generator: Generator) -> State:
        """Return the state at the time ``until``."""
        ...


class Solution(NamedTuple):
    """The end of a walk.

    Attributes:
        z: Latents at the last time, ``(batch, ...)``.
        estimate: The last estimate of the target, like ``z``.
        evaluations: Calls of the denoiser.
        times: The grid, ``(steps + 1,)`` float64.
        trajectory: ``(steps + 1, batch, ...)`` from start to end, or None if not traced.
    """

    z: Tensor
    estimate: Tensor
    evaluations: int
    times: Tensor
    trajectory: Tensor | None


@dataclass
class _Counted:
    denoise: Denoiser
    calls: int = 0

    def __call__(self, z: Tensor, t: Tensor) -> Tensor:
        self.calls += 1
        return self.denoise(z, t)


def estimate_at(denoise: Denoiser, z: Tensor, t: float) -> Tensor:
    """Call a denoiser at one time for the whole batch. Times are float32 or finer."""
    dtype = torch.float64 if z.dtype == torch.float64 else torch.float32
    return denoise(z, torch.full((z.shape[0],), t, dtype=dtype, device=z.device))


def solve(
    solver: Solver,
    denoise: Denoiser,
    start: Tensor,
    *,
    generator: Generator,
    trace: bool = False,
) -> Solution:
    """Walk a solver's grid.

    Gradients flow through the walk; sample under ``torch.no_grad()``.

    Args:
        solver: How to step, and over which times.
        denoise: Estimate of the target.
        start: Latents at the first time of the grid, ``(batch, ...)``: standard normal noise for
            diffusions and flows, the source for bridges, data for an inversion.
        generator: Where the noise of the steps comes from, on the device of ``start``.
        trace: Keep the latents of every time.

    Example:
        >>> from unisono.processes.diffusion import VP
        >>> from unisono.processes.ddim import DDIM
        >>> g = torch.Generator().manual_seed(0)
        >>> noise = torch.randn(2, 4, 3, generator=g)
        >>> ones = lambda z, t: torch.ones_like(z)
        >>> solution = solve(DDIM(VP(), steps=5), ones, noise, generator=g)
        >>> bool((solution.z == 1).all()), solution.evaluations
        (True, 5)
    """
    counted = _Counted(denoise)
    times = solver.grid()
    first, *later = times.tolist()
    state = State(start, first, start)
    path = [start]
    for until in later:
        state = solver.step(counted, state, until, generator=generator)
        if trace:
            path.append(state.z)
    estimate = state.z if state.estimate is None else state.estimate
    trajectory = torch.stack(path) if trace else None
    return Solution(state.z, estimate, counted.calls, times, trajectory)
