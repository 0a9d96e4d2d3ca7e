r"""Answering while a recording is still being made: chunks in, chunks out, the past alone.

Frames are taken at the model's clock (:mod:`unisono.api.live_inputs`) into a buffer of the last
``L``, the length of a window. Whenever the count of frames passes a multiple of ``hop``, one pass
of the network over the buffer gives mean and spread, and its newest ``hop`` frames are the answer,
held back by ``delay`` frames where that was asked for: a model of whole windows is causal when its
window ends now. Until the first window is full, what is to come counts as missing, as in a short
recording. Where windows end depends on the count of frames alone, so that the answer has the same
bits however its input is cut into chunks.

How late a frame is told, after its instant: the resampling's delay, plus ``delay``, plus up to
``hop - 1`` frames of waiting for the hop to be full (:attr:`LiveStream.delay_s`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
import xarray as xr

from unisono.api.generated import Generated, GeneratedStream
from unisono.api.inputs import given_side
from unisono.api.live_bands import LIVE_S, live_frames, spread_bands
from unisono.api.live_inputs import LiveInputs, LiveSource, as_pieces, source_of
from unisono.api.missing import calibrated_bands, share_missing
from unisono.api.one_sided import on_its_side, signs_known
from unisono.api.placing import Answer, place_frames, way_back
from unisono.core.checks import check_range, nearest
from unisono.core.contracts import Batch, Draws
from unisono.core.errors import ConfigError
from unisono.core.provenance import provenance
from unisono.core.random import generator
from unisono.evaluation.calibration import BandTable, sample_bands
from unisono.recordings.windows import KNOWN

if TYPE_CHECKING:
    from unisono.api.model import Model

__all__ = ["Live", "LiveStream"]

_FEW = 16
"""Samples a window where a model has no mean and none were asked for."""

Chunk = xr.DataTree | Mapping[str, npt.ArrayLike]


@dataclass(frozen=True)
class Live:
    """How to answer live.

    Args:
        hop_s: Seconds from one pass of the network to the next.
        delay_s: Seconds that a frame is held back so that what follows it can be seen: less error
            for more delay.
        samples: Samples a window; a model without a mean needs them, others take their time.
        steps: Solver steps of the samples.
        seed: Where the noise of the samples comes from.
    """

    hop_s: float = LIVE_S
    delay_s: float = 0.0
    samples: int = 0
    steps: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        check_range("hop_s", self.hop_s, 0.0, 1e6)
        check_range("delay_s", self.delay_s, 0.0, 1e6, closed=True)
        check_range("samples", self.samples, 0, 100_000, closed=True)
        check_range("steps", self.steps, 1, 100_000, closed=True)


class LiveStream:
    """A model that answers chunk by chunk; made by ``Model.stream``.

    Args:
        model: The model.
        source: What arrives.
        want: Streams to generate.
        options: How to answer.

    Raises:
        ConfigError: If the model does not know a wanted stream, or does not generate it.
        ModelError: As :class:`unisono.api.live_inputs.LiveInputs`.
        UnitError: As the same.
    """

    def __init__(
        self,
        model: "Model",
        source: xr.DataTree | LiveSource,
        want: Sequence[str],
        options: Live,
    ) -> None:
        self.model, self.want, self.options = model, tuple(want), options
        for name in self.want:
            if name not in model.streams:
                raise ConfigError(
                    f"this model does not know a stream {name!r}.{nearest(name, model.streams)}"
                )
        header = source_of(model, source)
        self.inputs = LiveInputs(model, header, given_side(model, self.want))
        self._length, self._rate = model.cut.length, model.cut.rate_hz
        self._hop = live_frames(model.recipe, options.hop_s)
        self._delay = min(round(options.delay_s * self._rate), self._length - self._hop)
        side = "right" if model.cut.mirror and model.cut.side == "both" else model.cut.side
        place = pd.Series({"side": side if model.cut.mirror else "", "heading_rad": np.nan})
        self._ways = {n: way_back(model, model.streams[n], place, header) for n in self.want}
        self._known = _known(header, self._length / self._rate)
        self._buffer: dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]] = {}
        for name in self.inputs.names:
            width = model.streams[name].width
            self._buffer[name] = np.zeros((0, width), np.float32), np.zeros((0, width), bool)
        self._sent: dict[str, int] = {}
        self._dropped = self._passed = self._told = 0
        self.tables = _tables(model)
        self.doubts = [*self.inputs.doubts, *self._said()]
        self._samples = options.samples
        # also wakes the network, so that the first answer is not late
        first = self._draw(self._batch(0, 0), 0)
        if options.samples < 2 and any(draws.spread is None for draws in first.values()):
            self._samples = _FEW
            self.doubts.append(f"the model has no mean of its own: {_FEW} samples a window instead")
        self._made = asdict(provenance()) | {
            "model": str(model.sealed.card.name),
            "method": model.recipe.method,
            "given": list(self.inputs.names),
            "live": asdict(options) | {"delay_s": self.delay_s},
        }
        self._header = {str(k): v for k, v in header.attrs.items()}

    @property
    def delay_s(self) -> float:
        """The longest time from the instant of a frame to its answer, in seconds of recording."""
        return self.inputs.delay_s + (self._delay + self._hop - 1) / self._rate

    def push(self, chunk: Chunk) -> Generated | None:
        """Take in what has arrived and answer what is due; None where nothing is.

        Args:
            chunk: A piece of a recording with its own stamps, or an array ``(n, D)`` a stream, in
                the order of the source's channels, NaN where nothing was measured. Pieces may be of
                any length, and need not hold every stream.

        Raises:
            ModelError: If a channel is missing or an array has another width.
            UnisonoError: If time does not go on.
        """
        pieces = as_pieces(self.inputs.header, chunk, self._sent)
        for name, piece in pieces.items():
            self._sent[name] = self._sent.get(name, 0) + len(piece.time)
        self.inputs.push(pieces)
        return self._answer(last=False)

    def finish(self) -> Generated | None:
        """Say that nothing follows, and answer the rest."""
        return self._answer(last=True)

    def _said(self) -> list[str]:
        """What there is to doubt about the bands."""
        said = []
        for name in self.want:
            if name not in self.tables:
                said.append(f"{name}: the bands were never calibrated")
            elif name not in self.model.sealed.extra.get("live", {}):
                said.append(f"{name}: the bands were calibrated on whole windows, not on their end")
            elif self._delay or self._hop != live_frames(self.model.recipe):
                said.append(f"{name}: the bands were calibrated for a hop of {LIVE_S:g} s")
        return said

    def _answer(self, *, last: bool) -> Generated | None:
        for name, piece in self.inputs.take(last=last).items():
            values, valid = self._buffer[name]
            self._buffer[name] = (
                np.concatenate([values, piece.values.astype(np.float32)]),
                np.concatenate([valid, piece.valid]),
            )
        count = self._dropped + min(len(values) for values, _ in self._buffer.values())
        found: list[tuple[int, int, dict[str, Answer]]] = []
        while self._passed + self._hop <= count:
            self._passed += self._hop
            until = self._passed - self._delay
            if until > self._told:
                found.append(self._window(self._passed, until))
        if last and count > self._told:
            self._passed = count
            found.append(self._window(count, count))
        # the last window may end right after this one, where nothing follows
        kept = max(self._passed - self._length - self._dropped, 0)
        self._buffer = {k: (v[kept:], m[kept:]) for k, (v, m) in self._buffer.items()}
        self._dropped += kept
        return self._generated(found) if found else None

    def _window(self, end: int, until: int) -> tuple[int, int, dict[str, Answer]]:
        """The answer to frames up to ``until`` from the window that ends with frame ``end``."""
        start = max(end - self._length, 0)
        first, self._told = self._told, until
        batch = self._batch(start, end)
        drawn = self._draw(batch, end)
        frames = slice(first - start, until - start)
        widths = {name: self.model.streams[name].width for name in self.inputs.given}
        gone = share_missing(batch, widths)[:, frames]
        return first, until, {n: self._calibrated(n, drawn[n], frames, gone) for n in self.want}

    def _draw(self, batch: Batch, end: int) -> Mapping[str, Draws]:
        return self.model.method.generate(
            batch,
            self.want,
            samples=self._samples,
            steps=self.options.steps,
            generator=generator(self.options.seed, "live", end),
        )

    def _batch(self, start: int, end: int) -> Batch:
        data, mask = {}, {}
        here = slice(start - self._dropped, end - self._dropped)
        for name, (values, valid) in self._buffer.items():
            empty = ((0, self._length - (end - start)), (0, 0))
            data[name] = torch.from_numpy(np.pad(values[here], empty))[None]
            mask[name] = torch.from_numpy(np.pad(valid[here], empty))[None]
        zero = torch.zeros(1, dtype=torch.int64)
        return Batch(data, mask, zero, zero, zero - 1, self._known)

    def _calibrated(
        self, name: str, drawn: Draws, frames: slice, gone: npt.NDArray[np.float64]
    ) -> Answer:
        levels = self.model.recipe.bands.levels
        mean = drawn.mean[:, frames].numpy().astype(np.float64)
        samples = drawn.samples[:, :, frames].numpy()
        if drawn.spread is not None:
            bands = spread_bands(mean, drawn.spread[:, frames].numpy().astype(np.float64), levels)
        else:
            bands = sample_bands(samples, mean, levels)
        answer = Answer(mean, samples, calibrated_bands(self.tables, name, bands, gone))
        return on_its_side(answer, signs_known(self.model, name))

    def _generated(self, found: list[tuple[int, int, dict[str, Answer]]]) -> Generated:
        origin = self.inputs.origin or 0.0
        time = origin + np.arange(found[0][0], found[-1][1]) / self._rate
        parts: dict[str, GeneratedStream] = {}
        for name in self.want:
            whole = _joined([answers[name] for _, _, answers in found])
            parts[name] = place_frames(self.model.streams[name], whole, time, self._ways[name])
        return Generated(self._header, parts, self._made, self.doubts)


def _joined(parts: Sequence[Answer]) -> Answer:
    """Answers that follow one another."""
    bands = parts[0].bands
    return Answer(
        np.concatenate([p.mean for p in parts], axis=1),
        np.concatenate([p.samples for p in parts], axis=2),
        bands._replace(
            centre=np.concatenate([p.bands.centre for p in parts], axis=1),
            lower=np.concatenate([p.bands.lower for p in parts], axis=2),
            upper=np.concatenate([p.bands.upper for p in parts], axis=2),
        ),
    )


def _tables(model: "Model") -> dict[str, BandTable]:
    """Calibration of live bands, or that of whole windows where there is no other."""
    live = {k: BandTable.from_dict(v) for k, v in model.sealed.extra.get("live", {}).items()}
    return dict(model.tables) | live


def _known(header: xr.DataTree, window_s: float) -> dict[str, torch.Tensor]:
    """Numbers known of every window of the stream, ``(1,)`` each."""
    labels = header.attrs.get("labels") or {}
    said = {**labels, **header.attrs, "duration_s": window_s}
    values = {k: v for k, v in said.items() if k in KNOWN and isinstance(v, int | float)}
    return {k: torch.tensor([float(values.get(k, "nan"))]) for k in KNOWN}
