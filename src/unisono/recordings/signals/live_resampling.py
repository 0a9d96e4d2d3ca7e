r"""Resampling while samples still arrive: what is known at any moment rests on the past alone.

A sample at the instant ``t`` of the wanted clock is

.. math:: y(t) = \frac{\sum_k h((t - t_k)/T)\, x_k}{\sum_k h((t - t_k)/T)}, \qquad
          h(u) = \mathrm{sinc}(2 f_c u)\, w(u / W)

with the true stamps :math:`t_k`, the source's step ``T``, a Kaiser window ``w`` and a half width of
:math:`W = 2 / 2 f_c` steps (offline it is 16, :mod:`unisono.recordings.signals.resampling`): a
short filter, because ``y(t)`` can be told only when the sample at ``t + W T`` has arrived. That
time is :attr:`LiveResampler.delay_s`: two frames of the slower of the two clocks, and nothing where
both clocks tick together. The values' own stamps are true; they come late, they are not shifted.
A filter this short lets through more of what lies above half the wanted rate: a sine at 0.8 of the
wanted rate is kept to 6 % of its size, where the offline filter keeps 0.1 %.

An instant is valid where the samples on both sides of it are valid and no further apart than a step
and a half. The signal is continued by odd reflection before its first sample, and after its last
one when :meth:`LiveResampler.take` is told that nothing follows.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_range
from unisono.core.errors import ShapeError, UnisonoError

__all__ = ["LiveResampler", "Resampled"]

_LOBES = 2
_BETA = 3.0
_NEAR = 1e-3
"""Instants within this share of a step of a sample are that sample, where the clocks agree."""
_APART = 1.5
"""Steps between two samples above which one was lost between them."""

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class Resampled(NamedTuple):
    """Frames of the wanted clock: values ``(n, D)``, 0 where not valid, and validity ``(n, D)``."""

    values: Array
    valid: Mask


class LiveResampler:
    """Bring one stream to a clock, piece by piece.

    Args:
        source_hz: Nominal rate of the samples that arrive.
        target_hz: Rate of the wanted clock.
        width: Channels ``D``.

    Example:
        >>> live = LiveResampler(100.0, 50.0, 1)
        >>> live.delay_s
        0.04
        >>> live.push(np.arange(20) / 100, np.ones((20, 1)), np.ones((20, 1), bool))
        >>> len(live.take(0.0).values)  # instants 0 to 0.14; the last sample is at 0.19
        8
    """

    def __init__(self, source_hz: float, target_hz: float, width: int) -> None:
        check_range("source_hz", source_hz, 0.0, 1e6)
        check_range("target_hz", target_hz, 0.0, 1e6)
        self._step = 1.0 / source_hz
        self._target = target_hz
        self._same = abs(source_hz - target_hz) < 1e-6 * target_hz
        self._cutoff = 0.5 * min(1.0, target_hz / source_hz)
        self._half = 0.0 if self._same else _LOBES / (2 * self._cutoff) * self._step
        self._time = np.zeros(0)
        self._values = np.zeros((0, width))
        self._valid = np.zeros((0, width), dtype=bool)
        self._count = 0
        self._begun = False

    @property
    def delay_s(self) -> float:
        """Seconds that must pass after an instant before its value is known."""
        return round(self._half, 12)

    @property
    def first_s(self) -> float | None:
        """Stamp of the first sample; None before it has come."""
        return float(self._time[0]) if len(self._time) else None

    def push(self, time: Array, values: Array, valid: Mask) -> None:
        """Take in samples.

        Args:
            time: Stamps in seconds, ``(n,)``, after all before them.
            values: ``(n, D)``.
            valid: ``(n, D)``.

        Raises:
            ShapeError: If the shapes disagree.
            UnisonoError: If time does not go on.
        """
        if values.shape != (len(time), self._values.shape[1]) or valid.shape != values.shape:
            raise ShapeError(
                f"a chunk has {len(time)} stamps, values {values.shape} and validity "
                f"{valid.shape}; expected (n, {self._values.shape[1]})."
            )
        stamps = np.concatenate([self._time[-1:], time])
        if (np.diff(stamps) <= 0).any():
            raise UnisonoError(
                "a chunk does not come after the one before it; send chunks in order of time, "
                "each sample once."
            )
        self._time = np.concatenate([self._time, time])
        self._values = np.concatenate([self._values, np.where(valid, values, 0.0)])
        self._valid = np.concatenate([self._valid, valid])

    def take(self, origin: float, *, last: bool = False) -> Resampled:
        """Return the frames that are now known and were not returned before.

        Args:
            origin: First instant of the wanted clock, the same at every call.
            last: Nothing follows: frames up to the last sample are due.
        """
        found: list[tuple[Array, Mask]] = []
        if len(self._time):
            end = float(self._time[-1])
            if not self._begun and (last or end >= self._time[0] + self._half):
                self._reflect(front=True)
                self._begun = True
            if last:
                self._reflect(front=False)
            slack = 1e-6 * self._step
            while self._begun or self._same:
                instant = origin + self._count / self._target
                if instant + (0.0 if last else self._half) > end + slack:
                    break
                found.append(self._at(instant))
                self._count += 1
            self._forget(origin + self._count / self._target)
        width = self._values.shape[1]
        if not found:
            return Resampled(np.zeros((0, width)), np.zeros((0, width), dtype=bool))
        return Resampled(np.stack([v for v, _ in found]), np.stack([m for _, m in found]))

    def _at(self, instant: float) -> tuple[Array, Mask]:
        step = self._step
        after = int(np.searchsorted(self._time, instant - _NEAR * step))
        width = self._values.shape[1]
        lost = np.zeros(width), np.zeros(width, dtype=bool)
        if after < len(self._time) and abs(self._time[after] - instant) <= _NEAR * step:
            if self._same or self._cutoff == 0.5:
                return self._values[after].copy(), self._valid[after].copy()
            ends = (after, after)
        else:
            ends = (after - 1, after)
        if ends[0] < 0 or ends[1] >= len(self._time):
            return lost
        if self._time[ends[1]] - self._time[ends[0]] > _APART * step:
            return lost
        valid = self._valid[ends[0]] & self._valid[ends[1]]
        half = max(self._half, step)  # clocks of one rate that do not tick together
        low = int(np.searchsorted(self._time, instant - half, side="right"))
        high = int(np.searchsorted(self._time, instant + half))
        u = (instant - self._time[low:high]) / step
        window = np.i0(_BETA * np.sqrt(np.clip(1 - (u * step / half) ** 2, 0, None)))
        weight = (np.sinc(2 * self._cutoff * u) * window)[:, None] * self._valid[low:high]
        total = weight.sum(axis=0)
        valid &= np.abs(total) > 1e-9
        value = (weight * self._values[low:high]).sum(axis=0) / np.where(valid, total, 1.0)
        return np.where(valid, value, 0.0), valid

    def _reflect(self, *, front: bool) -> None:
        """Continue the signal beyond an end, point by point about its sample there."""
        at = 0 if front else -1
        edge = self._time[at]
        near = np.abs(self._time - edge) <= self._half + self._step
        near[at] = False
        time = 2 * edge - self._time[near][::-1]
        values = 2 * self._values[at] - self._values[near][::-1]
        valid = self._valid[near][::-1] & self._valid[at]
        parts = [(time, values, valid), (self._time, self._values, self._valid)]
        first, second = parts if front else parts[::-1]
        self._time = np.concatenate([first[0], second[0]])
        self._values = np.concatenate([first[1], second[1]])
        self._valid = np.concatenate([first[2], second[2]])

    def _forget(self, instant: float) -> None:
        """Drop samples that no later instant looks at."""
        kept = int(np.searchsorted(self._time, instant - self._half - 2 * self._step))
        kept = min(kept, len(self._time) - 1)
        if kept > 0:
            self._time = self._time[kept:]
            self._values, self._valid = self._values[kept:], self._valid[kept:]
