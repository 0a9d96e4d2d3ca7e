"""Maps at the front door: train one, load one, and move on it.

``fit_map(data, by=["time", "speed"], output="runs/map").map.embed(recording)`` gives the points of
a recording; the page of maps runs it in full.
"""

import dataclasses
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from unisono.api.cards import map_card
from unisono.api.map_chart import Map
from unisono.api.map_data import MapData, Spread, map_data, spreads
from unisono.api.map_noise import Carrier, bank_noise, train_noise
from unisono.api.map_training import (
    MAP_TRAINING,
    MapReport,
    judge,
    report_mapping,
    report_of,
    train_map,
)
from unisono.api.opening import Face, open_kind, restored
from unisono.core.checks import check_range
from unisono.core.config import from_mapping, to_mapping
from unisono.core.errors import ConfigError, OutputError, UnisonoError
from unisono.methods.conda import ConDA, ConDASettings, MapShape
from unisono.methods.conda_diffusion import ConDADiffusion, DiffusionSettings, ItemShape
from unisono.recordings.dataset import Dataset
from unisono.training.card import Card
from unisono.training.sealed import SealedModel, hash_subject, seal
from unisono.training.settings import TrainingSettings

__all__ = ["MapModel", "MapRequest", "fit_map", "load_map"]

Tell = Callable[[str, int, int], None]

_BELOW, _NOISE = "diffusion/", "noise"
"""Names of the diffusion's weights and of the bank's noise, beside the map's in a sealed model."""


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
        diffusion: Steps of a conditional latent diffusion that is trained on the same frames, so
            that edits may go through noise; 0 for none.
    """

    by: tuple[str, ...]
    streams: tuple[str, ...] = ()
    rate_hz: float = 0.0
    controls: bool = True
    channels: tuple[str, ...] = ()
    diffusion: int = 0

    def __post_init__(self) -> None:
        try:
            check_range("diffusion", self.diffusion, 0, 10_000_000, closed=True)
        except UnisonoError as error:
            raise ConfigError(str(error)) from None


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
        carrier: The diffusion through whose noise edits may go; None where none was trained.
    """

    folder: Path
    map: Map
    request: MapRequest
    report: MapReport
    spreads: Mapping[str, Spread]
    sealed: SealedModel
    carrier: Carrier | None = None

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
    progress: Tell | None = None,
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
        OutputError: If the output exists, or the run of another model lies beside it.
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
    if (work / "recipe.toml").exists():  # a map's own leftovers hold none
        raise OutputError(
            f"{work} holds a run of unisono train; choose another output, or remove it."
        )
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
    below, weights = _diffused(found, method, asked, settings.seed, work, progress)
    labels = {name: values.tolist() for name, values in found.train.labels.items()}
    salt = found.split.digest
    model = SealedModel(
        method="conda",
        config=to_mapping(settings),
        streams=found.infos,
        state=dict(method.state_dict()) | weights,
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
            **below,
        },
    )
    seal(output, model)
    shutil.rmtree(work, ignore_errors=True)
    return load_map(output)


def _diffused(
    data: MapData,
    method: ConDA,
    asked: MapRequest,
    seed: int,
    work: Path,
    progress: Tell | None,
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What is sealed of the diffusion: its settings, and its weights with the bank's noise."""
    if not asked.diffusion:
        return {}, {}
    how = DiffusionSettings(codes=method.settings.codes, steps=asked.diffusion, seed=seed)
    made = train_noise(method, data, how, work / "diffusion", progress)
    weights = {_BELOW + name: value for name, value in made.state_dict().items()}
    return (
        {"diffusion": to_mapping(made.settings)},
        weights | {_NOISE: bank_noise(method, data, made)},
    )


def _carrier(sealed: SealedModel, known: Mapping[str, Spread], folder: Path) -> Carrier | None:
    stored = sealed.extra.get("diffusion")
    if stored is None:
        return None
    settings = from_mapping(DiffusionSettings, dict(stored))
    width, count = sealed.state["codes"].shape[1], len(sealed.state["codes"])
    made = ConDADiffusion(settings, ItemShape((width,), tuple(known)), places=count)
    own = {k.removeprefix(_BELOW): v for k, v in sealed.state.items() if k.startswith(_BELOW)}
    method = restored(made, dataclasses.replace(sealed, state=own), folder)
    return Carrier(method, sealed.state[_NOISE], known)


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
    of_map = {k: v for k, v in sealed.state.items() if not k.startswith((_BELOW, _NOISE))}
    weights = dataclasses.replace(sealed, state=of_map)
    method = restored(ConDA(settings, shape), weights, folder)
    known = {name: Spread(**values) for name, values in sealed.extra["spreads"].items()}
    stored: Mapping[str, Any] = sealed.extra
    labels = {name: np.asarray(values) for name, values in stored["labels"].items()}
    return MapModel(
        folder,
        Map(method, sealed.streams, labels),
        request,
        report_of(sealed.metrics),
        known,
        sealed,
        _carrier(sealed, known, folder),
    )
