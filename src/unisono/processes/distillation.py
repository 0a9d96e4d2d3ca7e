r"""Few steps from many: a student learns where a teacher's walk lands.

A deterministic first-order step from ``t`` to ``r < t`` moves along one estimate ``x`` of the
target (Euler's step of a flow, DDIM's of a diffusion, DBIM's of a bridge):

.. math:: z_r = a_r x + b_r z_1 + \frac{s_r}{s_t}\,(z_t - a_t x - b_t z_1)

with ``(a, b, s)`` the weights of target, source and noise. If a teacher's walk of many steps goes
from :math:`z_t` to :math:`z_r^\star`, one step lands there exactly if its estimate is

.. math:: x^\star = \frac{z_r^\star - b_r z_1 - \frac{s_r}{s_t}(z_t - b_t z_1)}
                         {a_r - \frac{s_r}{s_t} a_t}

(Salimans & Ho, 2202.00512, appendix G, for two teacher steps). The student is told both ends of
the jump, ``(t, r)``, so that one network serves every number of steps up to ``most`` (Kim et al.,
2310.02279; Frans et al., 2410.12557); it is walked by :class:`Leap`, one evaluation a step. Where
the source is standard normal noise (diffusions, flows from noise), ``b`` and ``s`` are one noise of
weight :math:`\sqrt{b^2 + s^2}`; a bridge's walk begins after its boot, where ``s > 0``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from unisono.core.checks import check_range
from unisono.core.contracts import Denoiser
from unisono.processes.parameterisation import Kind, target, to_x0
from unisono.processes.paths import Path, scale_of
from unisono.processes.solvers import Solver, State

__all__ = [
    "Jump",
    "JumpDenoiser",
    "Leap",
    "draw_jump",
    "jump_times",
    "landing",
    "leap",
    "taught",
    "walk",
]


class Jump(NamedTuple):
    """A stretch of the process, from ``start`` down to ``end``."""

    start: float
    end: float


class _Weights(NamedTuple):
    target: float
    source: float
    noise: float


def draw_jump(path: Path, most: int, *, generator: Generator) -> Jump:
    """Draw a jump: first a number of steps in 1..``most``, then one of its steps, both uniform.

    Args:
        path: The process.
        most: Largest number of steps.
        generator: Where the draw comes from.

    Example:
        >>> from unisono.processes.flow import LinearFlow
        >>> draw_jump(LinearFlow(), 1, generator=torch.Generator())
        Jump(start=1.0, end=0.0)
    """
    check_range("most", most, 1, 1_000, closed=True)
    device = generator.device
    count = int(torch.randint(1, most + 1, (), generator=generator, device=device))
    at = int(torch.randint(0, count, (), generator=generator, device=device))
    grid = path.grid(count).tolist()
    return Jump(grid[at], grid[at + 1])


def jump_times(z: Tensor, jump: Jump) -> Tensor:
    """Both ends of a jump for each item of ``z`` ``(B, ...)``: ``(B, 2)`` float32."""
    return z.new_tensor(jump, dtype=torch.float32).expand(len(z), 2)


def leap(
    path: Path, estimate: Tensor, z: Tensor, jump: Jump, *, source: Tensor | None = None
) -> Tensor:
    """Take one first-order step along an estimate of the target.

    Args:
        path: The process.
        estimate: Of the target, ``(B, ...)``.
        z: Latents at the jump's start, like ``estimate``.
        jump: From where to where.
        source: A bridge's source, like ``z``; None where the source is noise.
    """
    here, there = (_weights(path, t, source) for t in jump)
    ratio = there.noise / here.noise
    moved = there.target * estimate + ratio * (z - here.target * estimate)
    return moved if source is None else moved + (there.source - ratio * here.source) * source


def landing(
    path: Path, end: Tensor, z: Tensor, jump: Jump, *, source: Tensor | None = None
) -> Tensor:
    """The estimate with which :func:`leap` lands on ``end``; arguments as there.

    Example:
        >>> from unisono.processes.flow import LinearFlow
        >>> z, x, jump = torch.ones(1, 3), torch.full((1, 3), 5.0), Jump(0.8, 0.2)
        >>> landing(LinearFlow(), leap(LinearFlow(), x, z, jump), z, jump)
        tensor([[5., 5., 5.]])
    """
    here, there = (_weights(path, t, source) for t in jump)
    ratio = there.noise / here.noise
    rest = end - ratio * z
    if source is not None:
        rest = rest - (there.source - ratio * here.source) * source
    return rest / (there.target - ratio * here.target)


def walk(
    solver: Solver,
    denoise: Denoiser,
    state: State,
    until: float,
    *,
    substeps: int,
    generator: Generator,
) -> Tensor:
    """Let a teacher walk from a state to a later time, in even steps.

    Args:
        solver: How it steps; its own grid is not used.
        denoise: The teacher.
        state: Where it starts.
        until: Where it ends.
        substeps: Steps of this walk.
        generator: Where the solver's noise comes from, if it has any.

    Returns:
        Latents at ``until``, without gradient.
    """
    check_range("substeps", substeps, 1, 100_000, closed=True)
    times = torch.linspace(state.t, until, substeps + 1, dtype=torch.float64).tolist()
    with torch.no_grad():
        for time in times[1:]:
            state = solver.step(denoise, state, time, generator=generator)
    return state.z


def taught(kind: Kind, estimate: Tensor, z: Tensor, path: Path, start: float) -> Tensor:
    """An estimate of the target, in the form that a network of this kind predicts at ``start``.

    Args:
        kind: What the network predicts.
        estimate: Of the target, ``(B, ...)``.
        z: Latents at ``start``.
        path: The process, from noise.
        start: The time.
    """
    scale = scale_of(path, z.new_full((len(z),), start, dtype=torch.float32))
    shape = (len(z),) + (1,) * (z.ndim - 1)
    noise = (z - scale.signal.reshape(shape) * estimate) / scale.noise.reshape(shape)
    return target(kind, estimate, noise, scale)


@dataclass(frozen=True)
class JumpDenoiser:
    """A student as a denoiser whose times are ``(B, 2)``: both ends of each jump.

    Args:
        predict: The student, ``(z, times) -> prediction``.
        process: The process, from noise.
        kind: What the student predicts.
    """

    predict: Callable[[Tensor, Tensor], Tensor]
    process: Path
    kind: Kind

    def __call__(self, z: Tensor, t: Tensor) -> Tensor:
        """Return the estimate with which one step lands where the teacher's walk does."""
        return to_x0(self.kind, self.predict(z, t), z, scale_of(self.process, t[:, 0]))


@dataclass(frozen=True)
class Leap:
    """The student's solver: one evaluation a step, at ``(B, 2)`` times.

    Args:
        process: The process.
        steps: Steps of the walk, at most the ``most`` the student was taught with.
        bridge: Whether the walk's start is a bridge's source rather than noise.
    """

    process: Path
    steps: int = 2
    bridge: bool = False

    def grid(self) -> Tensor:
        """See :meth:`Solver.grid`."""
        return self.process.grid(self.steps)

    def step(self, denoise: Denoiser, state: State, until: float, *, generator: Generator) -> State:
        """See :meth:`Solver.step`. Deterministic."""
        jump = Jump(state.t, until)
        estimate = denoise(state.z, jump_times(state.z, jump))
        source = state.source if self.bridge else None
        moved = leap(self.process, estimate, state.z, jump, source=source)
        return state.moved(moved, until, estimate, state.t)


def _weights(path: Path, t: float, source: Tensor | None) -> _Weights:
    time = torch.tensor(t, dtype=torch.float64)
    if source is None:
        scale = scale_of(path, time)
        return _Weights(scale.signal.item(), 0.0, scale.noise.item())
    return _Weights(*(weight.item() for weight in path.weights(time)))
