"""Units that stand in files, which may hold anything.

A unit is names, products, quotients and whole powers of at most two digits: ``N*m/kg``, ``m/s^2``,
``(N*m)/kg``. What is written otherwise never reaches pint, whose evaluation of ``m**9**9**9`` does
not end.
"""

import re

from unisono.core.errors import UnitError
from unisono.core.units import tidy_unit

__all__ = ["file_unit"]

_LONGEST = 48
_WRITTEN = re.compile(
    r"(?:[^\W\d]\w*|[°%]|(?:\*\*|\^)\s*-?\d{1,2}(?!\d)(?!\s*(?:\*\*|\^))|[*/()·.\s]|(?<!\d)1(?!\d))*"
)
_BRACKETS = re.compile(r"\([^()]*\)")


def file_unit(text: str) -> str:
    """Return the project's spelling of a unit that stands in a file.

    Args:
        text: What stands there; empty means dimensionless.

    Raises:
        UnitError: If it is not a unit.

    Example:
        >>> file_unit(" Nmm "), file_unit("m/s^2"), file_unit("")
        ('N*mm', 'm/s^2', '1')
    """
    text = text.strip()
    bare, count = text, 1
    while count:
        bare, count = _BRACKETS.subn("", bare)
    if len(text) > _LONGEST or "(" in bare or ")" in bare or not _WRITTEN.fullmatch(text):
        raise UnitError(f"unit {text[:_LONGEST]!r} is not known; name it as 'N', 'N*mm' or 'deg'.")
    try:
        return tidy_unit(text)
    # what pint's parser lets through beside its own errors
    except (AssertionError, ArithmeticError, RecursionError) as error:
        raise UnitError(f"unit {text!r} is not known; name it as 'N', 'N*mm' or 'deg'.") from error
