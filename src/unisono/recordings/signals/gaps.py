"""Gaps: where they are, and a policy that fills short ones and says so.

A gap is a stretch of samples that are not valid between two valid ones of the same channel. Short
gaps may be filled by interpolation over true time; long gaps, and what is missing before the first
and after the last valid sample, never are. Filled samples are valid and marked in the variable
``filled(time, channel)``, which the other tools carry along.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.interpolate import PchipInterpolator

from unisono.core.checks import check_choice, check_range
from unisono.recordings.signals.clock import Run, valid_runs
from unisono.recordings.signals.rebuilding import rebuilt

__all__ = ["Gap", "GapPolicy", "fill_gaps", "find_gaps"]

_METHODS = ("pchip", "linear")


class Gap(NamedTuple):
    """A stretch without valid samples in one channel.

    Attributes:
        channel: Name of the channel.
        start_s: Time of the last valid sample before it, or of the first sample.
        stop_s: Time of the first valid sample after it, or of the last sample.
        samples: How many samples are missing.
        inside: Whether there are valid samples on both sides.
    """

    channel: str
    start_s: float
    stop_s: float
    samples: int
    inside: bool

    @property
    def duration_s(self) -> float:
        """Time between the valid samples on both sides, seconds."""
        return self.stop_s - self.start_s


@dataclass(frozen=True)
class GapPolicy:
    """Which gaps are filled, and how.

    Args:
        max_gap_s: Longest gap to fill, from valid sample to valid sample, seconds.
        method: ``"pchip"`` (no overshoot; Fritsch and Carlson, SIAM J Numer Anal 17, 1980) or
            ``"linear"``.
    """

    max_gap_s: float = 0.1
    method: str = "pchip"

    def __post_init__(self) -> None:
        check_range("max_gap_s", self.max_gap_s, 0.0, 10.0, closed=True)
        check_choice("method", self.method, _METHODS)


def find_gaps(stream: xr.Dataset) -> list[Gap]:
    """All gaps of a stream, channel by channel.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> s = make_stream([[1.0], [np.nan], [3.0]], time=[0, 0.1, 0.2], channels=["x"], units="m",
        ...                 kind="position")
        >>> find_gaps(s)
        [Gap(channel='x', start_s=0.0, stop_s=0.2, samples=1, inside=True)]
    """
    time = stream["time"].values
    found = []
    for name, valid in zip(stream["channel"].values, stream["valid"].values.T, strict=True):
        for gap in valid_runs(~valid):
            inside = gap.start > 0 and gap.stop < len(time)
            start, stop = max(gap.start - 1, 0), min(gap.stop, len(time) - 1)
            found.append(
                Gap(str(name), float(time[start]), float(time[stop]), gap.stop - gap.start, inside)
            )
    return found


def fill_gaps(stream: xr.Dataset, policy: GapPolicy = GapPolicy()) -> xr.Dataset:  # noqa: B008
    """Fill the short gaps of a stream.

    Args:
        stream: The stream.
        policy: Which gaps, and how.

    Returns:
        The stream with its short gaps filled, ``valid`` there, and marked in ``filled``.
    """
    time = stream["time"].values
    data = stream["data"].values.astype(np.float64)
    valid = stream["valid"].values.copy()
    filled = stream["filled"].values.copy() if "filled" in stream else np.zeros_like(valid)
    count = 0
    for column in np.flatnonzero(~valid.all(axis=0)):
        known = valid[:, column].copy()
        holes = [run for run in valid_runs(~known) if _is_short(run, time, policy)]
        if not holes:
            continue
        for run in holes:
            valid[run.start : run.stop, column] = filled[run.start : run.stop, column] = True
            count += run.stop - run.start
        where = filled[:, column] & ~known
        data[where, column] = _bridge(time, data[:, column], known, policy.method)[where]
    done = f"filled {count} samples in gaps up to {policy.max_gap_s:g} s ({policy.method})"
    return rebuilt(stream, data, valid, done=done, filled=filled)


def _is_short(run: Run, time: npt.NDArray[np.float64], policy: GapPolicy) -> bool:
    inside = run.start > 0 and run.stop < len(time)
    # A grain of slack: 0.3 - 0.2 is 0.09999999999999998.
    return inside and bool(time[run.stop] - time[run.start - 1] <= policy.max_gap_s + 1e-9)


def _bridge(
    time: npt.NDArray[np.float64],
    values: npt.NDArray[np.float64],
    known: npt.NDArray[np.bool_],
    method: str,
) -> npt.NDArray[np.float64]:
    if method == "linear":
        return np.interp(time, time[known], values[known])
    curve = PchipInterpolator(time[known], values[known], extrapolate=False)
    return np.asarray(curve(time))
