r"""Any streams from any others: llma whose two sides are drawn anew for every training window.

Symbols: ``G`` the streams that may be given, ``W`` those that may be wanted (most often the same).
For every window a random part :math:`A \subset G` is drawn, its size uniform, and what is left is
:math:`A^c = G \setminus A`. One network is trained both ways,

.. math:: L = L_\mathrm{den}(W \setminus A \mid A) + L_\mathrm{den}(W \setminus A^c \mid A^c)
              + \alpha\, L_\mathrm{align}(h(A), h(A^c))

with ``h`` the one condition encoder: two disjoint views of one movement must agree on their local
windows, as the two sides of llma (arXiv 2503.12214) do. Channels are hidden besides, few from many
windows and most from some, so that what is learned holds where sensors are missing. Since the
masks of what is given enter the encoder, the mean and the spread depend on what is given; what is
not wanted stands at 0 in the process and counts in no loss.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Generator, Tensor

from unisono.alignment.window_alignment import Signals
from unisono.core.contracts import Batch, Draws, Latents, Loss, Phase, StreamInfo
from unisono.core.distributed import draw_global
from unisono.core.errors import ConfigError
from unisono.core.timeline import Timeline
from unisono.methods.direction import Direction, Given, Terms
from unisono.methods.few_steps import FEW_STEPS
from unisono.methods.hiding import hide_at_random
from unisono.methods.settings import LLMASettings, resolve
from unisono.methods.stream_method import (
    Aligning,
    StreamMethod,
    Task,
    alignment_weight,
    check_streams,
)

__all__ = ["AnySubset", "draw_parts"]

_NET = "any"
"""The one direction: from whatever is given to whatever is not."""


class AnySubset(StreamMethod):
    """The method; see the module's docstring.

    Args:
        settings: Settings of llma in mode ``"ours"``; of no use are ``directions`` (there is one)
            and ``drop_stream`` (parts are drawn instead).
        streams: What is known of each stream.
        given: Streams that may be given.
        want: Streams that may be wanted.
        frames: Frames of a window.

    Raises:
        ConfigError: If a stream is unknown, there are fewer than two to give, or a setting does
            not go with this method.
    """

    Settings = LLMASettings
    any_part = True

    def __init__(
        self,
        settings: LLMASettings,
        streams: Mapping[str, StreamInfo],
        *,
        given: Sequence[str],
        want: Sequence[str],
        frames: int,
    ) -> None:
        _check(settings, streams, given, want)
        every = tuple(dict.fromkeys((*given, *want)))
        super().__init__({name: streams[name].width for name in every}, settings.known, frames)
        self.settings = resolve(settings)
        self.given, self.want = tuple(given), tuple(want)
        self.directions[_NET] = Direction(
            {name: self.widths[name] for name in self.given},
            sum(self.widths[name] for name in self.want),
            frames,
            self.settings,
        )
        self.weight = alignment_weight(self.settings)

    def prepare(self, windows: Batch) -> None:
        """Fit normalisers on the training windows."""
        self.fit_normalisers(windows)

    def loss(self, batch: Batch, *, phase: Phase, step: int, generator: Generator) -> Loss:
        """Loss of one batch; see the module's docstring for the terms."""
        net, size, device = self.direction(_NET), batch.size, batch.index.device
        tasks = self._tasks(batch, generator)
        if phase.name == FEW_STEPS:
            return self.taught({_NET: tasks["part"]}, batch.subject, generator)
        t = draw_global(lambda n: net.process.sample_t(n, generator=generator), size).to(device)
        terms: list[Terms] = []
        parts: dict[str, Tensor] = {}
        total = t.new_zeros(())
        for name, (given, x, mask) in tasks.items():
            found = net.terms(given, x, mask, t, subject=batch.subject, generator=generator)
            terms.append(found)
            for key, value in found.parts.items():
                total = total + value
                parts[f"{name}.{key}"] = value.detach()
        if self.settings.losses.align > 0:
            target = self.joined(batch, self.want)
            align, logged = self._align(terms, target, generator, monitor=step % 10 == 0)
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
        """Generate streams from whatever else the batch holds.

        Args:
            batch: Windows; what is missing is masked or left out. Wanted streams are not read.
            want: Streams to generate.
            samples: Samples a window; 0 makes the mean alone.
            steps: Solver steps.
            generator: Where the noise comes from.
            timeline: If the windows lie on one long sequence, where; see ``Direction.sample``.

        Raises:
            ConfigError: If a stream is unknown, is never generated, or nothing is given.
        """
        self.check_known_streams(want)
        there = [name for name in self.given if name in batch.data and name not in want]
        for name in want:
            if name not in self.want:
                raise ConfigError(
                    f"this model is given {name} and never generates it; it generates "
                    f"{', '.join(self.want)}."
                )
        if not there:
            raise ConfigError(
                f"nothing is given; this model needs one of {', '.join(self.given)} besides "
                f"{', '.join(want)}."
            )
        chosen = torch.tensor([name in there for name in self.given], device=batch.index.device)
        chosen = chosen.expand(batch.size, -1)
        given = self._given(batch, chosen)._replace(wanted=self._channels(chosen))
        with torch.no_grad():
            out = self.direction(_NET).sample(
                given, samples=samples, steps=steps, generator=generator, timeline=timeline
            )
        # the spread is not stated: live bands of it are calibrated for one part, not for any
        return self.draws(out._replace(spread=None), self.want, want)

    def encode(self, batch: Batch, side: str = "given") -> Latents:
        """Encode what a batch holds of the streams that may be given, ``(B, L, d)``.

        Raises:
            ConfigError: If the side is not ``"given"``: there is no other.
        """
        if side != "given":
            raise ConfigError(f"side {side!r} has no encoder; llma-any encodes what is given.")
        chosen = torch.tensor([n in batch.data for n in self.given], device=batch.index.device)
        return self.encoded(_NET, self._given(batch, chosen.expand(batch.size, -1)))

    def _tasks(self, batch: Batch, generator: Generator) -> dict[str, Task]:
        """A drawn part of the streams and the rest, each given for what it does not hold."""
        count, device = len(self.given), batch.index.device
        part = draw_global(lambda n: draw_parts(n, count, generator=generator), batch.size)
        x, valid = self.joined(batch, self.want)
        tasks = {}
        for name, chosen in (("part", part.to(device)), ("rest", ~part.to(device))):
            wanted = self._channels(chosen)
            given = hide_at_random(
                self._given(batch, chosen)._replace(wanted=wanted),
                stream=0.0,
                channel=self.settings.drop_channel or 0.0,
                generator=generator,
                varied=True,
            )
            tasks[name] = Task(given, x, valid & wanted[:, None, :])
        return tasks

    def _given(self, batch: Batch, chosen: Tensor) -> Given:
        """The streams that each window is given, ``chosen`` ``(B, G)``; others are missing."""
        side = self.side(batch, self.given)
        mask = {
            name: side.mask[name] & chosen[:, i, None, None] for i, name in enumerate(self.given)
        }
        data = {name: side.data[name] * mask[name] for name in self.given}
        return Given(data, mask, side.known)

    def _channels(self, chosen: Tensor) -> Tensor:
        """Channels that are wanted where ``chosen`` streams are given, ``(B, D)``."""
        columns = []
        for name in self.want:
            here = (
                ~chosen[:, self.given.index(name)]
                if name in self.given
                else chosen.new_ones(len(chosen))
            )
            columns.append(here[:, None].expand(-1, self.widths[name]))
        return torch.cat(columns, dim=-1)

    def _align(
        self,
        terms: Sequence[Terms],
        target: tuple[Tensor, Tensor],
        generator: Generator,
        *,
        monitor: bool,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Alignment of the two views of each window, where both see something."""
        first, second = terms
        on_memory = self.settings.losses.align_on == "memory"
        latents = (
            (first.memory.tokens, second.memory.tokens)
            if on_memory
            else (second.hidden, first.hidden)
        )
        signal = target[0] * target[1]
        present = first.memory.mask & second.memory.mask
        how = Aligning(monitor=monitor)
        return self.align(latents, present, Signals(signal, signal), generator, how)


def draw_parts(rows: int, count: int, *, generator: Generator) -> Tensor:
    """Draw a part of ``count`` streams for every row: neither none nor all, its size uniform.

    Args:
        rows: Rows.
        count: Streams, at least 2.
        generator: Where the draw comes from.

    Returns:
        ``(rows, count)`` bool.

    Example:
        >>> g = torch.Generator().manual_seed(0)
        >>> sizes = draw_parts(500, 4, generator=g).sum(dim=1)
        >>> sorted(set(sizes.tolist()))
        [1, 2, 3]
    """
    device = generator.device
    size = torch.randint(1, count, (rows, 1), generator=generator, device=device)
    rank = torch.rand(rows, count, generator=generator, device=device).argsort(dim=1).argsort(dim=1)
    return rank < size


def _check(
    settings: LLMASettings,
    streams: Mapping[str, StreamInfo],
    given: Sequence[str],
    want: Sequence[str],
) -> None:
    if len(set(given)) < 2 or not want:
        raise ConfigError("llma-any needs at least two streams in given and one in want.")
    check_streams(streams, (*given, *want))
    if settings.mode != "ours" or settings.losses.energy or settings.mean is False:
        raise ConfigError(
            "llma-any is not of the paper: leave mode = 'ours', energy = 0 and the mean head."
        )
    if settings.guidance != 1:
        raise ConfigError("llma-any is never trained without anything given: leave guidance = 1.")
    for name, said in _of_no_use(settings).items():
        if said:
            raise ConfigError(f"llma-any has no {name}: leave it out.")
    if settings.start != "none":
        raise ConfigError("llma-any has no start = 'ridge': there is no one ridge for all parts.")


def _of_no_use(settings: LLMASettings) -> dict[str, object]:
    """What llma has, and this method would pass over in silence."""
    return {
        "pretrain": settings.pretrain,
        "share_encoder": settings.share_encoder,
        "losses.reconstruct": settings.losses.reconstruct,
        "losses.by_noise": settings.losses.by_noise,
    }
