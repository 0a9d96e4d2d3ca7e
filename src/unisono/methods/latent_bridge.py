r"""The bridge between two latents: an optional regression, a process, and a network.

With the target's latent :math:`z_0`, the source's :math:`z_T`, and where the walk starts:

- ``source``: the bridge joins :math:`z_0` and :math:`z_T`;
- ``mean``: a regression :math:`m(z_T)` answers first and the bridge joins
  :math:`u = P^{-1} (z_0 - m)/\sigma_u` and 0, so :math:`z = m + \sigma_u P u`, with :math:`P` the
  residual's measured colour (:mod:`unisono.processes.residual_colour`). With :math:`P = I`, for
  variance-exploding and Brownian bases, this IS the bridge from ``m`` to :math:`z_0`, written
  about ``m``. Its network starts at zero, where its samples are noise of the residual's covariance;
- ``zero``: the bridge joins :math:`z_0` and 0, and the source is known by the memory alone.

Everything here is in latent units.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from unisono.core.checks import check_axes
from unisono.core.contracts import Latents
from unisono.core.distributed import draw_global, masked_mean
from unisono.core.errors import ConfigError
from unisono.methods.bridge_student import BridgeStudent, Course, Teaching, leaps
from unisono.methods.lddbm_settings import BridgeSettings, LDDBMSettings
from unisono.networks.bridge_network import BridgeNetwork, SourceMemory, Tokens
from unisono.networks.dit import DiT
from unisono.networks.sequence_denoiser import match_length
from unisono.networks.student import Taught, is_taught
from unisono.networks.unet import UNet
from unisono.processes.bridge import Bridge
from unisono.processes.bridge_base import BrownBase, NoiseBase, VEBase, VPBase
from unisono.processes.bridge_scaling import (
    CONSTANT,
    BridgeDenoiser,
    Ends,
    RunningEnds,
    scalings,
)
from unisono.processes.bridge_solvers import DBIM, bridge_solver, noise_like
from unisono.processes.paths import expand, mix
from unisono.processes.residual_colour import ResidualColour
from unisono.processes.solvers import solve

__all__ = ["BridgeTerms", "LatentBridge", "Walked", "make_bridge"]

_NETWORKS: dict[str, type[BridgeNetwork] | type[DiT] | type[UNet]] = {
    "bridge": BridgeNetwork,
    "dit": DiT,
    "unet": UNet,
}
Network = BridgeNetwork | DiT | UNet

_RESIDUAL = Ends(1.0, 0.0, 0.0)  # a residual in its own units, and a start at nothing
_MOST_COLOURED = 1024  # numbers of an answer whose joint covariance is measured and kept


class BridgeTerms(NamedTuple):
    """Loss terms of a batch, and the answer that the predictive term decodes.

    Attributes:
        parts: Scalars by name.
        answer: Latents, ``(B, N, d)``.
    """

    parts: Mapping[str, Tensor]
    answer: Tensor


class Walked(NamedTuple):
    """Samples ``(S, B, N, d)`` and the regression's answer ``(B, N, d)``, None without one."""

    samples: Tensor
    mean: Tensor | None


def make_bridge(settings: BridgeSettings) -> Bridge:
    """The bridge that resolved settings name."""
    spread = settings.spread or 3.0
    bases: dict[str, NoiseBase] = {
        "ve": VEBase(spread),
        "vp": VPBase(),
        "brownian": BrownBase(spread),
    }
    return Bridge(bases[settings.base], settings.times, settings.rho or 7.0)


class LatentBridge(nn.Module):
    """See the module's docstring.

    Args:
        tokens: The two latents.
        settings: Resolved settings.

    Raises:
        ConfigError: If the walk starts at a source on another token grid.
    """

    widen: Tensor

    def __init__(self, tokens: Tokens, settings: LDDBMSettings) -> None:
        super().__init__()
        self.settings, self.tokens = settings.bridge, tokens
        counts = [int(torch.tensor(sizes).prod()) for sizes in (tokens.target, tokens.source)]
        if settings.bridge.start == "source" and counts[0] != counts[1]:
            raise ConfigError(
                f"a bridge cannot start at a source of {counts[1]} tokens and end at a target of "
                f"{counts[0]}: give both ends one number of tokens, or set bridge.start = 'mean'."
            )
        self.process = make_bridge(settings.bridge)
        made = _NETWORKS[settings.bridge.network]
        self.network: Network = made(tokens, settings.size, settings.shape)
        with_mean = settings.bridge.start == "mean"
        self.regression: Network | None = (
            made(tokens, settings.size, settings.shape) if with_mean else None
        )
        few = settings.few_steps
        self.few = few
        self.student = BridgeStudent(self.network, settings.size.width) if few.most else None
        self.student_taught = Taught() if self.student is not None else None
        self.running = RunningEnds()
        self.colour = self._make_colour() if with_mean and settings.bridge.colour else None
        self.register_buffer("widen", torch.ones(()))
        self.losses = settings.losses

    def _make_colour(self) -> ResidualColour:
        """Of whole answers; of single tokens where they are too many, or may be missing."""
        whole = int(torch.tensor(self.tokens.target).prod()) * self.tokens.width
        sequence = len(self.tokens.target) == 1
        return ResidualColour(self.tokens.width if sequence or whole > _MOST_COLOURED else whole)

    def ends(self) -> Ends:
        """What the preconditioning assumes of the two ends."""
        if self.settings.start == "mean":
            return _RESIDUAL
        return CONSTANT if self.settings.ends == "constant" else self.running.ends()

    def spread(self) -> Tensor:
        """Spread of the residual, in latent units; 1 where there is no regression."""
        if self.settings.start != "mean":
            return self.running.moments.new_ones(()).float()
        return torch.as_tensor(self.running.ends().target).float()

    @torch.no_grad()
    def calibrate(self, target: Latents, source: Latents) -> float:
        """Widen samples to the residual of pairs that were not trained on; return the factor.

        A regression errs more on new things than on those it learned from, and the residual's
        spread was measured on the latter. Without a regression nothing is done.

        Args:
            target: ``z_0`` of pairs that training did not see.
            source: Their ``z_T``.
        """
        mean = self.mean(source, target.mask)
        if mean is None:
            return 1.0
        real = target.mask[..., None].expand_as(target.z)
        apart = (target.z - mean)[real].square().mean().sqrt()
        self.widen.copy_(apart / self.spread().clamp_min(1e-12))
        return float(self.widen)

    def mean(self, source: Latents, mask: Tensor) -> Tensor | None:
        """The regression's answer ``(B, N, d)``; None without one."""
        if self.regression is None:
            return None
        net = self.regression
        blank = source.z.new_zeros(*mask.shape, self.tokens.width)
        out: Tensor = net(blank, source.z.new_zeros(len(blank)), mask, net.prepare(source))
        return out

    def start(self, source: Latents, length: int) -> Tensor:
        """Where walks begin, ``(B, N, d)``."""
        if self.settings.start == "source":
            check_axes(source=(source.z, "batch token width"))
            return match_length(source.z, source.mask, length)
        return source.z.new_zeros(len(source.z), length, self.tokens.width)

    def denoiser(self, memory: SourceMemory, mask: Tensor) -> BridgeDenoiser:
        """The network as an estimate of the target."""

        def predict(x: Tensor, noise: Tensor) -> Tensor:
            out: Tensor = self.network(x, noise, mask, memory)
            return out

        return BridgeDenoiser(predict, self.process, self.ends())

    def terms(
        self, target: Latents, source: Latents, *, hold: bool, generator: Generator
    ) -> BridgeTerms:
        """Loss terms of paired latents.

        Args:
            target: ``z_0``.
            source: ``z_T``.
            hold: Whether the bridge's loss leaves the target's latents alone.
            generator: Where times and noise come from.
        """
        parts: dict[str, Tensor] = {}
        real = target.mask[..., None].expand_as(target.z)
        held = (target.z.detach() if hold else target.z).float()
        mean = self.mean(source, target.mask)
        if mean is not None:
            parts["mean"] = masked_mean((mean.float() - held).square(), real)
            # the residual's larger loss must bend neither the regression nor the encoders
            goal, memory_of = (
                (held - mean.float()).detach(),
                Latents(source.z.detach(), source.mask),
            )
        else:
            goal, memory_of = held, source
        start = self.start(memory_of, goal.shape[1]).float()
        if self.training:
            self.running.update(goal, start, target.mask)
            if self.colour is not None:
                self.colour.update(goal, target.mask)
        goal = self._units(goal, real)
        memory = self.network.prepare(memory_of)
        t = self.process_times(len(goal), generator).to(goal.device)
        z = self._drawn(goal, start, t, generator)
        factors = scalings(self.process, t, self.ends())
        inside, skip, out = (expand(f, z) for f in factors[:3])
        given = self.network(inside * z, factors.noise, target.mask, memory).float()
        wanted = (goal - skip * z) / out.clamp_min(1e-6)
        weight = out.square() if self.settings.weight == "none" else torch.ones_like(out)
        apart = given - wanted
        # errors count as they are in the latents, not as they are in the residual's own units
        apart = apart if self.colour is None else self.colour.painted(apart)
        parts["bridge"] = masked_mean(weight * apart.square(), real)
        if mean is not None:
            return BridgeTerms(parts, mean)
        if self.losses.path == "one_step":
            return BridgeTerms(parts, skip * z + out * given)
        return BridgeTerms(parts, self._reached(memory, start, target.mask, generator))

    def taught(self, target: Latents, source: Latents, *, generator: Generator) -> Tensor:
        """Loss of the student of few steps on paired latents; all else is frozen.

        Raises:
            ConfigError: If there is no student.
        """
        if self.student is None:
            raise ConfigError("few_steps.most is 0: there is no student to teach.")
        with torch.no_grad():
            mean = self.mean(source, target.mask)
            whole = target.z.float()
            real = target.mask[..., None].expand_as(whole)
            goal = self._units(whole if mean is None else whole - mean.float(), real)
            start = self.start(source, goal.shape[1]).float()
            denoise = self.denoiser(self.network.prepare(source), target.mask)
        course = self._course(source, target.mask)
        return self.student.loss(
            Teaching(denoise, self.few.most, self.few.teacher), goal, start, course,
            generator=generator,
        )  # fmt: skip

    def _course(self, source: Latents, mask: Tensor, samples: int = 1) -> Course:
        """What a student is told, for several samples a source."""
        net = self.network if self.student is None else self.student.net
        memory: SourceMemory = net.prepare(source)  # type: ignore[operator]
        return Course(self.process, self.ends(), memory.repeated(samples), mask.repeat(samples, 1))

    def process_times(self, size: int, generator: Generator) -> Tensor:
        """Training times, ``(size,)``."""
        return draw_global(lambda n: self.process.sample_t(n, generator=generator), size)

    def _drawn(self, goal: Tensor, start: Tensor, t: Tensor, generator: Generator) -> Tensor:
        shape = goal.shape[1:]
        noise = draw_global(
            lambda n: torch.randn(n, *shape, generator=generator, device=generator.device),
            len(goal),
        ).to(goal.device)
        return mix(self.process.weights(t), goal, start, noise)

    def _reached(
        self, memory: SourceMemory, start: Tensor, mask: Tensor, generator: Generator
    ) -> Tensor:
        """The answer from the source itself: in one step, or by a short walk with gradient."""
        denoise = self.denoiser(memory, mask)
        if self.losses.path == "at_source":
            return denoise(start, start.new_ones(len(start)))
        walk = DBIM(self.process, self.losses.unroll)
        return solve(walk, denoise, start, generator=generator).z

    def sample(
        self,
        source: Latents,
        mask: Tensor,
        *,
        samples: int,
        steps: int,
        generator: Generator,
        start: Latents | None = None,
    ) -> Walked:
        """Walk from sources to targets.

        Args:
            source: ``z_T``, ``(B, K, d)``: the memory.
            mask: Which tokens of the target are real, ``(B, N)``.
            samples: Walks a source; 0 for the regression's answer alone.
            steps: Solver steps; a student walks them where it was taught so few.
            generator: Where the noise comes from.
            start: Another latent to start from than the memory's (a test of what is used).
        """
        begun = source if start is None else start
        mean = self.mean(begun, mask)
        count = samples if mean is not None else max(samples, 1)
        shape = (count, *mask.shape, self.tokens.width)
        if count == 0 or self.settings.residual == "gaussian":
            blank = source.z.new_zeros(shape, dtype=torch.float32)
            noise = noise_like(blank, generator=generator, balanced=self._balanced(count))
            return self._around(noise, mean)
        first = self.start(begun, mask.shape[1]).repeat(count, 1, 1)
        student = self.student if is_taught(self.student_taught) else None
        if student is not None and 1 <= steps <= self.few.most:
            course = self._course(source, mask, count)
            found = leaps(student, first, course, steps=steps, generator=generator)
            return self._around(found.view(shape), mean)
        memory = self.network.prepare(source).repeated(count)
        solver = bridge_solver(
            self.settings.sampler or "dbim", self.process, steps, churn=self.settings.churn,
            balanced=self._balanced(count),
        )  # fmt: skip
        denoise = self.denoiser(memory, mask.repeat(count, 1))
        found = solve(solver, denoise, first, generator=generator).z.view(shape)
        return self._around(found, mean)

    def begin_student(self, *, now: bool) -> None:
        """Note whether the student is taught from now on; if so it begins as its teacher."""
        if self.student is not None and self.student_taught is not None:
            self.student_taught.is_now(taught=now)
            if now:
                self.student.begin(self.network)

    def balances(self, steps: int) -> bool:
        """Whether the noise of an item's samples sums to zero; a student's never does."""
        student = is_taught(self.student_taught) and steps <= self.few.most
        return self.settings.balanced and (self.settings.residual == "gaussian" or not student)

    def _balanced(self, samples: int) -> int:
        return max(1, samples) if self.settings.balanced else 1

    def _around(self, found: Tensor, mean: Tensor | None) -> Walked:
        """Walked residuals about the regression's answer; walked latents as they are."""
        if mean is None:
            return Walked(found, mean)
        found = found if self.colour is None else self.colour.painted(found)
        return Walked(mean + self.widen * self.spread() * found, mean)

    def _units(self, residual: Tensor, real: Tensor) -> Tensor:
        """A residual in units in which it is noise of spread 1; what is not real bends no other."""
        scaled = residual / self.spread()
        if self.colour is None:
            return scaled
        return self.colour.stripped(torch.where(real, scaled, 0.0))
