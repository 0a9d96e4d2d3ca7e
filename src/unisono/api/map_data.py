"""From a dataset to what a map is trained on: frames, sequences, labels in units of spread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from unisono.core.contracts import Batch, StreamInfo
from unisono.core.errors import ConfigError, SchemaError
from unisono.core.random import numpy_generator
from unisono.recordings.dataset import Dataset
from unisono.recordings.fields import field_shape
from unisono.recordings.frame_table import FrameTable, shared_infos, stack_frames
from unisono.recordings.schema import stream_names
from unisono.recordings.splits import Split, split_by_fractions, split_keys

__all__ = ["TIME", "FrameWindows", "MapData", "Spread", "channel_scale", "map_data", "spreads"]

TIME = "time"
"""The word in ``by`` for neighbours in time."""

_HELD_OUT = 0.25


@dataclass(frozen=True)
class Spread:
    """A label of numbers: where it lies.

    Args:
        mean: Mean in the training part.
        std: Standard deviation there.
        low: Smallest value there.
        high: Largest value there.
    """

    mean: float
    std: float
    low: float
    high: float


class MapData(NamedTuple):
    """Frames of both parts.

    Attributes:
        infos: Streams, channels and units.
        train: Frames that the map is fitted on.
        test: Frames of recordings that it never sees.
        split: Who is where.
        left_out: Channels that some recording lacks, as ``stream/channel``.
    """

    infos: tuple[StreamInfo, ...]
    train: FrameTable
    test: FrameTable
    split: Split
    left_out: tuple[str, ...] = ()


def map_data(
    data: Dataset,
    *,
    by: Sequence[str],
    streams: Sequence[str],
    rate_hz: float,
    seed: int,
    channels: Sequence[str] = (),
) -> MapData:
    """Read the frames of a dataset and hold out a quarter of the subjects.

    Args:
        data: The dataset.
        by: What the map is by.
        streams: Streams of a frame; by default the recordings' first.
        rate_hz: Common clock; 0 for the first stream's own.
        seed: Of the split.
        channels: Patterns of channels; by default all that every recording has.

    Raises:
        ConfigError: If ``by`` is empty, or there is a single sequence or subject.
        SchemaError: If a label is missing or constant.
    """
    if not by:
        raise ConfigError("name what the map is by: time, labels, or both.")
    if len(data) < 2:
        raise ConfigError(
            f"{data.path} holds one sequence only; a map holds out some to be judged by. Cut the "
            "recording into parts, or add more."
        )
    keys = split_keys(data.table)
    if keys.nunique() < 2:
        raise ConfigError(
            f"{data.path} holds one subject only; a map is judged on others. Name its sessions as "
            "subjects, or add more."
        )
    rng = numpy_generator(seed, "map", "split")
    split = split_by_fractions(
        list(keys), {"train": 1 - _HELD_OUT, "test": _HELD_OUT}, generator=rng
    )
    names = list(streams) or stream_names(data.load(data.recordings[0]))[:1]
    trees = (data.load(name) for name in data.recordings)
    infos, left_out = shared_infos(trees, names, rate_hz, channels=channels)
    labels = [name for name in by if name != TIME]
    inside = dict(zip(data.recordings, [split.part_of(str(k)) for k in keys], strict=True))
    tables = {}
    for part in ("train", "test"):
        own = (data.load(name) for name in data.recordings if inside[name] == part)
        tables[part] = stack_frames(own, infos, labels)
    for name in labels:
        values = tables["train"].labels[name]
        if len(np.unique(values)) < 2:
            raise SchemaError(
                f"label {name!r} is {values[0]!s} throughout the training part; a map by it would "
                "show nothing. Map by something that changes."
            )
    return MapData(infos, tables["train"], tables["test"], split, left_out)


def spreads(table: FrameTable) -> dict[str, Spread]:
    """Labels that are numbers, and where they lie.

    Raises:
        SchemaError: If a number is not finite.
    """
    found = {}
    for name, values in table.labels.items():
        if values.dtype.kind in "fiu":
            numbers = values.astype(np.float64)
            if not np.isfinite(numbers).all():
                raise SchemaError(f"label {name!r} is not finite in some frames; leave them out.")
            found[name] = Spread(
                float(numbers.mean()),
                float(numbers.std()),
                float(numbers.min()),
                float(numbers.max()),
            )
    return found


def channel_scale(table: FrameTable, infos: Sequence[StreamInfo]) -> Tensor:
    """Scale of each channel, ``(D,)``: its spread; of a field, that of all its places together.

    A channel that hardly moves is not blown up: no scale is below a hundredth of its stream's.
    """
    spread = table.values.std(axis=0, dtype=np.float64)
    scale, begin = np.ones_like(spread), 0
    for info in infos:
        part = slice(begin, begin + info.width)
        level = float(np.sqrt((spread[part] ** 2).mean())) or 1.0
        is_field = field_shape(info.channels) is not None
        scale[part] = level if is_field else np.maximum(spread[part], 0.01 * level)
        begin += info.width
    return torch.from_numpy(scale.astype(np.float32))


class FrameWindows:
    """Frames as the windows that training asks for; see :class:`unisono.methods.conda.ConDA`.

    Args:
        table: The frames.
        known: Labels that are numbers.
    """

    def __init__(self, table: FrameTable, known: Mapping[str, Spread]) -> None:
        self.table = table
        self.frames = torch.from_numpy(table.values)
        self.labels = {
            name: torch.from_numpy((table.labels[name].astype(np.float64) - s.mean) / s.std).float()
            for name, s in known.items()
        }
        words = [v for name, v in table.labels.items() if name not in known]
        joined = ["\x1f".join(map(str, row)) for row in zip(*words, strict=True)] if words else []
        codes = np.unique(joined, return_inverse=True)[1] if words else -np.ones(len(self.frames))
        self.classes = torch.from_numpy(codes.astype(np.int64))

    def batch(self, rows: npt.NDArray[np.int64]) -> Batch:
        """Return the frames of these rows."""
        pick = torch.from_numpy(np.asarray(rows, np.int64))
        return Batch(
            {"frames": self.frames[pick][:, None]},
            {},
            pick,
            torch.from_numpy(self.table.sequence)[pick],
            self.classes[pick],
            {name: values[pick] for name, values in self.labels.items()},
        )
