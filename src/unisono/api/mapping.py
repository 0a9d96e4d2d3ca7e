"""Maps at the front door: train one, load one, and move on it.

``fit_map(data, by=["time", "speed"], output="runs/map").map.embed(recording)`` gives the points of
a recording; the page of maps runs it in full.
"""

import dataclasses
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr

from unisono.api.cards import map_card
from unisono.api.map_data import Spread, map_data, spreads
from unisono.api.map_training import (
    MAP_TRAINING,
    MapReport,
    judge,
    report_mapping,
    report_of,
    train_map,
)
from unisono.api.opening import Face, open_kind, restored
from unisono.core.config import from_mapping, to_mapping
from unisono.core.contracts import StreamInfo
from unisono.core.errors import OutputError, UnisonoError
from unisono.editing.bank import Bank
from unisono.editing.geodesics import NeighbourGraph, evenly
from unisono.editing.lift import Lifted, NeighbourLift
from unisono.editing.walks import SplineWalk, lerp, slerp
from unisono.methods.conda import ConDA, ConDASettings, MapShape
from unisono.recordings.dataset import Dataset
from unisono.recordings.frame_table import frames_of
from unisono.training.card import Card
from unisono.training.sealed import SealedModel, hash_subject, seal
from unisono.training.settings import TrainingSettings

__all__ = ["WALKS", "Embedded", "Map", "MapModel", "MapRequest", "Walked", "fit_map", "load_map"]

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
            SchemaError: If it lacks a stream or channel, or no frame is whole.
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


@dataclass(frozen=True)
class MapRequest:
    """What a map is made of.

    Args:
        by: What it is by: ``"time"``, names of labels, or both.
        streams: Streams of a frame; by default the recording's first.
        rate_hz: Common clock; 0 for the first stream's own.
        controls: Whether controls are trained and printed.
        channels: Patterns of channels, such as ``"Left*"``; by default all that every recording
            has.
    """

    by: tuple[str, ...]
    streams: tuple[str, ...] = ()
    rate_hz: float = 0.0
    controls: bool = True
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class MapModel(Face):
    """A sealed map.

    Args:
        folder: Where it is sealed.
        map: The map.
        request: What it was made of.
        report: What it is worth.
        spreads: Labels that are numbers.
        sealed: Everything that was sealed.
    """

    folder: Path
    map: Map
    request: MapRequest
    report: MapReport
    spreads: Mapping[str, Spread]
    sealed: SealedModel

    def __repr__(self) -> str:
        by = ", ".join(self.request.by)
        return f"MapModel(by {by}: {self.map.dims} dimensions, {self.folder})"

    def _repr_html_(self) -> str:
        return map_card(self)


def fit_map(
    data: Dataset,
    *,
    by: Sequence[str],
    output: str | Path = "runs/map",
    request: MapRequest | None = None,
    settings: ConDASettings = ConDASettings(),  # noqa: B008 - frozen
    training: TrainingSettings = MAP_TRAINING,
    progress: Callable[[str, int, int], None] | None = None,
) -> MapModel:
    """Train a map with its controls and seal it.

    Args:
        data: The dataset; a quarter of its subjects is held out.
        by: What the map is by: ``"time"``, names of labels, or both.
        output: Folder of the model.
        request: Streams, clock and controls; its ``by`` is not looked at.
        settings: The map's.
        training: How it is trained.
        progress: Called with what is being done, how much of it, and of how much.

    Raises:
        ConfigError: If there is one sequence or subject only.
        SchemaError: If a label is missing or constant.
        OutputError: If the output exists.
    """
    output = Path(output)
    if output.exists():
        raise OutputError(f"{output} exists; choose another output, or remove it.")
    asked = dataclasses.replace(request or MapRequest(()), by=tuple(by))
    found = map_data(
        data,
        by=asked.by,
        streams=asked.streams,
        rate_hz=asked.rate_hz,
        seed=settings.seed,
        channels=asked.channels,
    )
    work = output.with_name(output.name + ".run")
    shutil.rmtree(work, ignore_errors=True)

    def one(name: str, how: ConDASettings, control: str = "none") -> ConDA:
        return train_map(
            found, asked.by, how, work / name, control=control, training=training, progress=progress
        )

    method = one("map", settings)
    others = {}
    if asked.controls:
        again = dataclasses.replace(settings, seed=settings.seed + 1)
        others = {
            "another seed": one("seed", again),
            "rescaled inputs": one("rescaled", settings, "rescaled"),
            "shuffled labels": one("shuffled", settings, "shuffled"),
        }
    report = judge(found, method, others)
    labels = {name: values.tolist() for name, values in found.train.labels.items()}
    salt = found.split.digest
    model = SealedModel(
        method="conda",
        config=to_mapping(settings),
        streams=found.infos,
        state=dict(method.state_dict()),
        seed=settings.seed,
        split={
            "digest": salt,
            "by": found.split.by,
            "subjects": {
                part: [hash_subject(key, salt=salt) for key in keys]
                for part, keys in found.split.parts.items()
            },
        },
        metrics=report_mapping(report),
        card=_card(data, output),
        extra={
            "request": to_mapping(asked),
            "labels": labels,
            "spreads": {k: dataclasses.asdict(v) for k, v in spreads(found.train).items()},
            "data_digest": data.digest,
            "left_out": list(found.left_out),
        },
    )
    seal(output, model)
    shutil.rmtree(work, ignore_errors=True)
    return load_map(output)


def _card(data: Dataset, output: Path) -> Card:
    return Card(
        name=output.name,
        data=f"Dataset {data.path.name}; its training frames are in the model as its bank.",
        limits=(
            "A point far from the data is off the map: look at the confidence.",
            "What lies between conditions is interpolated, not observed.",
        ),
        cite=(
            "Sandilya et al. Contrastive diffusion alignment. arXiv:2510.14190 (2025).",
            "Schneider, Lee, Mathis. Learnable latent embeddings for joint behavioural and neural "
            "analysis. Nature 617 (2023).",
        ),
    )


def load_map(folder: str | Path) -> MapModel:
    """Open a sealed map.

    Raises:
        ModelError: If the model has no map, is damaged, of a newer format, or holds a pickle.
    """
    folder = Path(folder)
    sealed = open_kind(folder, ("conda",))
    settings = from_mapping(ConDASettings, dict(sealed.config))
    request: MapRequest = from_mapping(MapRequest, dict(sealed.extra["request"]))
    codes = sealed.state["codes"]
    channels = sum(info.width for info in sealed.streams)
    shape = MapShape(channels, len(codes), "time" in request.by)
    method = restored(ConDA(settings, shape), sealed, folder)
    stored: Mapping[str, Any] = sealed.extra
    labels = {name: np.asarray(values) for name, values in stored["labels"].items()}
    return MapModel(
        folder,
        Map(method, sealed.streams, labels),
        request,
        report_of(sealed.metrics),
        {name: Spread(**values) for name, values in stored["spreads"].items()},
        sealed,
    )
