"""Find named places of the body among the markers of a recording.

Known spellings are those of the Plug-in Gait set (``RHEE``, ``LASI``, ``SACR``), of OpenSim and
OpenCap (``r_calc``, ``R.Heel``, ``r.ASIS``, ``L_toe_study``), and plain words (``r_heel``). Where a
laboratory spells otherwise, the caller says which marker it is. Positions are returned in metres.
"""

import functools
import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.checks import check_choice
from unisono.core.errors import SchemaError
from unisono.core.units import conversion_factor
from unisono.recordings.components import split_axis
from unisono.recordings.sides import split_side

__all__ = ["LANDMARKS", "Marker", "find_marker", "marker_path", "markers", "up_axis"]

LANDMARKS: Mapping[str, tuple[str, ...]] = {
    "heel": ("hee", "heel", "calc", "calcn", "calcaneus", "calcstudy", "cal", "calcpost"),
    "toe": ("toe", "toetip", "toestudy", "hlx", "hallux", "d1m", "mtp", "mt2", "5meta"),
    "ankle": ("ank", "ankle", "anklestudy", "anklelat", "latmal", "lmal", "malleoluslateral"),
    "knee": ("kne", "knee", "kneestudy", "kneelat"),
    "asis": ("asi", "asis", "asisstudy"),
    "psis": ("psi", "psis", "psisstudy"),
    "sacrum": ("sacr", "sacrum", "sacral", "vsacral", "sac"),
    "shoulder": ("sho", "shoulder", "shoulderstudy", "acr", "acromion", "acromium"),
    "elbow": ("elb", "elbow", "elbowstudy", "elblat", "latelbow", "lelbowstudy"),
    "wrist": ("wrist", "wra", "wriststudy", "wrb", "wri", "radius", "lwriststudy"),
    "head": ("head", "fhd", "bhd", "headcentre", "tophead"),
    "c7": ("c7", "c7study", "neck"),
    "mass_centre": ("centreofmass", "centerofmass", "com", "wholebodycom", "bodycom"),
    "pelvis": ("pelvis", "hips", "root", "pelo", "midpelvis", "pelvisorigin"),
}
"""Spellings of each place, without the side, in lower case, without separators; best first."""


class Marker(NamedTuple):
    """A marker of a stream.

    Attributes:
        name: Its name, without the axis.
        columns: Column of each axis.
    """

    name: str
    columns: Mapping[str, int]


def markers(stream: xr.Dataset) -> list[Marker]:
    """Markers of a stream: names that come with at least two axes in a unit of length.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> s = make_stream([[0.0, 1.0]], time=[0], channels=["RHEE_x", "RHEE_z"], units="m",
        ...                 kind="position")
        >>> markers(s)
        [Marker(name='RHEE', columns={'x': 0, 'z': 1})]
    """
    return list(_markers(_names(stream)))


def _names(stream: xr.Dataset) -> tuple[str, ...]:
    return tuple(stream.indexes["channel"])


@functools.lru_cache(maxsize=64)
def _markers(channels: tuple[str, ...]) -> tuple[Marker, ...]:
    found: dict[str, dict[str, int]] = {}
    for column, channel in enumerate(channels):
        stem, axis = split_axis(channel)
        if axis:
            found.setdefault(stem.rstrip("_. "), {})[axis] = column
    return tuple(Marker(name, columns) for name, columns in found.items() if len(columns) > 1)


@functools.lru_cache(maxsize=64)
def _landmarks(channels: tuple[str, ...]) -> Mapping[tuple[str, str], Marker]:
    """Best marker of each place and side."""
    best: dict[tuple[str, str], tuple[int, Marker]] = {}
    for marker in _markers(channels):
        side, base = _side_of(marker.name.rsplit(":", 1)[-1])
        word = re.sub(r"[_.\s-]", "", base).lower()
        for place, words in LANDMARKS.items():
            if word in words:
                rank = words.index(word)
                if (place, side) not in best or rank < best[place, side][0]:
                    best[place, side] = (rank, marker)
    return {key: marker for key, (_, marker) in best.items()}


def _side_of(name: str) -> tuple[str, str]:
    """Side and rest of a marker's name; in a leg view the leg it tells of is the right one."""
    for view, side in (("ipsi_", "right"), ("contra_", "left")):
        if name.startswith(view):
            return side, name.removeprefix(view)
    own = split_side(name)
    return own.side, own.base


def find_marker(
    stream: xr.Dataset, landmark: str, side: str = "", *, names: Mapping[str, str] | None = None
) -> Marker | None:
    """Find the marker of a place of the body.

    Args:
        stream: Marker positions.
        landmark: A key of :data:`LANDMARKS`.
        side: ``"right"``, ``"left"`` or ``""``.
        names: The laboratory's own names, by ``"right_heel"`` or ``"sacrum"``; they go first.

    Returns:
        The marker, or None if the stream has none.

    Raises:
        SchemaError: If ``names`` tells of a marker that is not there.
    """
    own = (names or {}).get(f"{side}_{landmark}" if side else landmark)
    channels = _names(stream)
    if own is None:
        check_choice("landmark", landmark, LANDMARKS)
        return _landmarks(channels).get((landmark, side))
    for marker in _markers(channels):
        if marker.name == own:
            return marker
    raise SchemaError(f"there is no marker {own!r} for the {side} {landmark}; check its name.")


def marker_path(stream: xr.Dataset, marker: Marker) -> npt.NDArray[np.float64]:
    """Positions of a marker in metres, ``(time, 3)``; NaN where not valid or an axis is missing.

    Raises:
        UnitError: If the marker's unit is no length.
    """
    units, valid, data = (stream.variables[name].values for name in ("unit", "valid", "data"))
    path = np.full((len(data), 3), np.nan)
    for axis, column in marker.columns.items():
        factor = conversion_factor(str(units[column]), "m")
        good = valid[:, column]
        path[good, "xyz".index(axis)] = data[good, column] * factor
    return path


def up_axis(stream: xr.Dataset, up: str | None = None) -> str:
    """The vertical axis, ``"x"``, ``"y"`` or ``"z"``: what the caller says, else the frame.

    Raises:
        SchemaError: If neither knows.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> up_axis(make_stream([[0.0]], time=[0], channels=["a"], units="m", kind="position",
        ...                     frame={"up": "+Z"}))
        'z'
    """
    said = up or str(stream.attrs.get("frame", {}).get("up", "unknown"))
    axis = said.strip()[-1:].lower()
    if said == "unknown" or axis not in ("x", "y", "z"):
        raise SchemaError(
            f"the vertical axis of a {stream.attrs.get('kind')} stream is {said}; "
            "state it with up='z' (or 'y')."
        )
    return axis
