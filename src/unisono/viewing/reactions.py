"""Ground reactions of a recording as arrows: force in body weights at its centre of pressure.

A force is found by its channels: three components on one stem (``r_f``, ``p1_f``,
``1_ground_force_v``), and a centre of pressure on the matching stem (``r_cop``, ``p1_cop``,
``1_ground_force_p``).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.errors import SchemaError, UnitError
from unisono.core.units import conversion_factor, same_dimension
from unisono.recordings.components import vectors
from unisono.recordings.sides import split_side

__all__ = ["Reaction", "force_stream", "reactions"]

Array = npt.NDArray[np.float64]

_PRESSURE = {"f": "cop", "v": "p"}
"""How the channel of a force and that of its centre of pressure differ (ours, OpenSim's)."""

_TALLEST = 1.2
"""Body weights that the largest force is drawn as where the body mass is not known."""


class Reaction(NamedTuple):
    """One ground reaction over time, in the axes of its stream.

    Attributes:
        name: What its channels have in common.
        side: ``"left"``, ``"right"`` or ``""``.
        time: ``(T,)`` s.
        force: ``(T, 3)`` in body weights; NaN where not valid.
        place: Centre of pressure, ``(T, 3)`` m; NaN where unloaded; None where not recorded.
    """

    name: str
    side: str
    time: Array
    force: Array
    place: Array | None


def force_stream(tree: xr.DataTree) -> str | None:
    """The first of ``grf`` and ``plates`` that a recording has."""
    return next((name for name in ("grf", "plates") if name in tree.children), None)


def reactions(tree: xr.DataTree, name: str, like: xr.Dataset | None = None) -> list[Reaction]:
    """The ground reactions of a stream of forces.

    Args:
        tree: The recording; its ``mass_kg`` makes body weights.
        name: The stream.
        like: Forces of the same person, by whose largest these are drawn where the body mass is
            not known, so that both have one scale; by default their own.

    Raises:
        SchemaError: If there is no such stream.
    """
    if name not in tree.children:
        raise SchemaError(f"there is no stream {name!r}; leave the forces out or name another.")
    stream = tree[name].to_dataset()
    found = {v.stem: v.columns for v in vectors(stream)}
    forces = _forces(stream)
    values = np.where(stream["valid"].values, stream["data"].values.astype(np.float64), np.nan)
    units = [str(u) for u in stream["unit"].values]
    mass = tree.attrs.get("mass_kg")
    arrows = []
    for stem, columns in forces.items():
        unit = units[columns["x"]]
        # one scale for all, so that a foot that bears less is seen to bear less
        largest = (0.0 if like is None else _largest(like, unit)) or _largest(stream, unit)
        weights = _body_weights(unit, mass, largest)
        place = found.get(stem[:-1] + _PRESSURE[stem[-1]])
        spot = None
        if place is not None:
            metres = conversion_factor(units[next(iter(place.values()))], "m")
            spot = _axes(values, place, metres)
        side = split_side(stem).side or str(stream.attrs.get("side", ""))
        force = _axes(values, columns, weights)
        arrows.append(Reaction(stem, side, stream["time"].values, force, spot))
    return arrows


def _forces(stream: xr.Dataset) -> dict[str, Mapping[str, int]]:
    """Columns of each force, by its stem."""
    units = [str(u) for u in stream["unit"].values]
    return {
        v.stem: v.columns
        for v in vectors(stream)
        if len(v.columns) == 3 and v.stem[-1:] in _PRESSURE and _is_force(units[v.columns["x"]])
    }


def _largest(stream: xr.Dataset, unit: str) -> float:
    """The largest component of forces in a unit; 0 where there is none."""
    units = stream["unit"].values
    alike = [c for axes in _forces(stream).values() for c in axes.values() if units[c] == unit]
    sizes = np.abs(np.where(stream["valid"].values, stream["data"].values, 0.0)[:, alike])
    return float(sizes.max(initial=0.0, where=np.isfinite(sizes)))


def _is_force(unit: str) -> bool:
    try:
        return any(same_dimension(unit, known) for known in ("N", "N/kg", "BW"))
    except UnitError:
        return False


def _axes(values: Array, columns: Mapping[str, int], factor: float) -> Array:
    """Vectors ``(T, 3)``; an axis that is not recorded is 0 (the floor)."""
    zero = np.zeros(len(values))
    return factor * np.stack(
        [values[:, columns[axis]] if axis in columns else zero for axis in "xyz"], axis=1
    )


def _body_weights(unit: str, mass: float | None, largest: float) -> float:
    if mass is not None or same_dimension(unit, "BW"):
        return conversion_factor(unit, "BW", mass_kg=mass)
    return _TALLEST / max(largest, 1e-9)
