r"""Forces of plates put together by foot.

A foot on plates :math:`i` has

.. math:: F = \sum_i F_i, \qquad p = \frac{\sum_i F_{i,\text{up}}\, p_i}{\sum_i F_{i,\text{up}}},
          \qquad T = \sum_i T_i + \bigl[(p_i - p) \times F_i\bigr]_\text{up}

with force :math:`F`, centre of pressure :math:`p` on the ground, and free moment :math:`T`. A
component that one of the plates does not give is not valid, nor is what follows from it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.errors import SchemaError
from unisono.core.units import conversion_factor
from unisono.recordings.schema import make_stream
from unisono.recordings.sides import split_side
from unisono.recordings.signals.contacts import Contact
from unisono.recordings.signals.cycles import cycle_intervals
from unisono.recordings.signals.events import FOOT_OFF, FOOT_STRIKE
from unisono.recordings.signals.heading import horizontal_axes
from unisono.recordings.signals.plates import Plate, find_plates
from unisono.recordings.signals.rebuilding import rebuilt
from unisono.recordings.stream_units import same_thing

__all__ = ["forces_by_foot", "zero_in_swing"]

Array = npt.NDArray[np.float64]
Held = Mapping[str, Sequence[tuple[Plate, Contact]]]


class _Units(NamedTuple):
    force: str
    point: str
    torque: str


def forces_by_foot(stream: xr.Dataset, held: Held, up: str) -> xr.Dataset:
    """Build the stream of forces by foot.

    Args:
        stream: The plates.
        held: For ``"right"`` and ``"left"`` the contacts of that foot, with their plates.
        up: Vertical axis.

    Returns:
        A stream with channels ``r_fx``, ``r_fy``, ``r_fz``, ``r_copx``, ``r_copy``, ``r_tz`` and
        ``l_*`` (for y up: ``copx``, ``copz``, ``ty``); valid from one sample before each contact to
        one after it, where these are unloaded.

    Raises:
        SchemaError: If plates of one stream have different units.
    """
    units = _units(stream, find_plates(stream))
    across = [axis for axis, _ in horizontal_axes(up)]
    names, said, columns = [], [], []
    for side in ("right", "left"):
        columns.append(_one_foot(stream, held.get(side, ()), up, units))
        names += [f"{side[0]}_{c}" for c in ("fx", "fy", "fz", *(f"cop{a}" for a in across))]
        names.append(f"{side[0]}_t{up}")
        said += [units.force] * 3 + [units.point] * 2 + [units.torque]
    data = np.concatenate(columns, axis=1)
    history = list(stream.attrs.get("history", []))
    counts = ", ".join(f"{len(held.get(s, ()))} {s}" for s in ("right", "left"))
    return make_stream(
        data.astype(stream["data"].dtype),
        time=stream["time"].values,
        channels=names,
        units=said,
        kind="force",
        rate_hz=stream.attrs.get("rate_hz"),
        frame=stream.attrs.get("frame"),
        filter=stream.attrs.get("filter"),
        history=[*history, f"plates given to feet by centre of pressure and markers ({counts})"],
    )


def _units(stream: xr.Dataset, plates: Sequence[Plate]) -> _Units:
    def common(columns: Sequence[int], default: str) -> str:
        found = sorted({str(stream["unit"].values[c]) for c in columns})
        if len(found) > 1:
            raise SchemaError(
                f"force plates have different units ({', '.join(found)}); bring them to one first."
            )
        return found[0] if found else default

    force = common([c for p in plates for c in p.force.values()], "N")
    point = common([c for p in plates for c in p.point.values()], "m")
    return _Units(force, point, common([c for p in plates for c in p.torque.values()], "N*m"))


def _one_foot(
    stream: xr.Dataset, contacts: Sequence[tuple[Plate, Contact]], up: str, units: _Units
) -> Array:
    """Force, centre of pressure and free moment of one foot, ``(time, 6)``, NaN where unknown."""
    count = stream.sizes["time"]
    seen = np.zeros(count, dtype=bool)
    force, load, pressed = np.zeros((count, 3)), np.zeros(count), np.zeros((count, 2))
    torque, turning = np.zeros(count), np.zeros(count)
    signs = np.array([sign for _, sign in horizontal_axes(up)])
    flat = ["xyz".index(axis) for axis, _ in horizontal_axes(up)]
    for plate, contact in contacts:
        rows = slice(contact.first - contact.start_known, contact.last + 1 + contact.stop_known)
        seen[rows] = True
        f = _columns(stream, plate.force, "xyz", rows)
        p = _columns(stream, plate.point, [a for a, _ in horizontal_axes(up)], rows)
        t = _columns(stream, plate.torque, up, rows)[:, 0]
        known = np.asarray(np.isfinite(p).all(axis=1))
        weight = np.where(known, f[:, "xyz".index(up)], 0.0)
        p = np.where(known[:, None], p, 0.0)
        force[rows] += f
        load[rows] += weight
        pressed[rows] += weight[:, None] * p
        torque[rows] += np.where(known, np.nan_to_num(t, nan=np.inf), 0.0)
        turning[rows] += _turning(p * signs, f[:, flat] * signs)
    with np.errstate(invalid="ignore", divide="ignore"):
        point = pressed / load[:, None]
    about = _turning(point * signs, force[:, flat] * signs)
    factor = 1.0
    if np.isfinite(torque).any() and same_thing(f"({units.force})*{units.point}", units.torque):
        factor = conversion_factor(f"({units.force})*{units.point}", units.torque)
    moment = torque + factor * (turning - about)
    found = np.concatenate([force, point, moment[:, None]], axis=1)
    found[~seen] = np.nan
    found[load <= 0, 3:] = np.nan
    found[~np.isfinite(found)] = np.nan
    return found


def _columns(
    stream: xr.Dataset, columns: Mapping[str, int], axes: Sequence[str], rows: slice
) -> Array:
    """Columns of some axes, ``(row, axis)``; NaN where not valid or missing."""
    count = len(range(*rows.indices(stream.sizes["time"])))
    found = np.full((count, len(axes)), np.nan)
    for i, axis in enumerate(axes):
        if axis in columns:
            data = stream["data"].values[rows, columns[axis]]
            found[:, i] = np.where(stream["valid"].values[rows, columns[axis]], data, np.nan)
    return found


def _turning(point: Array, force: Array) -> Array:
    """Vertical component of point times force from signed horizontal components, ``(time,)``."""
    return np.asarray(point[:, 0] * force[:, 1] - point[:, 1] * force[:, 0])


def zero_in_swing(stream: xr.Dataset, events: xr.Dataset) -> xr.Dataset:
    """Make force and free moment a valid zero between a foot's off and its next strike.

    Only samples that were not valid change; the centre of pressure stays not valid.

    Args:
        stream: Forces by foot, ``r_*`` and ``l_*``.
        events: Events of the recording.
    """
    time = stream["time"].values
    data, valid = stream["data"].values.copy(), stream["valid"].values.copy()
    count = 0
    for swing in cycle_intervals(events, (FOOT_OFF, FOOT_STRIKE)):
        inside = (time > swing.start_s) & (time < swing.stop_s)
        for column, name in enumerate(stream["channel"].values):
            side, base = split_side(str(name))
            if side == swing.side and not base.startswith("cop"):
                fresh = inside & ~valid[:, column]
                data[fresh, column], valid[fresh, column] = 0.0, True
        count += 1
    return rebuilt(stream, data, valid, done=f"zero in {count} swings between events")
