r"""Gait events from marker positions, for trials and feet without a force plate.

``zeni``: with :math:`f` the direction the person faces, a foot strike is a maximum over time of
:math:`f \cdot (x_\text{heel} - x_\text{pelvis})` and a foot off a minimum of :math:`f \cdot
(x_\text{toe} - x_\text{pelvis})` (Zeni, Richards and Higginson, Gait Posture 27, 2008). It serves
on a treadmill too. :math:`f` is the perpendicular to the line between the iliac spines at each
instant, so that a person may turn; without these markers, the direction of travel.

``vertical``: with :math:`v` the vertical velocity of the middle between heel and toe, a foot strike
is a minimum of :math:`v` while the heel is in the lowest 35 % of its range, and a foot off a
maximum of :math:`v` above half its greatest (O'Connor et al., Gait Posture 25, 2007). It needs no
pelvis, but overground walking or a treadmill that is level.

Positions are low-passed at 7 Hz first, and an extremum counts if it stands out by 0.3 of the range
(a strike by ``vertical``: 0.03). On 22 plate contacts of eleven children walking straight, against
a threshold of 20 N: ``vertical`` strikes -1 +- 8 ms and offs 0 +- 12 ms (mean and standard
deviation), ``zeni`` strikes -45 +- 8 ms and offs +11 +- 8 ms. Hence the default is ``vertical``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.signal import find_peaks

from unisono.core.checks import check_choice, check_range
from unisono.core.errors import SchemaError
from unisono.recordings.schema import make_events, make_stream
from unisono.recordings.signals.clock import measure_clock
from unisono.recordings.signals.differentiation import Derivative, differentiate
from unisono.recordings.signals.events import FOOT_OFF, FOOT_STRIKE
from unisono.recordings.signals.filtering import Butterworth, filter_stream
from unisono.recordings.signals.gaps import GapPolicy, fill_gaps
from unisono.recordings.signals.heading import horizontal
from unisono.recordings.signals.landmarks import find_marker, marker_path, up_axis
from unisono.recordings.signals.resampling import resample_to_rate

__all__ = ["KinematicRule", "events_from_kinematics"]

Array = npt.NDArray[np.float64]


class _Search(NamedTuple):
    """A signal whose maxima are events, where they may lie, and how far they stand out."""

    signal: Array
    allowed: npt.NDArray[np.bool_]
    prominence: float


@dataclass(frozen=True)
class KinematicRule:
    """How events are found from markers.

    Args:
        method: ``"vertical"`` or ``"zeni"``.
        cutoff_hz: Cut-off of the low-pass before the search.
        min_stride_s: Shortest time between two events of one name and side, seconds.
        prominence: How far an extremum stands out, as a share of the signal's range.
        max_gap_s: Longest gap that is bridged for the search, seconds.
        names: The laboratory's own marker names, see ``landmarks.find_marker``.

    Raises:
        UnisonoError: If a setting is out of range.
    """

    method: str = "vertical"
    cutoff_hz: float = 7.0
    min_stride_s: float = 0.4
    prominence: float = 0.3
    max_gap_s: float = 0.2
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_choice("method", self.method, ("vertical", "zeni"))
        check_range("cutoff_hz", self.cutoff_hz, 0.0, 100.0)
        check_range("min_stride_s", self.min_stride_s, 0.0, 5.0)
        check_range("prominence", self.prominence, 0.0, 1.0)


def events_from_kinematics(
    stream: xr.Dataset,
    rule: KinematicRule = KinematicRule(),  # noqa: B008 - frozen
    *,
    up: str | None = None,
) -> xr.Dataset:
    """Find foot strikes and foot offs of both feet from markers.

    Args:
        stream: Marker positions.
        rule: Method and settings.
        up: Vertical axis, where the frame does not say.

    Returns:
        Events with ``how="kinematics"``; a foot without markers has none.

    Raises:
        SchemaError: If neither foot has a heel and a toe, or ``zeni`` finds no pelvis.
    """
    axis = up_axis(stream, up)
    rows: list[tuple[float, str, str]] = []
    feet = 0
    for side in ("right", "left"):
        places = {p: find_marker(stream, p, side, names=rule.names) for p in ("heel", "toe")}
        if any(marker is None for marker in places.values()):
            continue
        feet += 1
        heel, toe = (_smooth(stream, marker_path(stream, m), rule) for m in places.values() if m)
        search = _zeni if rule.method == "zeni" else _vertical
        found = search(stream, heel, toe, axis, rule)
        for name, extrema in zip((FOOT_STRIKE, FOOT_OFF), found, strict=True):
            rows += [(t, name, side) for t in _peaks(extrema, heel["time"].values, rule)]
    if not feet:
        raise SchemaError(
            "no foot has a heel and a toe marker for events from kinematics; "
            "name them, e.g. names={'right_heel': 'RHEE', 'right_toe': 'RTOE'}."
        )
    return make_events(
        [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], "kinematics"
    )


def _smooth(stream: xr.Dataset, path: Array, rule: KinematicRule) -> xr.Dataset:
    """One marker on an even clock, short gaps bridged, low-passed."""
    one = make_stream(path, time=stream["time"].values, channels=["x", "y", "z"], units="m",
                      kind="position")  # fmt: skip
    one = fill_gaps(one, GapPolicy(rule.max_gap_s))
    clock = measure_clock(stream["time"].values)
    if not clock.regular:
        one = resample_to_rate(one, clock.rate_hz)
    if rule.cutoff_hz < clock.rate_hz / 2:
        one = filter_stream(one, Butterworth(rule.cutoff_hz))
    return one


def _positions(one: xr.Dataset) -> Array:
    return np.where(one["valid"].values, one["data"].values, np.nan)


def _zeni(
    stream: xr.Dataset, heel: xr.Dataset, toe: xr.Dataset, up: str, rule: KinematicRule
) -> tuple[_Search, _Search]:
    places = [("sacrum", ""), ("psis", "right"), ("psis", "left"), ("asis", "right"),
              ("asis", "left"), ("pelvis", "")]  # fmt: skip
    found = {}
    for place, side in places:
        marker = find_marker(stream, place, side, names=rule.names)
        if marker is not None:
            found[place, side] = _positions(_smooth(stream, marker_path(stream, marker), rule))
    if not found:
        raise SchemaError(
            "no pelvis marker for method='zeni'; name one, e.g. names={'sacrum': 'SACR'}, "
            "or use method='vertical'."
        )
    for pair in ("psis", "asis"):  # the middle of a pair, else one of its sides sways in
        if ("sacrum", "") not in found and {(pair, "right"), (pair, "left")} <= set(found):
            found["sacrum", ""] = (found[pair, "right"] + found[pair, "left"]) / 2
    pelvis = found.get(("sacrum", ""), next(iter(found.values())))
    forward = _facing(found, pelvis, up)
    along = [np.einsum("ti,ti->t", horizontal(_positions(x) - pelvis, up), forward)
             for x in (heel, toe)]  # fmt: skip
    anywhere = np.ones(len(forward), dtype=bool)
    return (
        _Search(along[0], anywhere, rule.prominence),
        _Search(-along[1], anywhere, rule.prominence),
    )


def _facing(found: Mapping[tuple[str, str], Array], pelvis: Array, up: str) -> Array:
    """Unit vector the person faces, ``(time, 2)``; constant where the iliac spines are not seen."""
    path = horizontal(pelvis, up)
    good = np.isfinite(path).all(axis=1)
    travel = path[good][-1] - path[good][0] if good.any() else np.array([1.0, 0.0])
    facing = np.repeat(travel[None, :], len(path), axis=0)
    for pair in ("psis", "asis"):
        if {(pair, "right"), (pair, "left")} <= set(found):
            line = horizontal(found[pair, "left"] - found[pair, "right"], up)
            seen = np.isfinite(line).all(axis=1)
            facing[seen] = np.stack([line[seen, 1], -line[seen, 0]], axis=1)
    length = np.linalg.norm(facing, axis=1, keepdims=True)
    return np.asarray(facing / np.where(length > 0, length, 1.0))


def _vertical(
    stream: xr.Dataset, heel: xr.Dataset, toe: xr.Dataset, up: str, rule: KinematicRule
) -> tuple[_Search, _Search]:
    middle = heel.copy()
    middle["data"] = (heel["data"] + toe["data"]) / 2
    middle["valid"] = heel["valid"] & toe["valid"]
    width = max(5 / measure_clock(heel["time"].values).rate_hz, 0.05)
    speed = _positions(differentiate(middle, Derivative(window_s=width)))[:, "xyz".index(up)]
    height = _positions(heel)[:, "xyz".index(up)]
    anywhere = np.ones(len(height), dtype=bool)
    low = anywhere
    if np.isfinite(height).any():
        bottom, top = np.nanmin(height), np.nanmax(height)
        low = height < bottom + 0.35 * (top - bottom)
    fast = speed > 0.5 * np.nanmax(speed) if np.isfinite(speed).any() else anywhere
    # The trough of a strike is the lesser one beside that of the foot's swinging down; the lesser
    # crest is that of the toes' rising before the strike.
    return (
        _Search(-speed, low, rule.prominence / 10),
        _Search(speed, fast, rule.prominence),
    )


def _peaks(search: _Search, time: Array, rule: KinematicRule) -> list[float]:
    """Times of the maxima that stand out, refined by a parabola through three samples."""
    signal = search.signal
    good = np.isfinite(signal)
    if good.sum() < 3:
        return []
    bottom = float(np.nanmin(signal))
    level = np.where(good, signal, bottom)
    needed = search.prominence * (float(np.nanmax(signal)) - bottom)
    tops, found = find_peaks(level, prominence=needed)
    step = measure_clock(time).step_s
    times: list[float] = []
    for i in sorted(tops, key=lambda top: -found["prominences"][list(tops).index(top)]):
        near = any(abs(time[i] - t) < rule.min_stride_s for t in times)
        if search.allowed[i] and good[i - 1] and good[i + 1] and not near:
            left, top, right = signal[i - 1 : i + 2]
            bend = left - 2 * top + right
            shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
            times.append(float(time[i] + np.clip(shift, -0.5, 0.5) * step))
    return times
