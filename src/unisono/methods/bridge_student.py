r"""A bridge in one, two or four steps: a student learns where the bridge's own walk lands.

The teacher walks its ordinary equation (DBIM of order 2, no noise after the boot) over a drawn
stretch of times; the student predicts the estimate with which one step lands there
(:mod:`unisono.processes.distillation`), told both ends of the jump.

**The endpoint.** At the source every walk is at one point and no step can spread it. Teacher and
student therefore begin just before it, at :math:`T(1 - 1.25 \cdot 10^{-5})`, from a state that is
drawn there; what the network sees is scaled to spread 1, so that the draw is not too small to be
seen. Steps of the student are even in time, for a few steps shortened towards the data would leave
nothing to the last ones.
"""

import copy
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from unisono.core.distributed import draw_global, masked_mean
from unisono.networks.bridge_network import NoiseEmbedding, SourceMemory
from unisono.networks.student import begin_as
from unisono.processes.bridge import Bridge
from unisono.processes.bridge_scaling import BridgeDenoiser, Ends, scalings
from unisono.processes.bridge_solvers import DBIM
from unisono.processes.distillation import Jump, landing, leap
from unisono.processes.paths import expand, mix
from unisono.processes.solvers import State

__all__ = ["FEW_STEPS", "BridgeStudent", "Course", "Teaching", "leaps", "stretch"]

FEW_STEPS = "few_steps"
"""Name of the phase."""

_BEGIN = 1 - 1.25e-5


class _JumpNoise(nn.Module):
    """``(c_noise, share of the jump)`` to a vector; at first as the teacher's, of the first."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.start, self.reach = NoiseEmbedding(width), NoiseEmbedding(width)
        self.leave = nn.Linear(width, width)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, both: Tensor) -> Tensor:
        """Embed ``(B, 2)`` as ``(B, width)``."""
        reach = self.leave(nn.functional.silu(self.reach(1000.0 * both[:, 1])))
        out: Tensor = self.start(both[:, 0]) + reach
        return out


def stretch(steps: int) -> list[float]:
    """Times of a student's walk, even, from just before the source to 0.

    Example:
        >>> [round(t, 3) for t in stretch(2)]
        [1.0, 0.5, 0.0]
    """
    return [_BEGIN * (1 - i / steps) for i in range(steps + 1)]


def _walked(
    denoise: BridgeDenoiser,
    z: Tensor,
    source: Tensor,
    jump: Jump,
    *,
    steps: int,
    generator: Generator,
) -> Tensor:
    """Where the teacher's walk from ``z`` lands, without gradient."""
    bridge = denoise.bridge
    solver = DBIM(bridge, 1, eta=0.0, order=2)
    last = max(jump.end, bridge.base.first / bridge.base.end)
    ends = [t ** (1 / bridge.rho) for t in (jump.start, last)]
    count = steps if jump.end > 0 else max(1, steps - 1)
    times = [(ends[0] + i / count * (ends[1] - ends[0])) ** bridge.rho for i in range(1, count + 1)]
    times = [*times[:-1], last] + ([0.0] if jump.end == 0 else [])
    # an estimate that was made here and now: the walk is past its boot
    state = State(z, jump.start, source, z, jump.start)
    with torch.no_grad():
        for until in times:
            state = solver.step(denoise, state, until, generator=generator)
    return state.z


class Teaching(NamedTuple):
    """What a student is taught with.

    Attributes:
        denoise: The teacher.
        most: Largest number of steps.
        steps: Steps of the teacher's whole walk.
    """

    denoise: BridgeDenoiser
    most: int
    steps: int


class Course(NamedTuple):
    """What a student is told of the bridge it walks.

    Attributes:
        bridge: The bridge.
        ends: Moments of its two ends.
        memory: The source as the student's network has encoded it.
        mask: Which tokens of the target are real, ``(B, N)``.
    """

    bridge: Bridge
    ends: Ends
    memory: SourceMemory
    mask: Tensor


class BridgeStudent(nn.Module):
    """A student of a bridge's network.

    Args:
        teacher: The network.
        width: Its model width.
    """

    def __init__(self, teacher: nn.Module, width: int) -> None:
        super().__init__()
        self.net = copy.deepcopy(teacher)
        self.net.add_module("time", _JumpNoise(width))

    def begin(self, teacher: nn.Module) -> None:
        """Take the teacher's weights; what it knows of a jump's end starts at zero."""
        begin_as(self.net, teacher)

    def estimate(self, z: Tensor, jump: Jump, course: Course) -> Tensor:
        """The estimate with which one step from ``z`` lands where the teacher's walk does."""
        t = torch.full((len(z),), jump.start, dtype=torch.float64, device=z.device)
        factors = scalings(course.bridge, t, course.ends)
        inside, skip, out = (expand(f, z).to(z.dtype) for f in factors[:3])
        share = torch.full_like(t, jump.start - jump.end)
        told = torch.stack([factors.noise, share], dim=-1).to(z.dtype)
        given: Tensor = self.net(inside * z, told, course.mask, course.memory)
        return skip * z + out * given

    def loss(
        self,
        teaching: Teaching,
        goal: Tensor,
        source: Tensor,
        course: Course,
        *,
        generator: Generator,
    ) -> Tensor:
        """Squared error of the student on one batch, in the network's own units; a scalar.

        Args:
            teaching: The teacher and its walk.
            goal: Targets, ``(B, N, d)``.
            source: Where walks start, like ``goal``.
            course: The bridge, and the source as the student's network has encoded it.
            generator: Where jump and noise come from.
        """
        bridge, device = course.bridge, generator.device
        count = int(torch.randint(1, teaching.most + 1, (), generator=generator, device=device))
        at = int(torch.randint(0, count, (), generator=generator, device=device))
        jump = Jump(*stretch(count)[at : at + 2])
        shape = goal.shape[1:]
        noise = draw_global(
            lambda n: torch.randn(n, *shape, generator=generator, device=device), len(goal)
        ).to(goal.device)
        start = torch.full((len(goal),), jump.start, dtype=torch.float64, device=goal.device)
        # in double precision: the noise just before the source is a difference of nearly equals
        z = mix(bridge.weights(start), goal.double(), source.double(), noise.double())
        z = z.to(goal.dtype)
        steps = max(2, round(teaching.steps * (jump.start - jump.end)))
        end = _walked(teaching.denoise, z, source, jump, steps=steps, generator=generator)
        wanted = landing(bridge, end, z, jump, source=source)
        found = self.estimate(z, jump, course)
        out = expand(scalings(bridge, start, course.ends).out, z).to(z.dtype).clamp_min(1e-6)
        real = course.mask[..., None].expand_as(goal)
        return masked_mean(((found - wanted) / out).square(), real)


def leaps(
    student: BridgeStudent, source: Tensor, course: Course, *, steps: int, generator: Generator
) -> Tensor:
    """Walk a student from sources, one evaluation a step; return targets like ``source``.

    Args:
        student: The student.
        source: Where walks start, ``(B, N, d)``.
        course: The bridge, and the source as the student's network has encoded it.
        steps: Steps.
        generator: Where the draw just before the source comes from.
    """
    times = stretch(steps)
    at = course.bridge.at(times[0])
    noise = torch.randn(source.shape, generator=generator, dtype=source.dtype, device=source.device)
    # what the target adds here is a hundred-thousandth of it
    z = at.source * source + at.noise * noise
    for jump in map(Jump, times, times[1:]):
        z = leap(course.bridge, student.estimate(z, jump, course), z, jump, source=source)
    return z
