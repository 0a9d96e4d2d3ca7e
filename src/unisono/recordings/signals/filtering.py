r"""Butterworth filters, run forth and back or causally, never across gaps.

A zero-phase filter runs a filter of half the order forth and back. The double pass halves the
logarithmic gain twice, so that the cut-off of each pass is moved outward until the gain of both at
the stated cut-off is :math:`1/\sqrt 2` (Winter, *Biomechanics and Motor Control of Human
Movement*, 4th ed., 2009, section 3.5; Robertson and Dowling, J Electromyogr Kinesiol 13, 2003):

.. math:: |H(f)|^2 = \frac{1}{\bigl(1 + (c\,\Omega / \Omega_c)^{2n}\bigr)^2}, \qquad
          c = (\sqrt 2 - 1)^{1/2n}, \qquad \Omega = \tan(\pi f / f_s)

with :math:`n` the order of one pass. "Order 4, zero-phase" is thus the laboratory's "fourth-order
zero-lag Butterworth". A causal filter of order :math:`n` delays; that is recorded.

Whoever filters markers and forces at different cut-offs raises joint forces and moments that are
not there (Bisseling and Hof, J Biomech 39, 2006; Kristianslund et al., J Biomech 45, 2012), so the
filter is written into the stream and compared by ``plausibility``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy import signal

from unisono.core.checks import check_choice, check_range
from unisono.core.errors import UnisonoError
from unisono.recordings.schema import stream_names
from unisono.recordings.signals.clock import require_regular, valid_runs
from unisono.recordings.signals.rebuilding import by_mask, rebuilt, with_streams

__all__ = ["Butterworth", "filter_stream", "filter_streams"]

_TYPES = ("lowpass", "highpass", "bandpass", "bandstop")


@dataclass(frozen=True)
class Butterworth:
    """A Butterworth filter.

    Args:
        cutoff_hz: Frequency at which the gain is 1/sqrt(2); two of them, rising, for a band.
        order: Order of the whole filter as applied; even if ``zero_phase`` (two passes of half).
        type: ``"lowpass"``, ``"highpass"``, ``"bandpass"`` or ``"bandstop"``.
        zero_phase: Forth and back (True) or causal (False).

    Raises:
        UnisonoError: If the settings contradict each other.

    Example:
        >>> Butterworth(6.0).order
        4
    """

    cutoff_hz: float | tuple[float, float]
    order: int = 4
    type: Literal["lowpass", "highpass", "bandpass", "bandstop"] = "lowpass"
    zero_phase: bool = True

    def __post_init__(self) -> None:
        check_choice("type", self.type, _TYPES)
        check_range("order", self.order, 1, 20, closed=True)
        edges = self.edges
        band = self.type.startswith("band")
        if len(edges) != (2 if band else 1) or min(edges) <= 0 or list(edges) != sorted(set(edges)):
            wanted = "two rising frequencies" if band else "one frequency above 0"
            raise UnisonoError(f"cutoff_hz of a {self.type} is {wanted}; got {self.cutoff_hz}.")
        if self.zero_phase and self.order % 2:
            raise UnisonoError(
                f"a zero-phase filter runs twice, so its order is even; got {self.order}."
            )

    @property
    def edges(self) -> tuple[float, ...]:
        """The cut-off frequencies, one or two."""
        both = self.cutoff_hz
        return tuple(both) if isinstance(both, tuple | list) else (float(both),)

    def sections(self, rate_hz: float) -> npt.NDArray[np.float64]:
        """Second-order sections of one pass, ``(section, 6)``.

        Raises:
            UnisonoError: If a cut-off is not below half the rate.
        """
        if max(self.edges) >= rate_hz / 2:
            raise UnisonoError(
                f"cut-off {max(self.edges):g} Hz is not below half the rate of {rate_hz:g} Hz; "
                "lower it or leave the filter out."
            )
        passes = 2 if self.zero_phase else 1
        order = self.order // passes
        # Gain of one pass at the stated cut-off: 2^(-1/2 passes); c moves its own half-power point.
        c = (2 ** (1 / passes) - 1) ** (1 / (2 * order))
        omega = np.tan(np.pi * np.array(self.edges) / rate_hz)
        if self.type == "lowpass":
            omega = omega / c
        elif self.type == "highpass":
            omega = omega * c
        else:
            omega = _band(omega, c if self.type == "bandstop" else 1 / c)
        digital = np.arctan(omega) / np.pi * rate_hz
        edges: Any = digital if len(digital) > 1 else float(digital[0])
        return np.asarray(signal.butter(order, edges, btype=self.type, fs=rate_hz, output="sos"))

    def to_dict(self) -> dict[str, Any]:
        """What is written into a stream's ``filter``."""
        edges = self.edges
        return {
            "type": f"butterworth {self.type}",
            "order": self.order,
            "cutoff_hz": edges[0] if len(edges) == 1 else list(edges),
            "zero_phase": self.zero_phase,
        }


def _band(omega: npt.NDArray[Any], stretch: float) -> npt.NDArray[Any]:
    """Band edges with the same geometric centre and the width times ``stretch``."""
    centre, width = math.sqrt(omega[0] * omega[1]), (omega[1] - omega[0]) * stretch
    low = -width / 2 + math.sqrt(width**2 / 4 + centre**2)
    return np.array([low, low + width])


def filter_stream(stream: xr.Dataset, spec: Butterworth) -> xr.Dataset:
    """Filter every channel within each unbroken run of valid samples.

    Runs are continued at their ends by odd reflection, over one period of the lowest cut-off; a run
    of one sample is left alone. Samples that are not valid stay as they were. The filter is written
    into the attribute ``filter``, a former one under its key ``before``.

    Raises:
        UnisonoError: If the clock is irregular, or the cut-off is not below half the rate.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> s = make_stream(np.ones((50, 1)), time=np.arange(50) / 100, channels=["x"], units="m",
        ...                 kind="position")
        >>> filter_stream(s, Butterworth(6.0)).attrs["filter"]["cutoff_hz"]
        6.0
    """
    time = stream["time"].values
    clock = require_regular(time, "a filter")
    sections = spec.sections(clock.rate_hz)
    settle = math.ceil(clock.rate_hz / min(spec.edges))  # one period of the lowest cut-off
    data = stream["data"].values.astype(np.float64)

    def act(mask: npt.NDArray[np.bool_], columns: npt.NDArray[np.intp]) -> None:
        for run in valid_runs(mask, time):
            if run.stop - run.start > 1:
                piece = np.ix_(np.arange(run.start, run.stop), columns)
                data[piece] = _filtered(data[piece], sections, spec.zero_phase, settle)

    by_mask(stream["valid"].values, act)
    said = spec.to_dict()
    before = stream.attrs.get("filter")
    done = (
        f"{said['type']} {said['cutoff_hz']} Hz, order {spec.order}, "
        f"{'zero-phase' if spec.zero_phase else 'causal'}"
    )
    extra = {"before": dict(before)} if before else {}
    filled = stream["filled"].values if "filled" in stream else None
    return rebuilt(
        stream, data, stream["valid"].values, done=done, filter=said | extra, filled=filled
    )


def filter_streams(tree: xr.DataTree, specs: Mapping[str, Butterworth]) -> xr.DataTree:
    """Filter some streams of a recording, each by its own filter.

    Raises:
        UnisonoError: If a stream is not there, else as :func:`filter_stream`.
    """
    for name in specs:
        check_choice("the stream to filter", name, stream_names(tree))
    changed = {name: filter_stream(tree[name].to_dataset(), spec) for name, spec in specs.items()}
    return with_streams(tree, changed)


def _filtered(
    values: npt.NDArray[Any], sections: npt.NDArray[Any], zero_phase: bool, settle: int
) -> npt.NDArray[Any]:
    if zero_phase:
        # At least scipy's own padding, shortened where the run is shorter.
        pad = min(max(3 * (2 * len(sections) + 1), settle), len(values) - 1)
        return np.asarray(signal.sosfiltfilt(sections, values, axis=0, padlen=pad))
    start = signal.sosfilt_zi(sections)[:, :, None] * values[0]
    return np.asarray(signal.sosfilt(sections, values, axis=0, zi=start)[0])
