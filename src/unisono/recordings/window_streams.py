r"""One stream of a window: which channels, in which unit, turned where, at which instants.

All of these are linear and act on frames or on channels alone, so that their order does not change
the result, but for one thing: a heading needs both horizontal components, so that it goes before
the selection of channels. What was not valid, or lies outside the stream's time, is not valid in
the window.
"""

import fnmatch
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.checks import nearest
from unisono.core.errors import ConfigError, SchemaError, UnitError
from unisono.core.units import conversion_factor, tidy_unit
from unisono.recordings.signals.heading import to_heading
from unisono.recordings.signals.resampling import resample
from unisono.recordings.stream_units import same_thing
from unisono.recordings.window_settings import Cut

__all__ = ["converted", "is_turned", "resampled", "selected", "turned_stream"]

_LABORATORY_KINDS = ("position", "velocity", "force")
_REACH = 24
"""Frames on either side of a window that its resampling looks at; the filter's half-width is 18."""


def is_turned(stream: xr.Dataset, name: str, cut: Cut) -> bool:
    """Whether the heading turns this stream."""
    if not cut.heading:
        return False
    return name in cut.turned if cut.turned else stream.attrs.get("kind") in _LABORATORY_KINDS


def selected(stream: xr.Dataset, name: str, cut: Cut) -> xr.Dataset:
    """Keep the channels that the settings name, pattern by pattern.

    A recording may lack the channels of one pattern, which are then missing from its windows.

    Raises:
        ConfigError: If no pattern fits any channel, naming the nearest.
    """
    patterns = cut.channels.get(name, ())
    if not patterns:
        return stream
    names = [str(c) for c in stream["channel"].values]
    chosen = [n for pattern in patterns for n in names if fnmatch.fnmatchcase(n, pattern)]
    if not chosen:
        raise ConfigError(
            f"stream {name!r} has no channel {patterns[0]!r}; it has {', '.join(names[:8])}"
            f"{' ...' if len(names) > 8 else ''}.{nearest(patterns[0], names)} "
            f"Name its channels in windows.channels.{name}."
        )
    return stream.isel(channel=[names.index(n) for n in dict.fromkeys(chosen)])


def converted(
    stream: xr.Dataset, name: str, units: Mapping[str, str], mass_kg: float | None
) -> xr.Dataset:
    """Convert channels to the units that the settings name; the label follows.

    Args:
        stream: The stream.
        name: Its name.
        units: Unit for the stream, or for ``name/pattern`` of its channels. A unit for the whole
            stream leaves alone the channels that measure something else (a centre of pressure
            beside a force).
        mass_kg: Body mass, for units per mass.

    Raises:
        UnitError: If nothing can be converted, or the mass is needed and unknown.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> grf = make_stream([[700.0, 0.1]], time=[0], channels=["fz", "copx"], units=["N", "m"],
        ...                   kind="force")
        >>> out = converted(grf, "grf", {"grf": "N/kg"}, 70.0)
        >>> out.data.values.tolist(), out.unit.values.tolist()
        ([[10.0, 0.1]], ['N/kg', 'm'])
    """
    names = [str(c) for c in stream["channel"].values]
    old = [str(unit) for unit in stream["unit"].values]
    new = list(old)
    for key, unit in units.items():
        owner, _, pattern = key.partition("/")
        if owner != name:
            continue
        fitting = [i for i, n in enumerate(names) if not pattern or fnmatch.fnmatchcase(n, pattern)]
        measuring = [i for i in fitting if pattern or same_thing(old[i], unit)]
        if not measuring:
            raise UnitError(
                f"stream {key!r} has no channel that converts to {unit}; its units are "
                f"{', '.join(sorted(set(old)))}: state the true one when importing."
            )
        for i in measuring:
            new[i] = tidy_unit(unit)
    if new == old:
        return stream
    factors = [conversion_factor(a, b, mass_kg=mass_kg) for a, b in zip(old, new, strict=True)]
    data = stream["data"].values * np.asarray(factors, dtype=stream["data"].dtype)
    changed = stream.copy()
    changed["data"] = (stream["data"].dims, data)
    return changed.assign_coords(unit=("channel", np.array(new, dtype=str)))


def resampled(stream: xr.Dataset, times: npt.NDArray[np.float64]) -> xr.Dataset | None:
    """The stream at the given instants; None where it has no sample near them.

    Only the samples that the filter can reach are looked at, which for a stride out of minutes on a
    treadmill is a hundredth of them.
    """
    stamps = stream["time"].values
    step = float(np.max(np.diff(times))) if len(times) > 1 else 0.0
    own = float(np.median(np.diff(stamps))) if len(stamps) > 1 else 0.0
    reach = _REACH * max(step, own)
    first = int(np.searchsorted(stamps, times[0] - reach))
    last = int(np.searchsorted(stamps, times[-1] + reach, side="right"))
    if last <= first or stamps[first] > times[-1] or stamps[last - 1] < times[0]:
        return None
    return resample(stream.isel(time=slice(first, last)), times)


def turned_stream(stream: xr.Dataset, name: str, angle: float) -> xr.Dataset:
    """Turn a stream into the heading frame.

    Args:
        stream: The stream.
        name: Its name.
        angle: Heading in radians.

    Raises:
        SchemaError: If it holds no laboratory vector, or its vertical axis is unknown.
    """
    try:
        return to_heading(stream, angle)
    except SchemaError as error:
        raise SchemaError(f"stream {name!r} cannot be turned: {error}") from error
