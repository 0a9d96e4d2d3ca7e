r"""Forces, moments and lengths in units of the body, and back.

| ``to`` | force | moment | power | length |
|---|---|---|---|---|
| ``"mass"`` | N/kg | N*m/kg | W/kg | as it is |
| ``"weight"`` | BW | N*m/kg | W/kg | as it is |
| ``"body"`` | :math:`F / m g` | :math:`M / m g h` | :math:`P / m g^{3/2} h^{1/2}` | :math:`x / h` |

The last row of quantities is without dimension (Hof, Gait Posture 4, 1996, with the height
:math:`h` in place of the leg length); such channels get the unit ``1`` and remember their SI unit,
so that :func:`unscale` with the same body returns them.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from unisono.core.checks import check_choice, check_range
from unisono.core.errors import SchemaError
from unisono.core.units import STANDARD_GRAVITY, conversion_factor
from unisono.recordings.schema import add_history
from unisono.recordings.stream_units import convert_stream, same_thing

__all__ = ["Body", "body_of", "scale", "unscale"]

_SI = {"N": "force", "N*m": "moment", "W": "power", "m": "length"}
_TARGETS = {
    "mass": {"N": "N/kg", "N*m": "N*m/kg", "W": "W/kg"},
    "weight": {"N": "BW", "N*m": "N*m/kg", "W": "W/kg"},
}


@dataclass(frozen=True)
class Body:
    """Size of a person.

    Args:
        mass_kg: Body mass, kg.
        height_m: Body height, m; needed to scale moments, powers and lengths by the body only.

    Raises:
        UnisonoError: If a number is out of range.
    """

    mass_kg: float
    height_m: float | None = None

    def __post_init__(self) -> None:
        check_range("mass_kg", self.mass_kg, 1.0, 500.0)
        if self.height_m is not None:
            check_range("height_m", self.height_m, 0.3, 2.8)

    def unit_of(self, quantity: str) -> float:
        """One body's worth of ``force``, ``moment``, ``power`` or ``length`` in SI units."""
        weight = self.mass_kg * STANDARD_GRAVITY
        if quantity == "force":
            return weight
        if self.height_m is None:
            raise SchemaError(f"scaling a {quantity} by the body needs height_m; give it.")
        root = float(np.sqrt(STANDARD_GRAVITY * self.height_m))
        worth = {"moment": weight * self.height_m, "power": weight * root, "length": self.height_m}
        return worth[quantity]


def body_of(tree: xr.DataTree) -> Body:
    """Size of the person of a recording.

    Raises:
        SchemaError: If the recording does not know the mass.
    """
    mass, height = tree.attrs.get("mass_kg"), tree.attrs.get("height_m")
    if mass is None:
        raise SchemaError(
            f"recording {tree.attrs.get('recording')!r} does not know the body mass; give mass_kg."
        )
    return Body(float(mass), None if height is None else float(height))


def scale(stream: xr.Dataset, body: Body, to: str = "mass") -> xr.Dataset:
    """Express a stream in units of the body.

    Args:
        stream: The stream.
        body: The person.
        to: ``"mass"``, ``"weight"`` or ``"body"``; see the module's table.

    Raises:
        SchemaError: If the height is needed and unknown.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> grf = make_stream([[686.4655, 35.0]], time=[0], channels=["r_fz", "r_tz"],
        ...                   units=["N", "N*m"], kind="force")
        >>> new = scale(grf, Body(70.0), "weight")
        >>> new.data.values.round(4).tolist(), new.unit.values.tolist()
        ([[1.0, 0.5]], ['BW', 'N*m/kg'])
    """
    check_choice("to", to, (*_TARGETS, "body"))
    if to == "body":
        return _to_body(stream, body)
    for si, unit in _TARGETS[to].items():
        if any(_measures(str(u), si) for u in stream["unit"].values):
            stream = convert_stream(stream, unit, mass_kg=body.mass_kg)
    return stream


def _measures(unit: str, si: str) -> bool:
    """Whether a unit is that of a quantity to scale; an acceleration is no force per mass."""
    return "/s" not in unit and same_thing(unit, si)


def _to_body(stream: xr.Dataset, body: Body) -> xr.Dataset:
    units = [str(u) for u in stream["unit"].values]
    factors, was = np.ones(len(units)), list(units)
    for i, unit in enumerate(units):
        si = next((s for s in _SI if _measures(unit, s)), None)
        if si is not None:
            to_si = conversion_factor(unit, si, mass_kg=body.mass_kg)
            factors[i] = to_si / body.unit_of(_SI[si])
            units[i], was[i] = "1", si
    new = _times(stream, factors, units)
    return add_history(new.assign_attrs(scaled_from=was), "scaled by the body (Hof 1996)")


def unscale(stream: xr.Dataset, body: Body) -> xr.Dataset:
    """Return a stream scaled by mass, weight or body to SI units.

    Raises:
        SchemaError: If the height is needed and unknown.
    """
    was = stream.attrs.get("scaled_from")
    if was is not None:
        factors = [body.unit_of(_SI[u]) if u in _SI else 1.0 for u in was]
        new = _times(stream, np.array(factors), list(was))
        new.attrs.pop("scaled_from")
        return add_history(new, "scaling by the body undone")
    for si in ("N", "N*m", "W"):
        if any(_measures(str(u), si) for u in stream["unit"].values):
            stream = convert_stream(stream, si, mass_kg=body.mass_kg)
    return stream


def _times(stream: xr.Dataset, factors: np.ndarray, units: list[str]) -> xr.Dataset:
    new = stream.assign_coords(unit=("channel", np.array(units, dtype=str)))
    new["data"] = stream["data"] * xr.DataArray(
        factors.astype(stream["data"].dtype), dims="channel"
    )
    return new.assign_attrs(dict(stream.attrs))
