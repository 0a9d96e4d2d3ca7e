"""Units as C3D files spell them.

A unit string of a file goes to the unit registry only if it looks like a unit, so that a damaged
file cannot make the registry compute ``m^999999999``.
"""

import re

from unisono.core.errors import UnitError
from unisono.core.units import conversion_factor, same_dimension, tidy_unit

__all__ = ["as_unit", "factor_to"]

_SHAPE = re.compile(r"[A-Za-zµμ°%]{1,16}([*/.·][A-Za-zµμ°]{1,16}|\^-?[1-4]|[23²³])*")


def as_unit(text: str) -> str | None:
    """Return the project's spelling of a unit, or None if it is no unit.

    Example:
        >>> as_unit("Nmm"), as_unit(" uV "), as_unit(""), as_unit("9**9**9")
        ('N*mm', 'uV', None, None)
    """
    text = text.strip(" \0").replace("µ", "u").replace("μ", "u")
    if not _SHAPE.fullmatch(text) or len(text) > 32:
        return None
    if text.lower() in ("uv", "µv"):
        return "uV"
    try:
        return tidy_unit(text)
    except (UnitError, ArithmeticError):
        return None


def factor_to(text: str, target: str) -> float | None:
    """Factor from a file's unit to ``target``, or None where the file's unit is another quantity.

    Example:
        >>> factor_to("Nm", "N*mm"), factor_to("V", "N")
        (1000.0, None)
    """
    unit = as_unit(text)
    if unit is None or not same_dimension(unit, target):
        return None
    return conversion_factor(unit, target)
