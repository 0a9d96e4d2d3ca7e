"""One description for a stream that many recordings hold, each in its own way.

Channels are joined by name, in the order of first appearance; a recording that lacks one is masked
there. Units are those of the first recording that has the channel; the others are converted to
them. Kinds must agree, and so must axes where both are known: turning axes is not guessed.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.contracts import StreamInfo
from unisono.core.errors import SchemaError, UnitError
from unisono.core.units import conversion_factor

__all__ = ["Fitting", "Owned", "fit_stream", "unite_streams"]


class Owned(NamedTuple):
    """What a stream is in one recording.

    Attributes:
        recording: Name of the recording.
        info: The stream.
        mass_kg: Body mass, or NaN.
    """

    recording: str
    info: StreamInfo
    mass_kg: float


class Fitting(NamedTuple):
    """Where the channels of one recording go in the common stream.

    Attributes:
        columns: Column of each channel in the common stream.
        factors: What each channel is multiplied by.
    """

    columns: npt.NDArray[np.intp]
    factors: npt.NDArray[np.float32]


def unite_streams(owned: Iterable[Owned]) -> StreamInfo:
    """Describe a stream for all recordings that hold it.

    Args:
        owned: What it is in each of them; at least one.

    Raises:
        SchemaError: If the kind or a known axis differs, naming both recordings.
    """
    parts = list(owned)
    first = parts[0]
    units: dict[str, str] = {}
    frame: dict[str, str] = {}
    source: dict[str, str] = {}
    for part in parts:
        name = part.info.name
        if part.info.kind != first.info.kind:
            raise SchemaError(
                f"stream {name!r} is {first.info.kind!r} in recording {first.recording!r} and "
                f"{part.info.kind!r} in {part.recording!r}; rename one of them."
            )
        for axis, value in part.info.frame.items():
            known = frame.get(axis, "unknown")
            if "unknown" not in (known, value) and known != value:
                raise SchemaError(
                    f"stream {name!r} has {axis} {known} in recording {source[axis]!r} and {value} "
                    f"in {part.recording!r}; import them in one frame, or leave one out."
                )
            if known == "unknown":
                frame[axis], source[axis] = value, part.recording
        for channel, unit in zip(part.info.channels, part.info.units, strict=True):
            units.setdefault(channel, unit)
    return StreamInfo(
        name=first.info.name,
        channels=tuple(units),
        units=tuple(units.values()),
        kind=first.info.kind,
        rate_hz=first.info.rate_hz,
        frame=frame,
        filter=_common_filter([part.info.filter for part in parts]),
    )


def fit_stream(owned: Owned, common: StreamInfo) -> Fitting:
    """How one recording's channels go into the common stream.

    Raises:
        UnitError: If its unit cannot be converted, naming recording and channel.
    """
    place = {channel: column for column, channel in enumerate(common.channels)}
    columns = [place[channel] for channel in owned.info.channels]
    mass = None if np.isnan(owned.mass_kg) else owned.mass_kg
    factors = []
    for channel, unit, column in zip(owned.info.channels, owned.info.units, columns, strict=True):
        try:
            factors.append(conversion_factor(unit, common.units[column], mass_kg=mass))
        except UnitError as error:
            raise UnitError(
                f"recording {owned.recording!r}, stream {common.name!r}, channel {channel!r}: "
                f"{error}"
            ) from error
    return Fitting(np.array(columns, dtype=np.intp), np.array(factors, dtype=np.float32))


def _common_filter(filters: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The filter that all share; ``{"type": "mixed"}`` where they differ."""
    same = all(dict(one) == dict(filters[0]) for one in filters)
    return dict(filters[0]) if same else {"type": "mixed"}
