r"""What a mean starts at before a network corrects it: nothing, a ridge, a kernel, or levers.

Symbols: ``B`` windows of ``L`` frames; given ``(B, L, D)`` and wanted ``(B, L, D')``, both
standardised, 0 where not valid. A start is fitted once, on the training windows, and is then part
of the model: see :mod:`unisono.networks.linear`, :mod:`unisono.networks.kernel` and
:mod:`unisono.networks.lever_start`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from unisono.core.errors import ConfigError
from unisono.methods.lever_names import landmarks
from unisono.methods.settings import LLMASettings
from unisono.networks.kernel import KernelData, KernelStart
from unisono.networks.lever_start import LeverData, LeverStart
from unisono.networks.linear import RidgeStart

__all__ = [
    "KernelMean",
    "LeverMean",
    "Start",
    "StartWindows",
    "fit_start",
    "make_start",
    "start_of",
]

_DURATION = "duration_s"

_MOST_ANSWERS = 2000
"""Windows whose answers are kept while training."""


class StartWindows(NamedTuple):
    """Training windows as a start sees them.

    Attributes:
        x: Given curves, ``(B, L, D)``.
        known: Standardised known numbers by name, ``(B,)``, NaN where unknown.
        y: Wanted curves, ``(B, L, D')``.
        valid: Their validity, ``(B, L, D')``.
        subject: Code of each window's subject, ``(B,)``.
        scale: Mean and spread that each known number was standardised by.
        given_scale: Mean and spread of each given channel, ``(2, D)``; None if not told.
        want_scale: Mean and spread of each wanted channel, ``(2, D')``; None if not told.
    """

    x: Tensor
    known: Mapping[str, Tensor]
    y: Tensor
    valid: Tensor
    subject: Tensor
    scale: Mapping[str, tuple[float, float]]
    given_scale: Tensor | None = None
    want_scale: Tensor | None = None


class KernelMean(nn.Module):
    """A kernel start that knows which of the known numbers is the duration.

    Args:
        frames: Frames ``L``.
        given: Channels ``D``.
        want: Channels of each wanted stream, in order.
        known: Names of the known numbers; ``"duration_s"`` among them makes rates per second.
    """

    clock: Tensor

    def __init__(self, frames: int, given: int, want: Sequence[int], known: Sequence[str]) -> None:
        super().__init__()
        self.names = tuple(known)
        self.kernel = KernelStart(frames, given, want, len(self.names))
        self.register_buffer("clock", torch.zeros(2))  # mean and spread of the duration, seconds

    def fit(self, windows: StartWindows) -> None:
        """Fit on training windows."""
        if _DURATION in self.names:
            self.clock.copy_(torch.tensor(windows.scale[_DURATION]))
        data = self._data(windows.x, windows.known)
        self.kernel.fit(data, windows.y, windows.valid, windows.subject)

    def forward(self, x: Tensor, known: Mapping[str, Tensor], subject: Tensor | None) -> Tensor:
        """Predict ``(B, L, D')``; with ``subject`` codes, without that subject's fold."""
        out: Tensor = self.kernel(self._data(x, known), subject)
        return out

    def _data(self, x: Tensor, known: Mapping[str, Tensor]) -> KernelData:
        numbers = _numbers(self.names, x, known)
        if _DURATION not in self.names:
            return KernelData(x, numbers)
        return KernelData(x, numbers, _seconds(self.names, numbers, self.clock))


class LeverMean(nn.Module):
    """A start with lever arms, which thinks in metres and newtons.

    Args:
        frames: Frames ``L``.
        channels: Names of the given channels.
        settings: Settings; their levers name the points.
        want: Channels of each wanted stream, in order.

    Raises:
        ConfigError: If what is wanted is no force and moments, the duration is not known, or a
            point is not given.
    """

    clock: Tensor
    given_scale: Tensor
    want_scale: Tensor

    def __init__(
        self, frames: int, channels: Sequence[str], settings: LLMASettings, want: Sequence[int]
    ) -> None:
        super().__init__()
        self.names = tuple(settings.known)
        joints = len(settings.levers.centres)
        if tuple(want) != (3, 3 * joints):
            raise ConfigError(
                "start = 'levers' wants two streams, a force of 3 channels and the moments of "
                f"{joints} joints of 3 each, in the order of levers.centres; got streams of "
                f"{', '.join(str(w) for w in want)} channels."
            )
        if _DURATION not in self.names:
            raise ConfigError(f"start = 'levers' needs rates a second: put {_DURATION!r} in known.")
        at = landmarks(settings.levers, channels)
        self.levers = LeverStart(frames, len(channels), at, len(self.names))
        self.register_buffer("clock", torch.zeros(2))
        self.register_buffer("given_scale", torch.ones(2, len(channels)))
        self.register_buffer("want_scale", torch.ones(2, sum(want)))
        self._answers: dict[bytes, Tensor] = {}  # of training windows, which come again and again

    def fit(self, windows: StartWindows) -> None:
        """Fit on training windows.

        Raises:
            ConfigError: If the scales of the channels are not told.
        """
        if windows.given_scale is None or windows.want_scale is None:
            raise ConfigError("start = 'levers' must be told the scales of the channels.")
        self.clock.copy_(torch.tensor(windows.scale[_DURATION]))
        self.given_scale.copy_(windows.given_scale)
        self.want_scale.copy_(windows.want_scale)
        y = windows.y * self.want_scale[1] + self.want_scale[0]
        self._answers.clear()
        self.levers.fit(self._data(windows.x, windows.known), y, windows.valid, windows.subject)

    def forward(self, x: Tensor, known: Mapping[str, Tensor], subject: Tensor | None) -> Tensor:
        """Predict ``(B, L, D')``; with ``subject`` codes, without that subject's fold."""
        data = self._data(x, known)
        out = self.levers(data) if subject is None else self._held_out(data, subject)
        return (out - self.want_scale[0]) / self.want_scale[1]

    def _held_out(self, data: LeverData, subject: Tensor) -> Tensor:
        """Answers without each window's subject, found once a window."""
        keys = [_key(*parts) for parts in zip(*data, subject, strict=True)]
        new = [row for row, key in enumerate(keys) if key not in self._answers]
        if new:
            if len(self._answers) > _MOST_ANSWERS:
                self._answers.clear()
                new = list(range(len(keys)))
            found = self.levers(LeverData(*(part[new] for part in data)), subject[new])
            self._answers |= {keys[row]: one for row, one in zip(new, found, strict=True)}
        return torch.stack([self._answers[key] for key in keys])

    def _data(self, x: Tensor, known: Mapping[str, Tensor]) -> LeverData:
        numbers = _numbers(self.names, x, known)
        physical = x * self.given_scale[1] + self.given_scale[0]
        return LeverData(physical, numbers, _seconds(self.names, numbers, self.clock))


Start = RidgeStart | KernelMean | LeverMean
"""Any start."""


def _key(*parts: Tensor) -> bytes:
    """What tells one window from another."""
    told = hashlib.blake2b(digest_size=16)
    for part in parts:
        told.update(part.detach().cpu().contiguous().numpy().tobytes())
    return told.digest()


def _numbers(names: Sequence[str], x: Tensor, known: Mapping[str, Tensor]) -> Tensor:
    """Known numbers side by side, ``(B, K)``; 0, their mean, where one is not known."""
    blank = x.new_zeros(len(x))
    columns = [torch.nan_to_num(known[n]) if n in known else blank for n in names]
    return torch.stack(columns, 1) if columns else x.new_zeros(len(x), 0)


def _seconds(names: Sequence[str], numbers: Tensor, clock: Tensor) -> Tensor:
    return clock[0] + clock[1] * numbers[:, tuple(names).index(_DURATION)]


def make_start(
    settings: LLMASettings,
    frames: int,
    given: int,
    want: Sequence[int],
    channels: Sequence[str] = (),
) -> Start | None:
    """The start that the settings name, not yet fitted; None for none.

    Args:
        settings: Which one, and the known numbers.
        frames: Frames of a window.
        given: Channels of what is given.
        want: Channels of each wanted stream, in order.
        channels: Names of the given channels, for a start that looks for points among them.
    """
    if settings.start == "ridge":
        return RidgeStart(frames, given, sum(want))
    if settings.start == "kernel":
        return KernelMean(frames, given, want, settings.known)
    if settings.start == "levers":
        return LeverMean(frames, channels, settings, want)
    return None


def fit_start(start: Start, windows: StartWindows) -> None:
    """Fit a start of :func:`make_start` on the training windows."""
    if isinstance(start, RidgeStart):
        start.fit(windows.x, windows.y, windows.valid, windows.subject)
    else:
        start.fit(windows)


def start_of(
    start: Start, x: Tensor, known: Mapping[str, Tensor], subject: Tensor | None
) -> Tensor:
    """Where the mean starts, ``(B, L, D')``; a ridge looks at curves alone.

    Args:
        start: A fitted start.
        x: Given curves, ``(B, L, D)``.
        known: Standardised known numbers by name.
        subject: Codes of training subjects, to predict each without its fold; None at use.
    """
    out: Tensor
    # a closed form is small and cancels much: not in the half precision that a network may train in
    with torch.autocast(x.device.type, enabled=False):
        out = start(x, subject) if isinstance(start, RidgeStart) else start(x, known, subject)
    return out
