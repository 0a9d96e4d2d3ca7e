"""What a user may say about files beyond what stands in them.

A file often omits or misstates its unit, its rate or its subject. ``ReadOptions`` is how the user
says so; it is the same for every reader. A stated unit RELABELS: the numbers stay as they are, the
label is held to have been wrong or missing, and the stream's history records it. (To convert
values, convert the stream after reading.)
"""

import glob
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import xarray as xr

from unisono.core.checks import check_range, nearest
from unisono.core.errors import ConfigError, UnitError
from unisono.core.units import tidy_unit
from unisono.recordings.schema import stream_names
from unisono.recordings.stream_units import relabel_stream, same_thing

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
        skip_absent: Whether a unit may name a stream that a file does not hold, as when one set of
            options serves a whole folder.
        up: Vertical axis of the laboratory (``"y"`` or ``"z"``), where the file does not say.
        reverse: Streams of forces that act on the plate, to be turned into those on the body.
        swap: Streams whose channels name the wrong side of the body.

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
    skip_absent: bool = False
    up: str = ""
    reverse: tuple[str, ...] = ()
    swap: tuple[str, ...] = ()

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
        if self.up not in ("", "x", "y", "z"):
            raise ConfigError(f"up must be x, y or z; got {self.up!r}.")
        if isinstance(self.columns, str):
            raise ConfigError("columns must be a list of names or a map from stream to columns.")
        for unit in self.units.values():
            tidy_unit(unit)


DEFAULTS = ReadOptions()
"""Nothing stated: what stands in the file holds."""


def relabel_units(
    tree: xr.DataTree, units: Mapping[str, str], *, skip_absent: bool = False
) -> xr.DataTree:
    """Replace declared units by those the user states; the values stay as they are.

    Args:
        tree: A recording.
        units: As in :class:`ReadOptions`.
        skip_absent: Whether to pass over names that are neither a stream nor a channel.

    Raises:
        UnitError: If such a name is not to be passed over, or no channel of the stream measures
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
        if not homes and not skip_absent:
            known = [*names, *(c for n in names for c in map(str, tree[n].channel.values))]
            raise UnitError(
                f"units names {key!r}, but the recording has no such stream or channel; its "
                f"streams are {', '.join(names)}.{nearest(key, known)}"
            )
        for name in homes:
            node = tree[name].to_dataset()
            if tidy_unit(unit) != str(node.unit.values[list(node.channel.values).index(channel)]):
                node = relabel_stream(node, unit, (glob.escape(channel),))
            tree[name] = xr.DataTree(node)
    return tree


def _relabel_stream(node: xr.Dataset, name: str, unit: str) -> xr.Dataset:
    """Relabel the channels that measure what the unit measures; all, if none has a unit."""
    declared = sorted(set(map(str, node.unit.values)))
    same = [old for old in declared if old == "1" or same_thing(old, unit)]
    if not same:
        raise UnitError(
            f"no channel of stream {name!r} can be in {unit}: its units are "
            f"{', '.join(declared)}; name a channel ('{name}/{node.channel.values[0]}') if the "
            "file's unit is wrong."
        )
    return node if same == [tidy_unit(unit)] else relabel_stream(node, unit)
