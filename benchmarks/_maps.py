"""What benchmarks of maps share: wakes in blocks, maps on tables of frames, their points and codes.

A sequence is cut into blocks of a hundred frames: the first eighty are for fitting, the rest is
held out, so that no held-out frame lies between two that were fitted on. The wakes are simulated
once and kept where the experiment ``conda-traversal`` keeps them.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from unisono.api import map_settings
from unisono.api.map_data import MapData
from unisono.api.map_training import train_map
from unisono.core.contracts import StreamInfo
from unisono.editing.bank import Bank
from unisono.experiments.field_sets import FieldSet, open_fields
from unisono.methods.conda import ConDA
from unisono.recordings.frame_table import FrameTable
from unisono.recordings.splits import Split

__all__ = ["Placed", "affine_r2", "blocks", "place", "table_of", "train", "wakes"]

Array = npt.NDArray[np.float64]

BLOCK, KEPT = 100, 80


def wakes() -> FieldSet:
    """Eight wakes of 600 frames of 64 x 64."""
    folder = Path(__file__).parents[1] / "runs" / "conda-traversal" / "data"
    return open_fields("wake", folder, recordings=".data")


def blocks(count: int) -> npt.NDArray[np.bool_]:
    """Whether a frame is one to fit on."""
    return np.arange(count) % BLOCK < KEPT


def table_of(
    parts: Sequence[tuple[str, npt.ArrayLike, Mapping[str, object]]],
) -> FrameTable:
    """A table of stretches: for each its recording, frames ``(n, D)`` and labels."""
    frames = [np.asarray(values, np.float32) for _, values, _ in parts]
    sizes = [len(values) for values in frames]
    labels = {
        name: np.concatenate(
            [np.full(n, lab[name]) for n, (_, _, lab) in zip(sizes, parts, strict=True)]
        )
        for name in parts[0][2]
    }
    return FrameTable(
        np.concatenate(frames),
        np.repeat(np.arange(len(parts)), sizes).astype(np.int64),
        np.concatenate([np.arange(n, dtype=np.float64) for n in sizes]),
        np.concatenate([np.full(n, name) for n, (name, _, _) in zip(sizes, parts, strict=True)]),
        labels,
    )


def train(
    table: FrameTable,
    info: StreamInfo,
    by: Sequence[str],
    words: Sequence[str],
    *,
    dims: int,
    control: str = "none",
) -> ConDA:
    """Train a map on a table by time and those of its labels that ``by`` names.

    ``words`` are its settings, e.g. ``"steps=600"``.
    """
    table = table._replace(labels={k: v for k, v in table.labels.items() if k in by})
    split = Split({"train": tuple(sorted(set(map(str, table.recording))))})
    with tempfile.TemporaryDirectory() as work:
        return train_map(
            MapData((info,), table, table, split),
            by,
            map_settings(dims=dims, settings=list(words)),
            Path(work) / "run",
            control=control,
        )


class Placed(NamedTuple):
    """Frames of a table on a map.

    Attributes:
        points: ``(n, dims)``.
        codes: ``(n, w)``.
    """

    points: Array
    codes: Array

    def bank(self, table: FrameTable) -> Bank:
        """They as a bank."""
        return Bank(self.points, self.codes, table.sequence)


def place(method: ConDA, table: FrameTable) -> Placed:
    """Points and codes of a table's frames."""
    codes = method.encode(torch.from_numpy(table.values))
    points = method.embed(codes, torch.from_numpy(table.sequence))
    return Placed(points.numpy().astype(np.float64), codes.numpy().astype(np.float64))


def affine_r2(fitted: tuple[Array, Array], asked: tuple[Array, Array]) -> float:
    """R2 on ``asked`` of the affine map that fits the first of ``fitted`` to its second best."""
    design, test = (np.c_[x, np.ones(len(x))] for x in (fitted[0], asked[0]))
    weights = np.linalg.lstsq(design, fitted[1], rcond=None)[0]
    left = ((test @ weights - asked[1]) ** 2).sum()
    return 1 - float(left / ((asked[1] - fitted[1].mean(axis=0)) ** 2).sum())
