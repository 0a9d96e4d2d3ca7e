r"""Local Latent Manifold Alignment (arXiv 2503.12214): two signals of one moving system.

Two conditional generators are trained jointly, ``p(want | given)`` and ``p(given | want)``, and
their latent sequences are aligned on local windows:

.. math:: L = \sum_{\text{directions}} (L_\mathrm{den} + \gamma L_\mathrm{energy})
              + \alpha (L_\mathrm{con} + L_\mathrm{cov})

At use one direction is enough: the other was there to shape the latents. No code was released;
where the paper is silent, ``mode`` decides (see :mod:`unisono.methods.settings`).
"""

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Generator, Tensor, nn

from unisono.alignment.energy import mean_square_energy, spectral_energy
from unisono.alignment.weighting import signal_share
from unisono.alignment.window_alignment import Signals
from unisono.core.contracts import Batch, Draws, Latents, Loss, Phase, StreamInfo
from unisono.core.distributed import draw_global
from unisono.core.errors import ConfigError
from unisono.core.timeline import Timeline
from unisono.methods.direction import Direction, Terms
from unisono.methods.few_steps import FEW_STEPS
from unisono.methods.hiding import hide_at_random, hide_blocks
from unisono.methods.lever_names import check_units
from unisono.methods.settings import LLMASettings, resolve
from unisono.methods.starts import StartWindows, fit_start
from unisono.methods.stream_method import (
    Aligning,
    StreamMethod,
    Task,
    alignment_weight,
    check_streams,
)

__all__ = ["LLMA"]


class LLMA(StreamMethod):
    """The method; see the module's docstring.

    Args:
        settings: Settings; what is None in them follows their mode.
        streams: What is known of each stream.
        given: Names of the given streams.
        want: Names of the wanted streams.
        frames: Frames of a window.

    Raises:
        ConfigError: If a side is empty, or a stream is unknown or on both sides.
    """

    Settings = LLMASettings

    def __init__(
        self,
        settings: LLMASettings,
        streams: Mapping[str, StreamInfo],
        *,
        given: Sequence[str],
        want: Sequence[str],
        frames: int,
    ) -> None:
        _check_sides(streams, given, want)
        widths = {name: streams[name].width for name in (*given, *want)}
        super().__init__(widths, settings.known, frames)
        self.settings = resolve(settings)
        if settings.start == "levers":
            infos = [[streams[name] for name in names] for names in (given, want)]
            check_units(settings.levers, *infos)
        self.given, self.want = tuple(given), tuple(want)
        sides = {"to_want": (self.given, self.want)}
        if self.settings.directions == "both":
            sides["to_given"] = (self.want, self.given)
        self.sides = sides
        self.directions = nn.ModuleDict(
            {
                name: Direction(
                    {s: self.widths[s] for s in source},
                    sum(self.widths[s] for s in target),
                    frames,
                    self.settings,
                    [self.widths[s] for s in target],
                    [channel for s in source for channel in streams[s].channels],
                )
                for name, (source, target) in sides.items()
            }
        )
        if self.settings.share_encoder:
            self.direction("to_given").condition.stack = self.direction("to_want").condition.stack
        self.weight = alignment_weight(self.settings)

    @property
    def phases(self) -> Sequence[Phase]:
        """The encoders alone, if they are pretrained; then everything; then students."""
        if not self.settings.pretrain:
            return super().phases
        return (Phase(_PRETRAIN, self.settings.pretrain, ("networks",)), *super().phases)

    def prepare(self, windows: Batch) -> None:
        """Fit normalisers (and the starts) on the training windows."""
        self.fit_normalisers(windows)
        for name, (source, target) in self.sides.items():
            start = self.direction(name).start
            if start is not None:
                given = self.side(windows, source)
                x, mask = self.joined(windows, target)
                flat = torch.cat([given.data[k] for k in source], dim=-1)
                scale = dict(zip(self.known, self.known_scale(), strict=True))
                scales = self.scale_of(source), self.scale_of(target)
                who = windows.subject
                fit_start(start, StartWindows(flat, given.known, x, mask, who, scale, *scales))

    def loss(self, batch: Batch, *, phase: Phase, step: int, generator: Generator) -> Loss:
        """Loss of one batch; see the module's docstring for the terms."""
        if phase.name == FEW_STEPS:
            return self.taught(dict(self._tasks(batch, generator)), batch.subject, generator)
        if phase.name == _PRETRAIN:
            return self._pretraining(batch, generator)
        size = batch.size
        process = self.direction("to_want").process
        device = batch.index.device
        t = draw_global(lambda n: process.sample_t(n, generator=generator), size).to(device)
        terms: dict[str, Terms] = {}
        parts: dict[str, Tensor] = {}
        total = t.new_zeros(())
        for name, (given, x, mask) in self._tasks(batch, generator):
            found = self.direction(name).terms(
                given, x, mask, t, subject=batch.subject, generator=generator
            )
            terms[name] = found
            for key, value in found.parts.items():
                total = total + value
                parts[f"{name}.{key}"] = value.detach()
            if self.settings.losses.energy:
                energy = _ENERGIES[self.settings.losses.energy_of](found.estimate, x, mask)
                total = total + self.settings.losses.energy * energy
                parts[f"{name}.energy"] = energy.detach()
        if len(terms) == 2 and self.settings.losses.align > 0:
            monitor = step % _MONITOR_EVERY == 0
            by_noise = self.settings.losses.by_noise
            weight = signal_share(process.weights(t)) if by_noise else None
            how = Aligning(weight, monitor)
            align, logged = self._align(self._latents(terms), batch, generator, how)
            weighted = self.weight(align)
            parts |= logged | {"align.weight": weighted.factor}
            total = total + weighted.total
        if self.settings.losses.reconstruct:
            recovered = self._recovered(batch, generator)
            parts["reconstruct"] = recovered.detach()
            total = total + self.settings.losses.reconstruct * recovered
        parts["total"] = total.detach()
        return Loss(total, parts)

    def generate(
        self,
        batch: Batch,
        want: Sequence[str],
        *,
        samples: int,
        steps: int,
        generator: Generator,
        timeline: Timeline | None = None,
    ) -> Mapping[str, Draws]:
        """Generate streams of one side from whatever the batch holds of the other.

        Args:
            batch: Windows; a missing stream or channel is masked, not zero.
            want: Streams to generate, all of one side.
            samples: Samples a window; 0 makes the mean alone.
            steps: Solver steps.
            generator: Where the noise comes from.
            timeline: If the windows lie on one long sequence, where; see ``Direction.sample``.

        Raises:
            ConfigError: If a stream is unknown, the streams are of both sides, or the direction
                was not trained.
        """
        name = self._direction_of(want)
        source, target = self.sides[name]
        with torch.no_grad():
            out = self.direction(name).sample(
                self.side(batch, source),
                samples=samples,
                steps=steps,
                generator=generator,
                timeline=timeline,
            )
        return self.draws(out, target, want)

    def encode(self, batch: Batch, side: str) -> Latents:
        """Encode what a batch holds of a side, ``"given"`` or ``"want"``, ``(B, L, d)``.

        Raises:
            ConfigError: If the side is unknown or has no encoder.
        """
        name = {"given": "to_want", "want": "to_given"}.get(side, side)
        if name not in self.sides:
            raise ConfigError(f"side {side!r} has no encoder; sides: given, want (if both ways).")
        return self.encoded(name, self.side(batch, self.sides[name][0]))

    def aligned(
        self, batch: Batch, *, generator: Generator, time: float = 0.05
    ) -> tuple[Latents, Latents]:
        """The two latent sequences that alignment compares, of the given and of the wanted side.

        They are the encoded clean signals (``align_on = "memory"``), or the latents of the signals
        at a small process time (``"hidden"``).

        Args:
            batch: Windows with both sides.
            generator: Where the noise comes from.
            time: Process time of ``"hidden"``, in [0, 1].

        Raises:
            ConfigError: If only one direction is trained.
        """
        if len(self.sides) < 2:
            raise ConfigError("directions = 'forward' has latents of one side only.")
        if self.settings.losses.align_on == "memory":
            return self.encode(batch, "given"), self.encode(batch, "want")
        # the direction that generates a side owns the latents of it
        found = {}
        for name, (_, target) in self.sides.items():
            x, mask = self.joined(batch, target)
            with torch.no_grad():
                z = self.direction(name).hidden(x, mask, time, generator=generator)
            found[name] = Latents(z, mask.any(dim=-1))
        return found["to_given"], found["to_want"]

    def _pretraining(self, batch: Batch, generator: Generator) -> Loss:
        """The encoders alone: alignment of both memories, and reconstruction if it has a weight."""
        sides = [self.side(batch, source) for source, _ in self.sides.values()]
        memories = [
            self.direction(name).condition(given.data, given.mask, given.known).tokens
            for name, given in zip(self.sides, sides, strict=True)
        ]
        latents = (memories[0], memories[1])
        total, parts = self._align(latents, batch, generator, Aligning())
        if self.settings.losses.reconstruct:
            recovered = self._recovered(batch, generator)
            parts["reconstruct"] = recovered.detach()
            total = total + self.settings.losses.reconstruct * recovered
        return Loss(total, parts | {"total": total.detach()})

    def _recovered(self, batch: Batch, generator: Generator) -> Tensor:
        """How well each side is recovered from its memory, with a third of it hidden."""
        found = []
        for name, (source, _) in self.sides.items():
            whole = self.side(batch, source)
            seen = hide_blocks(whole, channel=_HIDDEN, block=_HIDDEN, generator=generator)
            found.append(self.direction(name).recovered(seen, whole))
        return torch.stack(found).sum()

    def _latents(self, terms: Mapping[str, Terms]) -> tuple[Tensor, Tensor]:
        """The latents that are aligned, of the given and of the wanted side."""
        want_side, given_side = terms["to_want"], terms["to_given"]
        if self.settings.losses.align_on == "memory":
            # forward encodes what is given, backward what is wanted: both clean
            return want_side.memory.tokens, given_side.memory.tokens
        return given_side.hidden, want_side.hidden

    def _align(
        self,
        latents: tuple[Tensor, Tensor],
        batch: Batch,
        generator: Generator,
        options: Aligning,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Alignment of the latents of both sides: the term and what is logged of it."""
        x, x_mask = self.joined(batch, self.given)
        y, y_mask = self.joined(batch, self.want)
        present = x_mask.any(dim=-1) & y_mask.any(dim=-1)
        return self.align(latents, present, Signals(x, y), generator, options)

    def _tasks(self, batch: Batch, generator: Generator) -> Iterator[tuple[str, Task]]:
        """What each direction is given, with parts of it hidden, and what it must answer."""
        drop = self.settings.drop_stream or 0.0
        for name, (source, target) in self.sides.items():
            # what guidance leads away from, nothing given, must not be rarer for more streams
            guided = self.settings.guidance != 1 and len(source) > 1
            given = hide_at_random(
                self.side(batch, source),
                stream=drop,
                channel=self.settings.drop_channel or 0.0,
                generator=generator,
                whole=drop if guided else 0.0,
            )
            yield name, Task(given, *self.joined(batch, target))

    def _direction_of(self, want: Sequence[str]) -> str:
        self.check_known_streams(want)
        for name, (_, target) in self.sides.items():
            if set(want) <= set(target):
                return name
        raise ConfigError(
            f"this model does not generate {', '.join(want)} together; it generates "
            + " or ".join(", ".join(target) for _, target in self.sides.values())
            + "."
        )


_PRETRAIN = "pretrain"
"""Name of the phase of the encoders alone."""

_HIDDEN = 0.33
"""Share of a given side's channels, and of its frames, that reconstruction hides."""

_MONITOR_EVERY = 10
"""Steps between monitors of collapse: they change slowly and cost a tenth of a small step."""

_ENERGIES = {"square": mean_square_energy, "spectral": spectral_energy}


def _check_sides(
    streams: Mapping[str, StreamInfo], given: Sequence[str], want: Sequence[str]
) -> None:
    if not given or not want:
        raise ConfigError("name at least one stream in given and one in want.")
    both = sorted(set(given) & set(want))
    if both:
        raise ConfigError(f"stream {both[0]!r} is both given and wanted; name it once.")
    check_streams(streams, (*given, *want))
