"""The shipped table of fits: shape parameters by gait, style and speed."""

import json
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.errors import UnisonoError
from unisono.simulators.gait.aims import STYLES
from unisono.simulators.gait.parameters import BOUNDS, FITTED, Shape

__all__ = [
    "SPEEDS",
    "Range",
    "Spread",
    "fitted_shape",
    "fitted_speeds",
    "fitted_spread",
    "free_parameters",
]

Array = npt.NDArray[np.float64]


class Range(NamedTuple):
    """Speeds in m/s between which a gait can be simulated."""

    low: float
    high: float


SPEEDS = {"walk": Range(0.6, 2.2), "run": Range(2.5, 4.5)}
"""Range of each gait; between them nobody walks and few run."""


_Row = dict[str, Any]


@cache
def _rows() -> dict[str, dict[str, _Row]]:
    text = resources.files(__package__).joinpath("fits.json").read_text()
    rows: dict[str, dict[str, _Row]] = json.loads(text)["fits"]
    return rows


def fitted_speeds(gait: str, style: str) -> list[float]:
    """Speeds of the table, in order."""
    return sorted(float(v) for v in _rows().get(f"{gait} {style}", {}))


def _known(gait: str, style: str) -> list[float]:
    known = fitted_speeds(gait, style)
    if not known:
        raise UnisonoError(f"{gait} has no style {style!r}; choose another or run the fit.")
    return known


def fitted_shape(gait: str, style: str, speed: float) -> Shape:
    """The fitted shape at a speed, interpolated between the neighbours in the table.

    Args:
        gait: ``"walk"`` or ``"run"``.
        style: One of ``STYLES``.
        speed: m/s; beyond the table's speeds the nearest counts.

    Raises:
        UnisonoError: If the table has no fit of the gait and style.
    """
    known = _known(gait, style)
    rows = _rows()[f"{gait} {style}"]
    names = free_parameters(style)
    columns = np.array([[rows[f"{v:g}"][n] for n in names] for v in known])
    values = [float(np.interp(speed, known, columns[:, i])) for i in range(len(names))]
    return Shape(**dict(zip(names, values, strict=True)) | STYLES[style].fixed)


def free_parameters(style: str) -> list[str]:
    """Names of the parameters that the style leaves to the fit."""
    return [name for name in FITTED if name not in STYLES[style].fixed]


class Spread(NamedTuple):
    """How the free parameters vary together among gaits that fit almost as well.

    Attributes:
        names: The parameters.
        factor: Turns independent standard normal traits into changes, ``(P, P)``.
    """

    names: tuple[str, ...]
    factor: Array


@cache
def fitted_spread(gait: str, style: str, speed: float) -> Spread:
    """The spread at the nearest speed of the table.

    It is a factor of the inverse of ``J^T J + 1``, with ``J`` the derivatives of the fit's
    residuals (a residual of 1 is about five degrees or a fortieth of body weight).
    """
    known = _known(gait, style)
    nearest = min(known, key=lambda v: abs(v - speed))
    names = free_parameters(style)
    factor = np.zeros((len(names), len(names)))
    factor[np.tril_indices(len(names))] = _rows()[f"{gait} {style}"][f"{nearest:g}"]["spread"]
    unit = np.array([BOUNDS[n][2] for n in names])
    return Spread(tuple(names), unit[:, None] * factor)
