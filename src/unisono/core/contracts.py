r"""What the rooms promise one another: latents, batches, and the protocols of the five roles.

Symbols: ``B`` batch, ``L`` frames or tokens, ``D`` channels, ``d`` latent width. A
**process** mixes

.. math:: z_t = a_t z_\mathrm{target} + b_t z_\mathrm{source} + s_t \varepsilon

with ``t = 0`` the data and ``t = 1`` the source. A **denoiser** estimates the target from
``z_t``; a **solver** walks the process with it; a **codec** carries one modality to latents and
back; a **method** composes them. Everything random takes a ``torch.Generator``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Generator, Tensor, nn

__all__ = [
    "Batch",
    "Begins",
    "Codec",
    "Denoiser",
    "DenoiserOutput",
    "Draws",
    "Latents",
    "Loss",
    "Method",
    "Metric",
    "Phase",
    "Process",
    "StreamInfo",
    "TrainedCodec",
    "Weights",
]


class Latents(NamedTuple):
    """Latents with their mask.

    Attributes:
        z: ``(B, L, d)``.
        mask: ``(B, L)`` bool, True where a token is real.
    """

    z: Tensor
    mask: Tensor


@dataclass(frozen=True)
class StreamInfo:
    """What a model knows of a stream: enough to check and convert a recording against it.

    Args:
        name: Name of the stream.
        channels: Names of the channels, in the model's order.
        units: Unit of each channel.
        kind: Kind of the stream (``recordings.schema.KINDS``).
        rate_hz: Frames per second, or 0 where windows are cut from event to event and resampled
            to a fixed number of points.
        frame: ``up``, ``forward`` and ``handedness`` of its axes.
        filter: What the training signal was filtered with.
    """

    name: str
    channels: tuple[str, ...]
    units: tuple[str, ...]
    kind: str
    rate_hz: float
    frame: Mapping[str, str] = field(default_factory=dict)
    filter: Mapping[str, Any] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Number of channels."""
        return len(self.channels)


@dataclass(frozen=True)
class Batch:
    """Windows of several streams, in physical units.

    Args:
        data: For each stream ``(B, L, D)`` float32; samples that are not valid hold 0.
        mask: For each stream ``(B, L, D)`` bool, True where the sample is valid.
        index: Row of each window in the window table, ``(B,)`` int64.
        subject: Code of each window's subject, ``(B,)`` int64.
        condition: Code of each window's condition label, ``(B,)`` int64; -1 where unknown.
        known: Numbers known of each window (mass in kg, height in m, ...), each ``(B,)`` float32
            with NaN where unknown.
    """

    data: Mapping[str, Tensor]
    mask: Mapping[str, Tensor]
    index: Tensor
    subject: Tensor
    condition: Tensor
    known: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of windows."""
        return int(self.index.shape[0])

    def to(self, device: torch.device | str) -> "Batch":
        """Return the batch on another device."""
        return Batch(
            {k: v.to(device) for k, v in self.data.items()},
            {k: v.to(device) for k, v in self.mask.items()},
            self.index.to(device),
            self.subject.to(device),
            self.condition.to(device),
            {k: v.to(device) for k, v in self.known.items()},
        )


class Weights(NamedTuple):
    """Weights of target, source and noise, each with the shape of ``t``."""

    target: Tensor
    source: Tensor
    noise: Tensor


class DenoiserOutput(NamedTuple):
    """What a denoiser returns.

    Attributes:
        prediction: In the parameterisation the process asks for, ``(B, L, D)``.
        hidden: The latent sequence that alignment acts on, ``(B, L, d)``.
    """

    prediction: Tensor
    hidden: Tensor


class Loss(NamedTuple):
    """A scalar to minimise, and what it is made of.

    Attributes:
        total: Scalar with gradient.
        parts: Named scalars without gradient: the terms, and monitors such as latent spread.
    """

    total: Tensor
    parts: Mapping[str, Tensor]


class Draws(NamedTuple):
    """What a method generates for one stream, in physical units.

    Attributes:
        samples: ``(S, B, L, D)``.
        mean: The method's best single answer, ``(B, L, D)`` (not always the mean of samples).
        latent: Aligned latents of the given side, ``(B, L, d)``.
        spread: Standard deviation that the method states beside its mean, ``(B, L, D)``; None
            where it has none.
    """

    samples: Tensor
    mean: Tensor
    latent: Tensor
    spread: Tensor | None = None


@dataclass(frozen=True)
class Phase:
    """A stretch of training: what moves, what is minimised, and for how long.

    Args:
        name: Name, unique within a method.
        steps: Optimiser steps.
        groups: Names of the parameter groups that are trained; others are frozen.
        losses: Names of the loss terms that are active.
        period: Alternation: the phase's full loss acts every ``period``-th step.
    """

    name: str
    steps: int
    groups: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    period: int = 1


@runtime_checkable
class Codec(Protocol):
    """One modality to latents and back.

    Data are ``(B, ...)`` with the axes of the modality: ``(B, L, D)`` for streams,
    ``(B, C, H, W)`` for images, ``(B, X, Y, Z)`` for voxels, ``(B, V, C, H, W)`` for views. The
    mask has the shape of the data, True where a value is valid.
    """

    def fit(self, data: Tensor, mask: Tensor) -> None:
        """Fit normalisers on data of the TRAINING part only."""
        ...

    def encode(self, data: Tensor, mask: Tensor) -> Latents:
        """Map data in physical units to latents."""
        ...

    def decode(self, latents: Latents) -> Tensor:
        """Map latents back to data in physical units."""
        ...


@runtime_checkable
class TrainedCodec(Codec, Protocol):
    """A codec that is also trained: it answers on one token grid and knows its own losses."""

    @property
    def tokens(self) -> int:
        """Tokens ``N`` of every latent."""
        ...

    @property
    def width(self) -> int:
        """Width ``d`` of a token."""
        ...

    def distance(self, predicted: Tensor, data: Tensor, mask: Tensor) -> Tensor:
        """Mean distance of decoded data from data over the valid values; a scalar."""
        ...

    def loss(self, data: Tensor, mask: Tensor, *, generator: Generator) -> Loss:
        """Reconstruction loss (with the bottleneck's own term) of a batch."""
        ...


@runtime_checkable
class Process(Protocol):
    """How a latent travels between target and source. Times have any shape, in [0, 1]."""

    def weights(self, t: Tensor) -> Weights:
        """Return ``(a_t, b_t, s_t)``."""
        ...

    def sample_t(self, size: int, *, generator: Generator) -> Tensor:
        """Draw training times, ``(size,)``."""
        ...


class Denoiser(Protocol):
    """An estimate of the target: all that a solver needs. Guidance and conditioning wrap it."""

    def __call__(self, z: Tensor, t: Tensor) -> Tensor:
        """Return the estimate of the clean target for ``z`` ``(B, L, d)`` at ``t`` ``(B,)``."""
        ...


class Method(Protocol):
    """A published method: a thin composition of the shared parts. Also a ``torch.nn.Module``."""

    @property
    def phases(self) -> Sequence[Phase]:
        """The phases of training, in order."""
        ...

    def prepare(self, windows: Batch) -> None:
        """Fit what is fitted rather than trained (normalisers), on the training part only."""
        ...

    def groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """Parameters by group name; every parameter is in exactly one group."""
        ...

    def loss(self, batch: Batch, *, phase: Phase, step: int, generator: Generator) -> Loss:
        """Return the loss of one batch."""
        ...

    def generate(
        self, batch: Batch, want: Sequence[str], *, samples: int, steps: int, generator: Generator
    ) -> Mapping[str, Draws]:
        """Generate the wanted streams from the others in the batch."""
        ...


@runtime_checkable
class Begins(Protocol):
    """A method that has something to do when a phase begins, such as a student from its teacher."""

    def begin(self, phase: Phase) -> None:
        """Make ready for a phase, in evaluation mode.

        Called once, before its first step, and not when resuming.
        """
        ...


class Metric(Protocol):
    """A number that compares what was generated with the truth."""

    def __call__(self, predicted: Any, truth: Any, valid: Any) -> Any:  # noqa: ANN401
        """Return one value a row and channel, ``(B, D)``, from arrays ``(B, L, D)``."""
        ...
