r"""Positions of a window counted from a point of the body instead of the laboratory's corner.

Where in the laboratory somebody walks says nothing of their forces. With the point's path
:math:`o(t)`, every position of the window is moved by the same vector,

.. math:: p(t) \leftarrow p(t) - \bar o, \qquad \bar o = \text{mean of the horizontal part of } o

so that velocities, distances and heights stay as they are.
"""

import numpy as np
import xarray as xr

from unisono.core.checks import nearest
from unisono.core.errors import ConfigError, SchemaError
from unisono.recordings.components import vectors
from unisono.recordings.signals.heading import horizontal_axes
from unisono.recordings.signals.landmarks import up_axis

__all__ = ["from_origin"]


def from_origin(stream: xr.Dataset, point: str) -> xr.Dataset:
    """Move the positions of a window so that a point lies above the origin on average.

    Args:
        stream: Positions, ``(time, channel)``.
        point: Name of the point without its axis, ``"ipsi_HEE"``.

    Raises:
        ConfigError: If the stream has no such point.
        SchemaError: If the point is never valid, or the vertical axis is unknown.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> s = make_stream([[1.0, 2.0, 3.0], [3.0, 2.0, 3.0]], time=[0, 1], units="m",
        ...                 channels=["a_x", "a_y", "a_z"], kind="position", frame={"up": "z"})
        >>> from_origin(s, "a").data.values.tolist()
        [[-1.0, 0.0, 3.0], [1.0, 0.0, 3.0]]
    """
    found = {v.stem.rstrip("_. "): v for v in vectors(stream)}
    if point not in found:
        raise ConfigError(
            f"origin = {point!r}: there is no such point among the positions."
            f"{nearest(point, found)}"
        )
    data = stream["data"].values.copy()
    valid = stream["valid"].values
    for axis, _ in horizontal_axes(up_axis(stream)):
        column = found[point].columns[axis]
        there = valid[:, column]
        if not there.any():
            raise SchemaError(f"origin = {point!r} is not valid at any instant of the window.")
        away = data[there, column].astype(np.float64).mean()
        for vector in found.values():
            if axis in vector.columns:
                data[:, vector.columns[axis]] -= away
    moved = stream.copy()
    moved["data"] = (stream["data"].dims, data)
    return moved
