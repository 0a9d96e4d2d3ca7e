r"""Resampling by true time stamps, without aliasing and without crossing gaps.

With stamps :math:`t_k` of step :math:`T`, the signal at an instant :math:`t` is

.. math:: y(t) = \sum_k x_k\, h\!\left(\frac{t - t_k}{T}\right), \qquad
          h(u) = 2 f_c\, \mathrm{sinc}(2 f_c u)\, w(u / W)

with a Kaiser window :math:`w` (Kaiser, 1974; Oppenheim and Schafer, *Discrete-Time Signal
Processing*, 3rd ed., 2010, section 7.6) of half-width :math:`W = 16 / 2 f_c` samples and 60 dB of
attenuation. Going to more instants a second, :math:`f_c` is half the source's rate: samples at the
source's own instants are kept exactly. Going to fewer, the stop band begins at half the wanted
rate, so that what lies above it is suppressed by 60 dB and what lies below 0.77 of it passes.

Each valid run is continued beyond its ends by odd reflection, which keeps value and slope there.
Instants outside every run are not valid: a gap is never bridged (fill it first if that is wanted).
A clock off by over 0.02 steps is first brought to an even one by a cubic spline through the true
stamps.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.interpolate import make_interp_spline
from scipy.sparse import csr_array

from unisono.core.checks import check_range
from unisono.core.errors import UnisonoError
from unisono.recordings.signals.clock import Clock, Run, measure_clock, valid_runs
from unisono.recordings.signals.rebuilding import by_mask, rebuilt

__all__ = ["resample", "resample_to_rate"]

_LOBES = 16
_BETA = 5.653  # Kaiser's formula for 60 dB: 0.1102 (60 - 8.7)
_TRANSITION = 3.62 / (2 * _LOBES)  # width of the transition band over 2 f_c, same source
_EVEN = 0.02  # stamps within this share of a step of an even clock are taken as even
_EDGE = 1e-6  # an instant this share of a step outside a run still belongs to it

Array = npt.NDArray[np.float64]


def resample(stream: xr.Dataset, times: npt.ArrayLike) -> xr.Dataset:
    """Evaluate a stream at given instants.

    Args:
        stream: The stream; its clock may be irregular and its channels may have gaps.
        times: Instants in seconds, ``(time,)``, strictly increasing. Their median step decides
            whether the signal is low-passed first.

    Returns:
        The stream on the new instants, ``rate_hz`` that of the instants, valid only where an
        instant lies inside a valid run.

    Raises:
        UnisonoError: If the instants do not increase.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> s = make_stream(np.arange(20.0)[:, None], time=np.arange(20) / 10, channels=["x"],
        ...                 units="m", kind="position")
        >>> resample(s, [0.1, 0.25]).data.values.round(6).ravel()
        array([1. , 2.5])
    """
    wanted = np.asarray(times, dtype=np.float64)
    if wanted.ndim != 1 or not len(wanted) or (np.diff(wanted) <= 0).any():
        raise UnisonoError("times must increase strictly and hold at least one instant; sort them.")
    stamps = stream["time"].values
    clock, target = measure_clock(stamps), measure_clock(wanted)
    values = stream["data"].values.astype(np.float64)
    data = np.full((len(wanted), values.shape[1]), np.nan)
    valid = np.zeros(data.shape, dtype=bool)
    cutoff = _cutoff(clock, target)

    def act(mask: npt.NDArray[np.bool_], columns: npt.NDArray[np.intp]) -> None:
        for run in valid_runs(mask, stamps):
            inside = _inside(stamps, run, wanted, clock)
            if inside.any():
                piece = values[run.start : run.stop, columns]
                found = _evaluate(stamps[run.start : run.stop], piece, wanted[inside], cutoff)
                data[np.ix_(inside, columns)] = found
                valid[np.ix_(inside, columns)] = True

    by_mask(stream["valid"].values, act)
    done = f"resampled from {clock.rate_hz:.6g} to {target.rate_hz:.6g} Hz by time stamps"
    if cutoff < 0.5:
        done += f", low-passed below {target.rate_hz / 2:.6g} Hz"
    filled = _filled(stream, wanted)
    rate = target.rate_hz if len(wanted) > 1 else float(stream.attrs.get("rate_hz", 0.0))
    return rebuilt(
        stream, data, valid, done=done, time=wanted, rate_hz=round(rate, 6), filled=filled
    )


def resample_to_rate(stream: xr.Dataset, rate_hz: float) -> xr.Dataset:
    """Resample to an even clock that starts with the stream's first stamp.

    Args:
        stream: The stream.
        rate_hz: Wanted samples a second, above 0.
    """
    check_range("rate_hz", rate_hz, 0.0, 1e6)
    stamps = stream["time"].values
    count = int(np.floor((stamps[-1] - stamps[0]) * rate_hz + _EDGE)) + 1
    return resample(stream, stamps[0] + np.arange(count) / rate_hz)


def _cutoff(clock: Clock, target: Clock) -> float:
    """Cut-off in cycles a source sample: 0.5 where nothing needs to be removed."""
    if not clock.rate_hz or not target.rate_hz or target.rate_hz >= clock.rate_hz * (1 - 1e-6):
        return 0.5
    stop = 0.5 * target.rate_hz / clock.rate_hz
    return stop / (1 + _TRANSITION)


def _inside(stamps: Array, run: Run, wanted: Array, clock: Clock) -> npt.NDArray[np.bool_]:
    slack = _EDGE * clock.step_s + 1e-9
    first, last = stamps[run.start], stamps[run.stop - 1]
    return np.asarray((wanted >= first - slack) & (wanted <= last + slack))


def _evaluate(stamps: Array, values: Array, wanted: Array, cutoff: float) -> Array:
    """Values of one unbroken run at instants inside it, ``(wanted, channel)``."""
    if len(stamps) == 1:
        return np.repeat(values, len(wanted), axis=0)
    clock = measure_clock(stamps)
    if clock.jitter > _EVEN:
        count = int(np.ceil((stamps[-1] - stamps[0]) / clock.step_s - _EDGE)) + 1
        even = np.linspace(stamps[0], stamps[-1], max(count, 2))
        spline = make_interp_spline(stamps, values, k=min(3, len(stamps) - 1))
        stamps, values = even, spline(even)
    step = (stamps[-1] - stamps[0]) / (len(stamps) - 1)
    position = np.clip((wanted - stamps[0]) / step, 0, len(stamps) - 1)
    half = _LOBES / (2 * cutoff)
    extended, pad = _continued(values, int(np.ceil(half)) + 1)
    return np.asarray(_weights(position + pad, half, cutoff, len(extended)) @ extended)


def _continued(values: Array, pad: int) -> tuple[Array, int]:
    """The run with odd reflections at both ends, as often as needed for ``pad`` samples."""
    return np.pad(values, ((pad, pad), (0, 0)), mode="reflect", reflect_type="odd"), pad


def _weights(position: Array, half: float, cutoff: float, count: int) -> Any:  # noqa: ANN401
    """Sparse matrix ``(wanted, sample)`` of windowed-sinc weights, each row with sum 1."""
    taps = np.arange(-int(np.ceil(half)), int(np.ceil(half)) + 1)
    nearest = np.rint(position).astype(np.int64)
    columns = nearest[:, None] + taps[None, :]
    u = position[:, None] - columns
    inside = np.clip(1 - (u / half) ** 2, 0, None)
    weights = np.sinc(2 * cutoff * u) * np.i0(_BETA * np.sqrt(inside)) * (inside > 0)
    weights /= weights.sum(axis=1, keepdims=True)
    rows = np.arange(0, columns.size + 1, columns.shape[1])
    columns = np.clip(columns, 0, count - 1)
    return csr_array((weights.ravel(), columns.ravel(), rows), shape=(len(position), count))


def _filled(stream: xr.Dataset, wanted: Array) -> npt.NDArray[np.bool_] | None:
    """The mask of filled samples at the nearest old sample, if the stream has one."""
    if "filled" not in stream:
        return None
    stamps = stream["time"].values
    nearest = np.clip(np.searchsorted(stamps, wanted), 1, max(len(stamps) - 1, 1))
    before = nearest - ((wanted - stamps[nearest - 1]) < (stamps[nearest % len(stamps)] - wanted))
    return np.asarray(stream["filled"].values[np.clip(before, 0, len(stamps) - 1)])
