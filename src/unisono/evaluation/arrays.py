r"""Masked reductions over windows, channels and groups.

Symbols: ``n`` windows, ``L`` frames, ``D`` channels, ``G`` groups (subjects or conditions).
Values are ``(n, L, D)`` in the target's unit; ``valid`` has the same shape and is True where a
sample is real. Samples that are not valid may hold anything, NaN included; they change nothing.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_axes
from unisono.core.errors import UnisonoError

__all__ = [
    "Array",
    "Groups",
    "Mask",
    "check_windows",
    "group_mean",
    "groups_of",
    "mask_out",
    "masked_mean",
    "masked_spread",
]

Array = npt.NDArray[np.float64]
"""Double-precision values."""

Mask = npt.NDArray[np.bool_]
"""True where a sample is real."""


class Groups(NamedTuple):
    """Windows sorted into groups.

    Attributes:
        names: Names of the groups, sorted, ``G`` of them.
        code: Group of each window, ``(n,)``.
    """

    names: tuple[str, ...]
    code: npt.NDArray[np.intp]


def groups_of(labels: npt.ArrayLike | Sequence[object]) -> Groups:
    """Code labels by their sorted names.

    Example:
        >>> groups_of(["b", "a", "b"])
        Groups(names=('a', 'b'), code=array([1, 0, 1]))
    """
    names, code = np.unique(np.asarray([str(x) for x in np.asarray(labels)]), return_inverse=True)
    return Groups(tuple(str(name) for name in names), code.astype(np.intp))


def check_windows(predicted: Array, truth: Array, valid: Mask) -> None:
    """Refuse three arrays that are not all ``(n, L, D)``, and windows without an answer.

    Left out of a mean, a window that a method fails on would make it look better than it is.

    Raises:
        ShapeError: Naming the array that disagrees.
        UnisonoError: If a prediction is not finite where the truth is valid.
    """
    axes = "window frame channel"
    check_axes(truth=(truth, axes), predicted=(predicted, axes), valid=(valid, axes))
    failed = valid & ~np.isfinite(predicted)
    if failed.any():
        raise UnisonoError(
            f"a prediction is not finite at {failed.sum()} valid samples of "
            f"{failed.any(axis=(1, 2)).sum()} windows; errors count every window, so mend the "
            "method that made it."
        )


def mask_out(values: Array, valid: Mask) -> Array:
    """Return the values with 0 where they are not valid, so that NaN there cannot spread."""
    return np.where(valid, values, 0.0)


def masked_mean(values: Array, valid: Mask, axis: int | tuple[int, ...]) -> Array:
    """Mean over the valid samples along ``axis``; NaN where there is none.

    Example:
        >>> masked_mean(np.array([1.0, np.nan, 3.0]), np.array([True, False, True]), 0).item()
        2.0
    """
    count = valid.sum(axis=axis)
    total = mask_out(values, valid).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def masked_spread(values: Array, valid: Mask) -> Array:
    """Standard deviation of each channel over all valid samples, ``(D,)`` from ``(n, L, D)``.

    Over the TRAINING part this is the normaliser of every ``nrmse``: it is fixed before the test
    part is seen. The population form (``ddof = 0``); NaN for a channel with no valid sample.

    Example:
        >>> masked_spread(np.array([[[1.0], [3.0]]]), np.ones((1, 2, 1), bool)).item()
        1.0
    """
    mean = masked_mean(values, valid, (0, 1))
    return np.asarray(np.sqrt(masked_mean((values - mean) ** 2, valid, (0, 1))))


def group_mean(values: Array, groups: Groups) -> Array:
    """Mean of finite values in each group, ``(G, ...)`` from ``(n, ...)``; NaN for an empty one.

    Example:
        >>> group_mean(np.array([1.0, 3.0, 7.0]), groups_of(["a", "a", "b"]))
        array([2., 7.])
    """
    rows = [values[groups.code == g] for g in range(len(groups.names))]
    return np.stack([masked_mean(row, np.isfinite(row), 0) for row in rows])
