"""How far a run is, for whoever shows it: Python, the command line or a server.

The loop calls one function with a :class:`Progress` after every step; :func:`rich_progress` makes
such a function for a terminal.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as RichProgress

__all__ = ["Pace", "Progress", "ProgressHook", "duration", "rich_progress"]


@dataclass(frozen=True)
class Progress:
    """Where a run is after a step.

    Args:
        step: Steps done.
        steps: Steps of the whole run.
        phase: Name of the phase.
        loss: Loss of the step.
        parts: Its parts and the monitors.
        learning_rate: Rate of the step.
        windows_per_second: Windows trained on a second, over all ranks.
        seconds_left: Estimate of the time to the end, s.
    """

    step: int
    steps: int
    phase: str
    loss: float
    parts: Mapping[str, float]
    learning_rate: float
    windows_per_second: float
    seconds_left: float


ProgressHook = Callable[[Progress], None]
"""What the loop calls after every step."""


class Pace:
    """Time a step takes, smoothed over about the last fifty.

    Args:
        clock: Returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self._mean, self._weight = 0.0, 0.0

    def tick(self) -> float:
        """Say that a step is done; return seconds a step."""
        now = self._clock()
        taken, self._last = now - self._last, now
        self._mean = 0.98 * self._mean + 0.02 * taken
        self._weight = 0.98 * self._weight + 0.02  # undoes the pull of the zero start
        return self._mean / self._weight


def duration(seconds: float) -> str:
    """Say a time as a person would.

    Example:
        >>> duration(12.4), duration(200), duration(7500)
        ('12 s', '3 min 20 s', '2 h 05 min')
    """
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


@contextmanager
def rich_progress(console: Console | None = None) -> Iterator[ProgressHook]:
    """Show a bar with phase, loss and time left; yields the function to give to the loop.

    Args:
        console: Where to; standard error by default, so that standard output stays a result.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]}"),
        TextColumn("{task.fields[left]} left"),
    )
    with RichProgress(*columns, console=console or Console(stderr=True)) as bar:
        task = bar.add_task("training", total=None, loss="-", left="-")

        def show(progress: Progress) -> None:
            bar.update(
                task,
                description=progress.phase,
                total=progress.steps,
                completed=progress.step,
                loss=f"{progress.loss:.4g}",
                left=duration(progress.seconds_left),
            )

        yield show
