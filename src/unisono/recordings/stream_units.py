r"""Units of whole streams: what the user declares, and what is converted.

**Declaring** (:func:`apply_units`) changes the label and not the numbers: the file lied, the user
says what is true. **Converting** (:func:`convert_stream`) changes the numbers with the label. Both
act on all channels of a stream that measure one thing (all its forces, all its points of
application), never on some of them.

Two units measure one thing if they convert into one another, with or without the body mass: ``N``,
``kN``, ``N/kg`` and ``BW`` do; ``N`` and ``m`` do not.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np
import xarray as xr

from unisono.core.checks import nearest
from unisono.core.errors import SchemaError, UnitError
from unisono.core.units import conversion_factor, same_dimension, tidy_unit
from unisono.recordings.schema import add_history, stream_names
from unisono.recordings.signals.rebuilding import with_streams

__all__ = ["apply_units", "convert_stream", "relabel_stream", "same_thing"]


def same_thing(a: str, b: str) -> bool:
    """Whether two units measure one thing, per body mass or not.

    Example:
        >>> same_thing("N", "N/kg"), same_thing("N*mm/kg", "N*m"), same_thing("N", "m")
        (True, True, False)
        >>> same_thing("m/s^2", "m")
        False
    """
    try:
        conversion_factor(a, b, mass_kg=1.0)
    except UnitError:
        return False
    return True


def _group(stream: xr.Dataset, unit: str, what: str) -> list[int]:
    """Columns that a unit speaks of: those that measure the same thing."""
    units = [str(u) for u in stream["unit"].values]
    chosen = [i for i, u in enumerate(units) if same_thing(u, unit)]
    if not chosen:
        present = ", ".join(sorted(set(units)))
        raise UnitError(f"{what} has no channel that {unit} could measure (it has {present}).")
    return chosen


def relabel_stream(stream: xr.Dataset, unit: str, channels: Sequence[str] = ("*",)) -> xr.Dataset:
    """Declare the true unit of a stream; no number changes.

    All channels that measure the same thing get the unit. If the stream has one unit only, or
    ``channels`` picks some, those get it whatever they were declared.

    Args:
        stream: The stream.
        unit: The true unit.
        channels: Globs of the channels meant; by default all.

    Raises:
        UnitError: If the unit is unknown, or could measure none of the channels.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> grf = make_stream([[9.8, 0.1]], time=[0], channels=["r_fz", "r_copx"],
        ...                   units=["N", "m"], kind="force")
        >>> relabel_stream(grf, "N/kg").unit.values.tolist()
        ['N/kg', 'm']
    """
    unit = tidy_unit(unit)
    units = [str(u) for u in stream["unit"].values]
    names = [str(c) for c in stream["channel"].values]
    if tuple(channels) != ("*",):
        chosen = [i for i, n in enumerate(names) if any(fnmatchcase(n, g) for g in channels)]
        if not chosen:
            raise UnitError(
                f"no channel is named like {', '.join(channels)}; see unisono describe."
            )
    elif len(set(units)) == 1:
        chosen = list(range(len(units)))
    else:
        chosen = _group(stream, unit, f"a {stream.attrs.get('kind')} stream")
    before = sorted({units[i] for i in chosen})
    for i in chosen:
        units[i] = unit
    new = stream.assign_coords(unit=("channel", np.array(units, dtype=str)))
    which = "" if len(chosen) == len(names) else f" of {len(chosen)} channels"
    return add_history(new, f"unit{which} declared {unit} by the user, was {', '.join(before)}")


def apply_units(tree: xr.DataTree, declared: Mapping[str, str]) -> xr.DataTree:
    """Declare the true units of a recording, as the user states them with ``--unit``.

    Args:
        tree: The recording.
        declared: Unit by stream (``{"grf": "N/kg"}``), or by stream and glob of channels
            (``{"grf/*_tz": "N*m/kg"}``).

    Raises:
        SchemaError: If there is no such stream.
        UnitError: If a unit is unknown, or could measure nothing in the stream.
    """
    changed: dict[str, xr.Dataset] = {}
    for key, unit in declared.items():
        name, _, pattern = key.partition("/")
        names = stream_names(tree)
        if name not in names:
            raise SchemaError(
                f"recording {tree.attrs.get('recording')!r} has no stream {name!r} to give the "
                f"unit {unit}; it has {', '.join(names)}.{nearest(name, names)}"
            )
        node = changed.get(name, tree[name].to_dataset())
        changed[name] = relabel_stream(node, unit, (pattern,) if pattern else ("*",))
    return with_streams(tree, changed)


def convert_stream(stream: xr.Dataset, unit: str, *, mass_kg: float | None = None) -> xr.Dataset:
    """Convert all channels of a stream that measure what the unit measures.

    A target per body mass is carried to the moments of a stream of forces only if asked for with a
    second call; other channels (points of application, angles) stay as they are. Corners of force
    plates go with the points of application.

    Args:
        stream: The stream.
        unit: Unit wanted.
        mass_kg: Body mass; needed between a unit and the same unit per mass.

    Raises:
        UnitError: If no channel measures that, or the mass is needed and missing.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> grf = make_stream([[980.665, 120.0]], time=[0], channels=["r_fz", "r_copx"],
        ...                   units=["N", "mm"], kind="force")
        >>> new = convert_stream(convert_stream(grf, "BW", mass_kg=100.0), "m")
        >>> new.data.values.round(6).tolist(), new.unit.values.tolist()
        ([[1.0, 0.12]], ['BW', 'm'])
    """
    unit = tidy_unit(unit)
    units = [str(u) for u in stream["unit"].values]
    chosen = _group(stream, unit, f"a {stream.attrs.get('kind')} stream")
    factors = np.ones(len(units))
    for i in chosen:
        needs_mass = not same_dimension(units[i], unit)
        factors[i] = conversion_factor(units[i], unit, mass_kg=mass_kg if needs_mass else None)
    if all(units[i] == unit for i in chosen):
        return stream
    before = sorted({units[i] for i in chosen})
    for i in chosen:
        units[i] = unit
    new = stream.assign_coords(unit=("channel", np.array(units, dtype=str)))
    scale = xr.DataArray(factors.astype(stream["data"].dtype), dims="channel")
    new["data"] = stream["data"] * scale
    if "corners" in stream.attrs and same_dimension(unit, "m"):
        new.attrs["corners"] = {
            name: (np.asarray(points, dtype=np.float64) * factors[chosen[0]]).tolist()
            for name, points in stream.attrs["corners"].items()
        }
    with_mass = f" with {mass_kg:g} kg" if mass_kg is not None else ""
    return add_history(new, f"converted from {', '.join(before)} to {unit}{with_mass}")
