r"""What every method of paired streams shares: normalised streams with masks, and known numbers.

A stream ``s`` enters as :math:`(x_s - m_s)/\sigma_s`, with mean and spread of the training part; a
stream that a batch lacks counts as missing, not as zero. Numbers known of a window (mass, height,
speed) are standardised likewise, NaN where unknown.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

import torch
from torch import Generator, Tensor, nn

from unisono.alignment.weighting import FixedWeight, LearnedWeight
from unisono.alignment.window_alignment import Signals, align_windows
from unisono.codecs.identity import IdentityCodec
from unisono.core.checks import nearest
from unisono.core.contracts import Batch, Draws, Latents, Loss, Phase, StreamInfo
from unisono.core.distributed import gather_batch
from unisono.core.errors import ConfigError
from unisono.methods.direction import Direction, Given, Sampled
from unisono.methods.few_steps import FEW_STEPS, distil
from unisono.methods.settings import LLMASettings
from unisono.networks.student import begin_as

__all__ = ["Aligning", "StreamMethod", "Task", "alignment_weight", "check_streams"]


class Task(NamedTuple):
    """What a direction is given, and the standardised answer with its validity, ``(B, L, D)``."""

    given: Given
    x: Tensor
    mask: Tensor


class Aligning(NamedTuple):
    """How one batch is aligned.

    Attributes:
        weight: Weight of each window, ``(B,)``; None weighs them all alike.
        monitor: Whether monitors of collapse are computed.
    """

    weight: Tensor | None = None
    monitor: bool = False


class StreamMethod(nn.Module):
    """Base of methods that generate streams from streams.

    Args:
        widths: Channels of each stream, by name.
        known: Names of the numbers that may be known of a window.
        frames: Frames ``L`` of a window.
    """

    any_part: ClassVar[bool] = False
    """Whether any part of the given streams may be given; wanted ones may then be among them."""

    known_mean: Tensor
    known_std: Tensor
    settings: LLMASettings
    weight: FixedWeight | LearnedWeight

    def __init__(self, widths: Mapping[str, int], known: Sequence[str], frames: int) -> None:
        super().__init__()
        self.widths, self.known, self.frames = dict(widths), tuple(known), frames
        self.codecs = nn.ModuleDict({name: IdentityCodec(d) for name, d in self.widths.items()})
        self.directions = nn.ModuleDict()
        self.register_buffer("known_mean", torch.zeros(len(self.known)))
        self.register_buffer("known_std", torch.ones(len(self.known)))

    @property
    def phases(self) -> Sequence[Phase]:
        """One phase that trains everything, and one for the students where there are any."""
        joint, few = Phase("joint", self.settings.steps, ("networks",)), self.settings.few_steps
        return (joint, Phase(FEW_STEPS, few.train, ("students",))) if few.most else (joint,)

    def groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """The students' parameters, and all others."""
        students = [p for net in self._students().values() for p in net.parameters()]
        theirs = {id(p) for p in students}
        return {
            "networks": [p for p in self.parameters() if id(p) not in theirs],
            "students": students,
        }

    def begin(self, phase: Phase) -> None:
        """Let the students begin as their teachers, who have just been trained."""
        for name, student in self._students().items():
            direction = self.direction(name)
            if direction.student_taught is not None:
                direction.student_taught.is_now(taught=phase.name == FEW_STEPS)
            if phase.name == FEW_STEPS:
                begin_as(student, direction.denoiser)

    def taught(self, tasks: Mapping[str, Task], subject: Tensor, generator: Generator) -> Loss:
        """Loss of the students; see :mod:`unisono.methods.few_steps`.

        Args:
            tasks: What each direction is given and must answer.
            subject: Codes of the windows' subjects.
            generator: Where everything random comes from.
        """
        parts = {
            f"{name}.student": distil(
                self.direction(name),
                task.given,
                (task.x, task.mask),
                subject=subject,
                generator=generator,
            )
            for name, task in tasks.items()
        }
        total = torch.stack(list(parts.values())).sum()
        return Loss(total, {k: v.detach() for k, v in (parts | {"total": total}).items()})

    def _students(self) -> dict[str, nn.Module]:
        found = {name: self.direction(name).student for name in self.directions}
        return {name: student for name, student in found.items() if student is not None}

    def fit_normalisers(self, windows: Batch) -> None:
        """Fit mean and spread of streams and known numbers on the training windows.

        Raises:
            ConfigError: If a known number is known of no window.
        """
        for name in self.widths:
            self.codec(name).fit(windows.data[name], windows.mask[name])
        for i, name in enumerate(self.known):
            values = windows.known.get(name)
            values = values[torch.isfinite(values)] if values is not None else torch.zeros(0)
            if not len(values):
                raise ConfigError(
                    f"known = [{name!r}] is known of no training window; leave it out, or give it "
                    "when importing."
                )
            spread = float(values.std(correction=0))
            self.known_mean[i] = values.mean()
            self.known_std[i] = spread if spread > 1e-6 * (1 + abs(float(values.mean()))) else 1.0

    def scale_of(self, names: Sequence[str]) -> Tensor:
        """Mean and spread of each channel of some streams side by side, ``(2, D)``."""
        mean = torch.cat([self.codec(name).mean for name in names])
        return torch.stack([mean, torch.cat([self.codec(name).std for name in names])])

    def known_scale(self) -> list[tuple[float, float]]:
        """Mean and spread that each known number is standardised by, in the order of ``known``."""
        pairs = zip(self.known_mean.tolist(), self.known_std.tolist(), strict=True)
        return [(float(mean), float(spread)) for mean, spread in pairs]

    def side(self, batch: Batch, names: Sequence[str]) -> Given:
        """Standardised streams; those that the batch lacks count as missing."""
        blank = batch.index.new_zeros((batch.size, self.frames, 1), dtype=torch.float32)
        data, mask = {}, {}
        for name in names:
            if name in batch.data:
                data[name] = self.codec(name).encode(batch.data[name], batch.mask[name]).z
                mask[name] = batch.mask[name]
            else:
                data[name] = blank.expand(-1, -1, self.widths[name])
                mask[name] = torch.zeros_like(data[name], dtype=torch.bool)
        known = {
            key: (batch.known[key] - self.known_mean[i]) / self.known_std[i]
            for i, key in enumerate(self.known)
            if key in batch.known
        }
        return Given(data, mask, known)

    def joined(self, batch: Batch, names: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Standardised streams side by side and their mask, each ``(B, L, D)``."""
        side = self.side(batch, names)
        data = torch.cat([side.data[n] for n in names], dim=-1)
        return data, torch.cat([side.mask[n] for n in names], dim=-1)

    def decode(self, name: str, z: Tensor) -> Tensor:
        """A standardised stream ``(..., D)`` in physical units."""
        mask = torch.ones(z.shape[:-1], dtype=torch.bool, device=z.device)
        return self.codec(name).decode(Latents(z, mask))

    def draws(self, out: Sampled, target: Sequence[str], want: Sequence[str]) -> dict[str, Draws]:
        """What a direction sampled, stream by stream and in physical units.

        Args:
            out: Samples of all streams of the direction side by side.
            target: These streams, in order.
            want: Those that are asked for.
        """
        sampled, mean = self._parted(out.samples, target), self._parted(out.mean, target)
        spread = {} if out.spread is None else self._parted(out.spread, target)
        return {
            name: Draws(
                self.decode(name, sampled[name]),
                self.decode(name, mean[name]),
                out.latent,
                self.codec(name).scaled(spread[name]) if name in spread else None,
            )
            for name in want
        }

    def _parted(self, values: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
        parts = torch.split(values, [self.widths[name] for name in names], dim=-1)
        return dict(zip(names, parts, strict=True))

    def encoded(self, direction: str, given: Given) -> Latents:
        """The latents of what a direction is given, ``(B, L, d)``."""
        with torch.no_grad():
            memory = self.direction(direction).condition(given.data, given.mask, given.known)
        return Latents(memory.tokens, memory.mask)

    def align(
        self,
        latents: tuple[Tensor, Tensor],
        present: Tensor,
        signals: Signals,
        generator: Generator,
        options: Aligning,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Alignment of two latent sequences over the batches of all processes.

        Args:
            latents: Those of either side, ``(B, L, d)``.
            present: Frames that both sides have, ``(B, L)`` bool.
            signals: The signals of either side, for pairs that are like each other.
            generator: Where the draws come from.
            options: Weight of each window, and whether monitors of collapse are computed.

        Returns:
            The term, and what is logged of it by name.
        """
        there = gather_batch(present)
        zx, zy = (Latents(gather_batch(z.float()), there) for z in latents)
        weight = options.weight
        out = align_windows(
            self.settings.alignment,
            zx,
            zy,
            generator=generator,
            signals=Signals(*(gather_batch(signal) for signal in signals)),
            weight=None if weight is None else gather_batch(weight),
            monitor=options.monitor,
        )
        logged = {"contrast": out.contrast, "covariance": out.covariance}
        if out.monitors is not None:
            logged |= out.monitors._asdict()
        return out.total, {f"align.{name}": value.detach() for name, value in logged.items()}

    def codec(self, name: str) -> IdentityCodec:
        """The codec of a stream."""
        codec = self.codecs[name]
        if not isinstance(codec, IdentityCodec):
            raise TypeError(f"codec of {name} is a {type(codec).__name__}.")
        return codec

    def direction(self, name: str) -> Direction:
        """A direction of the method."""
        direction = self.directions[name]
        if not isinstance(direction, Direction):
            raise TypeError(f"direction {name} is a {type(direction).__name__}.")
        return direction

    def check_known_streams(self, names: Sequence[str]) -> None:
        """Refuse names of streams that the method does not know.

        Raises:
            ConfigError: Naming the nearest.
        """
        for stream in names:
            if stream not in self.widths:
                raise ConfigError(
                    f"this model does not know a stream {stream!r}.{nearest(stream, self.widths)}"
                )


def alignment_weight(settings: LLMASettings) -> FixedWeight | LearnedWeight:
    """What the alignment term is weighed by: a stated number, or a learned one."""
    losses = settings.losses
    return LearnedWeight(losses.align) if losses.learn_align else FixedWeight(losses.align)


def check_streams(streams: Mapping[str, StreamInfo], names: Sequence[str]) -> None:
    """Refuse names of streams that the data do not have.

    Raises:
        ConfigError: Naming the nearest.
    """
    for name in names:
        if name not in streams:
            raise ConfigError(f"the data have no stream {name!r}.{nearest(name, streams)}")
