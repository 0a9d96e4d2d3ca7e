r"""Noise schedules of a discrete variance-preserving diffusion.

Symbols: ``T`` steps; :math:`\beta_1 \dots \beta_T` the variance added at each;
:math:`A_k = \prod_{j \le k} (1 - \beta_j)` the signal's share of the power after ``k`` steps,
:math:`A_0 = 1`. All without unit.

The linear kinds are stated for ``T = 1000``; at another ``T`` their betas are scaled by ``1000/T``
so that :math:`A_T` stays near zero (as Nichol & Dhariwal, 2102.09672, do for respaced chains).
"""

import functools
import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from unisono.core.checks import check_choice, check_range

__all__ = [
    "SCHEDULES",
    "Cosine",
    "Linear",
    "ScaledLinear",
    "Schedule",
    "log_signal_power",
    "named_schedule",
]

_LARGEST = 0.999  # keeps every A_k above zero, so that log A stays finite
_NOMINAL = 1000


class Schedule(Hashable, Protocol):
    """A rule for the betas. Hashable, because its table is computed once and kept."""

    def betas(self, steps: int) -> Tensor:
        """Return ``beta_1 .. beta_T``, ``(steps,)`` float64, each in (0, 1)."""
        ...


def _check_ends(first: float, last: float) -> None:
    check_range("first", first, 0.0, 1.0)
    check_range("last", last, first, 1.0, closed=True)


@dataclass(frozen=True)
class Linear:
    """Betas on a line (Ho, Jain & Abbeel, 2006.11239).

    Args:
        first: ``beta_1`` at ``T = 1000``.
        last: ``beta_T`` at ``T = 1000``.
    """

    first: float = 1e-4
    last: float = 2e-2

    def __post_init__(self) -> None:
        _check_ends(self.first, self.last)

    def betas(self, steps: int) -> Tensor:
        """See :meth:`Schedule.betas`."""
        betas = torch.linspace(self.first, self.last, steps, dtype=torch.float64)
        return (betas * (_NOMINAL / steps)).clamp(max=_LARGEST)


@dataclass(frozen=True)
class ScaledLinear:
    """Square roots of the betas on a line (Rombach et al., 2112.10752, as released).

    The signal's weight at the end is 0.068, not 0: a little of the data leaks into the start.

    Args:
        first: ``beta_1`` at ``T = 1000``.
        last: ``beta_T`` at ``T = 1000``.
    """

    first: float = 8.5e-4
    last: float = 1.2e-2

    def __post_init__(self) -> None:
        _check_ends(self.first, self.last)

    def betas(self, steps: int) -> Tensor:
        """See :meth:`Schedule.betas`."""
        ends = math.sqrt(self.first), math.sqrt(self.last)
        betas = torch.linspace(*ends, steps, dtype=torch.float64).square()
        return (betas * (_NOMINAL / steps)).clamp(max=_LARGEST)


@dataclass(frozen=True)
class Cosine:
    r"""Signal power along a squared cosine (Nichol & Dhariwal, 2102.09672, eq. 17).

    .. math:: A_k = f(k/T)/f(0), \quad f(u) = \cos^2\Big(\frac{u + s}{1 + s}\frac{\pi}{2}\Big),
              \quad \beta_k = \min(1 - A_k/A_{k-1}, 0.999)

    Args:
        shift: ``s``, in units of the whole time; keeps the first betas from vanishing.
    """

    shift: float = 0.008

    def __post_init__(self) -> None:
        check_range("shift", self.shift, 0.0, 1.0, closed=True)

    def betas(self, steps: int) -> Tensor:
        """See :meth:`Schedule.betas`."""
        u = torch.arange(steps + 1, dtype=torch.float64) / steps
        f = torch.cos((u + self.shift) / (1 + self.shift) * (math.pi / 2)).square()
        return (1 - f[1:] / f[:-1]).clamp(max=_LARGEST)


SCHEDULES: Mapping[str, Schedule] = {
    "linear": Linear(),
    "scaled_linear": ScaledLinear(),
    "cosine": Cosine(),
}


def named_schedule(schedule: Schedule | str) -> Schedule:
    """Return the schedule of a name, or the schedule itself.

    Raises:
        UnisonoError: If the name is unknown, with the nearest known one.
    """
    if isinstance(schedule, str):
        check_choice("schedule", schedule, SCHEDULES)
        return SCHEDULES[schedule]
    return schedule


@functools.lru_cache(maxsize=64)
def log_signal_power(schedule: Schedule, steps: int, device: torch.device) -> Tensor:
    """Return ``ln A_0 .. ln A_T``, ``(steps + 1,)`` float64. Kept: do not write into it.

    Example:
        >>> table = log_signal_power(ScaledLinear(), 1000, torch.device("cpu"))
        >>> round(table[1000].exp().item(), 6)
        0.00466
    """
    log_kept = torch.log1p(-schedule.betas(steps))
    return torch.cat([log_kept.new_zeros(1), log_kept.cumsum(0)]).to(device)
