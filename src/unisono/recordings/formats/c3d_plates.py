"""Force platforms of a C3D file as one stream, at the analog rate.

Channels of plate n (numbered from 1 as in the file), all in laboratory axes: ``pN_fx, _fy, _fz``
(N), ``pN_mx, ..`` about the centre of the plate's surface, ``pN_copx, ..`` (unit of the points) and
``pN_tx, ..`` (free moment). Formulas, sign and threshold: :mod:`.force_plates`. The attribute
``corners`` holds the four corners of each plate in the laboratory, in the unit of the points.

A plate that cannot be computed (a type that is not 1 to 4, parameters that are missing or
contradict one another) does not lose the file: its raw channels stay in the analog streams, and a
doubt says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.errors import UnisonoError
from unisono.recordings.formats.assembling import doubt
from unisono.recordings.formats.c3d_parameters import C3DParameters
from unisono.recordings.formats.c3d_units import factor_to
from unisono.recordings.formats.force_plates import (
    CHANNELS_OF_TYPE,
    COP_THRESHOLD_N,
    ForcePlate,
    plate_wrench,
)
from unisono.recordings.schema import make_stream

__all__ = ["FoundPlates", "Platform", "find_platforms", "plates_stream"]

_GROUP = "FORCE_PLATFORM"
_AXES = "xyz"


class Platform(NamedTuple):
    """One usable platform: its number in the file, its plate, and its analog channels.

    Attributes:
        number: From 1, as in the file.
        plate: The plate, lengths in the unit of the points.
        channels: Columns of the analog data, from 0.
        factors: Factor of each channel to newton, length unit or their product.
    """

    number: int
    plate: ForcePlate
    channels: tuple[int, ...]
    factors: tuple[float, ...]


@dataclass(frozen=True)
class FoundPlates:
    """Platforms of a file.

    Args:
        usable: Those that can be computed.
        doubts: What was assumed, or why a plate is left out.
        notes: What else a user should know.
    """

    usable: list[Platform] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def channels(self) -> set[int]:
        """Analog columns that belong to usable plates."""
        return {column for platform in self.usable for column in platform.channels}


class _Unusable(Exception):  # noqa: N818 - carries the reason to the doubt
    """Why a plate cannot be computed."""


def find_platforms(parameters: C3DParameters, analog_units: list[str], length: str) -> FoundPlates:
    """Read the FORCE_PLATFORM group.

    Args:
        parameters: Parameters of the file.
        analog_units: The file's unit of each analog channel.
        length: Unit of the points, ``"1"`` where the file states none.
    """
    found = FoundPlates()
    used = parameters.integer(_GROUP, "USED") or 0
    taken: set[int] = set()
    for index in range(min(used, 1 + len(analog_units) // 6)):
        try:
            platform = _platform(parameters, index, analog_units, length, found.doubts)
            if taken & set(platform.channels):
                raise _Unusable("it shares channels with another plate")
        except (_Unusable, UnisonoError) as error:
            reason = f"force plate {index + 1} is left as analog channels: {error}".rstrip(".")
            found.doubts.append(doubt(reason))
            continue
        taken |= set(platform.channels)
        found.usable.append(platform)
    zero = parameters.integers(_GROUP, "ZERO")
    if found.usable and zero.size == 2 and 0 < zero[0] <= zero[1]:
        found.notes.append(
            f"baseline of frames {zero[0]} to {zero[1]} (FORCE_PLATFORM:ZERO) not removed"
        )
    return found


def plates_stream(
    found: FoundPlates,
    analog: npt.NDArray[np.float32],
    *,
    rate_hz: float,
    length: str,
    frame: Mapping[str, str],
    threshold: float = COP_THRESHOLD_N,
) -> xr.Dataset | None:
    """Compute the stream of all usable plates, or None if there is none.

    Args:
        found: What :func:`find_platforms` found.
        analog: Scaled analog data, ``(sample, channel)``.
        rate_hz: Analog rate.
        length: Unit of the points.
        frame: Frame of the laboratory.
        threshold: See :func:`~unisono.recordings.formats.force_plates.plate_wrench`.
    """
    if not found.usable or not len(analog):
        return None
    names: list[str] = []
    units: list[str] = []
    parts: list[npt.NDArray[np.float64]] = []
    moment = "N" if length == "1" else f"N*{length}"
    for platform in found.usable:
        raw = analog[:, platform.channels].astype(np.float64) * np.array(platform.factors)
        parts += plate_wrench(platform.plate, raw, threshold=threshold)
        for part, unit in (("f", "N"), ("m", moment), ("cop", length), ("t", moment)):
            names += [f"p{platform.number}_{part}{axis}" for axis in _AXES]
            units += [unit] * 3
    with np.errstate(over="ignore", invalid="ignore"):
        data = np.concatenate(parts, axis=1).astype(np.float32)
    kinds = ", ".join(str(platform.plate.kind) for platform in found.usable)
    stream = make_stream(
        data,
        time=np.arange(len(data)) / rate_hz,
        channels=names,
        units=units,
        kind="force",
        rate_hz=rate_hz,
        frame=frame,
        history=[
            f"force plates of type {kinds} in laboratory axes; force of the plate on the body, "
            "moment about the centre of the plate",
            f"centre of pressure and free moment not valid below {threshold:g} N of vertical force",
            *found.notes,
            *found.doubts,
        ],
    )
    return stream.assign_attrs(
        corners={f"p{plate.number}": plate.plate.corners.tolist() for plate in found.usable}
    )


def _platform(
    parameters: C3DParameters,
    index: int,
    analog_units: list[str],
    length: str,
    doubts: list[str],
) -> Platform:
    kinds = parameters.integers(_GROUP, "TYPE")
    if index >= kinds.size:
        raise _Unusable("its type is not stated")
    kind = int(kinds[index])
    count = CHANNELS_OF_TYPE.get(kind)
    if count is None:
        raise _Unusable(f"type {kind} is not one of 1 to 4")
    numbers = np.nan_to_num(_column(parameters, "CHANNEL", index, (count,)), posinf=0, neginf=0)
    channels = tuple(int(number) - 1 for number in numbers)
    if len(set(channels)) < count or min(channels) < 0 or max(channels) >= len(analog_units):
        raise _Unusable("FORCE_PLATFORM:CHANNEL names channels that are not there")
    factors = _factors(kind, [analog_units[c] for c in channels], length, index, doubts)
    calibration = None
    if kind == 4:
        calibration = _column(parameters, "CAL_MATRIX", index, (6, 6))
        calibration = np.array(factors)[:, None] * calibration  # units are those of the result
        factors = (1.0,) * count
    plate = ForcePlate(
        kind,
        _column(parameters, "CORNERS", index, (3, 4)).T,
        _column(parameters, "ORIGIN", index, (3,)),
        calibration,
    )
    return Platform(index + 1, plate, channels, factors)


def _column(
    parameters: C3DParameters, name: str, index: int, shape: tuple[int, ...]
) -> npt.NDArray[np.float64]:
    """Entry ``index`` of a parameter whose last axis is the plate; the others cut to ``shape``."""
    values = parameters.numbers(_GROUP, name)
    if values.ndim == len(shape):  # one plate only, its axis left out
        values = values[..., None]
    enough = values.ndim == len(shape) + 1 and all(
        have >= want for have, want in zip(values.shape, shape, strict=False)
    )
    if not enough or index >= values.shape[-1]:
        raise _Unusable(f"FORCE_PLATFORM:{name} is missing or too short")
    entry: npt.NDArray[np.float64] = values[tuple(slice(n) for n in shape) + (index,)]
    return entry


def _factors(
    kind: int, units: list[str], length: str, index: int, doubts: list[str]
) -> tuple[float, ...]:
    moment = f"N*{length}"
    wanted = {1: ["N"] * 3 + [length] * 2 + [moment], 3: ["N"] * 8}.get(
        kind, ["N"] * 3 + [moment] * 3
    )
    if length == "1":
        return (1.0,) * len(wanted)
    factors = [factor_to(unit, target) for unit, target in zip(units, wanted, strict=True)]
    strange = sorted({u or "no unit" for u, f in zip(units, factors, strict=True) if f is None})
    if strange and kind != 4:  # a calibration matrix takes volts
        doubts.append(
            doubt(
                f"channels of force plate {index + 1} state {', '.join(strange)}; "
                f"taken as N and {moment}"
            )
        )
    return tuple(1.0 if factor is None else factor for factor in factors)
