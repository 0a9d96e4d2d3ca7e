"""A map that is ready for use: where frames lie on it, walks, and the way back to frames."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr

from unisono.core.contracts import StreamInfo
from unisono.core.errors import UnisonoError
from unisono.editing.bank import Bank
from unisono.editing.geodesics import NeighbourGraph, evenly
from unisono.editing.lift import Lifted, NeighbourLift
from unisono.editing.walks import SplineWalk, lerp, slerp
from unisono.methods.conda import ConDA
from unisono.recordings.frame_table import frames_of

__all__ = ["WALKS", "Embedded", "Map", "Walked"]

Array = npt.NDArray[np.float64]

WALKS = ("line", "arc", "spline", "along")
"""Ways to walk: straight, on an arc, on a curve through all points, along the data."""

_NEIGHBOURS, _FINE = 10, 200


class Embedded(NamedTuple):
    """Frames of a recording on the map.

    Attributes:
        points: ``(n, d)``.
        codes: ``(n, w)``.
        time: Seconds, ``(n,)``.
        rows: Which frames of the recording these are (those with all channels valid), ``(n,)``.
        confidence: How ordinary the distance to the data is, ``(n,)``.
    """

    points: Array
    codes: Array
    time: Array
    rows: npt.NDArray[np.int64]
    confidence: Array


class Walked(NamedTuple):
    """A walk.

    Attributes:
        points: ``(m, d)``.
        distance: Distance to the data, ``(m,)``.
        confidence: How ordinary it is, ``(m,)``.
    """

    points: Array
    distance: Array
    confidence: Array


class Map:
    """A map that is ready for use.

    Args:
        method: The trained map.
        infos: Streams of a frame.
        labels: Labels of the bank's frames, by name.
    """

    def __init__(
        self,
        method: ConDA,
        infos: Sequence[StreamInfo],
        labels: Mapping[str, npt.NDArray[np.generic]],
    ) -> None:
        self.method, self.infos, self.labels = method, tuple(infos), dict(labels)
        self.bank: Bank = method.bank()
        self.lifting = NeighbourLift(self.bank, k=min(method.settings.k, len(self.bank)))

    @property
    def dims(self) -> int:
        """Dimensions."""
        return self.bank.width

    def embed(self, recording: xr.DataTree) -> Embedded:
        """Place the frames of a recording on the map; frames with gaps are left out.

        Raises:
            SchemaError: If it lacks a stream or channel, or has a stream of another kind or other
                axes.
            UnisonoError: If no frame is whole.
        """
        frames = frames_of(recording, self.infos)
        whole = np.asarray(frames.valid.all(axis=1))
        if not whole.any():
            raise UnisonoError("no frame of the recording has all channels; fill its gaps first.")
        stretch = np.cumsum(whole & ~np.concatenate([[False], whole[:-1]]))[whole]
        codes = self.method.encode(torch.from_numpy(frames.values[whole].astype(np.float32)))
        points = self.method.embed(codes, torch.from_numpy(stretch.astype(np.int64)))
        placed = points.numpy().astype(np.float64)
        return Embedded(
            placed,
            codes.numpy().astype(np.float64),
            frames.time[whole],
            np.flatnonzero(whole),
            self.lifting.lift(placed).confidence,
        )

    def walk(self, points: npt.ArrayLike, *, count: int = 50, way: str = "spline") -> Walked:
        """Walk through points, from the first to the last.

        Args:
            points: ``(m, d)``; a line, an arc and the way along the data join each to the next.
            count: Number of points of the walk.
            way: ``"line"``, ``"arc"``, ``"spline"``, or ``"along"`` the data.

        Raises:
            UnisonoError: If the points are of another map, or no way joins them.
        """
        if way not in WALKS:
            raise UnisonoError(f"way must be one of {', '.join(WALKS)}; got {way!r}.")
        array = np.asarray(points, np.float64)
        self.bank.near(array, 1)  # refuses points of another map
        if len(array) < 2:
            raise UnisonoError("a walk needs at least two points.")
        if way == "spline":
            found = SplineWalk(array).at(np.linspace(0, 1, count))
        else:
            found = self._joined(array, count, way)
        lifted = self.lifting.lift(found)
        return Walked(found, lifted.distance, lifted.confidence)

    def _joined(self, points: Array, count: int, way: str) -> Array:
        place = np.linspace(0, len(points) - 1, count)
        if way == "along":
            legs = [self._along(a, b) for a, b in zip(points[:-1], points[1:], strict=True)]
            whole = np.concatenate([leg[i > 0 :] for i, leg in enumerate(legs)])
            return evenly(whole, count)
        step = lerp if way == "line" else slerp
        found = []
        for p in place:
            leg = min(int(p), len(points) - 2)
            found.append(step(points[leg], points[leg + 1], [p - leg])[0])
        return np.array(found)

    def _along(self, start: Array, end: Array) -> Array:
        """The way along the data, over as few neighbours as join the ends."""
        k = _NEIGHBOURS
        while True:
            try:
                return NeighbourGraph(self.bank, k=k).path(start, end, _FINE)
            except UnisonoError:
                if k >= len(self.bank):
                    raise
                k *= 2

    def lift(self, points: npt.ArrayLike) -> Lifted:
        """Bring points back to codes."""
        return self.lifting.lift(points)

    def render(self, points: npt.ArrayLike) -> xr.DataArray:
        """Bring points back to frames, ``(point, channel)``, in the model's units."""
        return self.frames(self.lift(points).codes)

    def frames(self, codes: npt.ArrayLike) -> xr.DataArray:
        """Frames of codes, ``(point, channel)``."""
        values = self.method.decode(torch.from_numpy(np.asarray(codes, np.float32))).numpy()
        return xr.DataArray(
            values,
            dims=("point", "channel"),
            coords={
                "channel": [c for info in self.infos for c in info.channels],
                "stream": ("channel", [i.name for i in self.infos for _ in i.channels]),
            },
        )
