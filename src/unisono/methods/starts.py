r"""What a mean starts at before a network corrects it: nothing, a ridge, or a kernel.

Symbols: ``B`` windows of ``L`` frames; given ``(B, L, D)`` and wanted ``(B, L, D')``, both
standardised, 0 where not valid. A start is fitted once, on the training windows, and is then part
of the model: see :mod:`unisono.networks.linear` and :mod:`unisono.networks.kernel`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from unisono.methods.settings import LLMASettings
from unisono.networks.kernel import KernelData, KernelStart
from unisono.networks.linear import RidgeStart

__all__ = ["KernelMean", "StartWindows", "fit_start", "make_start", "start_of"]

_DURATION = "duration_s"


class StartWindows(NamedTuple):
    """Training windows as a start sees them.

    Attributes:
        x: Given curves, ``(B, L, D)``.
        known: Standardised known numbers by name, ``(B,)``, NaN where unknown.
        y: Wanted curves, ``(B, L, D')``.
        valid: Their validity, ``(B, L, D')``.
        subject: Code of each window's subject, ``(B,)``.
        scale: Mean and spread that each known number was standardised by.
    """

    x: Tensor
    known: Mapping[str, Tensor]
    y: Tensor
    valid: Tensor
    subject: Tensor
    scale: Mapping[str, tuple[float, float]]


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
        blank = x.new_zeros(len(x))
        columns = {n: torch.nan_to_num(known[n]) if n in known else blank for n in self.names}
        numbers = torch.stack(list(columns.values()), 1) if columns else x.new_zeros(len(x), 0)
        if _DURATION not in self.names:
            return KernelData(x, numbers)
        return KernelData(x, numbers, self.clock[0] + self.clock[1] * columns[_DURATION])


def make_start(
    settings: LLMASettings, frames: int, given: int, want: Sequence[int]
) -> RidgeStart | KernelMean | None:
    """The start that the settings name, not yet fitted; None for none."""
    if settings.start == "ridge":
        return RidgeStart(frames, given, sum(want))
    if settings.start == "kernel":
        return KernelMean(frames, given, want, settings.known)
    return None


def fit_start(start: RidgeStart | KernelMean, windows: StartWindows) -> None:
    """Fit a start of :func:`make_start` on the training windows."""
    if isinstance(start, KernelMean):
        start.fit(windows)
    else:
        start.fit(windows.x, windows.y, windows.subject)


def start_of(
    start: RidgeStart | KernelMean,
    x: Tensor,
    known: Mapping[str, Tensor],
    subject: Tensor | None,
) -> Tensor:
    """Where the mean starts, ``(B, L, D')``; a ridge looks at curves alone.

    Args:
        start: A fitted start.
        x: Given curves, ``(B, L, D)``.
        known: Standardised known numbers by name.
        subject: Codes of training subjects, to predict each without its fold; None at use.
    """
    out: Tensor
    out = start(x, known, subject) if isinstance(start, KernelMean) else start(x, subject)
    return out
