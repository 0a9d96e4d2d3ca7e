r"""The clock of a stream: its true time stamps, how regular they are, and where signal is unbroken.

With stamps :math:`t_0 < \dots < t_{n-1}` the measured rate is :math:`1 / \operatorname{median}
(t_{i+1} - t_i)`, refined to :math:`(n - 1) / (t_{n-1} - t_0)` where no frame is missing. **Jitter**
is the largest distance of a stamp from the straight line through all of them, in steps; a clock is
**regular** if the jitter is under a quarter of a step, so that rounded stamps (0.003, 0.007, 0.010)
are regular and a dropped frame is not.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.errors import UnisonoError

__all__ = ["GAP_STEPS", "Clock", "Run", "measure_clock", "require_regular", "valid_runs"]

GAP_STEPS = 2.5
"""A step between two stamps this many times the median step is a gap in the recording."""

_REGULAR = 0.25


class Clock(NamedTuple):
    """What the time stamps say.

    Attributes:
        rate_hz: Measured rate, or 0 where there is one stamp only.
        step_s: Its inverse, seconds.
        jitter: Largest deviation of a stamp from an even clock, in steps.
        regular: Whether the jitter is under a quarter of a step.
    """

    rate_hz: float
    step_s: float
    jitter: float
    regular: bool


class Run(NamedTuple):
    """Consecutive samples ``start`` to ``stop`` (exclusive) that are valid and unbroken in time."""

    start: int
    stop: int


def measure_clock(time: npt.NDArray[Any]) -> Clock:
    """Measure rate and regularity of time stamps ``(time,)``, in seconds.

    Example:
        >>> measure_clock(np.array([0.0, 0.003, 0.007, 0.010])).regular
        True
        >>> round(measure_clock(np.arange(5) / 100).rate_hz, 6)
        100.0
    """
    if len(time) < 2:
        return Clock(0.0, 0.0, 0.0, True)
    even = (time[-1] - time[0]) / (len(time) - 1)
    off = time - (time[0] + even * np.arange(len(time)))
    jitter = float((off.max() - off.min()) / 2 / even)
    regular = jitter < _REGULAR
    step = float(even if regular else np.median(np.diff(time)))
    return Clock(1 / step, step, jitter, regular)


def require_regular(time: npt.NDArray[Any], what: str) -> Clock:
    """Measure a clock and refuse one that is not regular.

    Raises:
        UnisonoError: Naming the tool, the jitter and the remedy.
    """
    clock = measure_clock(time)
    if len(time) < 2 or not clock.regular:
        detail = f"stamps off by {clock.jitter:.2g} steps" if len(time) > 1 else "one sample"
        raise UnisonoError(f"{what} needs an even clock ({detail}); use resample_to_rate first.")
    return clock


def valid_runs(valid: npt.NDArray[np.bool_], time: npt.NDArray[Any] | None = None) -> list[Run]:
    """Split one channel into runs of valid samples; a gap in time ends a run too.

    Args:
        valid: Mask of one channel, ``(time,)``.
        time: Stamps in seconds, ``(time,)``; without them only the mask counts.

    Example:
        >>> valid_runs(np.array([True, True, False, True]))
        [Run(start=0, stop=2), Run(start=3, stop=4)]
    """
    if not len(valid):
        return []
    breaks = valid[1:] != valid[:-1]
    if time is not None and len(time) > 2:
        steps = np.diff(time)
        breaks = breaks | (steps > GAP_STEPS * np.median(steps))
    edges = np.concatenate(([0], np.flatnonzero(breaks) + 1, [len(valid)]))
    return [
        Run(int(a), int(b)) for a, b in zip(edges[:-1], edges[1:], strict=True) if valid[int(a)]
    ]
