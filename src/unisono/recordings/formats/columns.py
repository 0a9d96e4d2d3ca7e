"""What the columns of a plain table are: names, units, streams.

A header cell reads ``[stream/]channel [unit]``: ``Fz``, ``Fz [N]``, ``Fz (N)``, ``grf/Fz [N]``. In
square brackets anything must be a unit; in round ones, what is no unit belongs to the name. Without
a stream, columns are gathered by what their units measure.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from unisono.core.errors import FileFormatError, UnitError
from unisono.core.units import same_dimension, tidy_unit

__all__ = ["SECONDS", "Cell", "header_cell", "kind_of", "parse_cell", "time_scale"]

_CELL = re.compile(r"^(?:(?P<stream>[^/\[\]()]+)/)?(?P<name>.+?)\s*\[(?P<unit>[^\[\]]*)\]$")
_ROUND = re.compile(r"^(?:(?P<stream>[^/\[\]()]+)/)?(?P<name>.+?)\s*\((?P<unit>[^()]*)\)$")
_PLAIN = re.compile(r"^(?:(?P<stream>[^/\[\]()]+)/)?(?P<name>.+)$")
_TIME = re.compile(
    r"^(time|t|zeit|timestamps?|time[_ ]?(s|sec|ms|stamp)|seconds|system_timestamp.*)$"
)
SECONDS = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "min": 60.0}
"""Seconds in one unit of a column of time stamps."""

_BY_UNIT = (
    (("deg",), "angles", "angle"),
    (("deg/s",), "angular_rates", "angular_rate"),
    (("N", "N/kg"), "forces", "force"),
    (("N*m", "N*m/kg"), "moments", "moment"),
    (("W", "W/kg"), "powers", "power"),
    (("m",), "positions", "position"),
    (("m/s",), "velocities", "velocity"),
    (("Pa",), "pressures", "pressure"),
)
_BY_NAME = (
    (("angular_rate", "gyro"), "angular_rate"),
    (("angular_vel",), "angular_velocity"),
    (("emg",), "emg"),
    (("grf", "force", "plate"), "force"),
    (("moment", "torque"), "moment"),
    (("power",), "power"),
    (("angle",), "angle"),
    (("acc",), "acceleration"),
    (("marker", "position", "offset", "cop"), "position"),
    (("velocit",), "velocity"),
    (("pressure",), "pressure"),
)


class Cell(NamedTuple):
    """A header cell: stream and unit are "" where the cell does not say."""

    stream: str
    name: str
    unit: str


def parse_cell(path: str | Path, text: str) -> Cell:
    """Take a header cell apart.

    Raises:
        FileFormatError: If what stands in square brackets is no unit.

    Example:
        >>> parse_cell("walk.csv", "grf/Fz [N]"), parse_cell("walk.csv", "Force (left)")
        (Cell(stream='grf', name='Fz', unit='N'), Cell(stream='', name='Force (left)', unit=''))
    """
    text = text.strip()
    found = _CELL.match(text)
    if found:
        try:
            unit = tidy_unit(found["unit"])
        except UnitError as error:
            problem = f"column {text[:60]!r} has a unit that is not known"
            remedy = "correct the brackets to a unit such as N, mm or deg"
            raise FileFormatError(path, "header", problem, remedy) from error
        return Cell(found["stream"] or "", found["name"], unit)
    found = _ROUND.match(text)
    if found:
        try:
            return Cell(found["stream"] or "", found["name"], tidy_unit(found["unit"]))
        except UnitError:
            pass  # round brackets may hold any word
    found = _PLAIN.match(text)
    return Cell((found["stream"] or "") if found else "", found["name"] if found else text, "")


def header_cell(stream: str, name: str, unit: str) -> str:
    """The cell that :func:`parse_cell` takes apart into these three.

    Example:
        >>> header_cell("grf", "Fz", "N")
        'grf/Fz [N]'
    """
    return f"{stream}/{name} [{unit}]"


def kind_of(stream: str, units: Sequence[str]) -> tuple[str, str]:
    """Stream name and kind for columns of one stream, or of none (``""``).

    The kind follows the stream's name where it has one, else what the first unit measures.

    Example:
        >>> kind_of("", ["N"]), kind_of("grf", ["N", "m"]), kind_of("", ["1"])
        (('forces', 'force'), ('grf', 'force'), ('features', 'feature'))
    """
    low = stream.lower()
    for words, kind in _BY_NAME:
        if stream and any(word in low for word in words):
            return stream, kind
    if same_dimension(units[0], "m/s^2") and not re.search("N|newton|BW", units[0]):
        return stream or "accelerations", "acceleration"  # N/kg is the same quantity to pint
    for measured, name, kind in _BY_UNIT:
        if any(same_dimension(units[0], unit) for unit in measured):
            return stream or name, kind
    return stream or "features", "feature"


def time_scale(cell: Cell) -> float | None:
    """Seconds in one step of a column of time stamps; None if the column is not time.

    Example:
        >>> time_scale(Cell("", "Time", "ms")), time_scale(Cell("", "Fz", "N"))
        (0.001, None)
    """
    if cell.stream or not _TIME.match(cell.name.strip().lower()):
        return None
    if cell.unit in ("", "1"):
        return 0.001 if cell.name.strip().lower().endswith("ms") else 1.0
    return SECONDS.get(cell.unit)
