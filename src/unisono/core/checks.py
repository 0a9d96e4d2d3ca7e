"""Checks on what a caller passes in.

Checks raise; they never use ``assert``, so that ``python -O`` keeps them. A message names the
argument, what was expected, what came, and (where there is one) the usual remedy. Anything with a
``shape`` is accepted, so that this module imports neither NumPy nor torch.
"""

import difflib
from collections.abc import Iterable
from typing import Protocol

from unisono.core.errors import ShapeError, UnisonoError

__all__ = ["Shaped", "check_axes", "check_choice", "check_range", "nearest"]


class Shaped(Protocol):
    """Anything with a shape: a tensor, an array, an xarray variable."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""
        ...


def check_axes(**named: tuple[Shaped, str]) -> dict[str, int]:
    """Bind axis names to sizes and refuse the first array that disagrees.

    Args:
        **named: For each argument, the array and its axes, e.g. ``z0=(z0, "batch frame latent")``.
            A name that appears twice must have one size. A trailing ``...`` allows more axes.

    Returns:
        The size of each named axis.

    Raises:
        ShapeError: If an array has the wrong number of axes, or two arrays disagree on one.

    Example:
        >>> import numpy as np
        >>> check_axes(x=(np.zeros((4, 9)), "batch frame"), t=(np.zeros(4), "batch"))
        {'batch': 4, 'frame': 9}
    """
    sizes: dict[str, int] = {}
    owner: dict[str, str] = {}
    for name, (array, spec) in named.items():
        axes = spec.split()
        shape = tuple(array.shape)
        is_open = axes[-1:] == ["..."]
        axes = axes[:-1] if is_open else axes
        if len(shape) < len(axes) or (len(shape) > len(axes) and not is_open):
            raise ShapeError(f"{name} should have axes ({spec}); got shape {shape}.")
        for axis, size in zip(axes, shape, strict=False):
            if sizes.setdefault(axis, size) != size:
                raise ShapeError(
                    f"{name} has {axis}={size}, but {owner[axis]} has {axis}={sizes[axis]}."
                )
            owner.setdefault(axis, name)
    return sizes


def check_range(name: str, value: float, low: float, high: float, *, closed: bool = False) -> None:
    """Refuse a number outside ``(low, high)``, or outside ``[low, high]`` if ``closed``.

    Raises:
        UnisonoError: With the argument's name, the interval and the value.
    """
    inside = low <= value <= high if closed else low < value < high
    if not inside:
        left, right = "[]" if closed else "()"
        raise UnisonoError(f"{name} must lie in {left}{low}, {high}{right}; got {value}.")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the closest known word, or an empty string.

    Example:
        >>> nearest("angels", ["angles", "grf"])
        " Did you mean 'angles'?"
    """
    close = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""


def check_choice(name: str, value: str, known: Iterable[str]) -> None:
    """Refuse a word that is not one of ``known``.

    Raises:
        UnisonoError: Naming the argument, what came, what is known and the nearest of it.
    """
    known = list(known)
    if value not in known:
        options = ", ".join(known)
        raise UnisonoError(
            f"{name} must be one of {options}; got {value!r}.{nearest(value, known)}"
        )
