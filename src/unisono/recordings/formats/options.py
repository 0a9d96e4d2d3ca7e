"""What a user may say about files beyond what stands in them.

A file often omits or misstates its unit, its rate or its subject. ``ReadOptions`` is how the user
says so; it is the same for every reader. A stated unit RELABELS: the numbers stay as they are, the
label is held to have been wrong or missing, and the stream's history records it. (To convert
values, convert the stream after reading.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from unisono.core.checks import check_range, nearest
from unisono.core.errors import ConfigError, UnitError
from unisono.core.units import same_dimension, tidy_unit
from unisono.recordings.schema import add_history, stream_names

__all__ = ["DEFAULTS", "ReadOptions", "relabel_units"]


@dataclass(frozen=True)
class ReadOptions:
    """What the user states about the files read.

    Args:
        rate_hz: Samples a second, for files without a time column; where a table has one, the rate
            takes its place (the column is then a sample number or a percentage).
        units: True unit by stream (``"grf"``) or by channel (``"Fz"`` or ``"grf/Fz"``). For a
            stream, it applies to the channels whose stated unit measures the same thing, with or
            without the mass (``grf=N/kg`` leaves the centre of pressure in metres).
        columns: For tables. Either one name a column, in order, for a file without a header; or a
            map from stream to its columns by name or by number (from 0), in which the entry
            ``"time"`` names the column of time stamps. Columns not named are left out.
        subject: Who was recorded, in place of the name found in the file or folder.
        mass_kg: Body mass.
        height_m: Body height.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> ReadOptions(rate_hz=500, units={"accelerometer": "m/s^2"}).rate_hz
        500
    """

    rate_hz: float | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    columns: Sequence[str] | Mapping[str, Sequence[str | int]] | None = None
    subject: str | None = None
    mass_kg: float | None = None
    height_m: float | None = None

    def __post_init__(self) -> None:
        try:
            if self.rate_hz is not None:
                check_range("rate_hz", self.rate_hz, 0.0, 1e7)
            if self.mass_kg is not None:
                check_range("mass_kg", self.mass_kg, 1.0, 500.0, closed=True)
            if self.height_m is not None:
                check_range("height_m", self.height_m, 0.3, 2.8, closed=True)
        except ValueError as error:
            raise ConfigError(str(error)) from error
        if isinstance(self.columns, str):
            raise ConfigError("columns must be a list of names or a map from stream to columns.")
        for unit in self.units.values():
            tidy_unit(unit)


DEFAULTS = ReadOptions()
"""Nothing stated: what stands in the file holds."""


def relabel_units(tree: xr.DataTree, units: Mapping[str, str]) -> xr.DataTree:
    """Replace declared units by those the user states; the values stay as they are.

    Args:
        tree: A recording.
        units: As in :class:`ReadOptions`.

    Raises:
        UnitError: If a name is neither a stream nor a channel, or no channel of the stream measures
            what the unit measures.

    Example:
        >>> from unisono.recordings.schema import make_recording, make_stream
        >>> grf = make_stream([[7.0, 0.1]], time=[0], channels=["fz", "px"], units=["N", "m"],
        ...                   kind="force")
        >>> tree = make_recording({"grf": grf}, recording="walk", subject="A")
        >>> relabel_units(tree, {"grf": "N/kg"})["grf"].unit.values.tolist()
        ['N/kg', 'm']
    """
    names = stream_names(tree)
    for key, unit in units.items():
        if key in names:
            tree[key] = xr.DataTree(_relabel_stream(tree[key].to_dataset(), key, unit))
            continue
        stream, _, channel = key.rpartition("/")
        homes = [
            name
            for name in names
            if stream in ("", name) and channel in tree[name].to_dataset().channel.values
        ]
        if not homes:
            known = [*names, *(c for n in names for c in map(str, tree[n].channel.values))]
            raise UnitError(
                f"units names {key!r}, but the recording has no such stream or channel; its "
                f"streams are {', '.join(names)}.{nearest(key, known)}"
            )
        for name in homes:
            node = tree[name].to_dataset()
            tree[name] = xr.DataTree(_set_units(node, node.channel.values == channel, unit))
    return tree


def _relabel_stream(node: xr.Dataset, name: str, unit: str) -> xr.Dataset:
    chosen = np.array([_measures_same(str(old), unit) for old in node.unit.values], dtype=bool)
    if not chosen.any():
        declared = ", ".join(sorted(set(map(str, node.unit.values))))
        raise UnitError(
            f"no channel of stream {name!r} can be in {unit}: its units are {declared}; "
            f"name a channel ('{name}/{node.channel.values[0]}') if the file's unit is wrong."
        )
    return _set_units(node, chosen, unit)


def _measures_same(old: str, new: str) -> bool:
    """Whether two units measure one quantity, with or without the mass; ``1`` fits anything."""
    if old == "1":
        return True
    pairs = ((old, new), (f"({old})/kg", new), (old, f"({new})/kg"))
    return any(same_dimension(a, b) for a, b in pairs)


def _set_units(node: xr.Dataset, chosen: np.ndarray, unit: str) -> xr.Dataset:
    new = tidy_unit(unit)
    old = node.unit.values.astype(str)
    changed = sorted({str(u) for u in old[chosen] if u != new})
    if not changed:
        return node
    units = np.where(chosen, new, old).astype(str)
    count = f"{int(chosen.sum())} of {len(units)} channels"
    note = f"unit {', '.join(changed)} relabelled {new} ({count}), as the user stated"
    return add_history(node.assign_coords(unit=("channel", units)), note)
