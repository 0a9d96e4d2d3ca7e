"""A doubt about a recording: something in it looks wrong, and what the user can do about it."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

__all__ = ["Doubt", "peak_of", "quantile", "values_of"]

_FRAMES = 1000
"""No more frames than these are looked at: enough for a percentile, fast on long recordings."""


@dataclass(frozen=True)
class Doubt:
    """Something that looks wrong. It is reported and never mended unasked.

    Args:
        stream: The stream, or ``""`` for the recording.
        channels: The channels concerned; empty for all of them.
        kind: One word: ``unit``, ``mass``, ``sides``, ``sign``, ``filter``, ``frame``, ``place``,
            ``first_frame``, ``clock``, ``empty``, ``unloaded``, ``overlap`` or ``reader``.
        message: What looks wrong, with the numbers that make it so.
        remedy: What the user can do, with the option to give.

    Example:
        >>> print(Doubt("grf", ("r_fz",), "unit", "peak 11 is no force in N", "--unit grf=N/kg"))
        grf (r_fz): peak 11 is no force in N; --unit grf=N/kg
    """

    stream: str
    channels: tuple[str, ...]
    kind: str
    message: str
    remedy: str

    def __str__(self) -> str:
        shown = ", ".join(self.channels[:3]) + (", ..." if len(self.channels) > 3 else "")
        where = f"{self.stream} ({shown})" if shown else self.stream or "recording"
        return f"{where}: {self.message}" + (f"; {self.remedy}" if self.remedy else "")

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        return asdict(self) | {"channels": list(self.channels)}


def values_of(
    stream: xr.Dataset, columns: list[int], frames: int = _FRAMES
) -> npt.NDArray[np.float64]:
    """Valid values of some channels at no more than so many frames, NaN elsewhere, ``(frame, n)``.

    The frames are spread evenly over the recording.
    """
    rows = slice(None, None, max(-(-stream.sizes["time"] // frames), 1))
    data, valid = (stream.variables[name].values for name in ("data", "valid"))
    chosen = data[rows][:, columns].astype(np.float64)
    return np.where(valid[rows][:, columns], chosen, np.nan)


def quantile(data: npt.NDArray[np.float64], q: float, axis: int) -> npt.NDArray[np.float64]:
    """A quantile that ignores NaN, by the nearest rank; NaN where nothing is finite.

    Far faster than ``numpy.nanpercentile`` on wide arrays, and as good for judging a size.

    Example:
        >>> quantile(np.array([[3.0, np.nan, 1.0, 2.0]]), 0.5, axis=1)
        array([2.])
    """
    ordered = np.sort(data, axis=axis)  # NaN goes last
    count = np.isfinite(data).sum(axis=axis, keepdims=True)
    rank = np.clip(np.rint(q * (count - 1)).astype(np.int64), 0, None)
    return np.take_along_axis(ordered, rank, axis=axis).squeeze(axis)


def peak_of(stream: xr.Dataset, columns: list[int]) -> float:
    """A robust largest magnitude: the greatest 99th percentile of ``|x|`` of the channels.

    NaN where nothing is valid.
    """
    if not columns:
        return float("nan")
    found = quantile(np.abs(values_of(stream, columns)), 0.99, axis=0)
    seen = np.isfinite(found)
    return float(found[seen].max()) if seen.any() else float("nan")
