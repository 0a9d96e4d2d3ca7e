"""Doubts about units: N against N/kg, N*mm against N*m, mm against m, deg against rad, no mass.

A quantity of a moving person has a size per body mass that hardly depends on who moves:

| quantity | what is looked at | plausible |
|---|---|---|
| ground reaction, vertical | peak | 5 to 45 N/kg (0.5 to 4.6 BW) |
| joint moments | largest peak of the leg | 0.2 to 8 N*m/kg |
| joint powers | largest peak of the leg | 0.4 to 40 W/kg |
| markers | largest distance between two | 0.15 to 3 m |
| joint angles | largest magnitude of all | 8 to 400 deg |

A declared unit is doubted if the peak is implausible in it, for any body mass from 8 to 200 kg
where the mass is not known, and plausible in another unit.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from unisono.core.errors import UnitError
from unisono.core.units import conversion_factor
from unisono.recordings.components import split_axis
from unisono.recordings.doubt import Doubt, peak_of, quantile, values_of
from unisono.recordings.schema import streams
from unisono.recordings.stream_units import same_thing

__all__ = ["unit_doubts"]


class _Plausible(NamedTuple):
    """What size a quantity has, and in which units it comes, likeliest first."""

    unit: str
    low: float
    high: float
    others: tuple[str, ...]


_FORCE = _Plausible("N/kg", 5.0, 45.0, ("N/kg", "BW", "N", "kN"))
_MOMENT = _Plausible("N*m/kg", 0.2, 8.0, ("N*mm/kg", "N*m/kg", "N*m", "N*mm"))
_POWER = _Plausible("W/kg", 0.4, 40.0, ("W/kg", "W", "mW/kg"))
_LENGTH = _Plausible("m", 0.15, 3.0, ("mm", "m", "cm"))
_ANGLE = _Plausible("deg", 8.0, 400.0, ("deg", "rad"))

_MASSES = (8.0, 200.0)


def unit_doubts(tree: xr.DataTree) -> Iterator[Doubt]:
    """Doubts about the declared units of a recording."""
    mass = tree.attrs.get("mass_kg")
    for name, node in streams(tree):
        kind = node.attrs.get("kind")
        if "time" not in node.variables["data"].dims:
            continue
        if kind == "force":
            yield from _forces(name, node, mass)
        elif kind in ("moment", "power"):
            quantity = _MOMENT if kind == "moment" else _POWER
            for unit, columns in _by_unit(node, quantity.unit).items():
                size = peak_of(node, _legs(node, columns))
                yield from _judge(name, node, columns, unit, quantity, mass, size)
        elif kind == "position":
            yield from _lengths(name, node)
        elif kind == "angle" and node.sizes["channel"] > 3:
            for unit, columns in _by_unit(node, "deg").items():
                yield from _judge(name, node, columns, unit, _ANGLE, mass)
        yield from _mass_missing(name, node, mass)


def _by_unit(node: xr.Dataset, like: str) -> dict[str, list[int]]:
    """Columns by unit, of those that measure what ``like`` does."""
    found: dict[str, list[int]] = {}
    for column, unit in enumerate(node.variables["unit"].values):
        found.setdefault(str(unit), []).append(column)
    return {unit: columns for unit, columns in found.items() if same_thing(unit, like)}


def _legs(node: xr.Dataset, columns: list[int]) -> list[int]:
    """Columns of hip, knee and ankle; all but the ground's where these are not named.

    Moments about the laboratory and those of neck and waist have other sizes.
    """
    channels = node["channel"].values  # fetched once: xarray takes its time
    names = {c: str(channels[c]).lower() for c in columns}
    legs = [c for c in columns if any(joint in names[c] for joint in ("hip", "knee", "ankle"))]
    return legs or [c for c in columns if "ground" not in names[c]]


def _plausible(peak: float, unit: str, quantity: _Plausible, mass: float | None) -> bool:
    masses = _MASSES if mass is None else (float(mass),)
    try:
        sizes = [peak * conversion_factor(unit, quantity.unit, mass_kg=m) for m in masses]
    except UnitError:
        return False
    return max(sizes) >= quantity.low and min(sizes) <= quantity.high


def _judge(
    name: str,
    node: xr.Dataset,
    columns: Sequence[int],
    unit: str,
    quantity: _Plausible,
    mass: float | None,
    peak: float | None = None,
) -> Iterator[Doubt]:
    size = peak_of(node, list(columns)) if peak is None else peak
    if not np.isfinite(size) or size == 0 or _plausible(size, unit, quantity, mass):
        return
    better = [u for u in quantity.others if u != unit and _plausible(size, u, quantity, mass)]
    if not better:
        return
    every = len(columns) == node.sizes["channel"]
    names = () if every else tuple(str(node["channel"].values[c]) for c in columns)
    yield Doubt(
        name,
        names,
        "unit",
        f"declared {unit}, but a largest value of {size:.4g} looks like {' or '.join(better)}",
        f"if so, say --unit {name}={better[0]}",
    )


def _forces(name: str, node: xr.Dataset, mass: float | None) -> Iterator[Doubt]:
    """Ground reactions where they are named; all forces of the stream otherwise."""
    names = [str(c) for c in node["channel"].values]
    for unit, columns in _by_unit(node, "N").items():
        percent = [c for c in columns if "normalisedgrf" in names[c].lower()]
        ground = [c for c in columns if "ground" in names[c].lower() and c not in percent]
        rest = ground or [c for c in columns if c not in percent]
        every = columns if ground and not percent else rest
        yield from _judge(name, node, every, unit, _FORCE, mass, peak_of(node, rest))
        size = peak_of(node, percent) if percent else 0.0
        if 50 < size < 460:
            yield Doubt(
                name,
                tuple(names[c] for c in percent),
                "unit",
                f"declared {unit}, but by its name and peak of {size:.4g} it is a percentage of "
                "body weight",
                f"if so, say --unit '{name}/*NormalisedGRF*=percent'",
            )


def _lengths(name: str, node: xr.Dataset) -> Iterator[Doubt]:
    """Largest distance between two markers, along one axis and at one instant."""
    axes: dict[str, list[int]] = {}
    for column, channel in enumerate(node["channel"].values):
        axes.setdefault(split_axis(str(channel)).axis, []).append(column)
    spans = []
    for axis in "xyz":
        if len(axes.get(axis, [])) > 3:
            data = values_of(node, axes[axis], frames=50)
            data = data[np.isfinite(data).sum(axis=1) > 3]
            if len(data):
                spread = quantile(data, 0.95, axis=1) - quantile(data, 0.05, axis=1)
                spans.append(float(np.median(spread)))
    units = {str(u) for u in node.variables["unit"].values}
    if spans and len(units) == 1:
        columns = range(node.sizes["channel"])
        yield from _judge(name, node, columns, units.pop(), _LENGTH, None, max(spans))


def _mass_missing(name: str, node: xr.Dataset, mass: float | None) -> Iterator[Doubt]:
    units = sorted({str(u) for u in node.variables["unit"].values})
    absolute = [u for u in units if any(u == q for q in ("N", "kN", "N*m", "N*mm", "W"))]
    if mass is None and absolute:
        yield Doubt(
            name,
            (),
            "mass",
            f"in {', '.join(absolute)}, and the body mass is not known",
            "give it with --mass-kg 70, else nothing can be expressed per mass",
        )
