r"""Derivatives with respect to time, in the right unit, without the usual false first sample.

``savgol``: least-squares polynomial over a sliding window (Savitzky and Golay, Anal Chem 36, 1964);
the ends come from the first and the last window's polynomial, so that no end is a copied zero, as
with finite differences. It also smooths; its window is recorded. ``spline``: derivative of the
interpolating spline of order 5 through the true time stamps, which smooths nothing and takes
irregular clocks. Both treat each unbroken run of valid samples on its own.

Units gain ``/s``, kinds move on: position to velocity to acceleration, angle to angular velocity.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.interpolate import make_interp_spline
from scipy.signal import savgol_filter

from unisono.core.checks import check_choice, check_range
from unisono.core.errors import UnisonoError
from unisono.recordings.signals.clock import require_regular, valid_runs
from unisono.recordings.signals.rebuilding import by_mask, rebuilt

__all__ = ["Derivative", "derivative_unit", "differentiate"]

Array = npt.NDArray[np.float64]

_NEXT_KIND: Mapping[str, str] = {
    "position": "velocity",
    "velocity": "acceleration",
    "angle": "angular_velocity",
}


@dataclass(frozen=True)
class Derivative:
    """How to differentiate.

    Args:
        order: First or second derivative.
        method: ``"savgol"`` or ``"spline"``.
        window_s: Width of the sliding window, seconds (``savgol`` only).
        degree: Degree of its polynomial.

    Raises:
        UnisonoError: If a setting is out of range.
    """

    order: int = 1
    method: str = "savgol"
    window_s: float = 0.07
    degree: int = 3

    def __post_init__(self) -> None:
        check_range("order", self.order, 1, 2, closed=True)
        check_choice("method", self.method, ("savgol", "spline"))
        check_range("window_s", self.window_s, 0.0, 10.0)
        check_range("degree", self.degree, self.order, 7, closed=True)


def derivative_unit(unit: str, order: int = 1) -> str:
    """Unit of a derivative.

    Example:
        >>> derivative_unit("deg"), derivative_unit("m/s"), derivative_unit("mm", 2)
        ('deg/s', 'm/s^2', 'mm/s^2')
        >>> derivative_unit("N*m/kg"), derivative_unit("m/s^2")
        ('N*m/kg/s', 'm/s^3')
    """
    match = re.search(r"/s(?:\^(\d))?$", unit)
    power = order + (int(match[1] or 1) if match else 0)
    base = unit[: match.start()] if match else unit
    return f"{base}/s" + (f"^{power}" if power > 1 else "")


def differentiate(stream: xr.Dataset, how: Derivative = Derivative()) -> xr.Dataset:  # noqa: B008
    """Differentiate every channel of a stream.

    Runs too short for the polynomial (``degree`` + 1 samples, 3 for ``savgol``) become not valid.

    Args:
        stream: The stream.
        how: Method and order.

    Raises:
        UnisonoError: If ``savgol`` meets an irregular clock, or the window holds too few samples.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> t = np.arange(20) / 100
        >>> s = make_stream(t[:, None] ** 2, time=t, channels=["x"], units="m", kind="position")
        >>> v = differentiate(s)
        >>> bool(np.allclose(v.data.values[:, 0], 2 * t)), v.attrs["kind"], str(v.unit.values[0])
        (True, 'velocity', 'm/s')
    """
    time = stream["time"].values
    width, step = 0, 0.0
    if how.method == "savgol":
        clock = require_regular(time, "a Savitzky-Golay derivative")
        step = clock.step_s
        width = 2 * round(how.window_s / step / 2) + 1
        if width <= how.degree:
            raise UnisonoError(
                f"window_s={how.window_s:g} holds {width} samples at {clock.rate_hz:g} Hz, too few "
                f"for degree {how.degree}; widen it or use method='spline'."
            )
    source = stream["data"].values.astype(np.float64)
    data = np.full(source.shape, np.nan)
    valid = np.zeros(source.shape, dtype=bool)

    least = max(how.degree + 1, 3 if width else 2)  # a window is odd: of two samples one is left

    def act(mask: npt.NDArray[np.bool_], columns: npt.NDArray[np.intp]) -> None:
        for run in valid_runs(mask, time):
            if run.stop - run.start >= least:
                rows = slice(run.start, run.stop)
                piece = source[rows][:, columns]
                data[rows, columns] = (
                    _savgol(piece, how, width, step) if width else _spline(time[rows], piece, how)
                )
                valid[rows, columns] = True

    by_mask(stream["valid"].values, act)
    kind = str(stream.attrs["kind"])
    for _ in range(how.order):
        kind = _NEXT_KIND.get(kind, "feature")
    units = [derivative_unit(str(u), how.order) for u in stream["unit"].values]
    detail = f", {width} samples, degree {how.degree}" if width else ""
    done = f"derivative of order {how.order} ({how.method}{detail})"
    filled = stream["filled"].values if "filled" in stream else None
    return rebuilt(stream, data, valid, done=done, kind=kind, units=units, filled=filled)


def _savgol(values: Array, how: Derivative, width: int, step: float) -> Array:
    """Shrink the window for runs that are shorter, to the largest odd one that fits."""
    fit = min(width, len(values) - (len(values) + 1) % 2)
    degree = min(how.degree, fit - 1)
    return np.asarray(
        savgol_filter(values, fit, degree, deriv=how.order, delta=step, axis=0, mode="interp")
    )


def _spline(time: Array, values: Array, how: Derivative) -> Array:
    k = min(5, len(time) - 1)
    k -= (k + 1) % 2  # odd degrees only: they need no free choice of knots
    spline = make_interp_spline(time, values, k=max(k, 1))
    return np.asarray(spline.derivative(how.order)(time))
