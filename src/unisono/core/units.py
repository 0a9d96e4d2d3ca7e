r"""Units of the signals of a moving body, on top of pint.

One registry, with the usual spellings of laboratories added. Mass-normalised units are units:
force per mass ``N/kg``, moment per mass ``N*m/kg``, and body weight

.. math:: 1\,\mathrm{BW} = 9.80665\ \mathrm{N/kg}

so that ``BW`` and ``N/kg`` convert exactly, while ``N`` and ``N/kg`` need the body mass.
``1`` means dimensionless. Angles are kept apart from plain numbers: ``deg`` and ``rad`` convert
into one another, and neither converts into ``1``.

A unit may stand in a file, which may hold anything. It is names, products, quotients and powers of
at most two digits (``N*m/kg``, ``m/s^2``, ``(N*m)/kg``); what is written otherwise never reaches
pint, whose evaluation of ``m**9**9**9`` does not end.
"""

import functools
import math
import re
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from unisono.core.errors import UnitError

__all__ = ["STANDARD_GRAVITY", "conversion_factor", "convert", "same_dimension", "tidy_unit"]

STANDARD_GRAVITY = 9.80665
"""Standard acceleration of gravity, m/s^2 (CGPM 1901)."""

A = TypeVar("A", bound=np.generic)

_SPELLINGS = {
    "": "1", "none": "1", "unitless": "1", "dimensionless": "1", "v": "V", "mv": "mV", "uv": "uV",
    "volt": "V", "volts": "V", "degrees": "deg", "degree": "deg", "°": "deg",
    "radians": "rad", "radian": "rad", "meters": "m", "meter": "m", "metres": "m",
    "millimeters": "mm", "millimetres": "mm", "newton": "N", "newtons": "N", "n": "N",
    "nm": "N*m", "n.m": "N*m", "n*m": "N*m", "nmm": "N*mm", "n.mm": "N*mm", "n*mm": "N*mm",
    "n/kg": "N/kg", "nm/kg": "N*m/kg", "n*m/kg": "N*m/kg", "n.m/kg": "N*m/kg",
    "nmm/kg": "N*mm/kg", "n*mm/kg": "N*mm/kg", "n.mm/kg": "N*mm/kg",
    "bw": "BW", "bodyweight": "BW", "body_weight": "BW", "body weight": "BW", "w": "W",
    "w/kg": "W/kg", "watt": "W", "deg/s": "deg/s", "rad/s": "rad/s", "m/s2": "m/s^2",
    "m/s/s": "m/s^2", "m/s²": "m/s^2", "hz": "Hz", "kg": "kg", "pa": "Pa", "mpa": "MPa",
    "%": "percent",
}  # fmt: skip


_LONGEST = 64
_POWER = r"(?:\*\*|\^)"
_WRITTEN = re.compile(  # possessive: nothing is tried twice, so that nothing takes long
    r"(?:[^\W\d]\w*+|[°%]|(?<!\*)\*(?!\*)|[/()·.\s]|(?<!\d)1(?!\d)"
    rf"|{_POWER}\s*-?\d{{1,2}}(?:\.\d{{1,2}})?(?!\d|\.\d)(?!\s*{_POWER}))*+"
)
_BRACKETS = re.compile(r"\([^()]*\)")

# What pint's parser lets through beside its own errors.
_OF_PINT = (
    ArithmeticError, AssertionError, AttributeError, RecursionError, SyntaxError, TypeError,
    ValueError,
)  # fmt: skip

_ANGLES = {"deg": "plane_degree", "rad": "plane_radian", "rev": "plane_turn"}


@functools.cache
def _registry() -> Any:  # noqa: ANN401 - pint's registry class is generated at run time
    import pint

    registry: Any = pint.UnitRegistry(cache_folder=None)
    # An angle is its own dimension here: pint's own degree passes for a plain number.
    registry.define("plane_radian = [plane_angle]")
    registry.define("plane_degree = pi / 180 * plane_radian")
    registry.define("plane_turn = 2 * pi * plane_radian")
    registry.define(f"body_weight = {STANDARD_GRAVITY} newton / kilogram = BW")
    return registry


def tidy_unit(unit: str) -> str:
    """Return the project's spelling of a unit; raise if it is not a unit.

    Raises:
        UnitError: Naming the unit and the remedy.

    Example:
        >>> tidy_unit("Nmm"), tidy_unit("degrees"), tidy_unit("N*m/kg")
        ('N*mm', 'deg', 'N*m/kg')
    """
    text = str(unit).strip()
    text = _SPELLINGS.get(text.lower(), text)
    _dimension(text)
    return text


@functools.lru_cache(maxsize=512)
def _quantity(unit: str) -> tuple[float, str]:
    """Factor to base units and the dimensionality, as text.

    A unit whose 0 is another unit's number (degC, dB) has no factor, NaN, and is of its own kind.
    """
    import pint

    if unit == "1":
        return 1.0, "dimensionless"
    if not _is_written_as_unit(unit):
        raise _unknown(unit)
    registry = _registry()
    named = re.sub(r"\b(deg|rad|rev)\b", lambda match: _ANGLES[match[1]], unit)
    try:
        parsed = registry.parse_units(named)
        nothing, quantity = (registry.Quantity(x, parsed).to_base_units() for x in (0.0, 1.0))
    except (pint.errors.PintError, *_OF_PINT) as error:
        raise _unknown(unit) from error
    if nothing.magnitude != 0:
        return math.nan, unit
    return float(quantity.magnitude), str(quantity.dimensionality)


def _is_written_as_unit(text: str) -> bool:
    if len(text) > _LONGEST:
        return False
    bare, count = text, 1
    while count:
        bare, count = _BRACKETS.subn("", bare)
    return "(" not in bare and ")" not in bare and _WRITTEN.fullmatch(text) is not None


def _unknown(unit: str) -> UnitError:
    return UnitError(
        f"unit {unit[:_LONGEST]!r} is not known; name it as pint does, e.g. 'N', 'N/kg', 'N*mm', "
        "'deg'."
    )


def _dimension(unit: str) -> str:
    return _quantity(unit)[1]


def same_dimension(a: str, b: str) -> bool:
    """Whether two units convert into one another without the body mass.

    Example:
        >>> same_dimension("N/kg", "BW"), same_dimension("N", "N/kg"), same_dimension("deg", "rad")
        (True, False, True)
    """
    return _dimension(tidy_unit(a)) == _dimension(tidy_unit(b))


def conversion_factor(source: str, target: str, *, mass_kg: float | None = None) -> float:
    """Number by which values in ``source`` are multiplied to be in ``target``.

    Args:
        source: Unit of the values.
        target: Unit wanted.
        mass_kg: Body mass; needed only between a unit and the same unit per mass (``N``, ``N/kg``).

    Raises:
        UnitError: If no conversion exists, or the mass is needed and missing.

    Example:
        >>> conversion_factor("N*mm/kg", "N*m/kg")
        0.001
        >>> round(conversion_factor("N", "BW", mass_kg=50), 6)
        0.002039
    """
    source, target = tidy_unit(source), tidy_unit(target)
    if source == target:
        return 1.0
    (from_size, from_dim), (to_size, to_dim) = _quantity(source), _quantity(target)
    if math.isnan(from_size) or math.isnan(to_size):
        raise UnitError(
            f"{source} to {target} is no factor, and is not converted; convert the values before, "
            "or state the true unit with --unit."
        )
    if from_dim == to_dim:
        return _clean(from_size / to_size)
    per_mass = _quantity(f"({source})/kg")
    times_mass = _quantity(f"({source})*kg")
    for power, (size, dimension) in ((-1, per_mass), (1, times_mass)):
        if dimension == to_dim:
            if mass_kg is None:
                raise UnitError(
                    f"converting {source} to {target} needs the body mass; give mass_kg."
                )
            return _clean(size / to_size) * float(mass_kg) ** power
    raise UnitError(f"{source} cannot be converted to {target}; state the true unit with --unit.")


def _clean(factor: float) -> float:
    """Round away the last bits, so that mm to m is 0.001 and not 0.0010000000000000002."""
    return float(f"{factor:.15g}")


def convert(
    values: npt.NDArray[Any], source: str, target: str, *, mass_kg: float | None = None
) -> npt.NDArray[Any]:
    """Convert values; the dtype is kept. See :func:`conversion_factor`."""
    factor = conversion_factor(source, target, mass_kg=mass_kg)
    return values if factor == 1.0 else (values * values.dtype.type(factor))
