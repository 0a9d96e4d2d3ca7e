r"""Forces for OpenSim: the column names it wants, and the ExternalLoads file beside them.

OpenSim applies forces through an xml file that names, for every plate or foot, the body, and the
beginnings of three column names in the force file: of the force, the point and the torque. The
elements follow the files that OpenSim 4 itself writes (``OpenSimDocument Version="40000"``).

Forces named ``r_fx ... r_copx ... r_tz`` are given OpenSim's names and axes (y up):

.. math:: (x, y, z)_{z\,up} \to (x, z, -y)_{y\\,up}
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr

from unisono.core.errors import OutputError
from unisono.core.files import write_text
from unisono.recordings.formats.opensim_columns import is_force
from unisono.recordings.formats.opensim_table import write_opensim
from unisono.recordings.schema import add_history, make_stream

__all__ = ["Load", "find_loads", "name_for_opensim", "write_external_loads", "write_forces"]

_OURS = re.compile(r"^([rl])_(f|cop|t)([xyz])$")
_SIDES = (
    ("right", re.compile(r"(^|_)(r|right|rt)(_|$)")),
    ("left", re.compile(r"(^|_)(l|left|lt)(_|$)")),
)
_BODY = {"right": "calcn_r", "left": "calcn_l"}
_PREFIX = {"f": "ground_force_{}_v", "cop": "ground_force_{}_p", "t": "ground_torque_{}_"}


class Load(NamedTuple):
    """One external force: beginnings of its column names, and the side if a name tells it."""

    force: str
    point: str
    torque: str
    side: str


def name_for_opensim(stream: xr.Dataset) -> xr.Dataset:
    """Give a force stream OpenSim's names and axes; one that has them already is returned as it is.

    Args:
        stream: Channels ``r_fx, r_fy, r_fz, r_copx, r_copy, r_tz`` and the same with ``l_``, as far
            as present, in a frame whose up axis is stated. A missing height of the centre of
            pressure is the floor, 0; missing torques are 0 (only the free moment remains); any
            other missing component is NaN.

    Raises:
        OutputError: If the up axis is neither y nor z.
    """
    names = [str(c) for c in stream.channel.values]
    parts = [_OURS.match(name) for name in names]
    if not any(parts):
        return stream
    up = stream.attrs["frame"]["up"]
    if up not in ("y", "z"):
        raise OutputError(
            f"the forces' up axis is {up!r}; state it as y or z to write for OpenSim."
        )
    values, valid, channels, units = [], [], [], []
    for side in "rl":
        for what in ("f", "cop", "t"):
            mine = {m[3]: i for i, m in enumerate(parts) if m and m[1] == side and m[2] == what}
            if not mine:
                continue
            some = next(iter(mine.values()))
            for axis, source, sign in _axes(up):
                column = mine.get(source)
                floor = what == "t" or (what == "cop" and source == up)
                absent = np.full(stream.sizes["time"], 0.0 if floor else np.nan)
                values.append(absent if column is None else sign * stream["data"].values[:, column])
                valid.append(stream["valid"].values[:, some if column is None else column])
                channels.append(_PREFIX[what].format(side) + axis)
                units.append(str(stream.unit.values[some if column is None else column]))
    named = make_stream(
        np.column_stack(values),
        time=stream.time.values,
        channels=channels,
        units=units,
        kind="force",
        valid=np.column_stack(valid),
        frame={"up": "y", "forward": stream.attrs["frame"]["forward"], "handedness": "right"},
        **{k: stream.attrs.get(k) for k in ("rate_hz", "side", "filter", "history")},
    )
    return add_history(named, f"named for OpenSim, axes turned from {up} up to y up")


def _axes(up: str) -> tuple[tuple[str, str, float], ...]:
    """Axis wanted, axis it comes from, and sign."""
    if up == "y":
        return (("x", "x", 1.0), ("y", "y", 1.0), ("z", "z", 1.0))
    return (("x", "x", 1.0), ("y", "z", 1.0), ("z", "y", -1.0))


def find_loads(names: Sequence[str]) -> list[Load]:
    """Find the external forces in the columns of a force file.

    Args:
        names: Column names.

    Example:
        >>> find_loads([f"{k}_{p}{a}" for k, p in (("ground_force_r", "v"), ("ground_force_r", "p"),
        ...             ("ground_torque_r", "")) for a in "xyz"])[0].torque
        'ground_torque_r_'
    """
    loads = []
    for name in names:
        if not (is_force(name) and name.endswith("x")) or not _triple(names, name[:-1]):
            continue
        force = name[:-1]
        stem = force[:-1] if force.endswith("v") else force
        point = next((p for p in (f"{stem}p",) if _triple(names, p)), "")
        swapped = stem.replace("force", "torque"), stem.replace("force", "moment")
        torques = (*swapped, f"{stem}m", f"{stem}torque_", f"{stem}moment_")
        torque = next((t for t in torques if t != stem and _triple(names, t)), "")
        side = next((side for side, found in _SIDES if found.search(stem.lower())), "")
        loads.append(Load(force, point, torque, side))
    return loads


def _triple(names: Sequence[str], beginning: str) -> bool:
    return all(f"{beginning}{axis}" in names for axis in "xyz")


def write_external_loads(
    path: str | Path,
    force_file: str | Path,
    loads: Sequence[Load],
    *,
    feet: Mapping[str, str] | None = None,
) -> Path:
    """Write the ExternalLoads xml of a force file.

    Args:
        path: The xml file.
        force_file: The ``.mot`` that holds the forces; named relative to the xml where it can be.
        loads: From :func:`find_loads`.
        feet: Which foot stands on which plate, by the beginning of the force's column names:
            ``{"ground_force_v": "left", "1_ground_force_v": "right"}``; by default as the names
            say.

    Raises:
        OutputError: If a load's foot is not known.
    """
    path, force_file = Path(path), Path(force_file)
    document = ET.Element("OpenSimDocument", Version="40000")
    external = ET.SubElement(document, "ExternalLoads", name=path.stem)
    objects = ET.SubElement(external, "objects")
    for load in loads:
        side = dict(feet or {}).get(load.force, load.side)
        if side not in _BODY:
            raise OutputError(
                f"{path}: which foot the force {load.force!r} acts on is not known; state "
                f"feet={{{load.force!r}: 'right'}} or 'left'."
            )
        force = ET.SubElement(objects, "ExternalForce", name=f"{side}_{load.force.rstrip('_v')}")
        for tag, text in (
            ("applied_to_body", _BODY[side]),
            ("force_expressed_in_body", "ground"),
            ("point_expressed_in_body", "ground"),
            ("force_identifier", load.force),
            ("point_identifier", load.point),
            ("torque_identifier", load.torque),
        ):
            ET.SubElement(force, tag).text = text
    ET.SubElement(external, "groups")
    same = force_file.absolute().parent == path.absolute().parent
    ET.SubElement(external, "datafile").text = force_file.name if same else str(force_file)
    ET.indent(document, space="\t")
    text = ET.tostring(document, encoding="unicode")
    return write_text(path, f'<?xml version="1.0" encoding="UTF-8" ?>\n{text}\n')


def write_forces(
    tree: xr.DataTree,
    path: str | Path,
    *,
    stream: str = "grf",
    streams: Sequence[str] | None = None,
    feet: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write a force stream as ``.mot`` and, where the feet are known, the ExternalLoads beside it.

    Args:
        tree: A recording.
        path: The ``.mot``; the xml is named ``<stem>_external_loads.xml``.
        stream: Name of the force stream.
        streams: All that the file holds, where other streams go into it, too.
        feet: As in :func:`write_external_loads`.

    Returns:
        The files written.

    Raises:
        OutputError: If ``feet`` is given and incomplete, or the stream cannot be written.
        UnitError: If the forces are per mass and the recording has no ``mass_kg``.
    """
    path = Path(path)
    copy = tree.copy()
    chosen = list(streams or [stream])
    for name in chosen:
        if name in tree.children and tree[name].attrs.get("kind") == "force":
            copy[name] = xr.DataTree(name_for_opensim(tree[name].to_dataset()))
    written = [write_opensim(copy, path, streams=chosen)]
    loads = find_loads([str(c) for c in copy[stream].channel.values])
    if loads and (feet is not None or all(load.side for load in loads)):
        written.append(write_external_loads(loads_beside(path), path, loads, feet=feet))
    return written


def loads_beside(path: Path) -> Path:
    """Where :func:`write_forces` puts the ExternalLoads of a force file.

    Example:
        >>> loads_beside(Path("walk.mot")).name
        'walk_external_loads.xml'
    """
    return path.with_name(f"{path.stem}_external_loads.xml")
