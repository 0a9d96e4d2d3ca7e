r"""One direction of a paired generator: wanted signals from given ones.

Composition: condition encoder, then

- with a mean: :math:`x = \mu + \sigma \odot u`, the mean head giving :math:`\mu, \sigma` and the
  process only the standardised residual ``u``; the network of ``u`` starts at zero, where its
  samples are exactly independent Gaussian noise of spread :math:`\sigma`;
- without: the process generates the standardised signal itself.

Everything here is in standardised units; ``B`` windows of ``L`` frames.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from unisono.core.contracts import Denoiser
from unisono.core.distributed import draw_global, masked_mean
from unisono.core.errors import ConfigError
from unisono.core.timeline import Timeline
from unisono.methods.settings import LLMASettings, ProcessSettings
from unisono.methods.starts import make_start, start_of
from unisono.networks.attention import KeyValues
from unisono.networks.conditioning import ConditionEncoder, Memory
from unisono.networks.regression import MeanHead, MeanSpread
from unisono.networks.sequence_denoiser import DenoiserShape, PreparedMemory, SequenceDenoiser
from unisono.networks.student import Taught, is_taught, student_of
from unisono.processes.ddim import DDIM
from unisono.processes.ddpm import DDPM
from unisono.processes.diffusion import VP
from unisono.processes.distillation import JumpDenoiser, Leap
from unisono.processes.flow import LinearFlow
from unisono.processes.flow_solvers import Midpoint
from unisono.processes.guidance import Guided
from unisono.processes.parameterisation import Kind, NetworkDenoiser, target, to_x0
from unisono.processes.paths import mix, scale_of
from unisono.processes.solvers import Solver, solve

__all__ = ["Direction", "Given", "Sampled", "Terms", "make_process", "make_solver"]


class Given(NamedTuple):
    """What is given, and what is asked for.

    Attributes:
        data: Standardised streams, ``(B, L, D)``.
        mask: Their masks.
        known: Known numbers, ``(B,)``.
        wanted: Channels that are generated, ``(B, D)`` bool; the process holds the others at 0.
            None stands for all.
    """

    data: Mapping[str, Tensor]
    mask: Mapping[str, Tensor]
    known: Mapping[str, Tensor]
    wanted: Tensor | None = None

    def asked(self, x: Tensor) -> Tensor:
        """``x`` ``(k B, L, D)`` with 0 in the channels that are not wanted."""
        if self.wanted is None:
            return x
        keep = self.wanted[:, None, :]
        return x * keep.repeat(len(x) // len(keep), 1, 1)


class Terms(NamedTuple):
    """Loss terms of one direction, and the latents that alignment may act on.

    Attributes:
        parts: Scalars by name.
        estimate: Estimate of the clean signal, ``(B, L, D)``.
        hidden: Latents of the noisy signal, ``(B, L, d)``.
        memory: Encoded condition.
    """

    parts: Mapping[str, Tensor]
    estimate: Tensor
    hidden: Tensor
    memory: Memory


class Sampled(NamedTuple):
    """Samples ``(S, B, L, D)``, the mean ``(B, L, D)`` and the memory's tokens ``(B, L, d)``.

    ``spread`` is the fitted one beside the mean, ``(B, L, D)``; None where there is no mean head.
    """

    samples: Tensor
    mean: Tensor
    latent: Tensor
    spread: Tensor | None = None


def make_process(settings: ProcessSettings) -> VP | LinearFlow:
    """The process that the settings name."""
    return LinearFlow() if settings.name == "flow" else VP(settings.schedule, settings.levels)


def make_solver(
    process: VP | LinearFlow, settings: ProcessSettings, steps: int, *, quiet: bool = False
) -> Solver:
    """A solver with this many steps; a ``quiet`` one draws no noise, whatever the settings say."""
    if isinstance(process, LinearFlow):
        return Midpoint(process, steps)
    if settings.sampler == "ddpm" and not quiet:
        return DDPM(process, steps)
    return DDIM(process, steps, 0.0 if quiet else settings.eta)


def _repeat(memory: PreparedMemory, times: int) -> PreparedMemory:
    """The same memory for several samples; rows of one sample stay together."""

    def again(x: Tensor) -> Tensor:
        return x.repeat(times, *([1] * (x.ndim - 1)))

    layers = [KeyValues(again(k), again(v), again(m)) for k, v, m in memory.layers]
    return PreparedMemory(again(memory.tokens), again(memory.mask), layers)


class Direction(nn.Module):
    """Generate ``width`` channels from given streams.

    Args:
        given: Channels of each given stream, by name.
        width: Channels ``D`` that are generated.
        frames: Frames ``L`` of a training window.
        settings: Resolved settings.
        want: Channels of each generated stream, in order, for a start that chooses stream by
            stream; by default one stream.
        channels: Names of the given channels, for a start that looks for points among them.
    """

    def __init__(
        self,
        given: Mapping[str, int],
        width: int,
        frames: int,
        settings: LLMASettings,
        want: Sequence[int] = (),
        channels: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.settings = settings
        self.process = make_process(settings.process)
        self.kind: Kind = settings.process.predict or "x0"
        size, layers, ours = settings.size, settings.layers, settings.mode == "ours"
        self.condition = ConditionEncoder(
            given, settings.known, size, layers.condition, stem=layers.stem or 1
        )
        shape = DenoiserShape(
            own_layers=layers.own,
            decoder_layers=layers.decoder,
            framewise=bool(settings.framewise),
            adaptive_time=ours,
            zero_output=bool(settings.mean),
        )
        self.denoiser = SequenceDenoiser(width, size, shape)
        self.mean = MeanHead(width, size, layers.mean) if settings.mean else None
        self.start = make_start(settings, frames, sum(given.values()), want or (width,), channels)
        # recovers the given streams from their memory, which trains the encoder from one side alone
        self.recover = (
            nn.Linear(size.width, sum(given.values())) if settings.losses.reconstruct else None
        )
        self.student = student_of(self.denoiser) if settings.few_steps.most else None
        self.student_taught = Taught() if self.student is not None else None
        self.frames = frames

    def recovered(self, seen: Given, whole: Given) -> Tensor:
        """Mean square error of a given side recovered from the memory of what is seen of it.

        Args:
            seen: The given side with parts of it hidden.
            whole: The same, whole.

        Raises:
            ConfigError: If ``losses.reconstruct`` is 0.
        """
        if self.recover is None:
            raise ConfigError("losses.reconstruct is 0: nothing recovers the given side.")
        memory = self.condition(seen.data, seen.mask, seen.known)
        names = list(self.condition.inputs)
        x = torch.cat([whole.data[name] for name in names], dim=-1)
        mask = torch.cat([whole.mask[name] for name in names], dim=-1)
        return masked_mean((self.recover(memory.tokens) - x).square(), mask)

    def regress(self, given: Given, memory: Memory, subject: Tensor | None) -> MeanSpread | None:
        """Mean and spread, or None where the method has none."""
        if self.mean is None:
            return None
        start = None
        if self.start is not None:
            flat = torch.cat([given.data[k] * given.mask[k] for k in self.condition.inputs], -1)
            start = start_of(self.start, flat, given.known, subject)
        out: MeanSpread = self.mean(memory, self.frames, start)
        if start is not None and not self.settings.correct:
            return MeanSpread(start, out.spread)
        return out

    def terms(
        self,
        given: Given,
        x: Tensor,
        mask: Tensor,
        t: Tensor,
        *,
        subject: Tensor,
        generator: Generator,
    ) -> Terms:
        """Loss terms of one batch.

        Args:
            given: The condition, already with what training hides from it.
            x: The standardised signal, ``(B, L, D)``.
            mask: Its validity, ``(B, L, D)``.
            t: Process times, ``(B,)``.
            subject: Codes, for a start that was fitted without the subject.
            generator: Where the noise comes from.
        """
        memory = self.condition(given.data, given.mask, given.known)
        fitted = self.regress(given, memory, subject)
        parts: dict[str, Tensor] = {}
        clean = x
        if fitted is not None:
            error = x - fitted.mean
            parts["mean"] = masked_mean(error.square(), mask)
            scaled = error.detach() / fitted.spread
            parts["spread"] = masked_mean(scaled.square() / 2 + fitted.spread.log(), mask)
            clean = self.residual(x, mask, fitted)
            # The memory serves the mean; the residual's larger loss must not bend it.
            memory_in = Memory(memory.tokens.detach(), memory.mask)
        else:
            memory_in = memory
        noise = draw_global(
            lambda n: torch.randn((n, *x.shape[1:]), generator=generator, device=x.device), len(x)
        )
        noisy = given.asked(mix(self.process.weights(t), clean, noise, noise))
        present = mask.any(dim=-1)
        out = self.denoiser(noisy, t, present, self.denoiser.prepare(memory_in))
        scale = scale_of(self.process, t)
        wanted = target(self.kind, clean, noise, scale)
        parts["denoise"] = masked_mean((out.prediction - wanted).square(), mask)
        estimate = to_x0(self.kind, out.prediction, noisy, scale)
        if fitted is not None:
            estimate = fitted.mean + fitted.spread.detach() * estimate
        return Terms(parts, estimate, out.hidden, memory)

    def hidden(self, x: Tensor, mask: Tensor, time: float, *, generator: Generator) -> Tensor:
        """Latents ``(B, L, d)`` of a standardised signal at one process time.

        Args:
            x: ``(B, L, D)``; with a mean head the process carries its residual, so that the
                latents of the signal itself mean little there.
            mask: ``(B, L, D)``.
            time: Process time in [0, 1].
            generator: Where the noise comes from.
        """
        t = x.new_full((len(x),), time)
        noise = torch.randn(x.shape, generator=generator, device=x.device)
        noisy = mix(self.process.weights(t), x, noise, noise)
        latents: Tensor = self.denoiser.encode(noisy, t, mask.any(dim=-1))
        return latents

    @staticmethod
    def residual(x: Tensor, mask: Tensor, fitted: MeanSpread) -> Tensor:
        """The standardised residual ``u`` that the process generates, without gradient."""
        scaled = (x - fitted.mean).detach() / fitted.spread.detach()
        # A spread that starts too small must not blow up what the denoiser is asked for.
        return scaled.clamp(-8.0, 8.0) * mask

    def sample(
        self,
        given: Given,
        *,
        samples: int,
        steps: int,
        generator: Generator,
        timeline: Timeline | None = None,
    ) -> Sampled:
        """Generate from the condition.

        Args:
            given: The condition, ``B`` windows.
            samples: Samples ``S``; with 0 only the mean is made.
            steps: Solver steps; the student walks them where it was taught so few.
            generator: Where the noise comes from.
            timeline: Where the ``B`` windows lie on one long sequence. The process is then walked
                on the whole sequence, every step blending the windows' estimates, so that samples
                have no seams; results have ``B = 1`` and ``L = T``.
        """
        memory = self.condition(given.data, given.mask, given.known)
        fitted = self.regress(given, memory, None)
        windows, frames = len(memory.tokens), self.frames
        if timeline is not None and fitted is not None:
            fitted = MeanSpread(timeline.join(fitted.mean), timeline.join(fitted.spread))
        rows, length = (1, timeline.frames) if timeline else (windows, frames)
        width = self.denoiser.leave.out_features
        if fitted is not None and (samples == 0 or self.settings.residual == "gaussian"):
            noise = self._noise((samples * rows, length, width), fitted.mean, generator)
            drawn = noise.view(samples, rows, length, width)
        else:
            count = max(samples, 1)
            start = self._noise((count * rows, length, width), memory.tokens, generator)
            student = self.student if is_taught(self.student_taught) else None
            if student is not None and steps <= self.settings.few_steps.most:
                solver: Solver = Leap(self.process, steps)
                net = self._network(given, memory, count, timeline, student)
                walk: Denoiser = JumpDenoiser(net.predict, self.process, self.kind)
            else:
                solver = make_solver(self.process, self.settings.process, steps)
                walk = self.walker(given, memory, count, timeline)
            drawn = solve(solver, walk, start, generator=generator).z
            drawn = drawn.view(count, rows, length, width)
        if fitted is not None:
            drawn = fitted.mean + fitted.spread * drawn
            return Sampled(drawn, fitted.mean, memory.tokens, fitted.spread)
        return Sampled(drawn[:samples], drawn.mean(dim=0), memory.tokens)

    @staticmethod
    def _noise(shape: tuple[int, ...], like: Tensor, generator: Generator) -> Tensor:
        return torch.randn(shape, generator=generator, device=like.device)

    def walker(
        self, given: Given, memory: Memory, samples: int, timeline: Timeline | None = None
    ) -> NetworkDenoiser | Guided:
        """The denoiser that a solver walks with, for ``samples`` walks of each window."""
        conditional = self._network(given, memory, samples, timeline)
        if self.settings.guidance == 1:
            return conditional
        hidden = {k: torch.zeros_like(m) for k, m in given.mask.items()}
        nothing = self.condition(given.data, hidden, given.known)
        without = self._network(given, nothing, samples, timeline)
        return Guided(conditional, without, self.settings.guidance)

    def _network(
        self,
        given: Given,
        memory: Memory,
        samples: int,
        timeline: Timeline | None,
        student: SequenceDenoiser | None = None,
    ) -> NetworkDenoiser:
        net = student or self.denoiser
        prepared = _repeat(net.prepare(memory), samples)

        def predict(z: Tensor, t: Tensor) -> Tensor:
            windows, times = z, t
            if timeline is not None:
                windows, times = timeline.split(z), t.repeat_interleave(timeline.windows, dim=0)
            windows = given.asked(windows)
            everywhere = torch.ones(windows.shape[:2], dtype=torch.bool, device=z.device)
            out: Tensor = net(windows, times, everywhere, prepared).prediction
            return out if timeline is None else timeline.join(out)

        return NetworkDenoiser(predict, self.process, self.kind)
