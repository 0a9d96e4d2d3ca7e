r"""Loaded phases of a vertical force: when a foot, or a plate, carries load.

A phase is loaded while the force on the body is above a threshold. Its ends are where the straight
line between two samples crosses the threshold. Unloaded pauses shorter than ``min_swing_s`` are
noise and join two phases; phases shorter than ``min_contact_s`` are noise and are dropped. An end
that lies at the border of what is valid, or at a gap of the clock, is not known: the foot may have
been loaded before.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_range
from unisono.core.units import conversion_factor, tidy_unit
from unisono.recordings.signals.clock import valid_runs

__all__ = ["Contact", "ContactRule", "find_contacts"]


class Contact(NamedTuple):
    """A loaded phase.

    Attributes:
        start_s: Where the force rises through the threshold, seconds.
        stop_s: Where it falls through it.
        first: First loaded sample.
        last: Last loaded sample.
        start_known: Whether an unloaded valid sample lies right before.
        stop_known: Whether an unloaded valid sample lies right after.
    """

    start_s: float
    stop_s: float
    first: int
    last: int
    start_known: bool
    stop_known: bool


@dataclass(frozen=True)
class ContactRule:
    """When a force counts as load.

    Args:
        threshold: Force above which it does.
        unit: Unit of the threshold: ``N``, ``N/kg``, ``BW``.
        min_contact_s: Shortest contact, seconds.
        min_swing_s: Shortest pause between two, seconds.

    Raises:
        UnisonoError: If a setting is out of range, or the unit is unknown.
    """

    threshold: float = 20.0
    unit: str = "N"
    min_contact_s: float = 0.08
    min_swing_s: float = 0.05

    def __post_init__(self) -> None:
        check_range("threshold", self.threshold, 0.0, 1e4, closed=True)
        check_range("min_contact_s", self.min_contact_s, 0.0, 5.0, closed=True)
        check_range("min_swing_s", self.min_swing_s, 0.0, 5.0, closed=True)
        tidy_unit(self.unit)

    def level(self, unit: str, mass_kg: float | None = None) -> float:
        """The threshold in another unit of force.

        Raises:
            UnitError: If that needs the body mass and it is not given.
        """
        return self.threshold * conversion_factor(self.unit, unit, mass_kg=mass_kg)


def find_contacts(
    load: npt.NDArray[np.float64],
    time: npt.NDArray[np.float64],
    valid: npt.NDArray[np.bool_],
    level: float,
    rule: ContactRule,
) -> list[Contact]:
    """Find the loaded phases of one vertical force.

    Args:
        load: Force on the body, upward positive, ``(time,)``.
        time: Stamps in seconds, ``(time,)``.
        valid: Which samples are real, ``(time,)``.
        level: Threshold in the unit of ``load``.
        rule: Shortest contact and pause.

    Example:
        >>> f = np.array([0.0, 0, 40, 60, 60, 40, 0, 0])
        >>> c = find_contacts(f, np.arange(8) / 10, np.ones(8, bool), 20.0, ContactRule())
        >>> [(round(x.start_s, 3), round(x.stop_s, 3), x.start_known) for x in c]
        [(0.15, 0.55, True)]
    """
    found = []
    for run in valid_runs(np.ones(len(time), dtype=bool), time):
        rows = slice(run.start, run.stop)
        for c in _unbroken(load[rows], time[rows], valid[rows], level, rule):
            found.append(c._replace(first=c.first + run.start, last=c.last + run.start))
    return found


def _unbroken(
    load: npt.NDArray[np.float64],
    time: npt.NDArray[np.float64],
    valid: npt.NDArray[np.bool_],
    level: float,
    rule: ContactRule,
) -> list[Contact]:
    """Loaded phases where no stamp of the clock is missing."""
    on = valid & (np.nan_to_num(load) > level)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], on, [False])).astype(np.int8)))
    phases = [[int(a), int(b) - 1] for a, b in zip(edges[::2], edges[1::2], strict=True)]
    joined: list[list[int]] = []
    for first, last in phases:
        before = joined[-1][1] if joined else 0
        if joined and time[first] - time[before] < rule.min_swing_s and valid[before:first].all():
            joined[-1][1] = last
        else:
            joined.append([first, last])
    found = [_contact(load, time, valid, level, first, last) for first, last in joined]
    return [
        c
        for c in found
        if c.stop_s - c.start_s >= rule.min_contact_s or not (c.start_known and c.stop_known)
    ]


def _contact(
    load: npt.NDArray[np.float64],
    time: npt.NDArray[np.float64],
    valid: npt.NDArray[np.bool_],
    level: float,
    first: int,
    last: int,
) -> Contact:
    start_known = first > 0 and bool(valid[first - 1])
    stop_known = last + 1 < len(load) and bool(valid[last + 1])

    def crossing(below: int, above: int) -> float:
        share = (level - load[below]) / (load[above] - load[below])
        return float(time[below] + share * (time[above] - time[below]))

    return Contact(
        crossing(first - 1, first) if start_known else float(time[first]),
        crossing(last + 1, last) if stop_known else float(time[last]),
        first,
        last,
        start_known,
        stop_known,
    )
