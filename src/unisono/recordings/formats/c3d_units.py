"""Units as C3D files spell them."""

from unisono.core.errors import UnitError
from unisono.core.units import conversion_factor, same_dimension, tidy_unit

__all__ = ["as_unit", "factor_to"]


def as_unit(text: str) -> str | None:
    """Return the project's spelling of a unit, or None if it is no unit.

    Example:
        >>> as_unit("Nmm"), as_unit(" uV "), as_unit(""), as_unit("9**9**9")
        ('N*mm', 'uV', None, None)
    """
    text = text.strip(" \0").replace("µ", "u").replace("μ", "u")
    try:
        return tidy_unit(text) if text else None
    except UnitError:
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
