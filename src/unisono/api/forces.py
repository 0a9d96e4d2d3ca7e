"""What the physics checks need, read off the channels of a force stream and its recording."""

import numpy as np
import numpy.typing as npt

from unisono.core.contracts import StreamInfo
from unisono.core.errors import UnitError
from unisono.core.units import STANDARD_GRAVITY, conversion_factor, same_dimension
from unisono.evaluation.physics import ForceLayout
from unisono.recordings.components import split_axis
from unisono.recordings.signals.heading import horizontal_axes

__all__ = ["body_weights", "force_layout"]


def force_layout(info: StreamInfo) -> ForceLayout | None:
    """Which channels are vertical, horizontal and centre of pressure; None for no force.

    A foot's channels share their stem (``r_f`` of ``r_fx, r_fy, r_fz``); its centre of pressure is
    the stem with ``cop`` or ``p`` in place of the last letter.
    """
    up = info.frame.get("up", "unknown")
    if info.kind != "force" or up not in ("x", "y", "z"):
        return None
    found: dict[str, dict[str, int]] = {}
    for i, (name, unit) in enumerate(zip(info.channels, info.units, strict=True)):
        stem, axis = split_axis(name)
        if axis and (same_dimension(unit, "N") or same_dimension(unit, "N/kg")):
            found.setdefault(stem, {})[axis] = i
    feet = {stem: axes for stem, axes in found.items() if up in axes}
    if not feet:
        return None
    first, second = (axis for axis, _ in horizontal_axes(up))
    whole = all(first in axes and second in axes for axes in feet.values())
    horizontal = tuple((a[first], a[second]) for a in feet.values()) if whole else ()
    place = {name: i for i, name in enumerate(info.channels)}
    pressure = []
    for stem in feet:
        base = stem[:-1]
        names = [(f"{base}{p}{first}", f"{base}{p}{second}") for p in ("cop", "p")]
        pair = next(((place[a], place[b]) for a, b in names if a in place and b in place), None)
        if pair is not None:
            pressure.append(pair)
    complete = tuple(pressure) if len(pressure) == len(feet) else ()
    return ForceLayout(tuple(axes[up] for axes in feet.values()), horizontal, complete)


def body_weights(
    info: StreamInfo, layout: ForceLayout, mass_kg: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Body weight of each window in the force's own unit, ``(n,)``; NaN where unknown."""
    unit = info.units[layout.vertical[0]]
    if same_dimension(unit, "N/kg"):
        factor = conversion_factor("N/kg", unit)
        return np.full(len(mass_kg), STANDARD_GRAVITY * factor)
    try:
        factor = conversion_factor("N", unit)
    except UnitError:
        return np.full(len(mass_kg), np.nan)
    return np.asarray(mass_kg * STANDARD_GRAVITY * factor, dtype=np.float64)
