r"""Local Latent Manifold Alignment (arXiv 2503.12214): two signals of one moving system.

Two conditional generators are trained jointly, ``p(want | given)`` and ``p(given | want)``, and
their latent sequences are aligned on local windows:

.. math:: L = \sum_{\text{directions}} (L_\mathrm{den} + \gamma L_\mathrm{energy})
              + \alpha (L_\mathrm{con} + L_\mathrm{cov})

At use one direction is enough: the other was there to shape the latents. No code was released;
where the paper is silent, ``mode`` decides (see :mod:`unisono.methods.settings`).
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Generator, Tensor, nn

from unisono.alignment.energy import mean_square_energy, spectral_energy
from unisono.alignment.weighting import FixedWeight, LearnedWeight
from unisono.alignment.window_alignment import Signals, align_windows
from unisono.codecs.identity import IdentityCodec
from unisono.core.checks import nearest
from unisono.core.contracts import Batch, Draws, Latents, Loss, Phase, StreamInfo
from unisono.core.distributed import draw_global, gather_batch
from unisono.core.errors import ConfigError
from unisono.core.timeline import Timeline
from unisono.methods.direction import Direction, Given, Terms
from unisono.methods.settings import LLMASettings, resolve

__all__ = ["LLMA"]


class LLMA(nn.Module):
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
    known_mean: Tensor
    known_std: Tensor

    def __init__(
        self,
        settings: LLMASettings,
        streams: Mapping[str, StreamInfo],
        *,
        given: Sequence[str],
        want: Sequence[str],
        frames: int,
    ) -> None:
        super().__init__()
        _check_sides(streams, given, want)
        self.settings = resolve(settings)
        self.given, self.want, self.frames = tuple(given), tuple(want), frames
        names = (*self.given, *self.want)
        self.widths = {name: streams[name].width for name in names}
        self.codecs = nn.ModuleDict({name: IdentityCodec(self.widths[name]) for name in names})
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
                )
                for name, (source, target) in sides.items()
            }
        )
        align = self.settings.losses.align
        learned = self.settings.losses.learn_align
        self.weight = LearnedWeight(align) if learned else FixedWeight(align)
        count = len(self.settings.known)
        self.register_buffer("known_mean", torch.zeros(count))
        self.register_buffer("known_std", torch.ones(count))

    @property
    def phases(self) -> Sequence[Phase]:
        """One phase that trains everything."""
        return (Phase("joint", self.settings.steps, ("networks",)),)

    def groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """One group of all parameters."""
        return {"networks": list(self.parameters())}

    def prepare(self, windows: Batch) -> None:
        """Fit normalisers (and the ridge start) on the training windows."""
        for name in (*self.given, *self.want):
            self._codec(name).fit(windows.data[name], windows.mask[name])
        for i, name in enumerate(self.settings.known):
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
        for name, (source, target) in self.sides.items():
            start = self._direction(name).start
            if start is not None:
                given = self._side(windows, source)
                x, _ = self._joined(windows, target)
                flat = torch.cat([given.data[k] for k in source], dim=-1)
                start.fit(flat, x, windows.subject)

    def loss(self, batch: Batch, *, phase: Phase, step: int, generator: Generator) -> Loss:
        """Loss of one batch; see the module's docstring for the terms."""
        size = batch.size
        process = self._direction("to_want").process
        device = batch.index.device
        t = draw_global(lambda n: process.sample_t(n, generator=generator), size).to(device)
        terms: dict[str, Terms] = {}
        parts: dict[str, Tensor] = {}
        total = t.new_zeros(())
        for name, (source, target) in self.sides.items():
            given = self._hide(self._side(batch, source), size, generator)
            x, mask = self._joined(batch, target)
            found = self._direction(name).terms(
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
            align, logged = self._align(terms, batch, generator, monitor=monitor)
            weighted = self.weight(align)
            parts |= logged | {"align.weight": weighted.factor}
            total = total + weighted.total
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
            out = self._direction(name).sample(
                self._side(batch, source),
                samples=samples,
                steps=steps,
                generator=generator,
                timeline=timeline,
            )
        widths = [self.widths[s] for s in target]
        drawn = dict(zip(target, torch.split(out.samples, widths, dim=-1), strict=True))
        means = dict(zip(target, torch.split(out.mean, widths, dim=-1), strict=True))
        return {
            s: Draws(self._decode(s, drawn[s]), self._decode(s, means[s]), out.latent) for s in want
        }

    def encode(self, batch: Batch, side: str) -> Latents:
        """Encode what a batch holds of a side, ``"given"`` or ``"want"``, ``(B, L, d)``.

        Raises:
            ConfigError: If the side is unknown or has no encoder.
        """
        name = {"given": "to_want", "want": "to_given"}.get(side, side)
        if name not in self.sides:
            raise ConfigError(f"side {side!r} has no encoder; sides: given, want (if both ways).")
        given = self._side(batch, self.sides[name][0])
        with torch.no_grad():
            memory = self._direction(name).condition(given.data, given.mask, given.known)
        return Latents(memory.tokens, memory.mask)

    def _align(
        self, terms: Mapping[str, Terms], batch: Batch, generator: Generator, *, monitor: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Alignment of the two directions' latents: the term and what is logged of it."""
        want_side, given_side = terms["to_want"], terms["to_given"]
        if self.settings.losses.align_on == "memory":
            # forward encodes what is given, backward what is wanted: both clean
            zx, zy = want_side.memory.tokens, given_side.memory.tokens
        else:
            zx, zy = given_side.hidden, want_side.hidden
        x, x_mask = self._joined(batch, self.given)
        y, y_mask = self._joined(batch, self.want)
        present = gather_batch(x_mask.any(dim=-1) & y_mask.any(dim=-1))
        out = align_windows(
            self.settings.alignment,
            Latents(gather_batch(zx.float()), present),
            Latents(gather_batch(zy.float()), present),
            generator=generator,
            signals=Signals(gather_batch(x), gather_batch(y)),
            monitor=monitor,
        )
        logged = {"contrast": out.contrast, "covariance": out.covariance}
        if out.monitors is not None:
            logged |= out.monitors._asdict()
        return out.total, {f"align.{k}": v.detach() for k, v in logged.items()}

    def _hide(self, given: Given, size: int, generator: Generator) -> Given:
        """Hide whole streams and single channels from training windows, at random."""
        stream, channel = self.settings.drop_stream or 0.0, self.settings.drop_channel or 0.0
        if stream == 0 and channel == 0:
            return given
        mask = {}
        for name, here in given.mask.items():
            device, width = here.device, here.shape[-1]

            def draw(n: int, width: int = width) -> Tensor:
                keep = torch.rand(n, 1 + width, generator=generator, device=generator.device)
                return keep

            drawn = draw_global(draw, size).to(device)
            keep = (drawn[:, :1] >= stream) & (drawn[:, 1:] >= channel)
            mask[name] = here & keep[:, None, :]
        data = {k: v * mask[k] for k, v in given.data.items()}
        return Given(data, mask, given.known)

    def _side(self, batch: Batch, names: Sequence[str]) -> Given:
        """Standardised streams of a side; streams the batch lacks count as missing."""
        blank = batch.index.new_zeros((batch.size, self.frames, 1), dtype=torch.float32)
        data, mask = {}, {}
        for name in names:
            if name in batch.data:
                data[name] = self._codec(name).encode(batch.data[name], batch.mask[name]).z
                mask[name] = batch.mask[name]
            else:
                data[name] = blank.expand(-1, -1, self.widths[name])
                mask[name] = torch.zeros_like(data[name], dtype=torch.bool)
        known = {
            key: (batch.known[key] - self.known_mean[i]) / self.known_std[i]
            for i, key in enumerate(self.settings.known)
            if key in batch.known
        }
        return Given(data, mask, known)

    def _joined(self, batch: Batch, names: Sequence[str]) -> tuple[Tensor, Tensor]:
        side = self._side(batch, names)
        data = torch.cat([side.data[n] for n in names], dim=-1)
        return data, torch.cat([side.mask[n] for n in names], dim=-1)

    def _decode(self, name: str, z: Tensor) -> Tensor:
        mask = torch.ones(z.shape[:-1], dtype=torch.bool, device=z.device)
        return self._codec(name).decode(Latents(z, mask))

    def _codec(self, name: str) -> IdentityCodec:
        codec = self.codecs[name]
        if not isinstance(codec, IdentityCodec):
            raise TypeError(f"codec of {name} is a {type(codec).__name__}.")
        return codec

    def _direction(self, name: str) -> Direction:
        direction = self.directions[name]
        if not isinstance(direction, Direction):
            raise TypeError(f"direction {name} is a {type(direction).__name__}.")
        return direction

    def _direction_of(self, want: Sequence[str]) -> str:
        for stream in want:
            if stream not in self.widths:
                raise ConfigError(
                    f"this model does not know a stream {stream!r}.{nearest(stream, self.widths)}"
                )
        for name, (_, target) in self.sides.items():
            if set(want) <= set(target):
                return name
        raise ConfigError(
            f"this model does not generate {', '.join(want)} together; it generates "
            + " or ".join(", ".join(target) for _, target in self.sides.values())
            + "."
        )


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
    for name in (*given, *want):
        if name not in streams:
            raise ConfigError(f"the data have no stream {name!r}.{nearest(name, streams)}")
