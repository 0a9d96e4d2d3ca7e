"""Force plates of a stream: which columns are whose force, centre of pressure and free moment.

Known names are this project's (``p1_fz``, ``p1_copx``, ``p1_tz``) and OpenSim's
(``1_ground_force_vy``, ``ground_force_1_px``, ``ground_torque_y``).
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

__all__ = ["Plate", "find_plates"]

_PATTERNS = (
    re.compile(r"^(?P<plate>p\d+)_(?P<part>f|cop|t)(?P<axis>[xyz])$"),
    re.compile(r"^(?P<plate>(?:\d+_)?ground_force(?:_\d+)?)_(?P<part>[vpm])(?P<axis>[xyz])$"),
    re.compile(r"^(?P<plate>(?:\d+_)?ground_torque(?:_\d+)?)_(?P<part>)(?P<axis>[xyz])$"),
)
_PARTS = {"f": "force", "v": "force", "cop": "point", "p": "point", "t": "torque", "m": "torque"}


class Plate(NamedTuple):
    """Columns of one plate.

    Attributes:
        name: Name of the plate.
        force: Column of each component of the force on the body.
        point: Column of each coordinate of the centre of pressure.
        torque: Column of each component of the free moment.
        corners: Corners in the unit of the centre of pressure, ``(4, 3)``, or None.
    """

    name: str
    force: Mapping[str, int]
    point: Mapping[str, int]
    torque: Mapping[str, int]
    corners: npt.NDArray[np.float64] | None


def find_plates(stream: xr.Dataset) -> list[Plate]:
    """Plates of a stream, in the order of their channels.

    The corners are read from the stream's attribute ``corners`` (plate to four points), if it has
    one.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> s = make_stream([[0.0] * 3], time=[0], channels=["p1_fz", "p1_copx", "p1_tz"],
        ...                 units=["N", "mm", "N*mm"], kind="force")
        >>> [(p.name, p.force, p.point, p.torque) for p in find_plates(s)]
        [('p1', {'z': 0}, {'x': 1}, {'z': 2})]
    """
    found: dict[str, dict[str, dict[str, int]]] = {}
    for column, channel in enumerate(stream["channel"].values):
        match = next((m for m in (p.match(str(channel)) for p in _PATTERNS) if m), None)
        if match is not None:
            name = match["plate"].replace("torque", "force")
            parts = found.setdefault(name, {"force": {}, "point": {}, "torque": {}})
            parts[_PARTS.get(match["part"], "torque")][match["axis"]] = column
    corners = stream.attrs.get("corners") or {}
    return [
        Plate(name, **parts, corners=np.array(corners[name]) if name in corners else None)
        for name, parts in found.items()
        if parts["force"]
    ]
