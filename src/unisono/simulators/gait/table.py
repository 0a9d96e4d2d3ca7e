"""The shipped table of fits: shape parameters by gait, style and speed."""

import json
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.errors import UnisonoError
from unisono.simulators.gait.aims import STYLES
from unisono.simulators.gait.parameters import FITTED, Shape

__all__ = ["SPEEDS", "Range", "fitted_shape", "fitted_speeds"]

Array = npt.NDArray[np.float64]


class Range(NamedTuple):
    """Speeds in m/s between which a gait can be simulated."""

    low: float
    high: float


SPEEDS = {"walk": Range(0.6, 2.2), "run": Range(2.5, 4.5)}
"""Range of each gait; between them nobody walks and few run."""


@cache
def _rows() -> dict[str, dict[str, dict[str, float]]]:
    text = resources.files(__package__).joinpath("fits.json").read_text()
    rows: dict[str, dict[str, dict[str, float]]] = json.loads(text)["fits"]
    return rows


def fitted_speeds(gait: str, style: str) -> list[float]:
    """Speeds of the table, in order."""
    return sorted(float(v) for v in _rows().get(f"{gait} {style}", {}))


def fitted_shape(gait: str, style: str, speed: float) -> Shape:
    """The fitted shape at a speed, interpolated between the neighbours in the table.

    Args:
        gait: ``"walk"`` or ``"run"``.
        style: One of ``STYLES``.
        speed: m/s; beyond the table's speeds the nearest counts.

    Raises:
        UnisonoError: If the table has no fit of the gait and style.
    """
    known = fitted_speeds(gait, style)
    if not known:
        raise UnisonoError(f"{gait} has no style {style!r}; choose another or run the fit.")
    rows = _rows()[f"{gait} {style}"]
    names = [n for n in FITTED if n not in STYLES[style].fixed]
    columns = np.array([[rows[f"{v:g}"][n] for n in names] for v in known])
    values = [float(np.interp(speed, known, columns[:, i])) for i in range(len(names))]
    return Shape(**dict(zip(names, values, strict=True)) | STYLES[style].fixed)
