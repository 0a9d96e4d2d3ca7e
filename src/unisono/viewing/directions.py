"""Axes of a page: metres, ``x`` and ``y`` on the floor, ``z`` up, right-handed."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

__all__ = ["guess_vertical", "upright"]

Array = npt.NDArray[np.float64]

_TO_Z_UP: Mapping[str, tuple[tuple[int, int, int], ...]] = {
    "z": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "y": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "x": ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
}
"""Rows of the page's axes in the file's, by the file's vertical."""


def upright(frame: Mapping[str, str], vertical: str) -> Array:
    """The matrix ``(3, 3)`` by which row vectors of a file become those of a page.

    Args:
        frame: The stream's frame; a left-handed one is mirrored.
        vertical: ``x``, ``y`` or ``z``, with ``-`` where it points down.

    Example:
        >>> (np.array([[1.0, 2.0, 3.0]]) @ upright({}, "y")).tolist()
        [[1.0, -3.0, 2.0]]
    """
    rows = np.array(_TO_Z_UP[vertical.lstrip("+-")], dtype=np.float64)
    if vertical.startswith("-"):
        rows[[1, 2]] *= -1.0  # half a turn about the first horizontal axis
    if frame.get("handedness") == "left":
        rows[1] *= -1.0
    return rows.T


def guess_vertical(points: Array) -> str:
    """The axis along which a standing body extends most, median over frames.

    Args:
        points: ``(T, P, 3)``, NaN where not seen.

    Example:
        >>> guess_vertical(np.array([[[0.0, 0.0, 0.0], [0.1, 1.7, 0.3]]]))
        'y'
    """
    seen = points[np.isfinite(points).all(axis=2).sum(axis=1) > 1]
    if not len(seen):
        return "z"
    # Quantiles, since the root of some skeletons stays at the origin while the body walks away.
    low, high = np.nanquantile(seen, [0.1, 0.9], axis=1)
    extent = np.median(high - low, axis=0)
    return "xyz"[int(np.argmax(extent))]
