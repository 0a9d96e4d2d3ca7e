r"""Where the centre of mass is, and how it accelerates, from markers.

The laboratory's own centre of mass is taken where a marker is named so. Else the body is a chain of
segments between landmarks, each with a share :math:`w_s` of the mass and a centre at the share
:math:`p_s` of the way from its first to its last end,

.. math:: c = \sum_s w_s \left[(1 - p_s)\, a_s + p_s\, b_s\right]

(P. de Leva, J. Biomech. 29 (1996) 1223-1230, Table 4, means of women and men; hands go with the
forearms, and the head is at its marker). Hips are 30 % of the pelvis' width to either side of the
middle of its front markers, and a third of it below and behind. Constant errors of places do not
matter, since only the acceleration is used: the second derivative of a cubic fitted to ``window_s``
(Savitzky and Golay, 1964). Without arms and head their mass goes with the trunk; without markers of
the trunk there is no answer.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.signal import savgol_filter

from unisono.recordings.schema import streams
from unisono.recordings.signals.clock import measure_clock, valid_runs
from unisono.recordings.signals.landmarks import find_marker, marker_path

__all__ = ["MassCentre", "foot_speeds", "mass_centre"]

Array = npt.NDArray[np.float64]

_SIDES = ("right", "left")
_MASSES = {"head": 0.068, "trunk": 0.430, "upper_arm": 0.0263, "forearm": 0.0209,
           "thigh": 0.1447, "shank": 0.0457, "foot": 0.0133}  # fmt: skip
_PLACES = {"trunk": 0.45, "upper_arm": 0.576, "forearm": 0.457, "thigh": 0.385, "shank": 0.443,
           "foot": 0.42}  # fmt: skip
_DEGREE = 3


class MassCentre(NamedTuple):
    """The centre of mass.

    Attributes:
        time: Instants, ``(T,)`` seconds.
        place: ``(T, 3)`` metres, NaN where it is not known.
        acceleration: ``(T, 3)`` m/s^2, NaN where it is not known.
        how: ``"given"`` or ``"segments"``.
        up: The vertical axis, ``"x"``, ``"y"`` or ``"z"``, or ``"unknown"``.
    """

    time: Array
    place: Array
    acceleration: Array
    how: str
    up: str


def mass_centre(tree: xr.DataTree, *, window_s: float = 0.11) -> MassCentre | None:
    """Find the centre of mass of a recording, or None where markers do not tell.

    Args:
        tree: The recording.
        window_s: Width of the window of the derivative, seconds.
    """
    for _, node in _markers(tree):
        own = find_marker(node, "mass_centre")
        place = marker_path(node, own) if own is not None else _by_segments(node)
        if place is None or not np.isfinite(place).all(axis=1).any():
            continue
        time = np.asarray(node["time"].values, dtype=np.float64)
        up = str(node.attrs.get("frame", {}).get("up", "unknown"))
        how = "given" if own is not None else "segments"
        return MassCentre(time, place, _derivative(time, place, 2, window_s), how, up)
    return None


def foot_speeds(tree: xr.DataTree, *, window_s: float = 0.07) -> Mapping[str, Array]:
    """Speed of the slower end of each foot, by side, ``(T,)`` m/s on the markers' clock.

    A foot whose heel and toe both move stands on nothing (over ground; on a treadmill the belt
    carries it). NaN where a marker is not seen; sides without both markers are left out.

    Args:
        tree: The recording.
        window_s: Width of the window of the derivative, seconds.
    """
    found = {}
    for _, node in _markers(tree):
        time = np.asarray(node["time"].values, dtype=np.float64)
        for side in _SIDES:
            ends = [find_marker(node, place, side) for place in ("heel", "toe")]
            paths = [marker_path(node, end) for end in ends if end is not None]
            if len(paths) == 2 and side not in found:
                moves = [_derivative(time, path, 1, window_s) for path in paths]
                found[side] = np.min([np.linalg.norm(v, axis=1) for v in moves], axis=0)
    return found


def _markers(tree: xr.DataTree) -> list[tuple[str, xr.Dataset]]:
    return [(k, v) for k, v in streams(tree) if v.attrs.get("kind") == "position"]


def _by_segments(node: xr.Dataset) -> Array | None:
    def at(place: str, side: str = "") -> Array | None:
        marker = find_marker(node, place, side)
        return None if marker is None else marker_path(node, marker)

    legs = {(p, s): at(p, s) for p in ("asis", "knee", "ankle", "heel", "toe") for s in _SIDES}
    shoulders = [at("shoulder", side) for side in _SIDES]
    back = [x for x in (at("sacrum"), at("psis", "right"), at("psis", "left")) if x is not None]
    if any(x is None for x in (*legs.values(), *shoulders)) or not back:
        return None
    known = {key: x for key, x in legs.items() if x is not None}
    top = np.mean([x for x in shoulders if x is not None], axis=0)
    hips = _hips(known["asis", "right"], known["asis", "left"], np.mean(back, axis=0), top)
    pieces = [(_MASSES["trunk"], _between(top, (hips[0] + hips[1]) / 2, "trunk"))]
    for side, hip in zip(_SIDES, hips, strict=True):
        knee, ankle = known["knee", side], known["ankle", side]
        pieces += [
            (_MASSES["thigh"], _between(hip, knee, "thigh")),
            (_MASSES["shank"], _between(knee, ankle, "shank")),
            (_MASSES["foot"], _between(known["heel", side], known["toe", side], "foot")),
        ]
        shoulder, elbow, wrist = (at(p, side) for p in ("shoulder", "elbow", "wrist"))
        if shoulder is not None and elbow is not None and wrist is not None:
            pieces += [
                (_MASSES["upper_arm"], _between(shoulder, elbow, "upper_arm")),
                (_MASSES["forearm"], _between(elbow, wrist, "forearm")),
            ]
    head = next((x for x in (at("head"), at("head", "right"), at("c7")) if x is not None), None)
    if head is not None:
        pieces.append((_MASSES["head"], head))
    total = sum(mass for mass, _ in pieces)
    trunk = 1 - total + _MASSES["trunk"]  # what is not seen moves with the trunk
    pieces[0] = (trunk, pieces[0][1])
    return np.asarray(sum(mass * place for mass, place in pieces))


def _between(first: Array, last: Array, segment: str) -> Array:
    share = _PLACES[segment]
    return (1 - share) * first + share * last


def _hips(right: Array, left: Array, back: Array, top: Array) -> tuple[Array, Array]:
    """Centres of the hips from the front and back of the pelvis and the middle of the shoulders."""
    front = (right + left) / 2
    across = right - left
    width = np.linalg.norm(across, axis=1, keepdims=True)
    behind = back - front
    down = front - top
    unit = [v / np.linalg.norm(v, axis=1, keepdims=True) for v in (behind, down)]
    middle = front + width / 3 * (unit[0] + unit[1])
    return middle + 0.3 * across, middle - 0.3 * across


def _derivative(time: Array, path: Array, order: int, window_s: float) -> Array:
    """A derivative of ``(T, 3)`` in each unbroken run; NaN where a run is too short."""
    found = np.full(path.shape, np.nan)
    rate = measure_clock(time).rate_hz
    frames = max(2 * round(window_s * rate / 2) + 1, _DEGREE + 2)
    for run in valid_runs(np.asarray(np.isfinite(path).all(axis=1)), time):
        here = slice(run.start, run.stop)
        if run.stop - run.start >= frames:
            found[here] = savgol_filter(
                path[here], frames, _DEGREE, deriv=order, delta=1 / rate, axis=0
            )
    return found
