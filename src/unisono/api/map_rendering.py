"""What a walk on a map looks like: its points brought back to frames, as a recording to play."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.api.map_chart import Walked
from unisono.api.mapping import MapModel
from unisono.core.checks import check_range
from unisono.core.errors import OutputError
from unisono.recordings.fields import field_shape
from unisono.recordings.formats.registry import write
from unisono.recordings.schema import make_recording, make_stream

__all__ = ["RenderedWalk", "render_walk"]

_RATE = 50.0
"""Frames a second at which a walk is played where the map has no clock of its own, Hz."""


class RenderedWalk(NamedTuple):
    """A walk and its frames.

    Attributes:
        walked: Points, distance to the data, confidence.
        recording: Frames of the streams with channels, one after another on the map's clock (the
            clock of a walk is nobody's; it only plays); None where there are none.
        fields: Frames of streams that are fields, ``(n, h, w)``, by name.
    """

    walked: Walked
    recording: xr.DataTree | None
    fields: Mapping[str, npt.NDArray[np.float64]]

    def save(self, path: str | Path) -> list[Path]:
        """Write the frames in the format that the ending names.

        Raises:
            OutputError: If the file exists, or the format cannot hold them.
        """
        path = Path(path)
        if path.exists():
            raise OutputError(f"{path} exists; choose another name.")
        if self.recording is None:
            raise OutputError("pictures are kept with the map; no format of recordings holds them.")
        return write(self.recording, path)


def render_walk(
    model: MapModel, points: npt.ArrayLike, *, count: int = 50, way: str = "spline"
) -> RenderedWalk:
    """Walk on a map and bring every point back to a frame.

    Args:
        model: The map.
        points: ``(m, d)``, as :meth:`unisono.api.mapping.Map.walk` takes them.
        count: Frames of the walk.
        way: How the points are joined.

    Raises:
        UnisonoError: If the points are of another map, or no way joins them.
    """
    check_range("count", count, 2, 100_000, closed=True)
    chart = model.map
    walked = chart.walk(points, count=count, way=way)
    values = np.asarray(chart.render(walked.points).values, np.float64)
    streams, fields, begin = {}, {}, 0
    for info in chart.infos:
        part = values[:, begin : begin + info.width]
        begin += info.width
        shape = field_shape(info.channels)
        if shape is not None and len(shape) == 2:
            fields[info.name] = part.reshape(count, *shape)
        else:
            streams[info.name] = make_stream(
                part,
                time=np.arange(count) / (info.rate_hz or _RATE),
                channels=info.channels,
                units=info.units,
                kind=info.kind,
                frame=dict(info.frame),
                history=["rendered from a walk on a map by unisono"],
            )
    made = make_recording(streams, recording="walk", subject="map") if streams else None
    return RenderedWalk(walked, made, fields)
